#lang racket/base
;; Racket's ffi/unsafe, judged at wire level (docs/protocol.md): what is Racket's is here, what is the protocol's in
;; ../wire.scm. Racket's own types and conversions do the work: one that it has not is unsupported, not made good.

(require ffi/unsafe racket/include
         ;; What R6RS and wire.scm call otherwise: Racket's own library of R6RS takes seconds to load.
         (rename-in racket/base
                    [make-bytes make-bytevector] [bytes-length bytevector-length] [bytes-ref bytevector-u8-ref]
                    [bytes-set! bytevector-u8-set!] [make-hasheqv make-eqv-hashtable] [hash-count hashtable-size]
                    [hash-ref hashtable-ref] [hash-set! hashtable-set!] [hash-remove! hashtable-delete!]))

(define-syntax-rule (guard (raised [holds answer] ...) body)
  (with-handlers ([(lambda (raised) (not (exn:break? raised))) (lambda (raised) (cond [holds answer] ...))]) body))
(define (native-endianness) (if (system-big-endian?) 'big 'little))
(define (bytevector-u64-set! bytes at number order) (integer->integer-bytes number 8 #f (eq? order 'big) bytes at))
(define (float-at size) (lambda (bytes at order) (floating-point-bytes->real bytes (eq? order 'big) at (+ at size))))
(define (set-float! size) (lambda (bytes at float order) (real->floating-point-bytes float size (eq? order 'big) bytes at)))
(define bytevector-ieee-single-ref (float-at 4))
(define bytevector-ieee-double-ref (float-at 8))
(define bytevector-ieee-single-set! (set-float! 4))
(define bytevector-ieee-double-set! (set-float! 8))

(define host "Racket")

(define about
  `(("name" . "racket") ("version" . ,(version)) ("language" . "Racket")
    ("capabilities" . #("libraries" "collect" "loops" "callbacks" "callback-types" "kept-callbacks" "by-value"
                         "variadics" "errno"))
    ("lacks" . #("f16"))))

(define types
  `(("i8" . ,_int8) ("i16" . ,_int16) ("i32" . ,_int32) ("i64" . ,_int64)
    ("u8" . ,_uint8) ("u16" . ,_uint16) ("u32" . ,_uint32) ("u64" . ,_uint64)
    ("f32" . ,_float) ("f64" . ,_double) ("bool" . ,_stdbool) ("pointer" . ,_pointer) ("void" . ,_void)))

(define open-library ffi-lib)

(define (link-to path symbol parameters returns fixed keeps)
  (guard (raised [#t (string-append path " lacks " symbol ": " (said raised))])
    (get-ffi-obj symbol (ffi-lib path)
                 (_cprocedure parameters returns #:varargs-after fixed #:save-errno (and keeps 'posix)))))

(define errno saved-errno)

;; Of malloc, which aligns to 16, and which never moves.
(define (room size) (malloc size 'raw))
(define free! free)

(define (get room offset length)
  (define bytes (make-bytes length))
  (memcpy bytes 0 room offset length)
  bytes)
(define (put! room bytes) (memcpy room bytes (bytes-length bytes)))
(define (word type room offset)
  (define place (ptr-add room offset))
  (lambda () (passed type (ptr-ref place _uint64))))

;; As a pointer or as a number, as the parameter is.
(define (passed type value)
  (cond [(equal? type "pointer") (if (integer? value) (cast value _uintptr _pointer) value)]
        [(integer? value) value]
        [else (address value)]))
(define (address pointer) (cast pointer _pointer _uintptr))

;; It lives as long as the program has the box.
(define (callback returns parameters answer)
  (define keep (box #f))
  (define signature (_cprocedure parameters returns #:keep keep))
  (cons (cast (function-ptr answer signature) _pointer _pointer) (lambda () keep)))

;; The values of structs and of arrays are lists.
(define (struct-of types) (apply _list-struct types))
(define (array-of type length) (_array/list type length))
(define (filled type values) values)
(define (members type value) value)

(define (said raised) (if (exn? raised) (exn-message raised) (format "~a" raised)))

(define (now) (inexact->exact (round (* 1e6 (current-inexact-monotonic-milliseconds)))))
;; in-cycle makes a sequence of it, which costs some 100 ns a call: the figures that are published are measured so.
(define (repeat count runs)
  (for ([_ (in-range count)] [run (in-cycle (in-vector (list->vector runs)))]) (run)))

(define (collect! beside) (collect-garbage))
(define start thread)
(define pause sleep)
(define flush flush-output)

(include "../json.scm")
(include "../wire.scm")
