;; Guile's (system foreign), judged at wire level (docs/protocol.md): what is Guile's is here, what is the protocol's in
;; ../wire.scm. Guile's own types and conversions do the work: one that it has not is unsupported, not made good.

(use-modules (ice-9 threads) (rnrs bytevectors) (rnrs hashtables) (srfi srfi-34)
             (system foreign) (system foreign-library))

(define host "Guile")

(define about
  `(("name" . "guile") ("version" . ,(version)) ("language" . "Scheme")
    ("capabilities" . #("libraries" "collect" "loops" "threads" "callbacks" "callback-types" "kept-callbacks" "by-value" "errno"))
    ("lacks" . #("f16" "bool"))))

(define types
  `(("i8" . ,int8) ("i16" . ,int16) ("i32" . ,int32) ("i64" . ,int64)
    ("u8" . ,uint8) ("u16" . ,uint16) ("u32" . ,uint32) ("u64" . ,uint64)
    ("f32" . ,float) ("f64" . ,double) ("pointer" . *) ("void" . ,void)))

(define open-library load-foreign-library)

(define left 0) ; what the last call left in errno of those that keep it
(define (errno) left)

(define (link-to path symbol parameters returns fixed keeps)
  (guard (raised (#t (string-append path " has no symbol " symbol ": " (said raised))))
    (let ((call (foreign-library-function (load-foreign-library path) symbol
                                          #:return-type returns #:arg-types parameters #:return-errno? keeps)))
      (define (keeping . arguments)
        (call-with-values (lambda () (apply call arguments))
          (lambda (value number)
            (set! left number)
            value)))
      (if keeps keeping call))))

;; Of the collector's, which keeps it as long as the pointer.
(define (room size)
  (let* ((bytes (make-bytevector (+ size 15)))
         (offset (modulo (- (pointer-address (bytevector->pointer bytes))) 16)))
    (bytevector->pointer bytes offset)))
(define free! identity)

(define (get room offset length) (pointer->bytevector room length offset))
(define (put! room bytes)
  (let ((length (bytevector-length bytes))) (bytevector-copy! bytes 0 (get room 0 length) 0 length)))
(define (word type room offset)
  (let ((bytes (get room offset 8))) (lambda () (passed type (bytevector-u64-native-ref bytes 0)))))

;; As a pointer or as a number, as the parameter is.
(define (passed type value)
  (cond ((string=? type "pointer") (if (pointer? value) value (make-pointer value)))
        ((pointer? value) (pointer-address value))
        (else value)))
(define address pointer-address)

;; It lives as long as the program has the pointer.
(define (callback returns parameters answer)
  (let ((pointer (procedure->pointer returns answer parameters)))
    (cons pointer (lambda () pointer))))

;; Structs are lists, and have no arrays.
(define struct-of identity)
(define (array-of type length) #f)
(define filled make-c-struct)
(define (members type value) (parse-c-struct value type))

(define (said raised)
  (call-with-output-string
    (lambda (port) (display (cons (exception-kind raised) (exception-args raised)) port))))

(define (now) (quotient (* (get-internal-real-time) 1000000000) internal-time-units-per-second))
;; The least loop that Guile allows.
(define (repeat count runs)
  (let loop ((left count) (next runs))
    (cond ((zero? left) #f)
          ((null? next) (loop left runs))
          (else ((car next)) (loop (1- left) (cdr next))))))

(define (collect! beside) (gc))
(define start call-with-new-thread)
(define pause yield)
(define flush force-output)

(set-port-encoding! (current-input-port) "UTF-8")
(set-port-encoding! (current-output-port) "UTF-8")
(load "../json.scm")
(load "../wire.scm")
