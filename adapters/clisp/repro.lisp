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

;;; And memory that is not given back of functions that C calls: expected a few KiB at most, what comes is some 1,000 KiB and more,
;;; each time.

(defun kibibytes () (with-open-file (pages "/proc/self/statm") (* 4 (read pages))))

(let ((type (parse-c-type '(c-function (:arguments (x sint64)) (:return-type sint64) (:language :stdc)))))
  (dotimes (time 4)
    (let ((before (kibibytes)))
      (dotimes (made 5000)
        (let ((place (foreign-allocate type :initial-contents (lambda (x) x))))
          (foreign-free (memory-as (foreign-address place) type))
          (foreign-free place)))
      (ext:gc)
      (format t "after 5000 functions: ~d KiB more~%" (- (kibibytes) before)))))
