#lang racket/base
;; Racket's ffi/unsafe, judged at wire level (docs/protocol.md): it links, invokes, peeks and loops as it is
;; told. Racket's own types and conversions do the work: one that it has not is unsupported, not made good.

(require ffi/unsafe json racket/list racket/match)

(define types
  (hash "i8" _int8 "i16" _int16 "i32" _int32 "i64" _int64 "u8" _uint8 "u16" _uint16 "u32" _uint32
        "u64" _uint64 "f32" _float "f64" _double "bool" _stdbool "pointer" _pointer "void" _void))

;; What the library raises, or lacks.
(struct unsupported (reason))
(struct linked (call parameters returns keeps))
(struct block (memory bytes))

(define main #f) ; the path of `hello`
(define functions (make-hasheqv))
(define kept '()) ; the memory of the last call
(define errno 0) ; what the last call left there of those that keep it

;; Racket's type of ours; structs and arrays are lists there.
(define (type-of type)
  (match type
    [(hash-table ('struct members)) (apply _list-struct (map type-of members))]
    [(hash-table ('array (list length of))) (_array/list (type-of of) length)]
    [name (hash-ref types name (lambda () (raise (unsupported (string-append "Racket has no type for " name)))))]))

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

;; Memory of malloc, which aligns to 16 and never moves; it is filled with the bytes made ready.
(define (make-blocks contents)
  (define blocks
    (for/list ([content contents])
      (define bytes (hex->bytes (hash-ref content 'bytes)))
      (block (malloc (bytes-length bytes) 'raw) bytes)))
  (for* ([(content block) (in-parallel contents blocks)] [pair (hash-ref content 'pointers)])
    (define address (cast (block-memory (list-ref blocks (second pair))) _pointer _uintptr))
    (bytes-copy! (block-bytes block) (first pair) (integer->integer-bytes address 8 #f)))
  (for-each fill-block blocks)
  blocks)

(define (fill-block block)
  (memcpy (block-memory block) (block-bytes block) (bytes-length (block-bytes block))))
(define (free-blocks blocks) (for ([block blocks]) (free (block-memory block))))

;; A carrier to what Racket code would pass; of a run's earlier steps, a function that gives it.
(define (argument type carrier blocks [results #f])
  (define (given value) ; as a pointer or as a number, as the parameter is
    (cond [(equal? type "pointer") (if (integer? value) (address->pointer value) value)]
          [(integer? value) value]
          [else (cast value _pointer _uintptr)]))
  (cond [(list? carrier)
         (for/list ([one carrier] [of (within type)]) (argument of one blocks))]
        [(hash? carrier)
         (match carrier
           [(hash-table ('block n)) (block-memory (list-ref blocks n))]
           [(hash-table ('result k)) (lambda () (given (vector-ref results k)))]
           [(hash-table ('word (list n offset)))
            (define place (ptr-add (block-memory (list-ref blocks n)) offset))
            (lambda () (given (ptr-ref place _uint64)))])]
        [(member type '("f32" "f64")) (floating-point-bytes->real (hex->bytes carrier) #t)]
        [(equal? type "bool") (equal? carrier "1")]
        [(equal? type "pointer") (address->pointer (string->number carrier))]
        [else (string->number carrier)]))

;; The types of a struct's members, or of an array's elements.
(define (within type)
  (match type
    [(hash-table ('struct members)) members]
    [(hash-table ('array (list length of))) (make-list length of)]))

;; What Racket gave, as a carrier.
(define (text type value)
  (cond [(hash? type) (map text (within type) value)]
        [(equal? type "void") (json-null)]
        [(equal? type "f32") (bytes->hex (real->floating-point-bytes value 4 #t))]
        [(equal? type "f64") (bytes->hex (real->floating-point-bytes value 8 #t))]
        [(equal? type "bool") (if value "1" "0")]
        [(equal? type "pointer") (number->string (cast value _pointer _uintptr))]
        [else (number->string value)]))

(define (calling call)
  (with-handlers ([exn:fail? (lambda (raised)
                               (raise (unsupported (string-append "Racket raises " (exn-message raised)))))])
    (call)))

(define (message is . parts) (hasheq 'is is 'message (apply string-append parts)))

(define (hello request)
  (set! main (hash-ref request 'library))
  (ffi-lib main)
  (hasheq 'is "ready" 'protocol 1 'name "racket" 'version (version) 'language "Racket" 'level "wire"
          'capabilities '("libraries" "collect" "loops" "callbacks" "callback-types" "kept-callbacks" "by-value" "variadics" "errno") 'lacks '("f16")))

(define (link request)
  (define other (hash-ref request 'library))
  (define path (if (string? other) other main))
  (define symbol (hash-ref request 'symbol))
  (define parameters (hash-ref request 'parameters))
  (define returns (hash-ref request 'returns))
  (define fixed (hash-ref request 'fixed))
  (define keeps (hash-ref request 'errno #f))
  (define signature
    (_cprocedure (map type-of parameters) (type-of returns)
                 #:varargs-after (and (integer? fixed) fixed) #:save-errno (and keeps 'posix)))
  (define number (hash-count functions))
  (with-handlers ([exn:fail? (lambda (raised)
                               (message "unlinked" path " lacks " symbol ": " (exn-message raised)))])
    (define call (get-ffi-obj symbol (ffi-lib path) signature))
    (hash-set! functions number (linked call parameters returns keeps))
    (hasheq 'is "bound" 'function number)))

(define (invoke request)
  (define function (hash-ref functions (hash-ref request 'function)))
  (free-blocks kept)
  (set! kept (make-blocks (hash-ref request 'blocks)))
  (define callbacks '())
  (define arguments
    (for/fold ([given '()]) ([type (linked-parameters function)] [carrier (hash-ref request 'arguments)])
      (define told (and (hash? carrier) (hash-ref carrier 'callback #f)))
      (define keep (box #f))
      (define made (and told (callback told function (lambda (at) (list-ref arguments at)) keep)))
      (when made (set! callbacks (append callbacks (list (cons keep made)))))
      (append given (list (if made (car made) (argument type carrier kept))))))
  (define value (calling (lambda () (apply (linked-call function) arguments))))
  (when (linked-keeps function) (set! errno (saved-errno)))
  (hasheq 'is "returned" 'value (text (linked-returns function) value)
          'calls (for/list ([made callbacks]) (reverse (unbox (cddr made))))
          'blocks (for/list ([block kept])
                    (content (block-memory block) (bytes-length (block-bytes block))))))

;; A C function that answers as it is told, and what it is called with, the last first. It lives as long as the program has its
;; box.
(define (callback told function given keep)
  (match-define (hash-table ('parameters parameters) ('returns returns) ('answers answers)) told)
  (define calls (box '()))
  (define (called . values)
    (set-box! calls (cons (map text parameters values) (unbox calls)))
    (match (list-ref answers (sub1 (min (length answers) (length (unbox calls)))))
      [(hash-table ('again carriers))
       (apply (linked-call function)
              (for/list ([type (linked-parameters function)] [one carriers])
                (if (hash? one) (given (hash-ref one 'argument)) (argument type one '()))))]
      [answer (if (equal? answer (json-null)) (void) (argument returns answer '()))]))
  (define (plainly answer)
    (define value (if (equal? answer (json-null)) (void) (argument returns answer '())))
    (lambda _ value))
  (define answering (if (hash-ref told 'plain #f) (plainly (car answers)) called))
  (define signature (_cprocedure (map type-of parameters) (type-of returns) #:keep keep))
  (cons (calling (lambda () (cast (function-ptr answering signature) _pointer _pointer))) calls))

;; Functions that the library keeps, by number.
(define objects (make-hash))
(define made 0)

(define (make-address request)
  (define keep (box #f))
  (define one (callback request #f #f keep))
  (set! made (add1 made))
  (hash-set! objects (number->string made) (cons keep one))
  (hasheq 'is "made" 'kept (number->string made) 'address (number->string (cast (car one) _pointer _uintptr))))

(define (heard request)
  (hasheq 'is "heard" 'calls (reverse (unbox (cddr (hash-ref objects (hash-ref request 'kept)))))))

(define (release request)
  (hash-remove! objects (hash-ref request 'kept))
  (hasheq 'is "done"))

;; A script with blocks of its own, and its steps made ready.
(struct script (asked blocks results steps run))

(define (ready asked)
  (define blocks (make-blocks (hash-ref asked 'blocks)))
  (define steps (for/list ([step (hash-ref asked 'steps)]) (hash-ref functions (hash-ref step 'function))))
  (define results (make-vector (length steps)))
  (define calls
    (for/list ([function steps] [step (hash-ref asked 'steps)])
      (define arguments
        (for/list ([type (linked-parameters function)] [carrier (hash-ref step 'arguments)])
          (argument type carrier blocks results)))
      (define call (linked-call function))
      (define (now argument) (if (procedure? argument) (argument) argument))
      (if (ormap procedure? arguments)
          (lambda () (apply call (map now arguments)))
          (lambda () (apply call arguments)))))
  (script asked blocks results steps
          (lambda () (for ([call (in-list calls)] [k (in-naturals)]) (vector-set! results k (call))))))

(define (outcome script)
  (define values
    (for/list ([function (script-steps script)] [value (script-results script)])
      (define type (linked-returns function))
      (if (equal? type "pointer") (if value "1" "0") (text type value))))
  (define shown
    (for/list ([piece (hash-ref (script-asked script) 'show)])
      (define block (list-ref (script-blocks script) (first piece)))
      (content (ptr-add (block-memory block) (second piece)) (third piece))))
  (list values shown))

(define (run-loop request)
  (define scripts (map ready (hash-ref request 'scripts)))
  (define tallies (make-vector (length scripts) '()))
  (define (tallied counts outcome)
    (define at (or (index-where counts (lambda (count) (equal? (car count) outcome)))
                   (and (= (length counts) 16) 15)))
    (if at
        (list-update counts at (lambda (count) (cons (car count) (add1 (cdr count)))))
        (append counts (list (cons outcome 1)))))
  (for ([round (hash-ref request 'rounds)])
    (define at (modulo round (length scripts)))
    (define script (list-ref scripts at))
    (for-each fill-block (script-blocks script))
    (calling (script-run script))
    (vector-set! tallies at (tallied (vector-ref tallies at) (outcome script))))
  (for ([script scripts]) (free-blocks (script-blocks script)))
  (hasheq 'is "looped"
          'scripts (for/list ([counts tallies])
                     (for/list ([count counts])
                       (hasheq 'values (caar count) 'shown (cadar count) 'times (cdr count))))))

(define (bits script place)
  (match place
    [(hash-table ('word (list n offset)))
     (ptr-ref (ptr-add (block-memory (list-ref (script-blocks script) n)) offset) _uint64)]
    [(hash-table ('result k))
     (define value (vector-ref (script-results script) k))
     (match (linked-returns (list-ref (script-steps script) k))
       [(and type (or "f32" "f64")) (string->number (text type value) 16)]
       [(or "pointer" "bool") (if value 1 0)]
       [_ value])]))

(define (run-clock request)
  (define rows (list->vector (map ready (hash-ref request 'rows))))
  (define count (hash-ref request 'count))
  (define began (current-inexact-monotonic-milliseconds))
  (calling (lambda ()
             (for ([_ (in-range count)] [row (in-cycle (in-vector rows))]) ((script-run row)))))
  (define elapsed (- (current-inexact-monotonic-milliseconds) began))
  (define sum
    (for/fold ([sum 0]) ([row rows] [_ count])
      (modulo (apply + (* sum 31) (for/list ([place (hash-ref (script-asked row) 'bits)]) (bits row place)))
              (expt 2 64))))
  (for ([row rows]) (free-blocks (script-blocks row)))
  (hasheq 'is "benched" 'elapsed_ns (inexact->exact (round (* 1e6 elapsed))) 'checksum (number->string sum)))

(define (peek request)
  (define memory (address->pointer (string->number (hash-ref request 'address))))
  (hasheq 'is "memory" 'bytes (content memory (hash-ref request 'length))))

(define (answer request)
  (case (hash-ref request 'do)
    [("hello") (hello request)]
    [("link") (link request)]
    [("invoke") (invoke request)]
    [("make-address") (make-address request)]
    [("heard") (heard request)]
    [("release") (release request)]
    [("peek") (peek request)]
    [("loop") (run-loop request)]
    [("clock") (run-clock request)]
    [("collect") (collect-garbage) (hasheq 'is "done")]
    [("errno") (hasheq 'is "errno" 'value (bitwise-and errno #xffffffff))]
    [("stop") (hasheq 'is "done")]
    [else (message "adapter-error" "it does not serve " (hash-ref request 'do))]))

(let loop ()
  (define line (read-line))
  (unless (eof-object? line)
    (define request (string->jsexpr line))
    (define reply
      (with-handlers ([unsupported? (lambda (raised) (message "unsupported" (unsupported-reason raised)))]
                      [exn:fail? (lambda (raised) (message "adapter-error" (exn-message raised)))])
        (answer request)))
    (write-json (hash-set reply 'id (hash-ref request 'id)))
    (newline)
    (flush-output)
    (unless (equal? (hash-ref request 'do) "stop") (loop))))
