;;; SBCL's sb-alien, judged at wire level (docs/protocol.md): it links, invokes, peeks and loops as it is
;;; told. A function is compiled of SBCL's own types: one that it has not is unsupported, not made good.

(load (merge-pathnames "../wire.lisp" *load-truename*))
(in-package :wire)
(use-package '(:sb-alien :sb-sys))

(defvar *types*
  '((:i8 signed 8) (:i16 signed 16) (:i32 signed 32) (:i64 signed 64)
    (:u8 unsigned 8) (:u16 unsigned 16) (:u32 unsigned 32) (:u64 unsigned 64)
    (:f32 . single-float) (:f64 . double-float) (:bool boolean 8)
    (:pointer . system-area-pointer) (:void . void)))

(defun own-type (type) (or (cdr (assoc type *types*)) (unserved "SBCL has no type for ~(~a~)" type)))

(defun told (raised) (format nil "SBCL raises ~a: ~a" (type-of raised) raised))

(defun open-library (path) (load-shared-object path))

(defun foreign (path symbol parameters returns)
  (unless (find-foreign-symbol-address symbol)
    (error 'unlinked :message (format nil "~a has no symbol `~a`" path symbol)))
  (let ((names (loop repeat (length parameters) collect (gensym))))
    (compile nil `(lambda ,names (alien-funcall (extern-alien ,symbol (function ,returns ,@parameters)) ,@names)))))

(defun callable (parameters returns function)
  (let* ((names (loop repeat (length parameters) collect (gensym)))
         (make (compile nil `(lambda (function)
                               (sb-alien::alien-lambda ,returns ,(mapcar #'list names parameters)
                                 (funcall (the function function) ,@names))))))
    (alien-sap (funcall make function))))

;;; Scalars

(defun pointer (address) (int-sap address))
(defun address (pointer) (sap-int pointer))

(defun float-of-bits (type bits)
  (flet ((signed (word) (if (logbitp 31 word) (- word (ash 1 32)) word)))
    (if (eq type :f32)
        (sb-kernel:make-single-float (signed bits))
        (sb-kernel:make-double-float (signed (ash bits -32)) (ldb (byte 32 0) bits)))))

(defun bits-of-float (type float)
  (if (eq type :f32)
      (ldb (byte 32 0) (sb-kernel:single-float-bits float))
      (logior (ash (ldb (byte 32 0) (sb-kernel:double-float-high-bits float)) 32)
              (sb-kernel:double-float-low-bits float))))

;;; Memory, of malloc, which aligns to 16

(defun allocate (size) (alien-sap (make-alien (unsigned 8) size)))
(defun free (pointer) (free-alien (sap-alien pointer (* (unsigned 8)))))

(defun place (address length) (cons (int-sap address) length))

(defun bytes (place)
  (destructuring-bind (sap . length) place
    (let ((bytes (make-array length :element-type '(unsigned-byte 8))))
      (dotimes (i length bytes) (setf (aref bytes i) (sap-ref-8 sap i))))))

(defun put (bytes place)
  (declare (type (simple-array (unsigned-byte 8) (*)) bytes))
  (let ((sap (car place)))
    (dotimes (i (length bytes)) (setf (sap-ref-8 sap i) (aref bytes i)))))

(defun word (pointer) (sap-ref-64 pointer 0))

;;; Loops, threads and the clock

;; These two as they stood when the published figures were measured: with CLISP's a call costs less.
(defun passed (type value)
  (cond ((string= type :pointer) (if (integerp value) (int-sap value) value))
        ((system-area-pointer-p value) (sap-int value))
        (t value)))

(defun run-step (s)
  (flet ((now (argument) (if (functionp argument) (funcall argument) argument)))
    (let ((arguments (step-of-arguments s)))
      (setf (step-of-result s)
            (apply (the function (step-of-call s))
                   (if (some #'functionp arguments) (mapcar #'now arguments) arguments))))))

(defun together (functions collecting)
  (let ((waiting (list (length functions))) (looping t))
    (flet ((beginning (function)
             (lambda ()
               (sb-ext:atomic-decf (car waiting))
               (loop while (plusp (car waiting)) do (sb-thread:thread-yield))
               (funcall function))))
      (let ((collector (when collecting
                         (sb-thread:make-thread (lambda () (loop while looping do (sb-ext:gc :full t))))))
            (others (loop for other in (rest functions) collect (sb-thread:make-thread (beginning other)))))
        (unwind-protect (cons (funcall (beginning (first functions))) (mapcar #'sb-thread:join-thread others))
          (setf looping nil)
          (when collector (sb-thread:join-thread collector)))))))

(defun nanoseconds ()
  (multiple-value-bind (seconds nanoseconds) (sb-unix::clock-gettime 1) ; CLOCK_MONOTONIC
    (+ (* 1000000000 seconds) nanoseconds)))

(serve :name "sb-alien" :capabilities '("collect" "loops" "threads" "callbacks" "callback-types") :lacks '("f16")
       :collect (lambda () (sb-ext:gc :full t)) :together #'together)
