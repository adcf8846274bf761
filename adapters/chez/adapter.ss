;; Chez Scheme's foreign-procedure, judged at wire level (docs/protocol.md): what is Chez's is here and in structs.ss, what
;; is the protocol's in ../wire.scm. Chez's own types and conversions do the work: one that it has not is unsupported, not
;; made good.

(define host "Chez")

(define about
  `(("name" . "chez") ("version" . ,(call-with-values scheme-version-number (lambda version (format "~{~a~^.~}" version))))
    ("language" . "Scheme")
    ("capabilities" . #("collect" "loops" "threads" "callbacks" "callback-types" "kept-callbacks" "by-value"))
    ("lacks" . #("f16" "bool"))))

(define types
  '(("i8" . integer-8) ("i16" . integer-16) ("i32" . integer-32) ("i64" . integer-64)
    ("u8" . unsigned-8) ("u16" . unsigned-16) ("u32" . unsigned-32) ("u64" . unsigned-64)
    ("f32" . single-float) ("f64" . double-float) ("pointer" . void*) ("void" . void)))

(define open-library load-shared-object)

;; Of another thread the collector need not wait until its call returns.
(define (link-to path symbol parameters returns fixed keeps)
  (if (foreign-entry? symbol)
      (with-room returns
        (eval `(foreign-procedure __collect_safe ,symbol ,(map by-value parameters) ,(by-value returns))))
      (string-append path " has no symbol " symbol)))

(define errno #f)

;; Of malloc, which aligns to 16.
(define room foreign-alloc)
(define free! foreign-free)

(define (get room offset length)
  (let ([bytes (make-bytevector length)])
    (do ([i 0 (+ i 1)]) ((= i length) bytes)
      (bytevector-u8-set! bytes i (foreign-ref 'unsigned-8 room (+ offset i))))))
(define (put! room bytes)
  (do ([i 0 (+ i 1)]) ((= i (bytevector-length bytes)))
    (foreign-set! 'unsigned-8 room i (bytevector-u8-ref bytes i))))
(define (word type room offset)
  (lambda () (foreign-ref 'unsigned-64 room offset)))

;; Addresses are numbers. It is syntax because a loop passes results so on the clock.
(define-syntax passed (syntax-rules () [(_ type value) value]))
(define (address value) value)

(define (callback returns parameters answer)
  (let ([made ((eval `(lambda (answer)
                        (foreign-callable __collect_safe answer ,(map by-value parameters) ,(by-value returns))))
               answer)])
    (lock-object made)
    (cons (foreign-callable-entry-point made) (lambda () (unlock-object made)))))

(define (said condition)
  (call-with-string-output-port (lambda (port) (display-condition condition port))))

(define (now)
  (let ([time (current-time 'time-monotonic)])
    (+ (* 1000000000 (time-second time)) (time-nanosecond time))))
;; The least loop that Chez allows.
(define (repeat count runs)
  (let loop ([left count] [next runs])
    (cond [(fxzero? left) (void)]
          [(null? next) (loop left runs)]
          [else ((car next)) (loop (fx- left 1) (cdr next))])))

(define (collect! beside)
  (if beside (collect-rendezvous) (collect (collect-maximum-generation))))
(define start fork-thread)
(define (pause) (sleep (make-time 'time-duration 0 0)))
(define flush flush-output-port)

(define (load-beside name)
  (let ([folder (path-parent (car (command-line)))])
    (load (if (string=? folder "") name (string-append folder "/" name)))))

(load-beside "structs.ss")
(load-beside "../json.scm")
(load-beside "../wire.scm")
