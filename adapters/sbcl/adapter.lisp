;;; SBCL's sb-alien, judged at wire level (docs/protocol.md): it links, invokes, peeks and loops as it is
;;; told. A function is compiled of SBCL's own types: one that it has not is unsupported, not made good.

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

(defun object (&rest fields)
  (let ((object (make-hash-table :test 'equal)))
    (loop for (key value) on fields by #'cddr do (setf (gethash key object) value))
    object))

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

;; A carrier to what Lisp code would pass; of a run's earlier steps, a function that gives it.
(defun argument (type carrier blocks &optional results)
  (cond ((hash-table-p carrier)
         (let ((block (field carrier "block"))
               (result (field carrier "result"))
               (word (field carrier "word")))
           (cond (block (memory-sap (nth block blocks)))
                 (result (lambda () (pointer-or-word type (svref results result))))
                 (t (let ((sap (memory-sap (nth (first word) blocks))) (offset (second word)))
                      (lambda () (pointer-or-word type (sap-ref-64 sap offset))))))))
        ((member type '("f32" "f64") :test #'string=) (bits-float type (parse-integer carrier :radix 16)))
        ((string= type "bool") (string= carrier "1"))
        ((string= type "pointer") (int-sap (parse-integer carrier)))
        (t (parse-integer carrier))))

;; What an earlier step gave, as its parameter has it.
(defun pointer-or-word (type value)
  (cond ((string= type "pointer") (if (integerp value) (int-sap value) value))
        ((system-area-pointer-p value) (sap-int value))
        (t value)))

;; What SBCL gave, as a carrier.
(defun text (type value)
  (cond ((string= type "void") nil)
        ((string= type "bool") (if value "1" "0"))
        ((floatp value) (format nil "~(~v,'0x~)" (if (string= type "f32") 8 16) (float-bits value)))
        ((system-area-pointer-p value) (princ-to-string (sap-int value)))
        (t (princ-to-string value))))

(defmacro calling (&body calls)
  `(handler-case (progn ,@calls)
     (error (raised) (unsupported "SBCL raises ~a: ~a" (type-of raised) raised))))

;; Scripts: their blocks, the results of their steps, and a function that runs the steps.
(defstruct script blocks results run)

(defun ready (script)
  (let* ((blocks (make-blocks (field script "blocks")))
         (asked (field script "steps"))
         (results (make-array (length asked)))
         (steps (loop for step in asked for linked = (aref *functions* (field step "function"))
                      collect (cons (linked-call linked)
                                    (mapcar (lambda (type carrier) (argument type carrier blocks results))
                                            (linked-parameters linked) (field step "arguments"))))))
    (flet ((now (argument) (if (functionp argument) (funcall argument) argument)))
      (make-script
       :blocks blocks :results results
       :run (lambda ()
              (loop for (call . arguments) in steps for step from 0
                    do (setf (svref results step)
                             (apply (the function call)
                                    (if (some #'functionp arguments)
                                        (mapcar #'now arguments)
                                        arguments)))))))))

(defun returned (script step value)
  (let ((type (linked-returns (aref *functions* (field (nth step (field script "steps")) "function")))))
    (cond ((string/= type "pointer") (text type value))
          ((zerop (sap-int value)) "0")
          (t "1"))))

(defun outcome (script ready)
  (list (loop for value across (script-results ready) for step from 0 collect (returned script step value))
        (loop for (block offset length) in (field script "show")
              collect (hex (sap+ (memory-sap (nth block (script-blocks ready))) offset) length))))

(defun tally (tallies outcome times)
  (let ((known (or (find outcome (cdr tallies) :key #'car :test #'equal)
                   (and (= (length (cdr tallies)) 16) (car (last tallies))))))
    (if known (incf (cdr known) times) (setf (cdr (last tallies)) (list (cons outcome times))))))

;; One thread's tallies of each script; it begins when all are ready.
(defun looped (scripts thread rounds begin)
  (let ((ready (map 'vector #'ready scripts))
        (tallies (loop repeat (length scripts) collect (list nil))))
    (funcall begin)
    (dotimes (round rounds)
      (let* ((n (mod (+ round thread) (length scripts))) (script (nth n scripts)) (made (aref ready n)))
        (fill-blocks (script-blocks made) (field script "blocks"))
        (calling (funcall (script-run made)))
        (tally (nth n tallies) (outcome script made) 1)))
    (loop for made across ready do (free-blocks (script-blocks made)))
    tallies))

(defun run-loop (request)
  (let* ((scripts (field request "scripts")) (rounds (field request "rounds"))
         (threads (field request "threads")) (waiting (list threads)) (looping t)
         (all (loop repeat (length scripts) collect (list nil))))
    (flet ((begin ()
             (sb-ext:atomic-decf (car waiting))
             (loop while (plusp (car waiting)) do (sb-thread:thread-yield)))
           (thread (function) (sb-thread:make-thread function)))
      (let* ((collector (when (field request "collect")
                          (thread (lambda () (loop while looping do (sb-ext:gc :full t))))))
             (others (loop for other from 1 below threads
                           collect (let ((other other))
                                     (thread (lambda ()
                                               (handler-case (looped scripts other rounds #'begin)
                                                 (unsupported (raised) raised))))))))
        (unwind-protect
             (dolist (tallies (cons (looped scripts 0 rounds #'begin)
                                    (mapcar #'sb-thread:join-thread others)))
               (when (typep tallies 'error) (error tallies))
               (loop for into in all for (nil . from) in tallies
                     do (loop for (outcome . times) in from do (tally into outcome times))))
          (setf looping nil)
          (when collector (sb-thread:join-thread collector)))))
    (flet ((told (tally)
             (destructuring-bind ((values shown) . times) tally
               (object "values" (coerce values 'vector) "shown" (coerce shown 'vector) "times" times))))
      `("is" "looped" "scripts" ,(map 'vector (lambda (tallies) (map 'vector #'told (cdr tallies))) all)))))

(defun now ()
  (multiple-value-bind (seconds nanoseconds) (sb-unix::clock-gettime 1) ; CLOCK_MONOTONIC
    (+ (* 1000000000 seconds) nanoseconds)))

(defun bits (ready place)
  (let ((k (field place "result")) (word (field place "word")))
    (if (not k)
        (sap-ref-64 (memory-sap (nth (first word) (script-blocks ready))) (second word))
        (let ((value (svref (script-results ready) k)))
          (etypecase value
            (integer value)
            (float (float-bits value))
            (system-area-pointer (if (zerop (sap-int value)) 0 1))
            (boolean (if value 1 0)))))))

(defun run-clock (request)
  (let* ((rows (field request "rows")) (count (field request "count")) (ready (map 'vector #'ready rows))
         (began (now)))
    (calling
      (loop with row fixnum = 0 repeat count
            do (funcall (the function (script-run (svref ready row))))
               (when (= (incf row) (length ready)) (setf row 0))))
    (let ((elapsed (- (now) began)) (sum 0))
      (loop for row in rows for made across ready repeat count
            do (setf sum (ldb (byte 64 0)
                              (+ (* sum 31) (loop for place in (field row "bits") sum (bits made place))))))
      (loop for made across ready do (free-blocks (script-blocks made)))
      `("is" "benched" "elapsed_ns" ,elapsed "checksum" ,(princ-to-string sum)))))

(defun hello (request)
  (setf *library* (field request "library"))
  (load-shared-object *library*)
  `("is" "ready" "protocol" 1 "name" "sb-alien" "version" ,(lisp-implementation-version)
    "language" "Common Lisp" "level" "wire" "capabilities" ("collect" "loops" "threads" "callbacks" "callback-types")
    "lacks" ("f16")))

(defun link (request)
  (let ((symbol (field request "symbol")) (parameters (field request "parameters"))
        (returns (field request "returns")))
    (let ((names (loop repeat (length parameters) collect (gensym)))
          (type `(function ,(alien-type returns) ,@(mapcar #'alien-type parameters))))
      (if (not (find-foreign-symbol-address symbol))
          `("is" "unlinked" "message" ,(format nil "~a has no symbol `~a`" *library* symbol))
          (let ((call (compile nil `(lambda ,names (alien-funcall (extern-alien ,symbol ,type) ,@names)))))
            `("is" "bound" "function"
              ,(vector-push-extend (make-linked :call call :parameters parameters :returns returns)
                                   *functions*)))))))

(defun alien-type (name)
  (or (cdr (assoc name *types* :test #'string=)) (unsupported "SBCL has no type for ~a" name)))

;; A C function that answers as it is told, and what gives its calls.
(defun callback (told linked given)
  (let* ((parameters (field told "parameters")) (returns (field told "returns")) (answers (field told "answers"))
         (names (loop repeat (length parameters) collect (gensym))) (calls nil)
         (place (cons nil nil))
         (made (compile nil
                        `(lambda (place)
                           (sb-alien::alien-lambda ,(alien-type returns)
                               ,(mapcar (lambda (name type) (list name (alien-type type))) names parameters)
                             (funcall (car place) ,@names))))))
    (setf (car place)
          (lambda (&rest values)
            (setf calls (append calls (list (map 'vector #'text parameters values))))
            (let ((answer (nth (1- (min (length answers) (length calls))) answers)))
              (cond ((null answer) (values))
                    ((not (hash-table-p answer)) (argument returns answer nil))
                    (t (apply (linked-call linked)
                              (loop for one in (field answer "again") for type in (linked-parameters linked)
                                    collect (if (hash-table-p one)
                                                (funcall given (field one "argument"))
                                                (argument type one nil)))))))))
    (cons (alien-sap (calling (funcall made place))) (lambda () calls))))

(defun invoke (request)
  (let ((linked (aref *functions* (field request "function"))) (callbacks nil) (arguments nil))
    (free-blocks *kept*)
    (setf *kept* (make-blocks (field request "blocks")))
    (loop for type in (linked-parameters linked)
          for carrier in (field request "arguments")
          for told = (and (hash-table-p carrier) (field carrier "callback"))
          for made = (and told (callback told linked (lambda (at) (nth at arguments))))
          do (when made (setf callbacks (append callbacks (list made))))
             (setf arguments (append arguments (list (if made (car made) (argument type carrier *kept*))))))
    (let ((value (calling (apply (linked-call linked) arguments))))
      `("is" "returned" "value" ,(text (linked-returns linked) value)
        "calls" ,(map 'vector (lambda (made) (coerce (funcall (cdr made)) 'vector)) callbacks)
        "blocks" ,(map 'vector (lambda (block) (hex (memory-sap block) (memory-size block))) *kept*)))))

(defun peek (request)
  (let ((memory (int-sap (parse-integer (field request "address")))))
    `("is" "memory" "bytes" ,(hex memory (field request "length")))))

(defun answer (request)
  (let ((asked (field request "do")))
    (handler-case
        (cond ((string= asked "hello") (hello request))
              ((string= asked "link") (link request))
              ((string= asked "invoke") (invoke request))
              ((string= asked "peek") (peek request))
              ((string= asked "loop") (run-loop request))
              ((string= asked "clock") (run-clock request))
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
