;; Calls, one at a time, and streams.

(ns calls
  (:require [clj-zig.ffm :as ffm]
            [values :refer [array-bytes hex shown streams tokens value]])
  (:import (clojure.lang ArityException ExceptionInfo IReduceInit)
           (java.lang.ref Cleaner)
           (java.util HexFormat)
           (java.util.concurrent SynchronousQueue)))

(set! *warn-on-reflection* true)

(def functions "What was bound, by number." (atom []))

(defn- code-of [^Throwable thrown]
  (cond
    (instance? ArityException thrown) "arity"
    (instance? ExceptionInfo thrown) (some-> (:error/code (ex-data thrown)) name)))

(defn- thrown-reply [thrown]
  (let [code (code-of thrown)]
    (cond
      (= "corrupt-native-length" code) {:is "failed" :code code}
      code {:is "refused" :code code :message (ex-message thrown)}
      :else {:is "refused" :code nil :message (str thrown)})))

(defn- edited [arguments values]
  (keep-indexed (fn [index [argument v]]
                  (when-let [[element bytes] (and (map? argument) (:array argument))]
                    (let [now (when-not (#{"f16" "i128" "u128" "f80" "f128"} element)
                                (.formatHex ^HexFormat hex (array-bytes element v)))]
                      (when (and now (not= now bytes))
                        [index {:array [element now]}]))))
                (map vector arguments values)))

(defn apply-to
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
