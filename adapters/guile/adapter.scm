;; Guile's (system foreign), judged at wire level (docs/protocol.md): it links, invokes and peeks as it is
;; told. Guile's own types and conversions do the work: a type that it has not is unsupported, not made good.

(use-modules (ice-9 rdelim) (ice-9 match) (json) (rnrs bytevectors) (srfi srfi-1)
             (system foreign) (system foreign-library))

(define types
  `(("i8" . ,int8) ("i16" . ,int16) ("i32" . ,int32) ("i64" . ,int64)
    ("u8" . ,uint8) ("u16" . ,uint16) ("u32" . ,uint32) ("u64" . ,uint64)
    ("f32" . ,float) ("f64" . ,double) ("pointer" . *) ("void" . ,void)))

(define main #f) ; the path of `hello`
(define functions (make-hash-table)) ; number -> (procedure parameters returns)
(define kept '()) ; the memory of the last call

(define (field request name) (assoc-ref request name))
(define (items vector) (if vector (vector->list vector) '()))

(define (digit c)
  (let ((n (char->integer c))) (if (< n 58) (- n 48) (- (logior n 32) 87))))

(define (hex->bytes text)
  (let* ((size (quotient (string-length text) 2)) (bytes (make-bytevector size)))
    (do ((i 0 (1+ i))) ((= i size) bytes)
      (bytevector-u8-set! bytes i (+ (* 16 (digit (string-ref text (* 2 i))))
                                     (digit (string-ref text (1+ (* 2 i)))))))))

(define (bytes->hex bytes)
  (let* ((size (bytevector-length bytes)) (text (make-string (* 2 size))))
    (define (put! at n) (string-set! text at (string-ref "0123456789abcdef" n)))
    (do ((i 0 (1+ i))) ((= i size) text)
      (let ((byte (bytevector-u8-ref bytes i)))
        (put! (* 2 i) (ash byte -4))
        (put! (1+ (* 2 i)) (logand byte 15))))))

;; A pointer to the block's memory, at an address aligned to 16, and how long it is.
(define (memory block)
  (let* ((content (hex->bytes (field block "bytes")))
         (size (bytevector-length content))
         (room (make-bytevector (+ size 15)))
         (offset (modulo (- (pointer-address (bytevector->pointer room))) 16)))
    (bytevector-copy! content 0 room offset size)
    (cons (bytevector->pointer room offset) size)))

(define (content block) (pointer->bytevector (car block) (cdr block)))

;; A carrier to what Guile code would pass.
(define (argument type carrier)
  (cond ((pair? carrier) (car (list-ref kept (cdr (assoc "block" carrier)))))
        ((string=? type "f32") (bytevector-ieee-single-ref (hex->bytes carrier) 0 (endianness big)))
        ((string=? type "f64") (bytevector-ieee-double-ref (hex->bytes carrier) 0 (endianness big)))
        ((string=? type "pointer") (make-pointer (string->number carrier)))
        (else (string->number carrier))))

;; What Guile gave, as a carrier.
(define (text type value)
  (define (float size set!)
    (let ((bytes (make-bytevector size)))
      (set! bytes 0 value (endianness big))
      (bytes->hex bytes)))
  (cond ((string=? type "void") 'null)
        ((string=? type "f32") (float 4 bytevector-ieee-single-set!))
        ((string=? type "f64") (float 8 bytevector-ieee-double-set!))
        ((pointer? value) (number->string (pointer-address value)))
        (else (number->string value))))

(define (message kind . parts)
  `(("is" . ,kind) ("message" . ,(call-with-output-string
                                   (lambda (port) (for-each (lambda (part) (display part port)) parts))))))

(define (hello request)
  (set! main (field request "library"))
  (load-foreign-library main)
  `(("is" . "ready") ("protocol" . 1) ("name" . "guile") ("version" . ,(version))
    ("language" . "Scheme") ("level" . "wire") ("capabilities" . #("libraries" "collect"))))

(define (link request)
  (let* ((other (field request "library"))
         (path (if (string? other) other main))
         (symbol (field request "symbol"))
         (parameters (items (field request "parameters")))
         (returns (field request "returns"))
         (unknown (find (lambda (name) (not (assoc name types))) (cons returns parameters))))
    (if unknown
        (message "unsupported" "Guile has no type for " unknown)
        (catch #t
          (lambda ()
            (let ((procedure (foreign-library-function
                              (load-foreign-library path) symbol
                              #:return-type (assoc-ref types returns)
                              #:arg-types (map (lambda (name) (assoc-ref types name)) parameters)))
                  (number (hash-count (const #t) functions)))
              (hashv-set! functions number (list procedure parameters returns))
              `(("is" . "bound") ("function" . ,number))))
          (lambda raised (message "unlinked" path " has no symbol " symbol ": " raised))))))

(define (invoke request)
  (match (hashv-ref functions (field request "function"))
    ((procedure parameters returns)
     (let ((blocks (items (field request "blocks"))))
       (set! kept (map memory blocks))
       (for-each
        (lambda (block to-fill)
          (for-each (match-lambda
                      (#(offset to)
                       (bytevector-u64-native-set! (content to-fill) offset
                                                   (pointer-address (car (list-ref kept to))))))
                    (items (field block "pointers"))))
        blocks kept)
       (let ((arguments (map argument parameters (items (field request "arguments")))))
         ;; Only what the call itself raises is Guile's no.
         (match (catch #t
                  (lambda () (list (apply procedure arguments)))
                  (lambda raised (message "unsupported" "Guile raises " raised)))
           ((value)
            `(("is" . "returned") ("value" . ,(text returns value))
              ("blocks" . ,(list->vector (map (compose bytes->hex content) kept)))))
           (refused refused)))))))

(define (peek request)
  (let ((memory (make-pointer (string->number (field request "address")))))
    `(("is" . "memory") ("bytes" . ,(bytes->hex (pointer->bytevector memory (field request "length")))))))

(define (answer request)
  (match (field request "do")
    ("hello" (hello request))
    ("link" (link request))
    ("invoke" (invoke request))
    ("peek" (peek request))
    ("collect" (gc) '(("is" . "done")))
    ("stop" '(("is" . "done")))
    (other (message "adapter-error" "it does not serve `" other "`"))))

(set-port-encoding! (current-input-port) "UTF-8")
(set-port-encoding! (current-output-port) "UTF-8")
(let loop ((line (read-line)))
  (unless (eof-object? line)
    (let* ((request (json-string->scm line))
           (reply (catch #t (lambda () (answer request))
                         (lambda raised (message "adapter-error" raised)))))
      (display (scm->json-string `(("id" . ,(field request "id")) ,@reply)))
      (newline)
      (force-output)
      (unless (equal? (field request "do") "stop") (loop (read-line))))))
