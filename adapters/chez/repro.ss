;; Chez Scheme passes a struct of 3 bytes with another third byte where the second is above 127: chezscheme --script repro.ss
;;
;;     1 127 3 arrives as 1 127 3
;;     1 128 3 arrives as 1 128 2      (3 is due)
;;
;; On x86-64 such a struct is in the register in which `htonl` has its argument, whose bytes that turns round. The two bytes
;; before the third are read as a signed number, and added.

(load-shared-object "libc.so.6")
(define-ftype three (struct (bytes (array 3 unsigned-8))))
(define htonl (foreign-procedure "htonl" ((& three)) unsigned-32))

(define (pass . bytes)
  (let ([given (make-ftype-pointer three (foreign-alloc (ftype-sizeof three)))])
    (for-each (lambda (at byte) (ftype-set! three (bytes at) given byte)) '(0 1 2) bytes)
    (let ([word (htonl given)])
      (printf "~{~a~^ ~} arrives as ~{~a~^ ~}\n" bytes
              (map (lambda (bits) (logand (ash word bits) 255)) '(-24 -16 -8))))))

(pass 1 127 3)
(pass 1 128 3)
