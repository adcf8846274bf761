;; What the adapters of Scheme have in common at wire level (docs/protocol.md): messages, carriers, blocks, loops and the
;; clock. Guile, Chez and Racket all read it, so it keeps to what they share, with R6RS's names for bytes, hash tables and
;; `guard`. An adapter loads json.scm and then this, which serves, behind what it says of its library:
;;
;;   host                      its name in what is refused
;;   about                     of `ready` the fields that are its own: name, version, language, capabilities, lacks
;;   types                     its name of each type that it has, by ours: an association list
;;   (open-library path)       opens the library of `hello`
;;   (link-to path symbol parameters returns fixed keeps)
;;                             a procedure that calls it, of types as the library names them, or a string that says why
;;                             there is none; of a variadic function how many parameters its prototype names, or #f, and
;;                             whether errno is kept
;;   (errno)                   what the last call that keeps it left there; errno is #f where the library has no word for it
;;   (room size), (free! room) memory aligned to 16
;;   (put! room bytes), (get room offset length)
;;                             a bytevector into it from its begin on, and one out of it
;;   (word type room offset)   a procedure that reads the 8 bytes there, as an argument of this type
;;   (passed type value)       an integer, or an address in whatever form, as an argument of this type
;;   (address value)           the number of an address
;;   (callback returns parameters answer)
;;                             a C function that calls the procedure: how it is passed, and a procedure that ends it, in a
;;                             pair, good as long as the program has that
;;   (struct-of types), (array-of type length)
;;                             the type of a struct, and of an array within one, or #f where it has none
;;   (filled type values), (members type value)
;;                             a struct of that type, of the list of its members, which has lists in it for what they are of,
;;                             and the list of one that came back
;;   (said raised)             the text of what was raised
;;   (now)                     nanoseconds of a clock
;;   (repeat count runs)       calls so many of a list of procedures, in turn from the first: the loop that is timed
;;   (collect! beside)         runs the collector, with other threads beside this one or without
;;   (start work), (pause)     runs it on a thread of its own; lets others run
;;   (flush)                   what was written

(define main #f) ; the path of `hello`
(define functions (make-eqv-hashtable)) ; what is linked, by number
(define objects (make-eqv-hashtable)) ; functions that the library keeps, by number
(define made 0)
(define kept '()) ; the blocks of the last call

;; What is linked: a list of the procedure and the types that it was linked with.
(define linked-call car)
(define linked-parameters cadr)
(define linked-returns caddr)
;; A block: its memory, and the bytes that fill it.
(define block-room car)
(define block-bytes cdr)

(define (field object name) (let ((pair (assoc name object))) (and pair (cdr pair))))
(define (items object name) (vector->list (field object name)))
(define (message is . parts) `(("is" . ,is) ("message" . ,(apply string-append parts))))

;; What the library, and not its adapter, does not do.
(define (refuse . parts) (raise (cons 'unsupported (apply string-append parts))))
(define (lacking type) (refuse host " has no type for " type))
(define (calling call)
  (guard (raised (#t (refuse host " raises " (said raised)))) (call)))

(define (hex->bytes text)
  (define (digit at)
    (let ((n (char->integer (string-ref text at)))) (- n (if (< n 58) 48 87))))
  (let ((bytes (make-bytevector (quotient (string-length text) 2))))
    (do ((i 0 (+ i 1))) ((= i (bytevector-length bytes)) bytes)
      (bytevector-u8-set! bytes i (+ (* 16 (digit (* 2 i))) (digit (+ 1 (* 2 i))))))))

(define (bytes->hex bytes)
  (let ((text (make-string (* 2 (bytevector-length bytes)))))
    (define (put-digit! at n) (string-set! text at (string-ref "0123456789abcdef" n)))
    (do ((i 0 (+ i 1))) ((= i (bytevector-length bytes)) text)
      (put-digit! (* 2 i) (quotient (bytevector-u8-ref bytes i) 16))
      (put-digit! (+ 1 (* 2 i)) (modulo (bytevector-u8-ref bytes i) 16)))))

(define (room-at blocks n) (block-room (list-ref blocks n)))
(define (fill! blocks) (for-each (lambda (block) (put! (block-room block) (block-bytes block))) blocks))
(define (free-all! blocks) (for-each (lambda (block) (free! (block-room block))) blocks))

(define (lay-out contents)
  (let ((blocks (map (lambda (content)
                       (let ((bytes (hex->bytes (field content "bytes")))) (cons (room (bytevector-length bytes)) bytes)))
                     contents)))
    (define (point! block pointer)
      (bytevector-u64-set! (block-bytes block) (vector-ref pointer 0) (address (room-at blocks (vector-ref pointer 1)))
                           (native-endianness)))
    (for-each (lambda (block content)
                (for-each (lambda (pointer) (point! block pointer)) (items content "pointers")))
              blocks contents)
    (fill! blocks)
    blocks))

;; The library's type of ours.
(define (type-of type)
  (cond ((string? type) (let ((known (assoc type types))) (if known (cdr known) (lacking type))))
        ((field type "struct") (struct-of (map type-of (items type "struct"))))
        (else (or (array-of (type-of (vector-ref (field type "array") 1)) (vector-ref (field type "array") 0))
                  (lacking "an array in a struct")))))

;; The types of a struct's members, or of an array's elements.
(define (within type)
  (if (field type "struct")
      (items type "struct")
      (vector->list (make-vector (vector-ref (field type "array") 0) (vector-ref (field type "array") 1)))))

;; A carrier to what Scheme code would pass; of a run's earlier steps, a procedure that gives it.
(define (argument type carrier blocks results)
  (define (member-of type carrier)
    (if (vector? carrier)
        (map member-of (within type) (vector->list carrier))
        (argument type carrier blocks results)))
  (cond ((vector? carrier) (filled (type-of type) (member-of type carrier)))
        ((pair? carrier)
         (let ((block (field carrier "block")) (step (field carrier "result")) (place (field carrier "word")))
           (cond (block (room-at blocks block))
                 (step (lambda () (passed type (vector-ref results step))))
                 (else (word type (room-at blocks (vector-ref place 0)) (vector-ref place 1))))))
        ((string=? type "f32") (bytevector-ieee-single-ref (hex->bytes carrier) 0 'big))
        ((string=? type "f64") (bytevector-ieee-double-ref (hex->bytes carrier) 0 'big))
        ((string=? type "bool") (string=? carrier "1"))
        (else (passed type (string->number carrier)))))

;; What the library gave, as a carrier.
(define (text type value)
  (define (float size set!)
    (let ((bytes (make-bytevector size)))
      (set! bytes 0 value 'big)
      (bytes->hex bytes)))
  (define (member-text type value)
    (if (pair? type) (list->vector (map member-text (within type) value)) (text type value)))
  (cond ((pair? type) (member-text type (members (type-of type) value)))
        ((string=? type "void") #f)
        ((string=? type "f32") (float 4 bytevector-ieee-single-set!))
        ((string=? type "f64") (float 8 bytevector-ieee-double-set!))
        ((string=? type "bool") (if value "1" "0"))
        ((string=? type "pointer") (number->string (address value)))
        (else (number->string value))))

(define (hello request)
  (set! main (field request "library"))
  (open-library main)
  `(("is" . "ready") ("protocol" . 1) ("level" . "wire") ,@about))

(define (link request)
  (let ((parameters (items request "parameters")) (returns (field request "returns"))
        (number (hashtable-size functions)))
    (for-each type-of (cons returns parameters)) ; in this order, so that the first that is lacking is named
    (let ((call (link-to (or (field request "library") main) (field request "symbol")
                         (map type-of parameters) (type-of returns) (field request "fixed") (field request "errno"))))
      (cond ((string? call) (message "unlinked" call))
            (else (hashtable-set! functions number (list call parameters returns))
                  `(("is" . "bound") ("function" . ,number)))))))

(define (invoke request)
  (let ((function (hashtable-ref functions (field request "function") #f)) (lent '()) (arguments '()))
    (define (lend told)
      (let ((one (answering told function (lambda (at) (list-ref arguments at)))))
        (set! lent (append lent (list one)))
        (caar one)))
    (free-all! kept)
    (set! kept (lay-out (items request "blocks")))
    (for-each (lambda (type carrier)
                (let* ((told (and (pair? carrier) (field carrier "callback")))
                       (one (if told (lend told) (argument type carrier kept #f))))
                  (set! arguments (append arguments (list one)))))
              (linked-parameters function) (items request "arguments"))
    (let ((value (calling (lambda () (apply (linked-call function) arguments)))))
      (for-each end lent)
      `(("is" . "returned") ("value" . ,(text (linked-returns function) value))
        ("calls" . ,(list->vector (map calls-of lent)))
        ("blocks" . ,(list->vector
                       (map (lambda (block) (bytes->hex (get (block-room block) 0 (bytevector-length (block-bytes block)))))
                            kept)))))))

;; A C function that answers as it is told, with what gives its calls, the last first. Of the call that it is lent to it is
;; given the function and the arguments.
(define (answering told function given)
  (let ((parameters (items told "parameters")) (returns (field told "returns")) (answers (items told "answers"))
        (calls '()))
    (define (plain answer)
      (if answer (argument returns answer '() #f) (when #f #f)))
    (define (again type one)
      (if (pair? one) (given (field one "argument")) (argument type one '() #f)))
    (define (called . values)
      (set! calls (cons (list->vector (map text parameters values)) calls))
      (let ((answer (list-ref answers (- (min (length answers) (length calls)) 1))))
        (if (pair? answer)
            (apply (linked-call function) (map again (linked-parameters function) (items answer "again")))
            (plain answer))))
    (define (constantly value) (lambda values value))
    (for-each type-of (cons returns parameters))
    (let ((answer (if (field told "plain") (constantly (plain (car answers))) called)))
      (cons (calling (lambda () (callback (type-of returns) (map type-of parameters) answer)))
            (lambda () calls)))))

(define (end one) ((cdar one)))
(define (calls-of one) (list->vector (reverse ((cdr one)))))

(define (make-address request)
  (let ((one (answering request #f #f)))
    (set! made (+ made 1))
    (hashtable-set! objects made one)
    `(("is" . "made") ("kept" . ,(number->string made)) ("address" . ,(number->string (address (caar one)))))))

(define (object request) (hashtable-ref objects (string->number (field request "kept")) #f))
(define (heard request) `(("is" . "heard") ("calls" . ,(calls-of (object request)))))

(define (release request)
  (end (object request))
  (hashtable-delete! objects (string->number (field request "kept")))
  (done request))

;; A script made ready: its blocks, the types of what its steps return, what they returned, and what runs them.
(define script-blocks car)
(define script-returns cadr)
(define script-results caddr)
(define script-run cadddr)

(define (ready script)
  (let* ((blocks (lay-out (items script "blocks")))
         (steps (items script "steps"))
         (functions (map (lambda (step) (hashtable-ref functions (field step "function") #f)) steps))
         (results (make-vector (length steps))))
    (define (prepared function step)
      (let ((call (linked-call function))
            (arguments (map (lambda (type carrier) (argument type carrier blocks results))
                            (linked-parameters function) (items step "arguments"))))
        (if (memq #t (map procedure? arguments))
            (lambda () (apply call (map (lambda (one) (if (procedure? one) (one) one)) arguments)))
            (lambda () (apply call arguments)))))
    (let ((calls (map prepared functions steps)))
      (list blocks (map linked-returns functions) results
            (lambda ()
              (let loop ((calls calls) (k 0))
                (unless (null? calls)
                  (vector-set! results k ((car calls)))
                  (loop (cdr calls) (+ k 1)))))))))

;; Of an address only whether it is null.
(define (text-of-run type value)
  (if (equal? type "pointer") (if (zero? (address value)) "0" "1") (text type value)))

(define (outcome script asked)
  (cons (map text-of-run (script-returns script) (vector->list (script-results script)))
        (map (lambda (piece)
               (bytes->hex (get (room-at (script-blocks script) (vector-ref piece 0)) (vector-ref piece 1)
                                (vector-ref piece 2))))
             (items asked "show"))))

;; Adds to the tallies at a place that an outcome came so often.
(define (tally! tallies at outcome times)
  (let* ((counts (vector-ref tallies at))
         (known (or (assoc outcome counts) (and (= (length counts) 16) (list-ref counts 15)))))
    (define (counted one) (if (eq? one known) (cons (car one) (+ times (cdr one))) one))
    (vector-set! tallies at (if known (map counted counts) (append counts (list (cons outcome times)))))))

(define (run-loop request)
  (let* ((asked (items request "scripts")) (n (length asked)) (threads (field request "threads"))
         (collecting (field request "collect")) (tallies (make-vector n '()))
         (begun (make-vector threads #f))
         (came (make-vector threads #f)) ; of each thread its tallies, or what it raised
         (collected (vector (not collecting))))
    (define (wait-for flags)
      (when (memq #f (vector->list flags)) (pause) (wait-for flags)))
    (define (looped thread)
      (let ((scripts (list->vector (map ready asked))) (own (make-vector n '())))
        (vector-set! begun thread #t)
        (wait-for begun)
        (do ((round thread (+ round 1))) ((= round (+ thread (field request "rounds"))))
          (let* ((at (modulo round n)) (script (vector-ref scripts at)))
            (fill! (script-blocks script))
            (calling (script-run script))
            (tally! own at (outcome script (list-ref asked at)) 1)))
        (for-each (lambda (script) (free-all! (script-blocks script))) (vector->list scripts))
        own))
    (define (work thread)
      (vector-set! came thread (guard (raised (#t raised)) (looped thread))))
    (define (collector)
      (do () ((not collecting)) (collect! #t))
      (vector-set! collected 0 #t))
    (define (told count)
      `(("values" . ,(list->vector (caar count))) ("shown" . ,(list->vector (cdar count))) ("times" . ,(cdr count))))
    (when collecting (start collector))
    (do ((thread 1 (+ thread 1))) ((= thread threads))
      (start (lambda () (work thread))))
    (work 0)
    (wait-for came)
    (set! collecting #f)
    (wait-for collected)
    (for-each (lambda (own)
                (unless (vector? own) (raise own))
                (do ((at 0 (+ at 1))) ((= at n))
                  (for-each (lambda (count) (tally! tallies at (car count) (cdr count))) (vector-ref own at))))
              (vector->list came))
    `(("is" . "looped")
      ("scripts" . ,(list->vector (map (lambda (counts) (list->vector (map told counts))) (vector->list tallies)))))))

(define (bits script place)
  (let ((step (field place "result")) (at (field place "word")))
    (if step
        (let ((type (list-ref (script-returns script) step)))
          (string->number (text-of-run type (vector-ref (script-results script) step)) (if (member type '("f32" "f64")) 16 10)))
        ((word "u64" (room-at (script-blocks script) (vector-ref at 0)) (vector-ref at 1))))))

(define (run-clock request)
  (let* ((asked (items request "rows")) (rows (map ready asked)) (runs (map script-run rows))
         (count (field request "count")) (began (now)))
    (calling (lambda () (repeat count runs)))
    (let ((elapsed (- (now) began)))
      (let loop ((left (min count (length rows))) (rest rows) (asked asked) (sum 0))
        (cond ((zero? left)
               (for-each (lambda (row) (free-all! (script-blocks row))) rows)
               `(("is" . "benched") ("elapsed_ns" . ,elapsed) ("checksum" . ,(number->string sum))))
              (else
               (let ((bits (map (lambda (place) (bits (car rest) place)) (items (car asked) "bits"))))
                 (loop (- left 1) (cdr rest) (cdr asked) (modulo (apply + (* 31 sum) bits) (expt 2 64))))))))))

(define (peek request)
  (let ((memory (passed "pointer" (string->number (field request "address")))))
    `(("is" . "memory") ("bytes" . ,(bytes->hex (get memory 0 (field request "length")))))))

(define (done request) '(("is" . "done")))
(define (tell-errno request) `(("is" . "errno") ("value" . ,(modulo (errno) (expt 2 32)))))

(define answers
  `(("hello" . ,hello) ("link" . ,link) ("invoke" . ,invoke) ("peek" . ,peek) ("loop" . ,run-loop) ("clock" . ,run-clock)
    ("make-address" . ,make-address) ("heard" . ,heard) ("release" . ,release) ("stop" . ,done)
    ("collect" . ,(lambda (request) (collect! #f) (done request))) ("errno" . ,(and errno tell-errno))))

(define (answer request)
  (let ((serves (field answers (field request "do"))))
    (if serves (serves request) (message "adapter-error" "it does not serve " (field request "do")))))

;; Answers requests until the last.
(define (serve)
  (let* ((request (read-json))
         (reply (guard (raised ((pair? raised) (message "unsupported" (cdr raised)))
                               (#t (message "adapter-error" (said raised))))
                  (answer request))))
    (write-json (cons (cons "id" (field request "id")) reply))
    (newline)
    (flush)
    (unless (equal? (field request "do") "stop") (serve))))
(serve)
