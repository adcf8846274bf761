;; Calls, one at a time and in loops, and streams.

(ns calls
  (:require [clj-zig.ffm :as ffm]
            [values :refer [array-bytes hex shown streams tokens value]])
  (:import (clj_zig.ffm Handle)
           (clojure.lang ArityException ExceptionInfo IReduceInit)
           (java.lang.foreign MemorySegment)
           (java.lang.ref Cleaner)
           (java.util HexFormat LinkedHashMap)
           (java.util.concurrent CountDownLatch SynchronousQueue)))

(set! *warn-on-reflection* true)

(def functions "What was bound, by number." (atom []))

(defn- code-of [^Throwable thrown]
  (cond
    (instance? ArityException thrown) "arity"
    (instance? ExceptionInfo thrown) (some-> (:error/code (ex-data thrown)) name)))

(defn- thrown-reply [thrown]
  (let [code (code-of thrown)]
    (if (= "corrupt-native-length" code)
      {:is "failed" :code code}
      {:is "refused" :code code :message (str thrown)})))

(defn- edited [arguments values]
  (keep-indexed (fn [index [argument v]]
                  (when-let [[element bytes] (and (map? argument) (:array argument))]
                    (let [now (when-not (#{"f16" "i128" "u128" "f80" "f128"} element)
                                (.formatHex ^HexFormat hex (array-bytes element v)))]
                      (when (and now (not= now bytes))
                        [index {:array [element now]}]))))
                (map vector arguments values)))

(defn- apply-to
  "The reply to a call, with `shown` for what it returned; `given` are the arguments as the protocol has them."
  [f given arguments shown]
  (try
    (let [came (apply f arguments)
          arrays (edited given arguments)]
      (cond-> {:is "value" :value (shown came)}
        (seq arrays) (assoc :arrays arrays)))
    (catch StackOverflowError e (throw e))
    (catch OutOfMemoryError e (throw e))
    (catch Throwable e (thrown-reply e))))

(defn call [{:keys [function arguments]}]
  (apply-to (nth @functions function) arguments (mapv value arguments) shown))

;;;; Streams

;; clj-zig's streams are reduced, and a reduction cannot be left and gone on with. So one runs on a thread of its own,
;; which waits within it until the next item is asked for.

(deftype Pull [^SynchronousQueue wishes ^SynchronousQueue answers])

(defn- pulled [^IReduceInit stream]
  (let [wishes (SynchronousQueue.)
        answers (SynchronousQueue.)]
    (.start (Thread/ofVirtual)
            ^Runnable (fn []
                        (.put answers
                              (try
                                ;; The first item is asked for before the reduction begins.
                                (.reduce stream
                                         (fn [_ item]
                                           (.put answers {:is "item" :value (shown item)})
                                           (if (= :stop (.take wishes)) (reduced {:is "end"}) {:is "end"}))
                                         {:is "end"})
                                (catch Throwable e (thrown-reply e))))))
    (Pull. wishes answers)))

(defn- stop [^Pull pull]
  (.put ^SynchronousQueue (.wishes pull) :stop)
  (.take ^SynchronousQueue (.answers pull)))

(defn next-item [{:keys [stream]}]
  (let [state (nth @streams (parse-long stream))
        {:keys [^Pull pull dropped]} @state]
    (if dropped
      ;; Nobody holds it, so nobody can read it.
      {:is "refused" :code "stream-consumed"}
      (do
        ;; What has ended is reduced again, as a program would that uses it a second time.
        (if pull
          (.put ^SynchronousQueue (.wishes pull) :item)
          (swap! state assoc :pull (pulled (:stream @state)) :read true))
        (let [reply (.take ^SynchronousQueue (.answers ^Pull (:pull @state)))]
          (when-not (= "item" (:is reply)) (swap! state dissoc :pull))
          reply)))))

(defn collect
  "Runs the collector, and lets the cleaner of clj-zig's streams, which has a thread of its own, come to its end."
  []
  (dotimes [_ 2]
    (let [cleaned (promise)]
      (.register ^Cleaner @#'ffm/stream-cleaner (Object.) ^Runnable (fn [] (deliver cleaned true)))
      (while (not (deref (do (System/gc) cleaned) 50 false))))))

(defn- drop-unread
  "A stream that nothing was read of has no end but the collector's."
  [state]
  (reset! state {:dropped true})
  (collect))

(defn close [{:keys [stream]}]
  (let [state (nth @streams (parse-long stream))
        {:keys [^Pull pull read dropped]} @state]
    (cond
      pull (do (stop pull) (swap! state dissoc :pull))
      (not (or read dropped)) (drop-unread state))
    {:is "done"}))

(defn forget []
  (run! stop (keep (comp :pull deref) @streams))
  (reset! streams [])
  (reset! tokens {:handles [] :known {}})
  {:is "done"})

;;;; Loops

(defn- prepared
  "A step with its function, and its arguments as functions of the results so far: an array is made anew for each call."
  [{:keys [function arguments take]}]
  {:function (nth @functions function)
   :given (mapv :value arguments)
   :take take
   :arguments (mapv (fn [{:keys [result value] :as argument}]
                      (cond
                        result #(nth % result)
                        (some #{:array :bytes} (keys (when (map? value) value))) (fn [_] (values/value value))
                        :else (constantly (values/value (:value argument)))))
                    arguments)})

(defn- same-resource? [a ^Handle b]
  (and (instance? Handle a)
       (= (.type ^Handle a) (.type b))
       (= (.address ^MemorySegment (.segment ^Handle a)) (.address ^MemorySegment (.segment b)))))

(defn- run-step [{:keys [function given arguments take]} results]
  (let [came (volatile! nil)
        show (fn [v]
               (vreset! came v)
               (cond
                 ;; What nothing is wanted of is dropped, and not read for an item first.
                 (and (instance? IReduceInit v) (= 0 take)) (shown [])
                 (instance? IReduceInit v) (shown (into [] (if take (clojure.core/take take) identity) v))
                 (instance? Handle v) {:handle (str (or (first (keep-indexed #(when (same-resource? %2 v) %1) results))
                                                        (count results)))}
                 :else (shown v)))
        reply (apply-to function given (mapv #(% results) arguments) show)]
    [reply (if (= "value" (:is reply)) @came nil)]))

(defn- count-reply [^LinkedHashMap tally reply]
  (let [key (if (or (.containsKey tally reply) (< (.size tally) 16))
              reply
              (last (.keySet tally)))]
    (.put tally key (inc (long (.getOrDefault tally key 0))))))

(defn- thread-of-repeat [scripts rounds thread]
  (let [tallies (mapv (fn [steps] (mapv (fn [_] (LinkedHashMap.)) steps)) scripts)]
    (dotimes [round rounds]
      (let [at (mod (+ round thread) (count scripts))]
        (reduce (fn [results [step tally]]
                  (let [[reply came] (run-step step results)]
                    (count-reply tally reply)
                    (conj results came)))
                []
                (map vector (nth scripts at) (nth tallies at)))))
    tallies))

(defn- on-threads
  "What `each` came to on every thread, all begun together; thread 0 alone is the calling one."
  [threads each]
  (if (= 1 threads)
    [(each 0)]
    (let [ready (CountDownLatch. threads)]
      (->> (range threads)
           (mapv (fn [thread]
                   (let [came (promise)]
                     (.start (Thread. ^Runnable
                                      (fn []
                                        (.countDown ready)
                                        (.await ready)
                                        (deliver came (try (each thread) (catch Throwable e e))))))
                     came)))
           (mapv (fn [came] (let [came @came] (if (instance? Throwable came) (throw came) came))))))))

(defn- merged [tallies]
  (reduce (fn [^LinkedHashMap into ^LinkedHashMap from]
            (doseq [[reply times] from] (.merge into reply times (reify java.util.function.BiFunction
                                                                   (apply [_ a b] (+ (long a) (long b))))))
            into)
          tallies))

(defn- while-collecting [collecting run]
  (if-not collecting
    (run)
    (let [going (atom true)
          collector (Thread. ^Runnable (fn [] (while @going (System/gc))))]
      (.start collector)
      (try (run) (finally (reset! going false) (.join collector))))))

(defn repeat-scripts [{:keys [scripts rounds threads collect]}]
  (let [scripts (mapv #(mapv prepared (:steps %)) scripts)
        tallies (while-collecting collect (fn [] (on-threads threads #(thread-of-repeat scripts rounds %))))]
    (when (some #(= 0 (:take %)) (flatten scripts)) (calls/collect))
    {:is "tallies"
     :scripts (map-indexed
               (fn [s steps]
                 (map-indexed (fn [t _]
                                (map (fn [[reply times]] {:reply reply :times times})
                                     (merged (map #(get-in % [s t]) tallies))))
                              steps))
               scripts)}))

(defn race [{:keys [function rows threads]}]
  (let [f (nth @functions function)
        latches (mapv (fn [_] (CountDownLatch. threads)) rows)
        one (fn [_]
              (mapv (fn [row ^CountDownLatch latch]
                      (let [arguments (mapv value row)]
                        (.countDown latch)
                        (.await latch)
                        (apply-to f row arguments shown)))
                    rows latches))]
    {:is "raced" :rows (apply mapv vector (on-threads threads one))}))

(defn- bits ^long [numbers v]
  (cond
    (nil? v) 0
    (boolean? v) (if v 1 0)
    (float? v) (Double/doubleToRawLongBits (double v))
    (number? v) (.longValue ^Number v)
    (keyword? v) (numbers v)
    (vector? v) (unchecked-add (count v) (if (seq v) (bits numbers (nth v 0)) 0))
    (instance? IReduceInit v) (reduce (fn [^long sum item] (unchecked-add sum (bits numbers item))) 0 v)
    :else 1))

(defn bench [{:keys [setup rows count keywords]}]
  (let [numbers (into {} (map (fn [[word number]] [(keyword word) (unchecked-long (bigint number))])) keywords)
        step (fn [results {:keys [function arguments]}]
               (conj results (apply function (map #(% results) arguments))))
        setup (reduce step [] (map prepared (:steps setup)))
        rows (mapv #(mapv prepared (:steps %)) rows)
        start (System/nanoTime)
        sum (loop [at 0 left (long count) sum 0]
              (if (zero? left)
                sum
                (let [steps (nth rows at)
                      results (step setup (first steps))
                      found (bits numbers (peek results))]
                  (reduce step results (rest steps))
                  (recur (if (= (inc at) (clojure.core/count rows)) 0 (inc at))
                         (dec left)
                         (unchecked-add (unchecked-multiply 31 sum) found)))))]
    {:is "benched" :elapsed_ns (- (System/nanoTime) start) :checksum (Long/toUnsignedString sum)}))
