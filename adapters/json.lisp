;;; JSON, which Common Lisp has not, as much of it as the protocol is (docs/protocol.md), read and written piece by piece: a
;;; string of CLISP's has less than 2^22 characters. What is read: an object is a list of pairs, an array a list, null is
;;; :null, false and [] are nil. What is written: an `object`, lists, strings, integers, :null, and bytes as hex.

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

(defun read-members (end reader in)
  (if (eql (peek-char t in) end)
      (progn (read-char in) nil)
      (loop collect (funcall reader in)
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

(defstruct (object (:constructor object (&rest pairs))) pairs) ; to be written: name, value, name, value

(defvar *digits* (coerce "0123456789abcdef" 'simple-vector))
(defvar *values* (coerce (loop for code below 128 collect (digit-char-p (code-char code) 16)) 'simple-vector))

(defun of-hex (text)
  (let ((bytes (make-array (floor (length text) 2) :element-type '(unsigned-byte 8))) (at -1) (values *values*))
    (declare (simple-string text))
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
