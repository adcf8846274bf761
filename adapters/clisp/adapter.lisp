;;; CLISP's FFI at wire level (docs/protocol.md): types given at run time, calls made by its avcall.

(load (merge-pathnames "../wire.lisp" *load-truename*) :verbose nil)
(in-package :wire)
(use-package :ffi)

(defvar *types*
  '((:i8 . sint8) (:i16 . sint16) (:i32 . sint32) (:i64 . sint64)
    (:u8 . uint8) (:u16 . uint16) (:u32 . uint32) (:u64 . uint64)
    (:f32 . single-float) (:f64 . double-float) (:pointer . c-pointer) (:void . nil)))

(defun own-type (type)
  (let ((found (assoc type *types*)))
    (unless found
      (unserved "CLISP's FFI has no type for ~(~a~)~@[: `ffi:boolean` is a C int~]" type (eq type :bool)))
    (cdr found)))

(defun told (raised) (remove #\Newline (princ-to-string raised)))

;;; Functions

(defvar *libraries* (make-hash-table :test #'equal))

(defun open-library (path)
  (or (gethash path *libraries*) (setf (gethash path *libraries*) (open-foreign-library path))))

(defun function-type (parameters returns)
  (parse-c-type `(c-function (:arguments ,@(loop for p in parameters collect (list (gensym) p)))
                             (:return-type ,returns)
                             (:language :stdc))))

(defun foreign (path symbol parameters returns)
  (let ((type (function-type parameters returns)))
    (handler-case (ffi::find-foreign-function symbol type nil (if (stringp path) (open-library path) path) nil nil)
      (error (e) (error 'unlinked :message (format nil "~a: ~a: ~a" path symbol (told e)))))))

(defun callable (parameters returns function)
  "A place in memory of the type of the C function, which the library makes."
  (let* ((type (function-type parameters returns)) (place (foreign-allocate type :initial-contents function)))
    (values (pointer (memory-as (foreign-address place) 'uint64))
            (lambda ()
              (foreign-free (memory-as (foreign-address place) type))
              (foreign-free place)))))

;;; Memory, of malloc, which aligns to 16

(defun allocate (size) (foreign-address (foreign-allocate 'uint8 :count size)))
(defun free (pointer) (foreign-free pointer))

(defvar *bytes-types* (make-hash-table))

(defun bytes-type (length)
  (or (gethash length *bytes-types*)
      (setf (gethash length *bytes-types*) (parse-c-type `(c-array uint8 ,length)))))

(defun place (address length) (cons (unsigned-foreign-address address) (bytes-type length)))
(defun bytes (place) (memory-as (car place) (cdr place)))
(defun put (bytes place) (setf (memory-as (car place) (cdr place)) bytes))
(defun word (pointer) (memory-as pointer 'uint64))

;;; Scalars

(defun pointer (address) (if (eql address 0) nil (unsigned-foreign-address address)))
(defun address (pointer) (if pointer (foreign-address-unsigned pointer) 0))

(defvar *scratch* (allocate 16))

(defun float-of-bits (type bits)
  "CLISP makes the number of these bits as it does wherever it reads C's memory."
  (setf (memory-as *scratch* (if (eq type :f32) 'uint32 'uint64)) bits)
  (by-the-library (memory-as *scratch* (own-type type))))

(defun bits-of-float (type float)
  (setf (memory-as *scratch* (own-type type)) float)
  (memory-as *scratch* (if (eq type :f32) 'uint32 'uint64)))

;;; Loops, and the clock

(defun passed (type value)
  (if (eq type :pointer)
      (if (integerp value) (pointer value) value)
      (if (integerp value) value (address value))))

(defun run-step (s)
  (dolist (l (step-of-late s)) (setf (caar l) (funcall (the function (cdr l)))))
  (setf (step-of-result s) (apply (step-of-call s) (step-of-arguments s))))

(defvar *clock* (foreign :default "clock_gettime" '(int c-pointer) 'int))

(defun nanoseconds ()
  (funcall *clock* 1 *scratch*) ; 1 is CLOCK_MONOTONIC
  (+ (* 1000000000 (word *scratch*)) (memory-as *scratch* 'uint64 8)))

;; There is one thread.
(serve :name "clisp-ffi" :lacks '("f16" "bool")
       :capabilities '("loops" "libraries" "collect" "callbacks" "callback-types" "kept-callbacks")
       :collect #'ext:gc :together (lambda (functions collecting) (declare (ignore collecting)) (mapcar #'funcall functions)))
(ext:exit)
