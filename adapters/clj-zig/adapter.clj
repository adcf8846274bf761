;; Puts clj-zig to the suite at contract level (docs/protocol.md).
;;
;; Declarations and signatures go through its own macros, `deftypez`, `defrecordz`, `defenumz` and `defnz`, and what
;; is called is the function that `defnz` defines: its wrapper, its coercions, its choice of path, its frees. One step
;; is replaced: where it would compile the Zig body of a function, the library is the one it is given here.

(ns adapter
  (:require [calls]
            [clojure.data.json :as json]
            [loops]
            [signatures])
  (:import (java.io BufferedReader FileOutputStream InputStreamReader)))

(set! *warn-on-reflection* true)

(def main-library (atom nil))

(defn- bind [{:keys [library] :as request}]
  (let [reply (signatures/bind request (or library @main-library))]
    (cond-> reply
      (= "bound" (:is reply))
      (update :function (fn [f] (dec (count (swap! calls/functions conj f))))))))

(defn- hello [{:keys [protocol library declarations]}]
  (when-not (= 1 protocol) (throw (ex-info (str "protocol " protocol " is not spoken here") {})))
  (reset! main-library library)
  (signatures/declare-all declarations)
  {:is "ready" :protocol 1 :name "clj-zig" :version (System/getProperty "clj-zig.version") :language "Clojure"
   :level "contract"
   :capabilities ["threads" "collect" "libraries" "bind-race" "signless-arrays"
                  "bytes-are-u8s" "surrogates-questioned"]
   :dialects ["wraps" "truncates" "truthy" "big128" "error-as-keyword"]})

(defn- answer [{what :do :as request}]
  (case what
    "hello" (hello request)
    "read" (signatures/read-only request)
    "bind" (bind request)
    "call" (calls/call request)
    "next" (calls/next-item request)
    "close" (calls/close request)
    "repeat" (loops/repeat-scripts request)
    "race" (loops/race request)
    "bind-race" (loops/bind-race request bind)
    "bench" (loops/bench request)
    "forget" (calls/forget)
    "collect" (do (calls/collect) {:is "done"})
    "stop" {:is "done"}
    {:is "unsupported" :message (str "there is no `" what "` here")}))

(defn -main []
  (let [lines (BufferedReader. (InputStreamReader. System/in "UTF-8"))
        ;; Where `run` put standard output.
        out (FileOutputStream. "/dev/fd/3")]
    (loop []
      (when-let [line (.readLine lines)]
        (let [request (json/read-str line :key-fn keyword)
              reply (try (answer request)
                         (catch Throwable e {:is "adapter-error" :message (str e)}))]
          (.write out (.getBytes (str (json/write-str (assoc reply :id (:id request))
                                                      :escape-unicode true) "\n")
                                 "UTF-8"))
          (when-not (= "stop" (:do request)) (recur)))))
    (System/exit 0)))


