;;; CLISP's FFI and the doubles that C computes but CLISP does not have: clisp -q -norc repro.lisp
;;; Expected of C: NaN, infinity, 1e-310, -0.0. What comes: three errors, and 0.0 for -0.0.

(use-package :ffi)

(def-call-out pow (:library "libm.so.6") (:language :stdc)
  (:arguments (x double-float) (y double-float)) (:return-type double-float))
(def-call-out copysign (:library "libm.so.6") (:language :stdc)
  (:arguments (x double-float) (y double-float)) (:return-type double-float))

(dolist (call '((pow -1d0 0.5d0) (pow 10d0 400d0) (pow 10d0 -310d0) (copysign 0d0 -1d0)))
  (format t "~(~a~): ~a~%" call
          (handler-case (apply (first call) (rest call)) (error (e) (string-trim '(#\Newline) (princ-to-string e))))))
