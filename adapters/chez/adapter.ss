;; Chez Scheme's foreign-procedure, judged at wire level (docs/protocol.md): it links, invokes and peeks as it
;; is told. Chez's own types and conversions do the work: one that it has not is unsupported, not made good.

(define types
  '(("i8" . integer-8) ("i16" . integer-16) ("i32" . integer-32) ("i64" . integer-64)
    ("u8" . unsigned-8) ("u16" . unsigned-16) ("u32" . unsigned-32) ("u64" . unsigned-64)
    ("f32" . single-float) ("f64" . double-float) ("pointer" . void*) ("void" . void)))

(define main #f) ; the path of `hello`
(define functions (make-eqv-hashtable)) ; number -> (procedure parameters returns)
(define kept '()) ; (address . size) of the blocks of the last call

;; A JSON value of a port: an object is an association list in a box, a list a vector, null #f.
(define (read-value port)
  (define (blank)
    (when (memv (peek-char port) '(#\space #\tab #\, #\:)) (read-char port) (blank))
    (peek-char port))
  (define (items close item)
    (read-char port)
    (let loop ([all '()])
      (if (eqv? (blank) close)
          (begin (read-char port) (reverse all))
          (loop (cons (item) all)))))
  (define (escaped c)
    (case c
      [(#\n) #\newline] [(#\t) #\tab] [(#\r) #\return] [(#\b) #\backspace] [(#\f) #\page]
      [(#\u) (integer->char (string->number (get-string-n port 4) 16))]
      [else c]))
  (define (text)
    (read-char port)
    (call-with-string-output-port
      (lambda (to)
        (let loop ([c (read-char port)])
          (unless (char=? c #\")
            (put-char to (if (char=? c #\\) (escaped (read-char port)) c))
            (loop (read-char port)))))))
  (define (word)
    (let loop ([all '()])
      (let ([c (peek-char port)])
        (if (or (eof-object? c) (memv c '(#\, #\] #\} #\space)))
            (let ([word (list->string (reverse all))]) (or (string->number word) (string=? word "true")))
            (loop (cons (read-char port) all))))))
  (case (blank)
    [(#\{) (box (items #\} (lambda () (let ([key (text)]) (cons key (read-value port))))))]
    [(#\[) (list->vector (items #\] (lambda () (read-value port))))]
    [(#\") (text)]
    [else (word)]))

(define (write-value value)
  (define (separated all each)
    (unless (null? all)
      (each (car all))
      (for-each (lambda (one) (display ",") (each one)) (cdr all))))
  (cond [(box? value)
         (display "{")
         (separated (unbox value)
           (lambda (pair) (write-value (car pair)) (display ":") (write-value (cdr pair))))
         (display "}")]
        [(vector? value) (display "[") (separated (vector->list value) write-value) (display "]")]
        [(string? value)
         (display "\"")
         (string-for-each
           (lambda (c)
             (cond [(memv c '(#\" #\\)) (display "\\") (display c)]
                   [(char<? c #\space) (printf "\\u~4,'0x" (char->integer c))]
                   [else (display c)]))
           value)
         (display "\"")]
        [else (display (or value "null"))]))

(define (field object name) (let ([pair (assoc name (unbox object))]) (and pair (cdr pair))))
(define (items object name) (vector->list (field object name)))
(define (message is . parts) `(("is" . ,is) ("message" . ,(apply string-append parts))))

(define (said condition)
  (call-with-string-output-port (lambda (port) (display-condition condition port))))

(define (memory->hex address size)
  (let ([text (make-string (* 2 size))])
    (do ([i 0 (+ i 1)]) ((= i size) text)
      (let ([byte (foreign-ref 'unsigned-8 address i)])
        (string-set! text (* 2 i) (string-ref "0123456789abcdef" (ash byte -4)))
        (string-set! text (+ 1 (* 2 i)) (string-ref "0123456789abcdef" (logand byte 15)))))))

;; Memory of malloc, which aligns to 16.
(define (lay-out content)
  (let* ([text (field content "bytes")]
         [size (quotient (string-length text) 2)] [address (foreign-alloc size)])
    (define (digit i) (let ([n (char->integer (string-ref text i))]) (- n (if (< n 58) 48 87))))
    (do ([i 0 (+ i 1)]) ((= i size) (cons address size))
      (foreign-set! 'unsigned-8 address i (+ (* 16 (digit (* 2 i))) (digit (+ 1 (* 2 i))))))))

(define (float-of type bits)
  (let ([bytes (make-bytevector 8)])
    (bytevector-u64-set! bytes 0 bits 'little)
    (if (string=? type "f32")
        (bytevector-ieee-single-ref bytes 0 'little)
        (bytevector-ieee-double-ref bytes 0 'little))))

;; A carrier to what Scheme code would pass.
(define (argument type carrier)
  (cond [(box? carrier) (car (list-ref kept (field carrier "block")))]
        [(member type '("f32" "f64")) (float-of type (string->number carrier 16))]
        [else (string->number carrier)]))

;; What Chez gave, as a carrier.
(define (text type value)
  (define (hex size set! bits)
    (let ([bytes (make-bytevector size)])
      (set! bytes 0 value 'little)
      (format (format "~~(~~~a,'0x~~)" (* 2 size)) (bits bytes 0 'little))))
  (cond [(string=? type "void") #f]
        [(string=? type "f32") (hex 4 bytevector-ieee-single-set! bytevector-u32-ref)]
        [(string=? type "f64") (hex 8 bytevector-ieee-double-set! bytevector-u64-ref)]
        [else (number->string value)]))

(define (hello request)
  (set! main (field request "library"))
  (load-shared-object main)
  `(("is" . "ready") ("protocol" . 1) ("name" . "chez")
    ("version" . ,(call-with-values scheme-version-number (lambda version (format "~{~a~^.~}" version))))
    ("language" . "Scheme") ("level" . "wire") ("capabilities" . #("collect"))))

(define (link request)
  (let* ([symbol (field request "symbol")]
         [parameters (items request "parameters")] [returns (field request "returns")]
         [unknown (find (lambda (name) (not (assoc name types))) (cons returns parameters))])
    (define (type name) (cdr (assoc name types)))
    (cond [unknown (message "unsupported" "Chez has no type for " unknown)]
          [(not (foreign-entry? symbol)) (message "unlinked" main " has no symbol " symbol)]
          [else
           (let ([number (hashtable-size functions)])
             (hashtable-set! functions number
               (list (eval `(foreign-procedure ,symbol ,(map type parameters) ,(type returns)))
                     parameters returns))
             `(("is" . "bound") ("function" . ,number)))])))

(define (invoke request)
  (let* ([function (hashtable-ref functions (field request "function") #f)] [blocks (items request "blocks")])
    (for-each (lambda (block) (foreign-free (car block))) kept)
    (set! kept (map lay-out blocks))
    (for-each
      (lambda (content block)
        (for-each (lambda (pair)
                    (let ([address (car (list-ref kept (vector-ref pair 1)))])
                      (foreign-set! 'void* (car block) (vector-ref pair 0) address)))
          (items content "pointers")))
      blocks kept)
    (let* ([arguments (map argument (cadr function) (items request "arguments"))]
           [value (guard (raised [else (message "unsupported" "Chez raises " (said raised))])
                    (box (apply (car function) arguments)))])
      (if (box? value)
          `(("is" . "returned") ("value" . ,(text (caddr function) (unbox value)))
            ("blocks" . ,(list->vector (map (lambda (block) (memory->hex (car block) (cdr block))) kept))))
          value))))

(define (answer request)
  (let ([asked (field request "do")])
    (cond [(string=? asked "hello") (hello request)]
          [(string=? asked "link") (link request)]
          [(string=? asked "invoke") (invoke request)]
          [(string=? asked "peek")
           `(("is" . "memory")
             ("bytes" . ,(memory->hex (string->number (field request "address")) (field request "length"))))]
          [(string=? asked "collect") (collect (collect-maximum-generation)) '(("is" . "done"))]
          [(string=? asked "stop") '(("is" . "done"))]
          [else (message "adapter-error" "it does not serve " asked)])))

(let loop ([line (get-line (current-input-port))])
  (unless (eof-object? line)
    (let* ([request (read-value (open-string-input-port line))]
           [reply (guard (raised [else (message "adapter-error" (said raised))]) (answer request))])
      (write-value (box (cons (cons "id" (field request "id")) reply)))
      (newline)
      (flush-output-port)
      (unless (string=? (field request "do") "stop") (loop (get-line (current-input-port)))))))
