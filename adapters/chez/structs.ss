;; Structs by value: a type of one is what define-ftype takes, a symbol being a scalar's.

(define structs (make-hashtable equal-hash equal?)) ; by what it is of, the name of an ftype

(define (struct-of types)
  `(struct ,@(map (lambda (at of) `[,(string->symbol (format "m~a" at)) ,of]) (iota (length types)) types)))
(define (array-of type length) `(array ,length ,type))

(define (named type)
  (or (hashtable-ref structs type #f)
      (let ([name (gensym)])
        (eval `(define-ftype ,name ,type))
        (hashtable-set! structs type name)
        name)))

;; A type as foreign-procedure takes it.
(define (by-value type) (if (pair? type) `(& ,(named type)) type))

;; A struct that is returned is written to memory that is the first argument.
(define (with-room returns call)
  (if (pair? returns)
      (lambda arguments (let ([room (empty returns)]) (apply call room arguments) room))
      call))

(define (empty type)
  (let ([name (named type)]) (eval `(make-ftype-pointer ,name (foreign-alloc (ftype-sizeof ,name))))))

;; The list of what `each` gives of a struct's scalars, of the way by which ftype-ref gets there and of what a list of the
;; same shape has there, if there is one; both have lists in them for structs and arrays.
(define (map-scalars each type path values)
  (define (within steps types)
    (map (lambda (step of value) (map-scalars each of (append path (list step)) value))
         steps types (or values (map (lambda (step) #f) steps))))
  (cond [(symbol? type) (each path values)]
        [(eq? (car type) 'array) (within (iota (cadr type)) (make-list (cadr type) (caddr type)))]
        [else (within (map car (cdr type)) (map cadr (cdr type)))]))

(define (filled type values)
  (let ([made (empty type)])
    (define (set path value) ((eval `(lambda (to value) (ftype-set! ,(named type) ,path to value))) made value))
    (map-scalars set type '() values)
    made))

(define (members type value)
  (define (get path _) ((eval `(lambda (from) (ftype-ref ,(named type) ,path from))) value))
  (map-scalars get type '() #f))
