;; Many calls at the suite's word (docs/protocol.md, *Loops*): repeat, race, bind-race and bench.

(ns loops
  (:require [calls :refer [apply-to functions]]
            [values :refer [shown]])
  (:import (clj_zig.ffm Handle)
           (clojure.lang IReduceInit)
           (java.lang.foreign MemorySegment)
           (java.util ArrayList)
           (java.util.concurrent CountDownLatch)))

(set! *warn-on-reflection* true)

(defn- prepared
  "A step with its function, and its arguments as functions of the results so far: an array is made anew for each call."
  [{:keys [function arguments take]}]
  {:function (nth @functions function)
   :given (mapv :value arguments)
   :take take
   :arguments (mapv (fn [{:keys [result value]}]
                      (cond
                        result #(nth % result)
                        (and (map? value) (some value [:array :bytes])) (fn [_] (values/value value))
                        :else (constantly (values/value value))))
                    arguments)})

(defn- same-resource? [a ^Handle b]
  (and (instance? Handle a)
       (= (.type ^Handle a) (.type b))
       (= (.address ^MemorySegment (.segment ^Handle a)) (.address ^MemorySegment (.segment b)))))

(defn- shown-in-loop
  "What a step of a script returned: a stream is read, and a handle's token is the step that first gave it."
  [results take v]
  (cond
    ;; What nothing is wanted of is dropped, and not read for an item first.
    (instance? IReduceInit v) (shown (cond (nil? take) (into [] v)
                                           (zero? (long take)) []
                                           :else (into [] (clojure.core/take take) v)))
    (instance? Handle v) {:handle (str (or (first (keep-indexed #(when (same-resource? %2 v) %1) results))
                                           (count results)))}
    :else (shown v)))

(defn- run-step
  "The reply to a step, and what it gave."
  [{:keys [function given arguments take]} results]
  (let [came (volatile! nil)
        reply (apply-to function given (mapv #(% results) arguments)
                        #(shown-in-loop results take (vreset! came %)))]
    [reply (when (= "value" (:is reply)) @came)]))

;; A tally is a list of replies, each with how often it came. Most steps have one, so that it is looked for and no
;; hash of it made.
(def most-replies 16)

(defn- count-reply [^ArrayList tally reply ^long times]
  (let [known (loop [at 0]
                (cond
                  (= at (.size tally)) (if (< at (long most-replies))
                                         (doto [reply (long-array 1)] (->> (.add tally)))
                                         (.get tally (dec at)))
                  (= reply (nth (.get tally at) 0)) (.get tally at)
                  :else (recur (inc at))))
        ^longs counted (nth known 1)]
    (aset counted 0 (+ (aget counted 0) times))))

(defn- thread-of-repeat [scripts ^long rounds ^long thread]
  (let [tallies (mapv (fn [steps] (mapv (fn [_] (ArrayList.)) steps)) scripts)
        paired (mapv (fn [steps tallies] (mapv vector steps tallies)) scripts tallies)]
    (dotimes [round rounds]
      (reduce (fn [results [step tally]]
                (let [[reply came] (run-step step results)]
                  (count-reply tally reply 1)
                  (conj results came)))
              []
              (nth paired (mod (+ round thread) (count paired)))))
    tallies))

(defn- on-threads
  "What `each` came to on every thread, all begun together; one thread alone is the calling one."
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

(defn- while-collecting [collecting run]
  (if-not collecting
    (run)
    (let [going (atom true)
          collector (Thread. ^Runnable (fn [] (while @going (System/gc))))]
      (.start collector)
      (try (run) (finally (reset! going false) (.join collector))))))

(defn- summed
  "The tallies of one step on all threads, as one."
  [tallies]
  (let [total (ArrayList.)]
    (doseq [tally tallies, [reply ^longs times] tally]
      (count-reply total reply (aget times 0)))
    (mapv (fn [[reply ^longs times]] {:reply reply :times (aget times 0)}) total)))

(defn repeat-scripts [{:keys [scripts rounds threads collect]}]
  (let [scripts (mapv #(mapv prepared (:steps %)) scripts)
        tallies (while-collecting collect (fn [] (on-threads threads #(thread-of-repeat scripts rounds %))))]
    (when (some #(= 0 (:take %)) (flatten scripts)) (calls/collect))
    {:is "tallies" :scripts (apply mapv (fn [& each] (apply mapv (fn [& each] (summed each)) each)) tallies)}))

(defn- in-rows
  "What every thread came to in each row; in each it waits for the others before it begins."
  [rows threads each]
  (let [latches (mapv (fn [_] (CountDownLatch. threads)) rows)
        one (fn [thread]
              (mapv (fn [row ^CountDownLatch latch]
                      (each row thread (fn [] (.countDown latch) (.await latch))))
                    rows latches))]
    (apply mapv vector (on-threads threads one))))

(defn race [{:keys [function rows threads]}]
  (let [f (nth @functions function)
        call (fn [row _ together]
               (let [arguments (mapv values/value row)]
                 (together)
                 (apply-to f row arguments shown)))]
    {:is "raced" :rows (in-rows rows threads call)}))

(defn bind-race
  "`bind` answers a request of that name."
  [{:keys [rows]} bind]
  (let [bind-and-call (fn [row thread together]
                        (let [item (nth row thread)]
                          (together)
                          (let [bound (bind (:bind item))]
                            (cond-> {:bound bound}
                              (= "bound" (:is bound))
                              (assoc :called (calls/call (assoc item :function (:function bound))))))))]
    {:is "bind-raced" :rows (in-rows rows (count (first rows)) bind-and-call)}))

;;;; Cost

(defn- bits
  "What a result counts as in the checksum."
  ^long [numbers v]
  (cond
    (instance? Long v) v
    (nil? v) 0
    (boolean? v) (if v 1 0)
    (float? v) (Double/doubleToRawLongBits (double v))
    (number? v) (.longValue ^Number v)
    (string? v) (let [bytes (.getBytes ^String v "UTF-8")]
                  (+ (alength bytes) (if (zero? (alength bytes)) 0 (bit-and 0xff (aget bytes 0)))))
    ;; An enum's member, or an error.
    (keyword? v) (or (numbers v) (bits numbers (name v)))
    (vector? v) (unchecked-add (count v) (if (zero? (count v)) 0 (bits numbers (nth v 0))))
    (map? v) (reduce-kv (fn [^long sum _ field] (unchecked-add sum (bits numbers field))) 0 v)
    (instance? IReduceInit v) (reduce (fn [^long sum item] (unchecked-add sum (bits numbers item))) 0 v)
    :else 1))

(defn- timed-argument [{:keys [result value]}]
  (if result
    (fn [^objects results] (aget results (int result)))
    (constantly (values/value value))))

(defn- timed-call
  "A step as a function of the results so far. It calls as a program would that has the arguments in its text."
  [{:keys [function arguments]}]
  (let [f (nth @functions function)
        [a b c d :as arguments] (map timed-argument arguments)]
    (case (count arguments)
      0 (fn [_] (f))
      1 (fn [results] (f (a results)))
      2 (fn [results] (f (a results) (b results)))
      3 (fn [results] (f (a results) (b results) (c results)))
      4 (fn [results] (f (a results) (b results) (c results) (d results)))
      (fn [results] (apply f (map #(% results) arguments))))))

(defn- run-row
  "Makes the calls of a row, and puts what they give from `kept` on."
  [^objects calls ^objects results ^long kept]
  (dotimes [at (alength calls)]
    (aset results (+ kept at) ((aget calls at) results))))

(defn bench [{:keys [setup rows count keywords]}]
  (let [numbers (into {} (map (fn [[word number]] [(keyword word) (unchecked-long (bigint number))])) keywords)
        [^objects setup & rows] (map #(object-array (map timed-call (:steps %))) (cons setup rows))
        ^objects rows (object-array rows)
        kept (alength setup)
        results (object-array (apply + kept (map alength rows)))
        _ (run-row setup results 0)
        start (System/nanoTime)
        sum (loop [at 0, left (long count), sum 0]
              (if (zero? left)
                sum
                (do
                  (run-row (aget rows at) results kept)
                  (recur (if (= (inc at) (alength rows)) 0 (inc at))
                         (dec left)
                         (unchecked-add (unchecked-multiply 31 sum) (bits numbers (aget results kept)))))))]
    {:is "benched" :elapsed_ns (- (System/nanoTime) start) :checksum (Long/toUnsignedString sum)}))
