;;; A function of Lisp's that C calls gives a (boolean 8), and SBCL does not convert it: sbcl --script repro.lisp
;;;
;;;     t: error: The value   T is not of type   (UNSIGNED-BYTE 8)        (1 is due)
;;;     nil: error: The value   NIL is not of type   (UNSIGNED-BYTE 8)    (0 is due)

(dolist (given '(t nil))
  (let ((answers (sb-alien::alien-lambda (boolean 8) () given)))
    (format t "~(~a~): ~a~%" given
            (handler-case (alien-funcall (cast answers (function (unsigned 8))))
              (error (e) (format nil "error: ~a" (substitute #\Space #\Newline (princ-to-string e))))))))
