;; Chez Scheme's foreign-procedure, judged at wire level (docs/protocol.md): it links, invokes, peeks and
;; loops as it is told. Chez's own types and conversions do the work: one that it has not is unsupported, not
;; made good.

(define types
  '(("i8" . integer-8) ("i16" . integer-16) ("i32" . integer-32) ("i64" . integer-64)
    ("u8" . unsigned-8) ("u16" . unsigned-16) ("u32" . unsigned-32) ("u64" . unsigned-64)
    ("f32" . single-float) ("f64" . double-float) ("pointer" . void*) ("void" . void)))

(define main #f) ; the path of `hello`
(define functions (make-eqv-hashtable)) ; number -> (procedure parameters returns)
(define structs (make-hashtable equal-hash equal?)) ; by what it is of, the name of Chez's type
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
(define (memory content)
  (let ([size (quotient (string-length (field content "bytes")) 2)]) (cons (foreign-alloc size) size)))

;; What fills the blocks: their bytes, with the addresses that belong there.
(define (filling contents blocks)
  (map (lambda (content)
         (let* ([text (field content "bytes")] [bytes (make-bytevector (quotient (string-length text) 2))])
           (define (digit i) (let ([n (char->integer (string-ref text i))]) (- n (if (< n 58) 48 87))))
           (do ([i 0 (+ i 1)]) ((= i (bytevector-length bytes)))
             (bytevector-u8-set! bytes i (+ (* 16 (digit (* 2 i))) (digit (+ 1 (* 2 i))))))
           (for-each (lambda (pair)
                       (let ([address (car (list-ref blocks (vector-ref pair 1)))])
                         (bytevector-u64-set! bytes (vector-ref pair 0) address (native-endianness))))
             (items content "pointers"))
           bytes))
    contents))

(define (fill! blocks filling)
  (for-each
    (lambda (block bytes)
      (do ([i 0 (+ i 1)]) ((= i (cdr block)))
        (foreign-set! 'unsigned-8 (car block) i (bytevector-u8-ref bytes i))))
    blocks filling))

(define (free! blocks) (for-each (lambda (block) (foreign-free (car block))) blocks))

(define (word-at blocks word)
  (foreign-ref 'unsigned-64 (car (list-ref blocks (vector-ref word 0))) (vector-ref word 1)))

(define (float-of type bits)
  (let ([bytes (make-bytevector 8)])
    (bytevector-u64-set! bytes 0 bits 'little)
    (if (string=? type "f32")
        (bytevector-ieee-single-ref bytes 0 'little)
        (bytevector-ieee-double-ref bytes 0 'little))))

;; A carrier to what Scheme code would pass; of a run's earlier steps, a procedure that gives it.
(define (argument type carrier blocks results)
  (cond [(vector? carrier) (struct-of type carrier)]
        [(box? carrier)
         (let ([k (field carrier "result")] [word (field carrier "word")])
           (cond [k (lambda () (vector-ref results k))]
                 [word (lambda () (word-at blocks word))]
                 [else (car (list-ref blocks (field carrier "block")))]))]
        [(member type '("f32" "f64")) (float-of type (string->number carrier 16))]
        [else (string->number carrier)]))

;; Chez's type of ours, or false: of a struct an ftype of its own.
(define (type-of type)
  (if (box? type)
      (let ([of (described type)])
        (and of (list '& (or (hashtable-ref structs of #f)
                             (let ([name (gensym)])
                               (eval `(define-ftype ,name ,of))
                               (hashtable-set! structs of name)
                               name)))))
      (let ([known (assoc type types)]) (and known (cdr known)))))

(define (described type)
  (cond [(string? type) (type-of type)]
        [(field type "array") =>
         (lambda (array)
           (let ([of (described (vector-ref array 1))]) (and of `(array ,(vector-ref array 0) ,of))))]
        [else
         (let ([members (map described (items type "struct"))])
           (and (for-all values members)
                `(struct ,@(map (lambda (at of) `[,(string->symbol (format "m~a" at)) ,of])
                             (iota (length members)) members))))]))

;; Where the scalars of a struct are: pairs of a type and what ftype-ref takes to get there.
(define (places type)
  (cond [(string? type) (list (list type))]
        [(field type "array") =>
         (lambda (array)
           (apply append
             (map (lambda (at) (map (lambda (one) `(,(car one) ,at ,@(cdr one))) (places (vector-ref array 1))))
               (iota (vector-ref array 0)))))]
        [else
         (let ([members (items type "struct")])
           (apply append
             (map (lambda (at of)
                    (let ([name (string->symbol (format "m~a" at))])
                      (map (lambda (one) `(,(car one) ,name ,@(cdr one))) (places of))))
               (iota (length members)) members)))]))

;; Memory for a struct, which holds the carriers.
(define (struct-of type carrier)
  (define (flat value) (if (vector? value) (apply append (map flat (vector->list value))) (list value)))
  (let* ([name (cadr (type-of type))]
         [made (eval `(make-ftype-pointer ,name (foreign-alloc (ftype-sizeof ,name))))])
    (when carrier
      (for-each (lambda (place one)
                  ((eval `(lambda (to value) (ftype-set! ,name ,(cdr place) to value)))
                   made (argument (car place) one '() #f)))
        (places type) (flat carrier)))
    made))

(define (struct->carriers type value)
  (let* ([name (cadr (type-of type))]
         [texts (map (lambda (place)
                       (text (car place) ((eval `(lambda (from) (ftype-ref ,name ,(cdr place) from))) value)))
                  (places type))])
    (define (shaped type) ; takes its own off the front of what is left
      (cond [(string? type) (let ([one (car texts)]) (set! texts (cdr texts)) one)]
            [(field type "array") =>
             (lambda (array)
               (let loop ([n (vector-ref array 0)] [all '()])
                 (if (zero? n) (list->vector (reverse all)) (loop (- n 1) (cons (shaped (vector-ref array 1)) all)))))]
            [else
             (let loop ([left (items type "struct")] [all '()])
               (if (null? left) (list->vector (reverse all)) (loop (cdr left) (cons (shaped (car left)) all))))]))
    (shaped type)))

;; What Chez gave, as a carrier.
(define (text type value)
  (define (hex size set! bits)
    (let ([bytes (make-bytevector size)])
      (set! bytes 0 value 'little)
      (format (format "~~(~~~a,'0x~~)" (* 2 size)) (bits bytes 0 'little))))
  (cond [(box? type) (struct->carriers type value)]
        [(string=? type "void") #f]
        [(string=? type "f32") (hex 4 bytevector-ieee-single-set! bytevector-u32-ref)]
        [(string=? type "f64") (hex 8 bytevector-ieee-double-set! bytevector-u64-ref)]
        [else (number->string value)]))

(define (hello request)
  (set! main (field request "library"))
  (load-shared-object main)
  `(("is" . "ready") ("protocol" . 1) ("name" . "chez")
    ("version" . ,(call-with-values scheme-version-number (lambda version (format "~{~a~^.~}" version))))
    ("language" . "Scheme") ("level" . "wire") ("capabilities" . #("collect" "loops" "threads" "callbacks" "callback-types" "kept-callbacks" "by-value"))
    ("lacks" . #("f16" "bool"))))

(define (link request)
  (let* ([symbol (field request "symbol")]
         [parameters (items request "parameters")] [returns (field request "returns")]
         [unknown (find (lambda (type) (not (type-of type))) (cons returns parameters))])
    (cond [unknown (message "unsupported" "Chez has no type for " (if (box? unknown) "bool" unknown))]
          [(not (foreign-entry? symbol)) (message "unlinked" main " has no symbol " symbol)]
          [else
           (let ([number (hashtable-size functions)])
             (hashtable-set! functions number
               ;; Of another thread the collector need not wait until its call returns.
               (list (with-room returns
                       (eval `(foreign-procedure __collect_safe ,symbol ,(map type-of parameters) ,(type-of returns))))
                     parameters returns))
             `(("is" . "bound") ("function" . ,number)))])))

;; A struct that is returned is written to memory that is the first argument.
(define (with-room returns call)
  (if (box? returns)
      (lambda arguments (let ([room (struct-of returns #f)]) (apply call room arguments) room))
      call))

;; Only what a call itself raises is Chez's no.
(define (calling call)
  (guard (raised [else (raise (cons 'unsupported (said raised)))]) (call)))

(define (invoke request)
  (let ([function (hashtable-ref functions (field request "function") #f)] [blocks (items request "blocks")])
    (free! kept)
    (set! kept (map memory blocks))
    (fill! kept (filling blocks kept))
    (let* ([made '()] [arguments '()]
           [passed (lambda (type carrier)
                     (let ([told (and (box? carrier) (field carrier "callback"))])
                       (if told
                           (let ([one (callback told function (lambda (at) (list-ref arguments at)))])
                             (set! made (append made (list one)))
                             (foreign-callable-entry-point (car one)))
                           (argument type carrier kept #f))))])
      (for-each (lambda (type carrier) (set! arguments (append arguments (list (passed type carrier)))))
        (cadr function) (items request "arguments"))
    (let ([value (calling (lambda () (apply (car function) arguments)))])
      (for-each (lambda (one) (unlock-object (car one))) made)
      `(("is" . "returned") ("value" . ,(text (caddr function) value))
        ("calls" . ,(list->vector (map (lambda (one) (list->vector (reverse ((cdr one))))) made)))
        ("blocks" . ,(list->vector (map (lambda (block) (memory->hex (car block) (cdr block))) kept))))))))

;; A C function that answers as it is told, and what gives its calls, the last first.
(define (callback told function given)
  (let ([parameters (items told "parameters")] [returns (field told "returns")] [answers (items told "answers")]
        [calls '()])
    (define value (and (field told "plain") (car answers) (argument returns (car answers) '() #f)))
    (define (plainly . values) (if (car answers) value (void)))
    (define (called . values)
      (set! calls (cons (list->vector (map text parameters values)) calls))
      (let ([answer (list-ref answers (- (min (length answers) (length calls)) 1))])
        (cond [(not answer) (void)]
              [(box? answer)
               (apply (car function)
                 (map (lambda (type one)
                        (if (box? one) (given (field one "argument")) (argument type one '() #f)))
                   (cadr function) (items answer "again")))]
              [else (argument returns answer '() #f)])))
    (let ([unknown (find (lambda (type) (not (type-of type))) (cons returns parameters))])
      (when unknown (raise (cons 'unsupported (string-append "Chez has no type for " unknown)))))
    (let ([made ((eval `(lambda (called)
                            (foreign-callable __collect_safe called ,(map type-of parameters) ,(type-of returns))))
                  (if (field told "plain") plainly called))])
      (lock-object made)
      (cons made (lambda () calls)))))

;; Functions that the library keeps, by number.
(define objects (make-hashtable string-hash string=?))
(define made-so-far 0)

(define (make-address request)
  (let ([one (callback request #f #f)])
    (set! made-so-far (+ made-so-far 1))
    (hashtable-set! objects (number->string made-so-far) one)
    `(("is" . "made") ("kept" . ,(number->string made-so-far))
      ("address" . ,(number->string (foreign-callable-entry-point (car one)))))))

(define (heard request)
  `(("is" . "heard") ("calls" . ,(list->vector (reverse ((cdr (hashtable-ref objects (field request "kept") #f))))))))

(define (release request)
  (unlock-object (car (hashtable-ref objects (field request "kept") #f)))
  (hashtable-delete! objects (field request "kept"))
  '(("is" . "done")))

;; A script made ready: its blocks, what fills them, its steps' types and results, and what runs them.
(define-record-type script (fields asked blocks filling returns results run))

(define (ready asked)
  (let* ([contents (items asked "blocks")] [blocks (map memory contents)] [filling (filling contents blocks)]
         [steps (items asked "steps")] [results (make-vector (length steps))]
         [functions (map (lambda (step) (hashtable-ref functions (field step "function") #f)) steps)])
    (define (call function step)
      (let ([call (car function)]
            [arguments (map (lambda (type carrier) (argument type carrier blocks results))
                         (cadr function) (items step "arguments"))])
        (if (exists procedure? arguments)
            (lambda () (apply call (map (lambda (one) (if (procedure? one) (one) one)) arguments)))
            (lambda () (apply call arguments)))))
    (fill! blocks filling)
    (let ([calls (map call functions steps)])
      (make-script asked blocks filling (map caddr functions) results
        (lambda ()
          (let loop ([calls calls] [k 0])
            (unless (null? calls)
              (vector-set! results k ((car calls)))
              (loop (cdr calls) (+ k 1)))))))))

(define (null value) (if (zero? value) 0 1))

(define (outcome script)
  (cons (map (lambda (type value)
               (if (string=? type "pointer") (number->string (null value)) (text type value)))
          (script-returns script) (vector->list (script-results script)))
        (map (lambda (piece)
               (let ([block (list-ref (script-blocks script) (vector-ref piece 0))])
                 (memory->hex (+ (car block) (vector-ref piece 1)) (vector-ref piece 2))))
          (items (script-asked script) "show"))))

;; Adds to the tallies at a place what its outcome is and how often it came.
(define (tally! tallies at outcome times)
  (let* ([counts (vector-ref tallies at)]
         [known (or (assoc outcome counts) (and (= (length counts) 16) (list-ref counts 15)))])
    (if known
        (set-cdr! known (+ times (cdr known)))
        (vector-set! tallies at (append counts (list (cons outcome times)))))))

(define (run-loop request)
  (let* ([asked (items request "scripts")] [n (length asked)] [threads (field request "threads")]
         [mutex (make-mutex)] [changed (make-condition)] [started 0] [ended 0] [looping #t]
         [came (make-vector threads)] ; of each thread its tallies, or what it raised
         [all (make-vector n '())])
    (define-syntax told!
      (syntax-rules () [(_ change) (with-mutex mutex change (condition-broadcast changed))]))
    (define-syntax wait-until
      (syntax-rules () [(_ holds) (with-mutex mutex (do () (holds) (condition-wait changed mutex)))]))
    (define (looped thread)
      (let ([scripts (map ready asked)] [tallies (make-vector n '())])
        (told! (set! started (+ started 1)))
        (wait-until (= started threads))
        (do ([round 0 (+ round 1)]) ((= round (field request "rounds")))
          (let* ([at (modulo (+ round thread) n)] [script (list-ref scripts at)])
            (fill! (script-blocks script) (script-filling script))
            (calling (script-run script))
            (tally! tallies at (outcome script) 1)))
        (for-each (lambda (script) (free! (script-blocks script))) scripts)
        tallies))
    (define (kept-of thread)
      (vector-set! came thread (guard (raised [else raised]) (looped thread)))
      (told! (set! ended (+ ended 1))))
    (define (told count)
      (box `(("values" . ,(list->vector (caar count))) ("shown" . ,(list->vector (cdar count)))
             ("times" . ,(cdr count)))))
    (when (field request "collect")
      (fork-thread (lambda ()
                     (do () ((not looping)) (collect-rendezvous))
                     (told! (set! ended (+ ended 1))))))
    (do ([other 1 (+ other 1)]) ((= other threads))
      (let ([other other]) (fork-thread (lambda () (kept-of other)))))
    (kept-of 0)
    (wait-until (>= ended threads))
    (set! looping #f)
    (when (field request "collect") (wait-until (> ended threads)))
    (vector-for-each
      (lambda (tallies)
        (unless (vector? tallies) (raise tallies))
        (do ([at 0 (+ at 1)]) ((= at n))
          (for-each (lambda (count) (tally! all at (car count) (cdr count))) (vector-ref tallies at))))
      came)
    `(("is" . "looped")
      ("scripts" . ,(vector-map (lambda (counts) (list->vector (map told counts))) all)))))

(define (bits script place)
  (let ([k (field place "result")])
    (if k
        (let ([type (list-ref (script-returns script) k)] [value (vector-ref (script-results script) k)])
          (cond [(string=? type "pointer") (null value)]
                [(flonum? value) (string->number (text type value) 16)]
                [else value]))
        (word-at (script-blocks script) (field place "word")))))

(define (run-clock request)
  (define (now)
    (let ([time (current-time 'time-monotonic)])
      (+ (* 1000000000 (time-second time)) (time-nanosecond time))))
  (let* ([rows (map ready (items request "rows"))] [runs (map script-run rows)]
         [count (field request "count")] [began (now)])
    (calling (lambda ()
               (let loop ([left count] [next runs])
                 (cond [(fxzero? left) (void)]
                       [(null? next) (loop left runs)]
                       [else ((car next)) (loop (fx- left 1) (cdr next))]))))
    (let* ([elapsed (- (now) began)]
           [ran (list-head rows (min count (length rows)))]
           [add (lambda (sum row)
                  (let ([bits (map (lambda (place) (bits row place)) (items (script-asked row) "bits"))])
                    (modulo (apply + (* 31 sum) bits) (expt 2 64))))]
           [sum (fold-left add 0 ran)])
      (for-each (lambda (row) (free! (script-blocks row))) rows)
      `(("is" . "benched") ("elapsed_ns" . ,elapsed) ("checksum" . ,(number->string sum))))))

(define (answer request)
  (let ([asked (field request "do")])
    (cond [(string=? asked "hello") (hello request)]
          [(string=? asked "link") (link request)]
          [(string=? asked "invoke") (invoke request)]
          [(string=? asked "make-address") (make-address request)]
          [(string=? asked "heard") (heard request)]
          [(string=? asked "release") (release request)]
          [(string=? asked "peek")
           `(("is" . "memory")
             ("bytes" . ,(memory->hex (string->number (field request "address")) (field request "length"))))]
          [(string=? asked "loop") (run-loop request)]
          [(string=? asked "clock") (run-clock request)]
          [(string=? asked "collect") (collect (collect-maximum-generation)) '(("is" . "done"))]
          [(string=? asked "stop") '(("is" . "done"))]
          [else (message "adapter-error" "it does not serve " asked)])))

(let loop ([line (get-line (current-input-port))])
  (unless (eof-object? line)
    (let* ([request (read-value (open-string-input-port line))]
           [reply (guard (raised [(pair? raised) (message "unsupported" "Chez raises " (cdr raised))]
                                 [else (message "adapter-error" (said raised))])
                    (answer request))])
      (write-value (box (cons (cons "id" (field request "id")) reply)))
      (newline)
      (flush-output-port)
      (unless (string=? (field request "do") "stop") (loop (get-line (current-input-port)))))))
