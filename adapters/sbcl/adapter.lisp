;;; SBCL's sb-alien, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told. A
;;; function is compiled of SBCL's own types: one that it has not is unsupported, not made good.

(let ((*standard-output* *error-output*)) ; a reply is all that standard output shows
  (require :asdf)
  (funcall (intern "LOAD-SYSTEM" :asdf) :yason))

(defpackage :adapter (:use :common-lisp :sb-alien :sb-sys))
(in-package :adapter)

(defvar *types*
  '(("i8" signed 8) ("i16" signed 16) ("i32" signed 32) ("i64" signed 64)
    ("u8" unsigned 8) ("u16" unsigned 16) ("u32" unsigned 32) ("u64" unsigned 64)
    ("f32" . single-float) ("f64" . double-float) ("bool" boolean 8)
    ("pointer" . system-area-pointer) ("void" . void)))

(defstruct linked call parameters returns)
(defstruct memory sap size)

(defvar *library* nil "The path of `hello`.")
(defvar *functions* (make-array 0 :adjustable t :fill-pointer t))
(defvar *kept* nil "The memory of the last call.")

(define-condition unsupported (error) ((reason :initarg :reason :reader reason)))

(defun unsupported (format &rest values)
  (error 'unsupported :reason (apply #'format nil format values)))

(defun field (object name) (gethash name object))

(defun hex (sap size)
  (let ((text (make-string (* 2 size))))
    (dotimes (i size text)
      (let ((byte (sap-ref-8 sap i)))
        (setf (char text (* 2 i)) (char "0123456789abcdef" (ash byte -4))
              (char text (1+ (* 2 i))) (char "0123456789abcdef" (logand byte 15)))))))

(defun fill-memory (memory content blocks)
  (let ((bytes (field content "bytes")) (sap (memory-sap memory)))
    (dotimes (i (memory-size memory))
      (setf (sap-ref-8 sap i) (+ (* 16 (digit-char-p (char bytes (* 2 i)) 16))
                                 (digit-char-p (char bytes (1+ (* 2 i))) 16))))
    (loop for (offset to) in (field content "pointers")
          do (setf (sap-ref-sap sap offset) (memory-sap (nth to blocks))))))

(defun fill-blocks (blocks contents)
  (loop for block in blocks for content in contents do (fill-memory block content blocks)))

;; Memory of malloc, which aligns to 16.
(defun make-blocks (contents)
  (let ((blocks (loop for content in contents
                      for size = (floor (length (field content "bytes")) 2)
                      collect (make-memory :sap (alien-sap (make-alien (unsigned 8) size)) :size size))))
    (fill-blocks blocks contents)
    blocks))

(defun free-blocks (blocks)
  (dolist (block blocks) (free-alien (sap-alien (memory-sap block) (* (unsigned 8))))))

(defun bits-float (type bits)
  (flet ((signed (word) (if (logbitp 31 word) (- word (ash 1 32)) word)))
    (if (string= type "f32")
        (sb-kernel:make-single-float (signed bits))
        (sb-kernel:make-double-float (signed (ash bits -32)) (ldb (byte 32 0) bits)))))

(defun float-bits (value)
  (etypecase value
    (single-float (ldb (byte 32 0) (sb-kernel:single-float-bits value)))
    (double-float (logior (ash (ldb (byte 32 0) (sb-kernel:double-float-high-bits value)) 32)
                          (sb-kernel:double-float-low-bits value)))))

;; A carrier to what Lisp code would pass.
(defun argument (type carrier blocks)
  (cond ((hash-table-p carrier) (memory-sap (nth (field carrier "block") blocks)))
        ((member type '("f32" "f64") :test #'string=) (bits-float type (parse-integer carrier :radix 16)))
        ((string= type "bool") (string= carrier "1"))
        ((string= type "pointer") (int-sap (parse-integer carrier)))
        (t (parse-integer carrier))))

;; What SBCL gave, as a carrier.
(defun text (type value)
  (cond ((string= type "void") nil)
        ((string= type "bool") (if value "1" "0"))
        ((floatp value) (format nil "~(~v,'0x~)" (if (string= type "f32") 8 16) (float-bits value)))
        ((system-area-pointer-p value) (princ-to-string (sap-int value)))
        (t (princ-to-string value))))

(defun call (linked arguments)
  (handler-case (apply (linked-call linked) arguments)
    (error (raised) (unsupported "SBCL raises ~a: ~a" (type-of raised) raised))))

(defun hello (request)
  (setf *library* (field request "library"))
  (load-shared-object *library*)
  `("is" "ready" "protocol" 1 "name" "sb-alien" "version" ,(lisp-implementation-version)
    "language" "Common Lisp" "level" "wire" "capabilities" ("collect")))

(defun link (request)
  (let ((symbol (field request "symbol")) (parameters (field request "parameters"))
        (returns (field request "returns")))
    (flet ((alien-type (name)
             (or (cdr (assoc name *types* :test #'string=)) (unsupported "SBCL has no type for ~a" name))))
      (let ((names (loop repeat (length parameters) collect (gensym)))
            (type `(function ,(alien-type returns) ,@(mapcar #'alien-type parameters))))
        (if (not (find-foreign-symbol-address symbol))
            `("is" "unlinked" "message" ,(format nil "~a has no symbol `~a`" *library* symbol))
            (let ((call (compile nil `(lambda ,names (alien-funcall (extern-alien ,symbol ,type) ,@names)))))
              `("is" "bound" "function"
                ,(vector-push-extend (make-linked :call call :parameters parameters :returns returns)
                                     *functions*))))))))

(defun invoke (request)
  (let ((linked (aref *functions* (field request "function"))))
    (free-blocks *kept*)
    (setf *kept* (make-blocks (field request "blocks")))
    (let ((value (call linked (loop for type in (linked-parameters linked)
                                    for carrier in (field request "arguments")
                                    collect (argument type carrier *kept*)))))
      `("is" "returned" "value" ,(text (linked-returns linked) value)
        "blocks" ,(map 'vector (lambda (block) (hex (memory-sap block) (memory-size block))) *kept*)))))

(defun peek (request)
  `("is" "memory" "bytes" ,(hex (int-sap (parse-integer (field request "address"))) (field request "length"))))

(defun answer (request)
  (let ((asked (field request "do")))
    (handler-case
        (cond ((string= asked "hello") (hello request))
              ((string= asked "link") (link request))
              ((string= asked "invoke") (invoke request))
              ((string= asked "peek") (peek request))
              ((string= asked "collect") (sb-ext:gc :full t) '("is" "done"))
              ((string= asked "stop") '("is" "done"))
              (t `("is" "adapter-error" "message" ,(format nil "it does not serve `~a`" asked))))
      (unsupported (no) `("is" "unsupported" "message" ,(reason no)))
      (error (raised) `("is" "adapter-error" "message" ,(format nil "~a: ~a" (type-of raised) raised))))))

(loop for line = (read-line *standard-input* nil)
      while line
      do (let* ((request (yason:parse line)) (reply (answer request)))
           (yason:with-output (*standard-output*)
             (yason:with-object ()
               (loop for (key value) on (list* "id" (field request "id") reply) by #'cddr
                     do (yason:encode-object-element key value))))
           (terpri)
           (finish-output)
           (when (string= (field request "do") "stop") (return))))
