;; An unsigned argument of 8 or 16 bits crosses as Java's byte or short, and the virtual machine extends it by its
;; sign. Zig, as Clang, reads the register it arrives in and not the low bits alone, so that 200 is 4294967240.
(require '[clj-zig.core :refer [defnz]])

(defnz widen [x :u8 :ret :u32] "return x;")

(println "expected 200, got" (widen 200))
