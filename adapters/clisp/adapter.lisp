;;; CLISP's FFI at wire level (docs/protocol.md): types given at run time, calls made by its avcall.

(defpackage adapter (:use cl ffi))
(in-package adapter)

;;; JSON: an object is a list of pairs, an array a list, null :null, false and [] nil.

;;; A line is read and written piece by piece: a string of CLISP's has less than 2^22 characters.

(defvar *text* (make-string (1- (ash 1 22))))

(defun read-text (in &aux (text *text*) (length 0))
  (declare (simple-string text) (fixnum length))
  (loop for c = (read-char in)
        until (eql c #\")
        do (setf (char text length)
                 (if (eql c #\\)
                     (case (setf c (read-char in))
                       (#\n #\Newline) (#\t #\Tab) (#\r #\Return) (#\b #\Backspace) (#\f #\Page)
                       (#\u (let ((code 0))
                              (dotimes (i 4 (code-char code))
                                (setf code (+ (* 16 code) (digit-char-p (read-char in) 16))))))
                       (t c))
                     c))
           (incf length))
  (subseq text 0 length))

(defun read-members (end element in)
  (if (eql (peek-char t in) end)
      (progn (read-char in) nil)
      (loop collect (funcall element in)
            until (eql (peek-char t in) end)
            do (read-char in) ; a comma
            finally (read-char in))))

(defun read-pair (in)
  (peek-char t in)
  (read-char in)
  (let ((name (read-text in)))
    (peek-char t in)
    (read-char in) ; a colon
    (cons name (read-json in))))

(defun read-word (in value length) (dotimes (i length value) (read-char in)))

(defun read-json (in)
  (let ((c (peek-char t in)))
    (case c
      (#\" (read-char in) (read-text in))
      (#\{ (read-char in) (read-members #\} #'read-pair in))
      (#\[ (read-char in) (read-members #\] #'read-json in))
      (#\n (read-word in :null 4))
      (#\t (read-word in t 4))
      (#\f (read-word in nil 5))
      (t (unless (digit-char-p c) (error "no JSON begins with `~a`" c))
         (loop with number = 0
               for digit = (digit-char-p (peek-char nil in))
               while digit
               do (read-char in)
                  (setf number (+ (* 10 number) digit))
               finally (return number))))))

(defun field (object name) (cdr (assoc name object :test #'string=)))

(defstruct (object (:constructor object (&rest pairs))) pairs) ; to be written: name, value, name, value; bytes are as hex

(defvar *digits* (coerce "0123456789abcdef" 'simple-vector))
(defvar *values* (coerce (loop for code below 128 collect (digit-char-p (code-char code) 16)) 'simple-vector))

(defun of-hex (text)
  (let ((bytes (make-array (floor (length text) 2) :element-type '(unsigned-byte 8))) (at -1) (values *values*))
    (dotimes (i (length bytes) bytes)
      (setf (aref bytes i) (logior (ash (svref values (char-code (char text (incf at)))) 4)
                                   (svref values (char-code (char text (incf at)))))))))

(defvar *piece* (make-string 4096)) ; what is written at once lies on the stack

(defun write-hex (bytes out)
  (let ((piece *piece*) (at 0) (digits *digits*))
    (loop for byte across bytes
          do (setf (char piece at) (svref digits (ash byte -4))
                   (char piece (1+ at)) (svref digits (logand byte 15)))
             (when (= (incf at 2) 4096)
               (write-string piece out)
               (setf at 0)))
    (write-string piece out :end at)))

(defun write-json (value out)
  (cond ((eq value :null) (write-string "null" out))
        ((integerp value) (format out "~d" value))
        ((stringp value)
         (write-char #\" out)
         (loop for c across value
               do (if (or (eql c #\") (eql c #\\) (< (char-code c) 32))
                      (format out "\\u~4,'0x" (char-code c))
                      (write-char c out)))
         (write-char #\" out))
        ((vectorp value) (write-char #\" out) (write-hex value out) (write-char #\" out))
        ((object-p value)
         (write-char #\{ out)
         (loop for (name item . more) on (object-pairs value) by #'cddr
               do (write-json name out) (write-char #\: out) (write-json item out)
                  (when more (write-char #\, out)))
         (write-char #\} out))
        (t (write-char #\[ out)
           (loop for (item . more) on value
                 do (write-json item out)
                    (when more (write-char #\, out)))
           (write-char #\] out))))

;;; Memory

(defvar *bytes-types* (make-hash-table))

(defun bytes-type (length)
  (or (gethash length *bytes-types*)
      (setf (gethash length *bytes-types*) (parse-c-type `(c-array uint8 ,length)))))

(defun bytes-at (address length)
  (memory-as (unsigned-foreign-address address) (bytes-type length)))

(defun word-at (address) (memory-as (unsigned-foreign-address address) 'uint64))

(defstruct (blocks (:constructor %make-blocks)) memory place type image addresses lengths)

(defun fill-blocks (blocks)
  (setf (memory-as (blocks-place blocks) (blocks-type blocks)) (blocks-image blocks)))

(defun make-blocks (described)
  "The blocks lie in one piece of memory, which is filled at once."
  (let* ((pieces (loop for d in described collect (of-hex (field d "bytes"))))
         (offsets (loop for p in pieces
                        for offset = 0 then (+ offset room)
                        for room = (* 16 (1+ (ceiling (length p) 16)))
                        collect offset))
         (size (+ 16 (loop for p in pieces sum (* 16 (1+ (ceiling (length p) 16))))))
         (memory (foreign-allocate 'uint8 :count (+ size 15)))
         (base (* 16 (ceiling (foreign-address-unsigned (foreign-address memory)) 16)))
         (addresses (map 'vector (lambda (offset) (+ base offset)) offsets))
         (image (make-array size :element-type '(unsigned-byte 8) :initial-element 0))
         (blocks (%make-blocks :memory memory :place (unsigned-foreign-address base) :type (bytes-type size)
                               :image image :addresses addresses :lengths (map 'vector #'length pieces))))
    (loop for d in described
          for p in pieces
          for at in offsets
          do (replace image p :start1 at)
             (loop for (offset n) in (field d "pointers")
                   do (dotimes (i 8)
                        (setf (aref image (+ at offset i)) (ldb (byte 8 (* 8 i)) (aref addresses n))))))
    (fill-blocks blocks)
    blocks))

(defun block-address (blocks n) (svref (blocks-addresses blocks) n))

(defun free-blocks (blocks) (foreign-free (blocks-memory blocks)))

;;; Types and carriers

(defparameter *types*
  '(("i8" . sint8) ("i16" . sint16) ("i32" . sint32) ("i64" . sint64)
    ("u8" . uint8) ("u16" . uint16) ("u32" . uint32) ("u64" . uint64)
    ("f32" . single-float) ("f64" . double-float) ("pointer" . c-pointer) ("void" . nil)))

(define-condition unserved (error) ((message :initarg :message :reader message)))
(define-condition unknown-symbol (unserved) ())

(defun own-type (name)
  (let ((found (assoc name *types* :test #'string=)))
    (unless found
      (error 'unserved :message (format nil "CLISP's FFI has no type for ~a~@[: `ffi:boolean` is a C int~]"
                                        name (string= name "bool"))))
    (cdr found)))

(defmacro as-the-library (&body body)
  "What the library raises on a value, on its way in, in the call or on its way out, is its answer."
  `(handler-case (progn ,@body)
     (error (e) (error 'unserved :message (remove #\Newline (princ-to-string e))))))

(defvar *scratch* (foreign-address-unsigned (foreign-address (foreign-allocate 'uint64 :count 2))))

(defun float-of-bits (bits type word)
  "CLISP makes the number of these bits as it does wherever it reads C's memory."
  (let ((place (unsigned-foreign-address *scratch*)))
    (setf (memory-as place word) bits)
    (as-the-library (memory-as place type))))

(defun bits-of-float (number type word)
  (let ((place (unsigned-foreign-address *scratch*)))
    (setf (memory-as place type) number)
    (memory-as place word)))

(defun pointer (address) (if (eql address 0) nil (unsigned-foreign-address address)))
(defun address (pointer) (if pointer (foreign-address-unsigned pointer) 0))

(defun argument (type carrier)
  (case type
    (c-pointer (pointer (parse-integer carrier)))
    (single-float (float-of-bits (parse-integer carrier :radix 16) 'single-float 'uint32))
    (double-float (float-of-bits (parse-integer carrier :radix 16) 'double-float 'uint64))
    (t (parse-integer carrier))))

(defun bits (type result)
  (case type
    (c-pointer (address result))
    (single-float (bits-of-float result 'single-float 'uint32))
    (double-float (bits-of-float result 'double-float 'uint64))
    (t result)))

(defun carrier (type result)
  (case type
    ((nil) :null)
    (single-float (format nil "~(~8,'0x~)" (bits type result)))
    (double-float (format nil "~(~16,'0x~)" (bits type result)))
    (t (format nil "~d" (bits type result)))))

;;; Functions

(defvar *library*)
(defvar *libraries* (make-hash-table :test #'equal))
(defvar *functions* (make-array 0 :adjustable t :fill-pointer t))
(defvar *lent* nil)

(defstruct fun call parameters returns)

(defun library (path)
  (or (gethash path *libraries*) (setf (gethash path *libraries*) (open-foreign-library path))))

(defun function-type (parameters returns)
  (parse-c-type `(c-function (:arguments ,@(loop for p in parameters collect (list (gensym) p)))
                             (:return-type ,returns)
                             (:language :stdc))))

(defun foreign (path symbol parameters returns)
  (let ((type (function-type parameters returns)))
    (handler-case (ffi::find-foreign-function symbol type nil (if (stringp path) (library path) path) nil nil)
      (error (e)
        (error 'unknown-symbol
               :message (format nil "~a: ~a: ~a" path symbol (remove #\Newline (princ-to-string e))))))))

(defun link (request)
  (let* ((parameters (mapcar #'own-type (field request "parameters")))
         (returns (own-type (field request "returns")))
         (path (field request "library")))
    (vector-push-extend
     (make-fun :call (foreign (if (eq path :null) *library* path) (field request "symbol") parameters returns)
               :parameters parameters :returns returns)
     *functions*)))

;;; Functions of Lisp's: a place in memory of the type of the C function, which the library makes

(defstruct callback place type calls)

(defun plainly (returns answer)
  (constantly (unless (eq answer :null) (argument returns answer))))

(defun make-function (told again)
  "A C function that answers as it is told and notes what it is called with."
  (let* ((parameters (mapcar #'own-type (field told "parameters")))
         (returns (own-type (field told "returns")))
         (answers (field told "answers"))
         (made (make-callback :type (function-type parameters returns))))
    (flet ((answer (&rest values)
             (push (mapcar #'carrier parameters values) (callback-calls made))
             (let ((answer (nth (1- (min (length answers) (length (callback-calls made)))) answers)))
               (cond ((eq answer :null) nil)
                     ((stringp answer) (argument returns answer))
                     (t (funcall again (field answer "again")))))))
      (setf (callback-place made)
            (as-the-library
              (foreign-allocate (callback-type made)
                                :initial-contents (if (field told "plain")
                                                      (plainly returns (first answers))
                                                      #'answer)))))
    made))

(defun callback-address (made) (memory-as (foreign-address (callback-place made)) 'uint64))

(defun calls-of (made) (reverse (callback-calls made)))

(defun let-go (made)
  (foreign-free (memory-as (foreign-address (callback-place made)) (callback-type made)))
  (foreign-free (callback-place made)))

(defvar *given* '()) ; to the call that is made, the last first
(defvar *objects* (make-hash-table :test #'equal)) ; that the library keeps, by number
(defvar *made* 0)

(defun make-address (request)
  (let ((made (make-function request nil)) (number (format nil "~d" (incf *made*))))
    (setf (gethash number *objects*) made)
    (object "is" "made" "kept" number "address" (format nil "~d" (callback-address made)))))

(defun release (request)
  (let-go (gethash (field request "kept") *objects*))
  (remhash (field request "kept") *objects*)
  (object "is" "done"))

;;; Scripts, of which an `invoke` is one step

(defstruct script blocks steps bits show)
(defstruct step-of call arguments late returns result) ; late: (cell . what gives its value), made at the step

(defun late (given type blocks steps)
  "A function that gives a `result` or a `word`, or nil."
  (let ((k (field given "result")) (word (field given "word")))
    (flet ((fit (value)
             (if (eq type 'c-pointer)
                 (if (integerp value) (pointer value) value)
                 (if (integerp value) value (address value)))))
      (cond (k (let ((s (nth k steps)))
                 (lambda () (fit (step-of-result s)))))
            (word (let ((place (unsigned-foreign-address
                                (+ (block-address blocks (first word)) (second word)))))
                    (lambda () (fit (memory-as place 'uint64)))))))))

(defun again (f carriers arguments)
  (apply (fun-call f) (loop for type in (fun-parameters f)
                            for one in carriers
                            collect (if (stringp one) (argument type one) (nth (field one "argument") arguments)))))

(defun make-step (described blocks steps)
  (let* ((f (aref *functions* (field described "function")))
         (given (field described "arguments"))
         (arguments (make-list (length given)))
         (late '()))
    (loop for g in given
          for type in (fun-parameters f)
          for cell on arguments
          do (cond ((stringp g) (setf (car cell) (argument type g)))
                   ((field g "callback")
                    (push (make-function (field g "callback") (lambda (carriers) (again f carriers arguments))) *given*)
                    (setf (car cell) (pointer (callback-address (first *given*)))))
                   ((field g "block") (setf (car cell) (pointer (block-address blocks (field g "block")))))
                   (t (push (cons cell (late g type blocks steps)) late))))
    (make-step-of :call (fun-call f) :arguments arguments :late late :returns (fun-returns f))))

(defun make-script* (described)
  (let* ((blocks (make-blocks (field described "blocks"))) (steps '()))
    (dolist (d (field described "steps"))
      (setf steps (append steps (list (make-step d blocks steps)))))
    (make-script :blocks blocks :steps steps :bits (field described "bits")
                 :show (loop for (n offset length) in (field described "show")
                             collect (cons (unsigned-foreign-address (+ (block-address blocks n) offset))
                                           (bytes-type length))))))

(defun run-step (s)
  (dolist (l (step-of-late s)) (setf (caar l) (funcall (the function (cdr l)))))
  (setf (step-of-result s) (apply (step-of-call s) (step-of-arguments s))))

(defun run-script (script) (dolist (s (script-steps script)) (run-step s)))

(defun invoke (request)
  (when *lent* (free-blocks (shiftf *lent* nil)))
  (setf *given* '())
  (let* ((blocks (setf *lent* (make-blocks (field request "blocks"))))
         (s (make-step request blocks '())))
    (as-the-library (run-step s))
    (object "is" "returned"
            "calls" (loop for made in (reverse (shiftf *given* '()))
                          collect (calls-of made)
                          do (let-go made))
            "value" (carrier (step-of-returns s) (step-of-result s))
            "blocks" (loop for address across (blocks-addresses blocks)
                           for length across (blocks-lengths blocks)
                           collect (bytes-at address length)))))

(defun outcome (script)
  (list (loop for s in (script-steps script)
              for result = (step-of-result s)
              collect (if (eq (step-of-returns s) 'c-pointer) (if (eql 0 (address result)) 0 1) result))
        (loop for (place . type) in (script-show script) collect (memory-as place type))))

(defun values-of (script results)
  (loop for s in (script-steps script)
        for result in results
        for type = (step-of-returns s)
        collect (if (eq type 'c-pointer) (format nil "~d" result) (carrier type result))))

(defun looped (request)
  (let* ((scripts (map 'vector #'make-script* (field request "scripts")))
         (tallies (map 'vector (constantly nil) scripts)))
    (dotimes (round (field request "rounds"))
      (let* ((n (mod round (length scripts))) (script (svref scripts n)))
        (fill-blocks (script-blocks script))
        (as-the-library (run-script script))
        (let ((outcome (outcome script)) (tally (svref tallies n)))
          (incf (second (or (find outcome tally :key #'first :test #'equalp)
                            (if (< (length tally) 16)
                                (first (push (list outcome 0) (svref tallies n)))
                                (first tally))))))))
    (map nil (lambda (script) (free-blocks (script-blocks script))) scripts)
    (object "is" "looped"
            "scripts" (loop for script across scripts
                            for tally across tallies
                            collect (loop for ((results shown) times) in (reverse tally)
                                          collect (object "values" (values-of script results)
                                                          "shown" shown "times" times))))))

(defvar *clock* (foreign :default "clock_gettime" '(int c-pointer) 'int))

(defun nanoseconds ()
  (funcall *clock* 1 (unsigned-foreign-address *scratch*)) ; 1 is CLOCK_MONOTONIC
  (+ (* 1000000000 (word-at *scratch*)) (word-at (+ *scratch* 8))))

(defun row-bits (script)
  (loop for b in (script-bits script)
        for k = (field b "result")
        for (n offset) = (field b "word")
        sum (if k
                (let ((s (nth k (script-steps script))))
                  (if (eq (step-of-returns s) 'c-pointer)
                      (if (eql 0 (address (step-of-result s))) 0 1)
                      (bits (step-of-returns s) (step-of-result s))))
                (word-at (+ (block-address (script-blocks script) n) offset)))))

(defun clock (request)
  (let* ((rows (mapcar #'make-script* (field request "rows")))
         (count (field request "count"))
         (left count)
         (start (nanoseconds)))
    (as-the-library
      (loop while (plusp left)
            do (dolist (row rows)
                 (when (zerop left) (return))
                 (decf left)
                 (dolist (s (script-steps row)) (run-step s)))))
    (let ((elapsed (- (nanoseconds) start)) (sum 0))
      (loop for row in rows
            repeat count
            do (setf sum (mod (+ (* 31 sum) (row-bits row)) (expt 2 64))))
      (dolist (row rows) (free-blocks (script-blocks row)))
      (object "is" "benched" "elapsed_ns" elapsed "checksum" (format nil "~d" sum)))))

;;; The conversation

(defun answer (request)
  (let ((asked (field request "do")))
    (flet ((asked (what) (string= asked what)))
      (cond ((asked "hello")
             (unless (eql (field request "protocol") 1) (error "only protocol 1 is spoken here"))
             (setf *library* (field request "library"))
             (library *library*)
             (let ((version (lisp-implementation-version)))
               (object "is" "ready" "protocol" 1 "name" "clisp-ffi"
                       "version" (subseq version 0 (position #\Space version))
                       "language" "Common Lisp" "level" "wire"
                       "capabilities" '("loops" "libraries" "collect" "callbacks" "callback-types" "kept-callbacks")
                       "lacks" '("f16" "bool") "dialects" '())))
            ((asked "link")
             (handler-case (object "is" "bound" "function" (link request))
               (unknown-symbol (e) (object "is" "unlinked" "message" (message e)))))
            ((asked "invoke") (invoke request))
            ((asked "peek")
             (object "is" "memory"
                     "bytes" (bytes-at (parse-integer (field request "address")) (field request "length"))))
            ((asked "make-address") (make-address request))
            ((asked "heard")
             (object "is" "heard" "calls" (calls-of (gethash (field request "kept") *objects*))))
            ((asked "release") (release request))
            ((asked "loop") (looped request))
            ((asked "clock") (clock request))
            ((asked "collect") (ext:gc) (object "is" "done"))
            ((asked "stop") (object "is" "done"))
            (t (object "is" "adapter-error" "message" (format nil "`~a` is not asked at wire level" asked)))))))

(defun serve (in out)
  (loop while (peek-char t in nil)
        do (let* ((request (read-json in))
                  (reply (handler-case (answer request)
                           (unserved (e) (object "is" "unsupported" "message" (message e)))
                           (error (e) (object "is" "adapter-error" "message" (princ-to-string e))))))
             (write-json (apply #'object "id" (field request "id") (object-pairs reply)) out)
             (write-char #\Newline out)
             (finish-output out)
             (when (equal (field request "do") "stop") (return)))))

(serve *standard-input* *standard-output*)
(ext:exit)
