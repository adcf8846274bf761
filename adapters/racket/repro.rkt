#lang racket/base
;; Racket passes a struct of 3 bytes with another third byte where the second is above 127: racket repro.rkt
;;
;;     1 127 3 arrives as 1 127 3
;;     1 128 3 arrives as 1 128 2      (3 is due)
;;
;; On x86-64 such a struct is in the register in which `htonl` has its argument, whose bytes that turns round. Chez Scheme,
;; which Racket is built on, does the same.

(require ffi/unsafe)

(define-cstruct _three ([a _uint8] [b _uint8] [c _uint8]))
(define htonl (get-ffi-obj "htonl" #f (_fun _three -> _uint32)))

(for ([bytes '((1 127 3) (1 128 3))])
  (define word (htonl (apply make-three bytes)))
  (define arrived (for/list ([bits '(-24 -16 -8)]) (bitwise-and (arithmetic-shift word bits) 255)))
  (printf "~a arrives as ~a\n" bytes arrived))
