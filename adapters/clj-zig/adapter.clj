;; Puts clj-zig to the suite at contract level (docs/protocol.md).
;;
;; Declarations and signatures go through its own macros, `deftypez`, `defrecordz`, `defenumz` and `defnz`, and what
;; is called is the function that `defnz` defines: its wrapper, its coercions, its choice of path, its frees. One step
;; is replaced: where it would compile the Zig body of a function, the library is the one it is given here.

(ns adapter
  (:require [clj-zig.cache :as cache]
            [clj-zig.core :as zig]
            [clj-zig.ffm :as ffm]
            [clj-zig.signature :as signature]
            [clj-zig.type :as type]
            [clojure.data.json :as json]
            [clojure.edn :as edn]
            [clojure.string :as str]
            [clojure.walk :as walk])
  (:import (clj_zig.ffm Handle)
           (clojure.lang ArityException BigInt ExceptionInfo IReduceInit)
           (java.io BufferedReader File InputStreamReader PushbackReader StringReader)
           (java.lang.foreign MemorySegment)
           (java.lang.ref Cleaner)
           (java.nio ByteBuffer ByteOrder)
           (java.util HexFormat LinkedHashMap)
           (java.util.concurrent CountDownLatch SynchronousQueue)))

(set! *warn-on-reflection* true)

(def ^:dynamic *library* "What is bound is looked for in the library of this path." nil)

(alter-var-root #'cache/ensure-library!
                (fn [_] (fn [_inputs _compile] {:library-path *library* :source-path "" :cached? true})))

(def body-file
  "The file of a body that there is none of."
  (let [file (File/createTempFile "body" ".zig")]
    (.deleteOnExit file)
    (.getPath file)))

;;;; Declarations and signatures

(def home "Where the declarations of `hello` stand." 'boundary.home)
(def guest "Where those of one `read` or `bind` stand, beside them." 'boundary.guest)

(defn- a-namespace [the-name]
  (binding [*ns* (create-ns the-name)]
    (refer 'clojure.core)
    (refer 'clj-zig.core :only '[deftypez defrecordz defenumz defnz])))

(def refused-types "Names of the types that clj-zig does not take, and what it says of each." (atom {}))

(defn- no-signature [message]
  (ex-info message {:error/code :clj-zig/invalid-signature}))

(defn- forms
  "What Clojure's reader refuses is no signature: it does not come as far as clj-zig."
  [text]
  (let [reader (PushbackReader. (StringReader. text))]
    (try
      (vec (take-while #(not= ::end %) (repeatedly #(edn/read {:eof ::end} reader))))
      (catch Exception e (throw (no-signature (ex-message e)))))))

(defn- told
  "What was thrown first: the compiler wraps what a macro throws."
  ^Throwable [^Throwable thrown]
  (if (and (instance? clojure.lang.Compiler$CompilerException thrown) (.getCause thrown))
    (recur (.getCause thrown))
    thrown))

(defn- evaluate [the-ns form]
  (binding [*ns* (find-ns the-ns) *file* "adapter.clj"]
    (eval form)))

(defn- in-order
  "A declaration as clj-zig has it: an enum's options stand after the members."
  [form]
  (if (and (seq? form) (= 'defenumz (first form)) (map? (nth form 2 nil)))
    (let [[head enum options & members] form] (concat [head enum] members [options]))
    form))

(defn- declare-in [the-ns form]
  (when-not (and (seq? form) (#{'deftypez 'defrecordz 'defenumz} (first form)))
    (throw (no-signature (str "It declares nothing: " (pr-str form)))))
  (evaluate the-ns (in-order form)))

(defn- with-declarations
  "Calls `use` with the name of a namespace that has the types of `hello` and those of `text`."
  [text use]
  (if (str/blank? text)
    (use home)
    (let [declarations (forms text)]
      (swap! @#'zig/named-types assoc guest (zig/types-in home))
      (try
        (run! #(declare-in guest %) declarations)
        (use guest)
        (finally
          (doseq [declaration declarations
                  :when (and (seq? declaration) (symbol? (second declaration)))]
            (ns-unmap guest (second declaration))))))))

(defn- one-form [text]
  (let [[form & more] (forms text)]
    (when more (throw (no-signature "It is more than one form.")))
    form))

(def carrierless
  "Scalars that clj-zig has no carrier for, by the codes it refuses them with where the contract has them carried."
  {:clj-zig/unsupported-element #{:i128 :u128 :f16 :f80 :f128}
   :clj-zig/unsupported-field #{:i128 :u128 :f16 :f80 :f128}
   :clj-zig/unsupported-rest-element #{:f16}
   :clj-zig/unsupported-optional #{:f16}
   :clj-zig/unsupported-stream #{:f16}})

(defn- mentions [names form]
  (some names (tree-seq coll? seq form)))

(defn- not-served
  "What clj-zig and Clojure are known not to carry, where that is why a signature was refused: a scalar without a
  carrier (ADR 18 of clj-zig), a type that was not taken when it was declared, more parameters than a function has."
  [form {code :error/code missing :type-name} message]
  (let [named (or missing (mentions (set (keys @refused-types)) form))]
    (cond
      (= :clj-zig/unsupported-carrier code) message
      (and (carrierless code) (mentions (carrierless code) form)) message
      (and (#{:clj-zig/unknown-type-name :clj-zig/unsupported-stream} code) (@refused-types named))
      (str named ": " (@refused-types named))
      (and (nil? code) (str/includes? message "more than 20 params")) message)))

(def renamed "What is of one meaning and has another name in the contract." {:clj-zig/noreturn-return "noreturn-position"})

(defn- whole-message [thrown]
  (str/join ": " (distinct (keep ex-message (take-while some? (iterate ex-cause thrown))))))

(defn- refusal
  "The answer to a signature that clj-zig did not take."
  [form ^Throwable thrown]
  (let [{code :error/code at :clj-zig/type-form :as data} (ex-data thrown)
        message (whole-message thrown)
        missing (not-served form data message)]
    (cond
      (:foreign/error data) {:is "unlinked" :message message}
      missing {:is "unsupported" :message missing}
      :else (cond-> {:is "refused" :code (when code (renamed code (name code))) :message message}
              (some? at) (assoc :form (pr-str at))))))

(defn- answering-refusals
  "The reply that `use` gives of a signature and its normal form, or the refusal."
  [text use]
  (let [form (volatile! nil)]
    (try
      (vreset! form (one-form text))
      (use @form (signature/normalize @form))
      (catch Throwable e (refusal @form (told e))))))

(defn- normal-types [{:keys [args ret]}]
  (map type/normalize (conj (mapv :type (remove :destructured? args)) ret)))

(defn- read-only
  "Reading is the macro's expansion; nothing is loaded by it."
  [{:keys [signature declarations]}]
  (answering-refusals
   signature
   (fn [form normal]
     (with-declarations
       declarations
       (fn [the-ns]
         (binding [*ns* (find-ns the-ns)]
           (macroexpand-1 (list `zig/defnz 'f form "")))
         {:is "accepted" :signature (pr-str normal) :types (map pr-str (normal-types normal))})))))

;;;; Tables of what the suite speaks of by number

(def main-library (atom nil))
(def functions (atom []))
(def tokens "Handles by token, and tokens by type and address." (atom {:handles [] :known {}}))
(def streams (atom []))

(defn- bind [{:keys [symbol signature library]}]
  (answering-refusals
   signature
   (fn [form _]
     (let [f (gensym "f")
           defined (binding [*library* (or library @main-library)]
                     (evaluate home (list 'defnz f form
                                          {:zig/file body-file :zig/raw true :zig/symbol symbol})))]
       {:is "bound" :function (dec (count (swap! functions conj @defined)))}))))

(defn- handle-token [^Handle handle]
  (let [key [(.type handle) (.address ^MemorySegment (.segment handle))]
        give (fn [{:keys [handles known] :as given}]
               (if (known key)
                 given
                 {:handles (conj handles handle) :known (assoc known key (count handles))}))]
    (str (get-in (swap! tokens give) [:known key]))))

;;;; Values

(def ^HexFormat hex (HexFormat/of))

(defn- exact
  "An extended float as Clojure has it: the exact decimal, or a double where it is none."
  [format ^String bits]
  (let [bits (BigInteger. bits 16)
        [fraction bias explicit] (if (= "f80" format) [63 16383 true] [112 16383 false])
        exponent (.intValue (.and (.shiftRight bits (int (if explicit 64 112))) (BigInteger/valueOf 0x7fff)))
        significand (.mod bits (.shiftLeft BigInteger/ONE (int (if explicit 64 112))))
        negative (.testBit bits (if explicit 79 127))
        payload (.clearBit significand (int fraction))]
    (cond
      (= 0x7fff exponent) (if (zero? (.signum payload))
                            (if negative Double/NEGATIVE_INFINITY Double/POSITIVE_INFINITY)
                            (Double/longBitsToDouble (unchecked-long (if negative 0xfff8000000000000 0x7ff8000000000000))))
      (and (zero? exponent) (zero? (.signum significand))) (if negative -0.0 0.0)
      :else
      (let [whole (if (or explicit (zero? exponent)) significand (.setBit significand (int fraction)))
            power (- (max exponent 1) bias fraction)
            value (if (neg? power)
                    (.divide (BigDecimal. whole) (BigDecimal. (.pow BigInteger/TWO (- power))))
                    (BigDecimal. (.shiftLeft whole (int power))))]
        (if negative (.negate value) value)))))

(defn- little [^bytes bytes]
  (.order (ByteBuffer/wrap bytes) ByteOrder/LITTLE_ENDIAN))

(defn- to-array-of [element ^bytes bytes]
  (let [b ^ByteBuffer (little bytes)]
    (case element
      ("i8" "u8") bytes
      ("i16" "u16") (let [a (short-array (/ (alength bytes) 2))] (.get (.asShortBuffer b) a) a)
      ("i32" "u32") (let [a (int-array (/ (alength bytes) 4))] (.get (.asIntBuffer b) a) a)
      ("i64" "u64" "isize" "usize") (let [a (long-array (/ (alength bytes) 8))] (.get (.asLongBuffer b) a) a)
      "f32" (let [a (float-array (/ (alength bytes) 4))]
              (dotimes [i (alength a)] (aset a i (Float/intBitsToFloat (.getInt b))))
              a)
      "f64" (let [a (double-array (/ (alength bytes) 8))]
              (dotimes [i (alength a)] (aset a i (Double/longBitsToDouble (.getLong b))))
              a)
      "bool" (boolean-array (map #(not (zero? (long %))) bytes))
      ;; The JVM has no such arrays, so these are only ever to be refused.
      "f16" (char-array (/ (alength bytes) 2))
      (object-array (/ (alength bytes) 16)))))

(defn- array-bytes ^bytes [element array]
  (case element
    ("i8" "u8") array
    ("i16" "u16") (let [b (ByteBuffer/allocate (* 2 (alength ^shorts array)))]
                    (.put (.asShortBuffer (.order b ByteOrder/LITTLE_ENDIAN)) ^shorts array)
                    (.array b))
    ("i32" "u32") (let [b (ByteBuffer/allocate (* 4 (alength ^ints array)))]
                    (.put (.asIntBuffer (.order b ByteOrder/LITTLE_ENDIAN)) ^ints array)
                    (.array b))
    ("i64" "u64" "isize" "usize") (let [b (ByteBuffer/allocate (* 8 (alength ^longs array)))]
                                    (.put (.asLongBuffer (.order b ByteOrder/LITTLE_ENDIAN)) ^longs array)
                                    (.array b))
    "f32" (let [b (.order (ByteBuffer/allocate (* 4 (alength ^floats array))) ByteOrder/LITTLE_ENDIAN)]
            (doseq [x array] (.putInt b (Float/floatToRawIntBits x)))
            (.array b))
    "f64" (let [b (.order (ByteBuffer/allocate (* 8 (alength ^doubles array))) ByteOrder/LITTLE_ENDIAN)]
            (doseq [x array] (.putLong b (Double/doubleToRawLongBits x)))
            (.array b))
    "bool" (byte-array (map #(if % 1 0) array))))

(defn- record-of [type-name fields]
  (if-let [make (ns-resolve home (symbol (str "map->" type-name)))] (make fields) fields))

(declare value)

(defn- fields [pairs]
  (into {} (map (fn [[field v]] [(keyword field) (value v)])) pairs))

(defn- value
  "A value of the protocol as a Clojure program has it."
  [v]
  (if-not (map? v)
    v
    (let [[tag of] (first v)]
      (case tag
        :long (Long/parseLong of)
        :big (bigint of)
        :double (Double/longBitsToDouble (Long/parseUnsignedLong of 16))
        :extended (exact (first of) (second of))
        (:keyword :error) (keyword of)
        :string of
        :utf16 (String. (char-array (map #(char (Integer/parseInt (apply str %) 16)) (partition 4 of))))
        :bytes (.parseHex hex of)
        :array (to-array-of (first of) (.parseHex hex (second of)))
        :vector (mapv value of)
        :map (fields of)
        :record (record-of (first of) (fields (second of)))
        :handle (get-in @tokens [:handles (parse-long of)])))))

(declare stream-token)

(defn- plain-name [^Class class]
  (.getSimpleName class))

(defn- shown
  "What clj-zig gave, as a value of the protocol."
  [v]
  (cond
    (or (nil? v) (boolean? v)) v
    (or (instance? BigInteger v) (instance? BigInt v)) {:big (str v)}
    (integer? v) {:long (str v)}
    (float? v) {:double (format "%016x" (Double/doubleToRawLongBits (double v)))}
    (keyword? v) {:keyword (subs (str v) 1)}
    (string? v) {:string v}
    (bytes? v) {:bytes (.formatHex hex ^bytes v)}
    (vector? v) {:vector (mapv shown v)}
    (record? v) {:record [(plain-name (class v)) (mapv (fn [[k v]] [(name k) (shown v)]) v)]}
    (map? v) {:map (mapv (fn [[k v]] [(name k) (shown v)]) v)}
    (instance? Handle v) {:handle (handle-token v)}
    (instance? IReduceInit v) {:stream (stream-token v)}
    :else (throw (IllegalStateException. (str "no value of the protocol: " (class v))))))

;;;; Calls

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
                                (.formatHex hex (array-bytes element v)))]
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

(defn- call [{:keys [function arguments]}]
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

(defn- stream-token [stream]
  (str (dec (count (swap! streams conj (atom {:stream stream}))))))

(defn- next-item [{:keys [stream]}]
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

(defn- collect
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

(defn- close [{:keys [stream]}]
  (let [state (nth @streams (parse-long stream))
        {:keys [^Pull pull read dropped]} @state]
    (cond
      pull (do (stop pull) (swap! state dissoc :pull))
      (not (or read dropped)) (drop-unread state))
    {:is "done"}))

(defn- forget []
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
                        (some #{:array :bytes} (keys (when (map? value) value))) (fn [_] (adapter/value value))
                        :else (constantly (adapter/value (:value argument)))))
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

(defn- repeat-scripts [{:keys [scripts rounds threads collect]}]
  (let [scripts (mapv #(mapv prepared (:steps %)) scripts)
        tallies (while-collecting collect (fn [] (on-threads threads #(thread-of-repeat scripts rounds %))))]
    {:is "tallies"
     :scripts (map-indexed
               (fn [s steps]
                 (map-indexed (fn [t _]
                                (map (fn [[reply times]] {:reply reply :times times})
                                     (merged (map #(get-in % [s t]) tallies))))
                              steps))
               scripts)}))

(defn- race [{:keys [function rows threads]}]
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

(defn- bench [{:keys [setup rows count keywords]}]
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

;;;; The conversation

(defn- hello [{:keys [protocol library declarations]}]
  (when-not (= 1 protocol) (throw (ex-info (str "protocol " protocol " is not spoken here") {})))
  (reset! main-library library)
  (run! a-namespace [home guest])
  (doseq [form (forms declarations)]
    (try
      (declare-in home form)
      (catch Throwable e (swap! refused-types assoc (second form) (ex-message (told e))))))
  {:is "ready" :protocol 1 :name "clj-zig" :version (System/getProperty "clj-zig.version") :language "Clojure"
   :level "contract"
   :capabilities ["threads" "collect" "libraries" "surrogates-questioned"]
   :dialects ["wraps" "truncates" "truthy" "big128" "error-as-keyword"]})

(defn- answer [{what :do :as request}]
  (case what
    "hello" (hello request)
    "read" (read-only request)
    "bind" (bind request)
    "call" (call request)
    "next" (next-item request)
    "close" (close request)
    "repeat" (repeat-scripts request)
    "race" (race request)
    "bench" (bench request)
    "forget" (forget)
    "collect" (do (collect) {:is "done"})
    "stop" {:is "done"}
    {:is "unsupported" :message (str "there is no `" what "` here")}))

(defn -main []
  (let [lines (BufferedReader. (InputStreamReader. System/in "UTF-8"))
        out System/out]
    ;; Standard output is the protocol's alone.
    (System/setOut System/err)
    (loop []
      (when-let [line (.readLine lines)]
        (let [request (json/read-str line :key-fn keyword)
              reply (try (answer request)
                         (catch Throwable e {:is "adapter-error" :message (str e)}))]
          (.write out (.getBytes (str (json/write-str (assoc reply :id (:id request))
                                                      :escape-unicode true) "\n")
                                 "UTF-8"))
          (.flush out)
          (when-not (= "stop" (:do request)) (recur)))))
    (System/exit 0)))

(-main)
