;; Values of the protocol and of Clojure, and the tokens of handles and streams.

(ns values
  (:require [signatures :refer [home]])
  (:import (clj_zig.ffm Handle)
           (clojure.lang BigInt IReduceInit)
           (java.lang.foreign MemorySegment)
           (java.nio ByteBuffer ByteOrder)
           (java.util HexFormat)))

(set! *warn-on-reflection* true)

(def tokens "Handles by token, and tokens by type and address." (atom {:handles [] :known {}}))
(def streams "Streams by token, each with how far it was read." (atom []))

(defn- handle-token [^Handle handle]
  (let [key [(.type handle) (.address ^MemorySegment (.segment handle))]
        give (fn [{:keys [handles known] :as given}]
               (if (known key)
                 given
                 {:handles (conj handles handle) :known (assoc known key (count handles))}))]
    (str (get-in (swap! tokens give) [:known key]))))

(defn- stream-token [stream]
  (str (dec (count (swap! streams conj (atom {:stream stream}))))))

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
                            (Double/longBitsToDouble
                             (unchecked-long (if negative 0xfff8000000000000 0x7ff8000000000000))))
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

(defn array-bytes ^bytes [element array]
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

(defn value
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

(defn- plain-name [^Class class]
  (.getSimpleName class))

(defn shown
  "What clj-zig gave, as a value of the protocol."
  [v]
  (cond
    (or (nil? v) (boolean? v)) v
    (or (instance? BigInteger v) (instance? BigInt v)) {:big (str v)}
    (integer? v) {:long (str v)}
    (float? v) {:double (.toHexDigits hex (Double/doubleToRawLongBits (double v)))}
    (keyword? v) {:keyword (subs (str v) 1)}
    (string? v) {:string v}
    (bytes? v) {:bytes (.formatHex hex ^bytes v)}
    (vector? v) {:vector (mapv shown v)}
    (record? v) {:record [(plain-name (class v)) (mapv (fn [[k v]] [(name k) (shown v)]) v)]}
    (map? v) {:map (mapv (fn [[k v]] [(name k) (shown v)]) v)}
    (instance? Handle v) {:handle (handle-token v)}
    (instance? IReduceInit v) {:stream (stream-token v)}
    :else (throw (IllegalStateException. (str "no value of the protocol: " (class v))))))
