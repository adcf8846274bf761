;;; What the adapters of Common Lisp have in common at wire level (docs/protocol.md): messages, carriers, blocks and loops.
;;; What a library does is the adapter's own. It loads this file, defines in its package
;;;
;;;   (own-type type)             the library's name of a type, which is a keyword here; `unserved` where it has none
;;;   (open-library path)         opens a library, once
;;;   (foreign path symbol parameters returns)
;;;                               what `apply` calls, of types as the library names them; signals `unlinked`
;;;   (told raised)               what is said of an error that the library raises
;;;   (pointer address), (address pointer)
;;;                               of a number what a call takes for a pointer, and back
;;;   (float-of-bits type bits), (bits-of-float type float)
;;;                               a float of that type, as calls take and give it
;;;   (allocate size), (free pointer)
;;;                               memory, aligned to 16
;;;   (place address length)      so many bytes of memory that is there, to be made once and used often by
;;;   (bytes place), (put bytes place)
;;;                               what is there, a vector of bytes
;;;   (word pointer)              the unsigned number of 8 bytes
;;;   (callable parameters returns function)
;;;                               a C function that calls this one: its pointer, and a function that lets go of it, or nil
;;;   (passed type value)         what an earlier step gave, an address or an integer, as an argument of that type
;;;   (run-step step)             makes the call of a `step-of` and sets its result: what `loop` and `clock` run
;;;   (nanoseconds)               of a clock that only goes forward
;;;
;;; and calls `serve`.

(defpackage :wire (:use :common-lisp))
(in-package :wire)

(load (merge-pathnames "json.lisp" *load-truename*) :verbose nil)

(declaim (ftype function own-type open-library foreign told pointer address float-of-bits bits-of-float allocate free place bytes
                put word callable passed run-step nanoseconds))

(defvar *about* nil "What `serve` was told.")
(defvar *library* nil "The path of `hello`.")
(defvar *functions* (make-array 0 :adjustable t :fill-pointer t))
(defvar *blocks* nil "Of the last call, kept until the next.")
(defvar *given* nil "Functions of Lisp's that the call is given, the last first.")
(defvar *objects* (make-hash-table :test #'equal)) ; functions that the library keeps, by number
(defvar *made* 0)

(define-condition unserved (error) ((message :initarg :message :reader message)))
(define-condition unlinked (unserved) ())

(defun unserved (format &rest values) (error 'unserved :message (apply #'format nil format values)))

(defmacro by-the-library (&body body)
  "What the library raises on a value, on its way in, in the call or on its way out, is its answer."
  `(handler-case (progn ,@body)
     (error (raised) (error 'unserved :message (told raised)))))

;;; Memory

(defstruct (blocks (:constructor %make-blocks)) memory place image addresses lengths)

(defun fill-blocks (blocks) (put (blocks-image blocks) (blocks-place blocks)))

(defun make-blocks (described)
  "The blocks lie in one piece of memory, which is filled at once."
  (let* ((pieces (loop for d in described collect (of-hex (field d "bytes"))))
         (rooms (loop for p in pieces collect (* 16 (1+ (ceiling (length p) 16)))))
         (starts (loop for start = 0 then (+ start room) for room in rooms collect start))
         (size (reduce #'+ rooms :initial-value 16))
         (memory (allocate size))
         (addresses (map 'vector (lambda (start) (+ (address memory) start)) starts))
         (image (make-array size :element-type '(unsigned-byte 8) :initial-element 0))
         (blocks (%make-blocks :memory memory :place (place (address memory) size) :image image
                               :addresses addresses :lengths (map 'vector #'length pieces))))
    (loop for d in described
          for p in pieces
          for start in starts
          do (replace image p :start1 start)
             (loop for (at n) in (field d "pointers")
                   do (dotimes (i 8)
                        (setf (aref image (+ start at i)) (ldb (byte 8 (* 8 i)) (svref addresses n))))))
    (fill-blocks blocks)
    blocks))

(defun block-address (blocks n &optional (at 0)) (+ (svref (blocks-addresses blocks) n) at))

(defun free-blocks (blocks) (free (blocks-memory blocks)))

;;; Carriers

(defun named (type) (intern (string-upcase type) :keyword))

(defun argument (type carrier)
  (case type
    (:pointer (pointer (parse-integer carrier)))
    ((:f32 :f64) (float-of-bits type (parse-integer carrier :radix 16)))
    (:bool (string= carrier "1"))
    (t (parse-integer carrier))))

(defun bits (type result)
  (case type
    (:void 0)
    (:pointer (address result))
    ((:f32 :f64) (bits-of-float type result))
    (:bool (if result 1 0))
    (t result)))

(defun text (type bits)
  (case type
    (:void :null)
    (:f32 (format nil "~(~8,'0x~)" bits))
    (:f64 (format nil "~(~16,'0x~)" bits))
    (t (format nil "~d" bits))))

(defun carrier (type result) (text type (bits type result)))

;;; Functions of the library's, and of Lisp's

(defstruct linked call parameters returns)

(defun link (request)
  (let* ((parameters (mapcar #'named (field request "parameters")))
         (returns (named (field request "returns")))
         (path (field request "library"))
         (call (foreign (if (stringp path) path *library*) (field request "symbol")
                        (mapcar #'own-type parameters) (own-type returns))))
    (object "is" "bound" "function" (vector-push-extend
                                     (make-linked :call call :parameters parameters :returns returns) *functions*))))

(defstruct callback pointer let-go calls)

(defun make-function (told again)
  "A C function that answers as it is told and notes what it is called with."
  (let* ((parameters (mapcar #'named (field told "parameters"))) (returns (named (field told "returns")))
         (own-types (mapcar #'own-type parameters)) (own-returns (own-type returns))
         (answers (field told "answers")) (made (make-callback)))
    (labels ((given (answer) (unless (eq answer :null) (argument returns answer)))
             (answer (&rest values)
               (push (mapcar #'carrier parameters values) (callback-calls made))
               (let ((answer (nth (1- (min (length answers) (length (callback-calls made)))) answers)))
                 (if (consp answer) (funcall again (field answer "again")) (given answer)))))
      (let ((function (if (field told "plain") (constantly (given (first answers))) #'answer)))
        (setf (values (callback-pointer made) (callback-let-go made))
              (by-the-library (callable own-types own-returns function)))
        made))))

(defun calls-of (made) (reverse (callback-calls made)))

(defun let-go (made) (when (callback-let-go made) (funcall (callback-let-go made))))

(defun make-address (request)
  (let ((made (make-function request nil)) (number (format nil "~d" (incf *made*))))
    (setf (gethash number *objects*) made)
    (object "is" "made" "kept" number "address" (format nil "~d" (address (callback-pointer made))))))

(defun release (request)
  (let-go (gethash (field request "kept") *objects*))
  (remhash (field request "kept") *objects*)
  (object "is" "done"))

;;; Scripts, of which an `invoke` is one step

(defstruct script blocks steps bits show)
(defstruct step-of call arguments late returns result) ; late: (cell . what gives its value), which the cell holds until then

(defun late (given type blocks steps)
  "A function that gives a `result` or a `word`."
  (let ((k (field given "result")))
    (if k
        (let ((s (nth k steps))) (lambda () (passed type (step-of-result s))))
        (let ((place (pointer (apply #'block-address blocks (field given "word")))))
          (lambda () (passed type (word place)))))))

(defun again (linked carriers arguments)
  (apply (linked-call linked)
         (loop for type in (linked-parameters linked)
               for one in carriers
               collect (if (stringp one) (argument type one) (nth (field one "argument") arguments)))))

(defun make-step (described blocks steps)
  (let* ((linked (aref *functions* (field described "function")))
         (given (field described "arguments"))
         (arguments (make-list (length given)))
         (late '()))
    (loop for g in given
          for type in (linked-parameters linked)
          for cell on arguments
          do (cond ((stringp g) (setf (car cell) (argument type g)))
                   ((field g "callback")
                    (push (make-function (field g "callback") (lambda (carriers) (again linked carriers arguments))) *given*)
                    (setf (car cell) (callback-pointer (first *given*))))
                   ((field g "block") (setf (car cell) (pointer (block-address blocks (field g "block")))))
                   (t (push (cons cell (setf (car cell) (late g type blocks steps))) late))))
    (make-step-of :call (linked-call linked) :arguments arguments :late late :returns (linked-returns linked))))

(defun ready (described)
  (let* ((blocks (make-blocks (field described "blocks"))) (steps '()))
    (dolist (d (field described "steps"))
      (setf steps (append steps (list (make-step d blocks steps)))))
    (make-script :blocks blocks :steps steps :bits (field described "bits")
                 :show (loop for (n at length) in (field described "show")
                             collect (place (block-address blocks n at) length)))))

(defun free-scripts (scripts) (map nil (lambda (script) (free-blocks (script-blocks script))) scripts))

(defun invoke (request &aux (*given* '()))
  (when *blocks* (free-blocks (shiftf *blocks* nil)))
  (let* ((blocks (setf *blocks* (make-blocks (field request "blocks"))))
         (s (make-step request blocks '())))
    (by-the-library (run-step s))
    (object "is" "returned"
            "calls" (loop for made in (reverse *given*)
                          collect (calls-of made)
                          do (let-go made))
            "value" (carrier (step-of-returns s) (step-of-result s))
            "blocks" (loop for address across (blocks-addresses blocks)
                           for length across (blocks-lengths blocks)
                           collect (bytes (place address length))))))

;;; Loops

(defun said (s)
  "What a step came to, as a number: of an address only whether it is null."
  (let ((bits (bits (step-of-returns s) (step-of-result s))))
    (if (eq (step-of-returns s) :pointer) (signum bits) bits)))

(defun outcome (script) (list (mapcar #'said (script-steps script)) (mapcar #'bytes (script-show script))))

(defun tally (tallies n outcome times)
  (let ((tally (svref tallies n)))
    (incf (cdr (or (find outcome tally :key #'car :test #'equalp)
                   (if (< (length tally) 16)
                       (first (push (cons outcome 0) (svref tallies n)))
                       (first tally))))
          times)))

(defun looped (scripts thread rounds)
  "One thread's tallies of each script, or what the library raised."
  (let ((tallies (map 'vector (constantly nil) scripts)))
    (handler-case
        (dotimes (round rounds tallies)
          (let* ((n (mod (+ round thread) (length scripts))) (script (svref scripts n)))
            (fill-blocks (script-blocks script))
            (by-the-library (mapc #'run-step (script-steps script)))
            (tally tallies n (outcome script) 1)))
      (unserved (raised) raised))))

(defun run-loop (request)
  (let* ((prepared (loop repeat (field request "threads") collect (map 'vector #'ready (field request "scripts"))))
         (works (loop for scripts in prepared
                      for thread from 0
                      collect (let ((scripts scripts) (thread thread))
                                (lambda () (looped scripts thread (field request "rounds"))))))
         (all (map 'vector (constantly nil) (first prepared))))
    (dolist (tallies (funcall (getf *about* :together) works (field request "collect")))
      (when (typep tallies 'unserved) (error tallies))
      (dotimes (n (length all))
        (loop for (outcome . times) in (reverse (svref tallies n)) do (tally all n outcome times))))
    (mapc #'free-scripts prepared)
    (object "is" "looped"
            "scripts" (loop for script across (first prepared)
                            for tally across all
                            for types = (mapcar #'step-of-returns (script-steps script))
                            collect (loop for ((results shown) . times) in (reverse tally)
                                          collect (object "values" (mapcar #'text types results)
                                                          "shown" shown "times" times))))))

(defun row-bits (script)
  (loop for b in (script-bits script)
        for k = (field b "result")
        sum (if k
                (said (nth k (script-steps script)))
                (word (pointer (apply #'block-address (script-blocks script) (field b "word")))))))

(defun run-clock (request)
  (let* ((rows (mapcar #'ready (field request "rows")))
         (count (field request "count"))
         (left count)
         (start (nanoseconds)))
    (declare (fixnum left))
    (by-the-library
      (loop while (plusp left)
            do (dolist (row rows)
                 (when (zerop left) (return))
                 (decf left)
                 (dolist (s (script-steps row)) (run-step s)))))
    (let ((elapsed (- (nanoseconds) start)) (sum 0))
      (loop for row in rows
            repeat count
            do (setf sum (mod (+ (* 31 sum) (row-bits row)) (expt 2 64))))
      (free-scripts rows)
      (object "is" "benched" "elapsed_ns" elapsed "checksum" (format nil "~d" sum)))))

;;; The conversation

(defun hello (request)
  (unless (eql (field request "protocol") 1) (error "only protocol 1 is spoken here"))
  (setf *library* (field request "library"))
  (open-library *library*)
  (let ((version (lisp-implementation-version)))
    (object "is" "ready" "protocol" 1 "name" (getf *about* :name)
            "version" (subseq version 0 (position #\Space version)) "language" "Common Lisp" "level" "wire"
            "capabilities" (getf *about* :capabilities) "lacks" (getf *about* :lacks))))

(defun answer (request)
  (let ((asked (field request "do"))
        (keeps (member "kept-callbacks" (getf *about* :capabilities) :test #'string=)))
    (flet ((asked (what) (string= asked what)))
      (cond ((asked "hello") (hello request))
            ((asked "link")
             (handler-case (link request)
               (unlinked (e) (object "is" "unlinked" "message" (message e)))))
            ((asked "invoke") (invoke request))
            ((asked "peek")
             (object "is" "memory"
                     "bytes" (bytes (place (parse-integer (field request "address")) (field request "length")))))
            ((and keeps (asked "make-address")) (make-address request))
            ((and keeps (asked "heard"))
             (object "is" "heard" "calls" (calls-of (gethash (field request "kept") *objects*))))
            ((and keeps (asked "release")) (release request))
            ((asked "loop") (run-loop request))
            ((asked "clock") (run-clock request))
            ((asked "collect") (funcall (getf *about* :collect)) (object "is" "done"))
            ((asked "stop") (object "is" "done"))
            (t (object "is" "adapter-error" "message" (format nil "`~a` is not asked at wire level" asked)))))))

(defun serve (&rest about &aux (in *standard-input*) (out *standard-output*))
  "Of the library its :name, its :capabilities, and the scalars that it :lacks; :collect, which runs the collector; and
:together, which is given functions and gives what they return: the first is called here, and the others on threads of their own
at the same time, while the collector runs over and over if the second argument is true."
  (setf *about* about)
  (loop while (peek-char t in nil)
        do (let* ((request (read-json in))
                  (reply (handler-case (answer request)
                           (unserved (e) (object "is" "unsupported" "message" (message e)))
                           (error (e) (object "is" "adapter-error" "message" (format nil "~a: ~a" (type-of e) e))))))
             (write-json (apply #'object "id" (field request "id") (object-pairs reply)) out)
             (write-char #\Newline out)
             (finish-output out)
             (when (equal (field request "do") "stop") (return)))))
