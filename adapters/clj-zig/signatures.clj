;; Declarations and signatures, read and bound by clj-zig's own macros.

(ns signatures
  (:require [clj-zig.cache :as cache]
            [clj-zig.core :as zig]
            [clj-zig.signature :as signature]
            [clj-zig.type :as type]
            [clojure.edn :as edn]
            [clojure.string :as str])
  (:import (java.io File PushbackReader StringReader)
           (java.util.concurrent ConcurrentLinkedQueue)))

(set! *warn-on-reflection* true)

(def ^:dynamic *library* "What is bound is looked for in the library of this path." nil)

(alter-var-root #'cache/ensure-library!
                (fn [_] (fn [_inputs _compile] {:library-path *library* :source-path "" :cached? true})))

(def body-file
  "The file of a body that there is none of."
  (let [file (File/createTempFile "body" ".zig")]
    (.deleteOnExit file)
    (.getPath file)))

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

(defn- mentions
  "Which of the names stands in a signature or in the text of its declarations."
  [names [form declarations]]
  (or (some names (tree-seq coll? seq form))
      (some #(when (str/includes? declarations (str %)) %) (filter keyword? names))))

(defn- not-served
  "What clj-zig and Clojure are known not to carry, where that is why a signature was refused: a scalar without a
  carrier (ADR 18 of clj-zig), a type that was not taken when it was declared, more parameters than a function has."
  [read {code :error/code missing :type-name} message]
  (let [named (or missing (mentions (set (keys @refused-types)) read))]
    (cond
      (and (= :clj-zig/unsupported-carrier code) (re-find #":(f16|f80|f128)" message)) message
      (and (carrierless code) (mentions (carrierless code) read)) message
      (and (#{:clj-zig/unknown-type-name :clj-zig/unsupported-stream} code) (@refused-types named))
      (str named ": " (@refused-types named))
      (and (nil? code) (str/includes? message "more than 20 params")) message)))

(def renamed
  "What is of one meaning and has another name in the contract."
  {:clj-zig/noreturn-return "noreturn-position"})

(defn- whole-message [thrown]
  (str/join ": " (distinct (keep ex-message (take-while some? (iterate ex-cause thrown))))))

(defn- written
  "A form as it stood in the text, where the reader made a number of it that Clojure prints with a mark."
  [form]
  (str/replace (pr-str form) #"(?<=\d)N(?=[\s\]])" ""))

(defn- refusal
  "The answer to what clj-zig did not take: a signature, and the text of its declarations."
  [read ^Throwable thrown]
  (let [{code :error/code :as data} (ex-data thrown)
        message (whole-message thrown)
        missing (not-served read data message)
        at (find data (if (contains? data :error-set) :error-set :clj-zig/type-form))]
    (cond
      (:foreign/error data) {:is "unlinked" :message message}
      missing {:is "unsupported" :message missing}
      :else (cond-> {:is "refused" :code (when code (renamed code (name code))) :message message}
              at (assoc :form (written (val at)))))))

(defn- answering-refusals
  "The reply that `use` gives of a signature and its normal form, or the refusal."
  [text declarations use]
  (let [form (volatile! nil)]
    (try
      (vreset! form (one-form text))
      (use @form (signature/normalize @form))
      (catch Throwable e (refusal [@form declarations] (told e))))))

(defn- normal-types [{:keys [args ret]}]
  (map type/normalize (conj (mapv :type (remove :destructured? args)) ret)))

(defn read-only
  "Reading is the macro's expansion; nothing is loaded by it."
  [{:keys [signature declarations]}]
  (answering-refusals
   signature declarations
   (fn [form normal]
     (with-declarations
       declarations
       (fn [the-ns]
         (binding [*ns* (find-ns the-ns)]
           (macroexpand-1 (list `zig/defnz 'f form "")))
         {:is "accepted" :signature (pr-str normal) :types (map pr-str (normal-types normal))})))))

(def ^:private ^ConcurrentLinkedQueue free-names
  "Names of functions that came to nothing: clj-zig keeps what it knows of a variable for as long as there is one."
  (ConcurrentLinkedQueue.))

(defn bind
  "The reply to `bind`, with the function itself where there is one."
  [{:keys [symbol signature]} library]
  (answering-refusals
   signature ""
   (fn [form _]
     (let [f (or (.poll free-names) (gensym "f"))
           body {:zig/file body-file :zig/raw true :zig/symbol symbol}
           defined (binding [*library* library]
                     (try
                       (evaluate home (list 'defnz f form body))
                       (catch Throwable e (.add free-names f) (throw e))))]
       {:is "bound" :function @defined}))))

(defn declare-all
  "Declares what `hello` brings; what clj-zig does not take is kept with what it says of it."
  [declarations]
  (run! a-namespace [home guest])
  (doseq [form (forms declarations)]
    (try
      (declare-in home form)
      (catch Throwable e (swap! refused-types assoc (second form) (ex-message (told e)))))))
