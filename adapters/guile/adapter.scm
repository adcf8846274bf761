;; Guile's (system foreign), judged at wire level (docs/protocol.md): it links, invokes, peeks and loops as it
;; is told. Guile's own types and conversions do the work: one that it has not is unsupported, not made good.

(use-modules (ice-9 rdelim) (ice-9 match) (ice-9 threads) (ice-9 atomic) (json)
             (rnrs bytevectors) (srfi srfi-1)
             (system foreign) (system foreign-library))

(define types
  `(("i8" . ,int8) ("i16" . ,int16) ("i32" . ,int32) ("i64" . ,int64)
    ("u8" . ,uint8) ("u16" . ,uint16) ("u32" . ,uint32) ("u64" . ,uint64)
    ("f32" . ,float) ("f64" . ,double) ("pointer" . *) ("void" . ,void)))

(define main #f) ; the path of `hello`
(define functions (make-hash-table)) ; number -> (procedure parameters returns keeps)
(define kept '()) ; the memory of the last call
(define errno 0) ; what the last call left there of those that keep it

(define (field request name) (assoc-ref request name))
(define (items vector) (if vector (vector->list vector) '()))

;; Guile's type of ours, or false: structs are lists there, and have no arrays.
(define (type-of type)
  (match type
    ((("struct" . members)) (let ((all (map type-of (items members)))) (and (every identity all) all)))
    ((? string?) (assoc-ref types type))
    (_ #f)))

;; A struct of those values, and the values of one, as carriers.
(define (values-of carrier type blocks)
  (map (lambda (one of) (if (vector? one) (values-of one of blocks) (argument of one blocks)))
       (items carrier) (items (field type "struct"))))
(define (texts type values)
  (list->vector (map (lambda (of value) (if (list? value) (texts of value) (text of value)))
                     (items (field type "struct")) values)))

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
  (let* ((size (quotient (string-length (field block "bytes")) 2))
         (room (make-bytevector (+ size 15)))
         (offset (modulo (- (pointer-address (bytevector->pointer room))) 16)))
    (cons (bytevector->pointer room offset) size)))

(define (content block) (pointer->bytevector (car block) (cdr block)))

;; What fills the blocks: their bytes, with the addresses that belong there.
(define (filling contents blocks)
  (map (lambda (content)
         (let ((bytes (hex->bytes (field content "bytes"))))
           (for-each (match-lambda
                       (#(offset to)
                        (let ((address (pointer-address (car (list-ref blocks to)))))
                          (bytevector-u64-native-set! bytes offset address))))
                     (items (field content "pointers")))
           bytes))
       contents))

(define (fill! blocks filling)
  (for-each (lambda (block bytes) (bytevector-copy! bytes 0 (content block) 0 (cdr block))) blocks filling))

;; A carrier to what Guile code would pass; of a run's earlier steps, a procedure that gives it.
(define* (argument type carrier blocks #:optional results)
  (define (given value) ; as a pointer or as a number, as the parameter is
    (cond ((string=? type "pointer") (if (pointer? value) value (make-pointer value)))
          ((pointer? value) (pointer-address value))
          (else value)))
  (match carrier
    ((? vector?) (make-c-struct (type-of type) (values-of carrier type blocks)))
    ((("block" . n)) (car (list-ref blocks n)))
    ((("result" . k)) (lambda () (given (vector-ref results k))))
    ((("word" . #(n offset)))
     (let ((bytes (content (list-ref blocks n))))
       (lambda () (given (bytevector-u64-native-ref bytes offset)))))
    (_ (cond ((string=? type "f32") (bytevector-ieee-single-ref (hex->bytes carrier) 0 (endianness big)))
             ((string=? type "f64") (bytevector-ieee-double-ref (hex->bytes carrier) 0 (endianness big)))
             ((string=? type "pointer") (make-pointer (string->number carrier)))
             (else (string->number carrier))))))

;; What Guile gave, as a carrier.
(define (text type value)
  (define (float size set!)
    (let ((bytes (make-bytevector size)))
      (set! bytes 0 value (endianness big))
      (bytes->hex bytes)))
  (cond ((not (string? type)) (texts type (parse-c-struct value (type-of type))))
        ((string=? type "void") 'null)
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
    ("language" . "Scheme") ("level" . "wire") ("capabilities" . #("libraries" "collect" "loops" "threads" "callbacks" "callback-types" "kept-callbacks" "by-value" "errno"))
    ("lacks" . #("f16" "bool"))))

(define (link request)
  (let* ((other (field request "library"))
         (path (if (string? other) other main))
         (symbol (field request "symbol"))
         (parameters (items (field request "parameters")))
         (returns (field request "returns"))
         (keeps (field request "errno"))
         (unknown (find (lambda (type) (not (type-of type))) (cons returns parameters))))
    (if unknown
        (message "unsupported" "Guile has no type for " (if (string? unknown) unknown "an array in a struct"))
        (catch #t
          (lambda ()
            (let ((procedure (foreign-library-function
                              (load-foreign-library path) symbol
                              #:return-type (type-of returns)
                              #:arg-types (map type-of parameters) #:return-errno? keeps))
                  (number (hash-count (const #t) functions)))
              (hashv-set! functions number (list procedure parameters returns keeps))
              `(("is" . "bound") ("function" . ,number))))
          (lambda raised (message "unlinked" path " has no symbol " symbol ": " raised))))))

;; Only what a call itself raises is Guile's no.
(define (calling call)
  (catch #t call (lambda raised (throw 'unsupported raised))))

(define (invoke request)
  (match (hashv-ref functions (field request "function"))
    ((procedure parameters returns keeps)
     (let ((blocks (items (field request "blocks"))))
       (set! kept (map memory blocks))
       (fill! kept (filling blocks kept))
       (letrec* ((calls '())
                 (passed (lambda (type carrier)
                           (match carrier
                             ((("callback" . told))
                              (let ((made (callback told procedure parameters (lambda () arguments))))
                                (set! calls (append calls (list (cdr made))))
                                (car made)))
                             (_ (argument type carrier kept)))))
                 (arguments (map-in-order passed parameters (items (field request "arguments")))))
         (call-with-values (lambda () (calling (lambda () (apply procedure arguments))))
           (lambda (value . left)
             (when keeps (set! errno (car left)))
             `(("is" . "returned") ("value" . ,(text returns value))
               ("calls" . ,(list->vector (map (lambda (calls) (list->vector (reverse (calls)))) calls)))
               ("blocks" . ,(list->vector (map (compose bytes->hex content) kept)))))))))))

;; A C function that answers as it is told, and what gives its calls, the last first.
(define (callback told procedure types given)
  (let* ((parameters (items (field told "parameters")))
         (returns (field told "returns"))
         (answers (items (field told "answers")))
         (calls '()))
    (define (plainly)
      (match (car answers)
        ('null (const *unspecified*))
        (answer (const (argument returns answer '())))))
    (define (called . values)
      (set! calls (cons (list->vector (map text parameters values)) calls))
      (match (list-ref answers (1- (min (length answers) (length calls))))
        ('null *unspecified*)
        ((("again" . carriers))
         (apply procedure
                (map (lambda (type one)
                       (match one
                         ((("argument" . at)) (list-ref (given) at))
                         (_ (argument type one '()))))
                     types (items carriers))))
        (answer (argument returns answer '()))))
    (for-each (lambda (type)
                (unless (type-of type)
                  (throw 'unsupported (string-append "Guile has no type for " type))))
              (cons returns parameters))
    (cons (calling (lambda () (procedure->pointer
                     (type-of returns) (if (field told "plain") (plainly) called) (map type-of parameters))))
          (lambda () calls))))

;; Functions that the library keeps, by number: a pointer lives as long as the program has it.
(define objects (make-hash-table))
(define made 0)

(define (make-address request)
  (let ((one (callback request #f '() #f)))
    (set! made (1+ made))
    (hash-set! objects (number->string made) one)
    `(("is" . "made") ("kept" . ,(number->string made)) ("address" . ,(number->string (pointer-address (car one)))))))

(define (heard request)
  `(("is" . "heard") ("calls" . ,(list->vector (reverse ((cdr (hash-ref objects (field request "kept")))))))))

(define (release request)
  (hash-remove! objects (field request "kept"))
  '(("is" . "done")))

;; A script made ready: its blocks, what fills them, its steps' types and results, and what runs them.
(define (ready script)
  (let* ((asked (items (field script "blocks")))
         (blocks (map memory asked))
         (steps (items (field script "steps")))
         (functions (map (lambda (step) (hashv-ref functions (field step "function"))) steps))
         (results (make-vector (length steps)))
         (calls (map (lambda (function step)
                       (let ((arguments (map (lambda (type carrier) (argument type carrier blocks results))
                                             (second function) (items (field step "arguments"))))
                             (call (first function)))
                         (if (any procedure? arguments)
                             (lambda ()
                               (apply call (map (lambda (one) (if (procedure? one) (one) one)) arguments)))
                             (lambda () (apply call arguments)))))
                     functions steps))
         (filling (filling asked blocks)))
    (fill! blocks filling)
    (list blocks filling (map third functions) results
          (lambda ()
            (let loop ((calls calls) (k 0))
              (unless (null? calls)
                (vector-set! results k ((car calls)))
                (loop (cdr calls) (1+ k))))))))

(define (null value) (if (null-pointer? value) 0 1))

(define (outcome script asked)
  (match script
    ((blocks _ returns results _)
     (list (map (lambda (type value)
                  (if (string=? type "pointer") (number->string (null value)) (text type value)))
                returns (vector->list results))
           (map (match-lambda
                  (#(block offset length)
                   (let ((bytes (make-bytevector length)))
                     (bytevector-copy! (content (list-ref blocks block)) offset bytes 0 length)
                     (bytes->hex bytes))))
                (items (field asked "show")))))))

(define (tally! tallies at outcome times)
  (let* ((counts (vector-ref tallies at))
         (known (or (assoc outcome counts) (and (= (length counts) 16) (last counts)))))
    (if known
        (set-cdr! known (+ (cdr known) times))
        (vector-set! tallies at (append counts (list (cons outcome times)))))))

(define (run-loop request)
  (let* ((asked (items (field request "scripts"))) (n (length asked))
         (threads (field request "threads")) (started (make-atomic-box 0)) (looping (make-atomic-box #t))
         (all (make-vector n '())))
    (define (start!)
      (let ((count (atomic-box-ref started)))
        (unless (= count (atomic-box-compare-and-swap! started count (1+ count))) (start!))))
    (define (looped thread)
      (let ((scripts (list->vector (map ready asked))) (tallies (make-vector n '())))
        (start!)
        (while (< (atomic-box-ref started) threads) (yield))
        (do ((round 0 (1+ round))) ((= round (field request "rounds")) tallies)
          (let* ((at (modulo (+ round thread) n)) (script (vector-ref scripts at)))
            (fill! (first script) (second script))
            (calling (fifth script))
            (tally! tallies at (outcome script (list-ref asked at)) 1)))))
    (define (caught thread)
      (call-with-new-thread (lambda () (catch 'unsupported (lambda () (looped thread)) list))))
    (let ((collector (and (field request "collect")
                          (call-with-new-thread (lambda () (while (atomic-box-ref looping) (gc))))))
          (others (map caught (iota (1- threads) 1))))
      (for-each (lambda (tallies)
                  (unless (vector? tallies) (apply throw tallies))
                  (do ((at 0 (1+ at))) ((= at n))
                    (for-each (match-lambda ((outcome . times) (tally! all at outcome times)))
                              (vector-ref tallies at))))
                (cons (looped 0) (map join-thread others)))
      (atomic-box-set! looping #f)
      (when collector (join-thread collector)))
    (define (told count)
      `(("values" . ,(list->vector (caar count))) ("shown" . ,(list->vector (cadar count)))
        ("times" . ,(cdr count))))
    (define (listed counts) (list->vector (map told counts)))
    `(("is" . "looped") ("scripts" . ,(list->vector (map listed (vector->list all)))))))

(define (bits script place)
  (match place
    ((("word" . #(n offset))) (bytevector-u64-native-ref (content (list-ref (first script) n)) offset))
    ((("result" . k))
     (let ((type (list-ref (third script) k)) (value (vector-ref (fourth script) k)))
       (cond ((pointer? value) (null value))
             ((member type '("f32" "f64")) (string->number (text type value) 16))
             (else value))))))

(define (run-clock request)
  (let* ((asked (items (field request "rows"))) (rows (map ready asked)) (runs (map fifth rows))
         (count (field request "count")) (began (get-internal-real-time)))
    (calling (lambda ()
               (let loop ((left count) (next runs))
                 (cond ((zero? left) #f)
                       ((null? next) (loop left runs))
                       (else ((car next)) (loop (1- left) (cdr next)))))))
    (let ((elapsed (- (get-internal-real-time) began))
          (sum (fold (lambda (row asked sum)
                       (let ((bits (map (lambda (place) (bits row place)) (items (field asked "bits")))))
                         (modulo (apply + (* 31 sum) bits) (expt 2 64))))
                     0 (take rows (min count (length rows))) asked)))
      `(("is" . "benched")
        ("elapsed_ns" . ,(quotient (* elapsed 1000000000) internal-time-units-per-second))
        ("checksum" . ,(number->string sum))))))

(define (peek request)
  (let ((memory (make-pointer (string->number (field request "address")))))
    `(("is" . "memory") ("bytes" . ,(bytes->hex (pointer->bytevector memory (field request "length")))))))

(define (answer request)
  (match (field request "do")
    ("hello" (hello request))
    ("link" (link request))
    ("invoke" (invoke request))
    ("make-address" (make-address request))
    ("heard" (heard request))
    ("release" (release request))
    ("peek" (peek request))
    ("loop" (run-loop request))
    ("clock" (run-clock request))
    ("collect" (gc) '(("is" . "done")))
    ("errno" `(("is" . "errno") ("value" . ,(logand errno #xffffffff))))
    ("stop" '(("is" . "done")))
    (other (message "adapter-error" "it does not serve `" other "`"))))

(set-port-encoding! (current-input-port) "UTF-8")
(set-port-encoding! (current-output-port) "UTF-8")
(let loop ((line (read-line)))
  (unless (eof-object? line)
    (let* ((request (json-string->scm line))
           (reply (catch #t (lambda () (answer request))
                         (match-lambda*
                           (('unsupported raised) (message "unsupported" "Guile raises " raised))
                           (raised (message "adapter-error" raised))))))
      (display (scm->json-string `(("id" . ,(field request "id")) ,@reply)))
      (newline)
      (force-output)
      (unless (equal? (field request "do") "stop") (loop (read-line))))))
