;; What an enum with an unsigned backing returns is read as Java's byte, short or int, so that the upper half is negative:
;; neither its member nor the number.
(require '[clj-zig.core :refer [defnz defenumz]])

(defenumz Port [top 200] {:backing :u8})
(defnz echo [p Port :ret Port] "return p;")

(println "expected :top, got" (echo :top))
