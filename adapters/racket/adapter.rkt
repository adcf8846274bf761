#lang racket/base
;; Racket's ffi/unsafe, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told.
;; Racket's own types and conversions do the work: one that it has not is unsupported, not made good.

(require ffi/unsafe json racket/list)

(define types
  (hash "i8" _int8 "i16" _int16 "i32" _int32 "i64" _int64 "u8" _uint8 "u16" _uint16 "u32" _uint32
        "u64" _uint64 "f32" _float "f64" _double "bool" _stdbool "pointer" _pointer "void" _void))

(struct linked (call parameters returns))
(struct block (memory size))

(define main #f) ; the path of `hello`
(define functions (make-hasheqv))
(define kept '()) ; the memory of the last call

(define (digit c)
  (let ([n (char->integer c)]) (if (< n 58) (- n 48) (- (bitwise-ior n 32) 87))))

(define (hex->bytes text)
  (define bytes (make-bytes (quotient (string-length text) 2)))
  (for ([i (in-range (bytes-length bytes))])
    (bytes-set! bytes i (+ (* 16 (digit (string-ref text (* 2 i))))
                           (digit (string-ref text (add1 (* 2 i)))))))
  bytes)

(define (bytes->hex bytes)
  (define text (make-string (* 2 (bytes-length bytes))))
  (for ([byte (in-bytes bytes)] [i (in-naturals)])
    (string-set! text (* 2 i) (string-ref "0123456789abcdef" (arithmetic-shift byte -4)))
    (string-set! text (add1 (* 2 i)) (string-ref "0123456789abcdef" (bitwise-and byte 15))))
  text)

(define (address->pointer address) (cast address _uintptr _pointer))

(define (content memory size)
  (define bytes (make-bytes size))
  (memcpy bytes memory size)
  (bytes->hex bytes))

;; Memory of malloc, which aligns to 16 and never moves.
(define (make-blocks contents)
  (define blocks
    (for/list ([content contents])
      (define bytes (hex->bytes (hash-ref content 'bytes)))
      (define memory (malloc (bytes-length bytes) 'raw))
      (memcpy memory bytes (bytes-length bytes))
      (block memory (bytes-length bytes))))
  (for* ([(content block) (in-parallel contents blocks)] [pair (hash-ref content 'pointers)])
    (ptr-set! (ptr-add (block-memory block) (first pair)) _pointer
              (block-memory (list-ref blocks (second pair)))))
  blocks)

(define (free-blocks blocks) (for ([block blocks]) (free (block-memory block))))

;; A carrier to what Racket code would pass.
(define (argument type carrier)
  (cond [(hash? carrier) (block-memory (list-ref kept (hash-ref carrier 'block)))]
        [(member type '("f32" "f64")) (floating-point-bytes->real (hex->bytes carrier) #t)]
        [(equal? type "bool") (equal? carrier "1")]
        [(equal? type "pointer") (address->pointer (string->number carrier))]
        [else (string->number carrier)]))

;; What Racket gave, as a carrier.
(define (text type value)
  (cond [(equal? type "void") (json-null)]
        [(equal? type "f32") (bytes->hex (real->floating-point-bytes value 4 #t))]
        [(equal? type "f64") (bytes->hex (real->floating-point-bytes value 8 #t))]
        [(equal? type "bool") (if value "1" "0")]
        [(equal? type "pointer") (number->string (cast value _pointer _uintptr))]
        [else (number->string value)]))

(define (message is . parts) (hasheq 'is is 'message (apply string-append parts)))

(define (hello request)
  (set! main (hash-ref request 'library))
  (ffi-lib main)
  (hasheq 'is "ready" 'protocol 1 'name "racket" 'version (version) 'language "Racket" 'level "wire"
          'capabilities '("libraries" "collect")))

(define (link request)
  (define other (hash-ref request 'library))
  (define path (if (string? other) other main))
  (define symbol (hash-ref request 'symbol))
  (define parameters (hash-ref request 'parameters))
  (define returns (hash-ref request 'returns))
  (define unknown (findf (lambda (name) (not (hash-has-key? types name))) (cons returns parameters)))
  (define (bind)
    (define (type name) (hash-ref types name))
    (define signature (_cprocedure (map type parameters) (type returns)))
    (define number (hash-count functions))
    (hash-set! functions number (linked (get-ffi-obj symbol (ffi-lib path) signature) parameters returns))
    (hasheq 'is "bound" 'function number))
  (if unknown
      (message "unsupported" "Racket has no type for " unknown)
      (with-handlers ([exn:fail? (lambda (raised)
                                   (message "unlinked" path " lacks " symbol ": " (exn-message raised)))])
        (bind))))

(define (invoke request)
  (define function (hash-ref functions (hash-ref request 'function)))
  (free-blocks kept)
  (set! kept (make-blocks (hash-ref request 'blocks)))
  (define arguments (map argument (linked-parameters function) (hash-ref request 'arguments)))
  (define value ; what Racket gave in a box, or its refusal
    (with-handlers ([exn:fail? (lambda (raised)
                                 (message "unsupported" "Racket raises " (exn-message raised)))])
      (box (apply (linked-call function) arguments))))
  (if (box? value)
      (hasheq 'is "returned" 'value (text (linked-returns function) (unbox value))
              'blocks (for/list ([block kept]) (content (block-memory block) (block-size block))))
      value))

(define (peek request)
  (define memory (address->pointer (string->number (hash-ref request 'address))))
  (hasheq 'is "memory" 'bytes (content memory (hash-ref request 'length))))

(define (answer request)
  (case (hash-ref request 'do)
    [("hello") (hello request)]
    [("link") (link request)]
    [("invoke") (invoke request)]
    [("peek") (peek request)]
    [("collect") (collect-garbage) (hasheq 'is "done")]
    [("stop") (hasheq 'is "done")]
    [else (message "adapter-error" "it does not serve " (hash-ref request 'do))]))

(let loop ()
  (define line (read-line))
  (unless (eof-object? line)
    (define request (string->jsexpr line))
    (define reply
      (with-handlers ([exn:fail? (lambda (raised) (message "adapter-error" (exn-message raised)))])
        (answer request)))
    (write-json (hash-set reply 'id (hash-ref request 'id)))
    (newline)
    (flush-output)
    (unless (equal? (hash-ref request 'do) "stop") (loop))))
