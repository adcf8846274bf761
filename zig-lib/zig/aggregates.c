/* The C functions of fixtures that take and return unions, packed structs, complex numbers and what has 128 bits
 * themselves (G-4 to G-8), as by_value.c those of plain structs. */
#include "aggregates.h"
#include "placed.h"

UNIONS(PASS)
PACKED(PASS)
COMPLEX(PASS)
EXTENDED(PASS)
INTS128(PASS)

#define PUT(name, S) AFTER(name, S) AFTER_7_WORDS(name, S)
PLACED_AGGREGATES(PUT)

FUNCTION(mixed_unions, Number, L(Reals a, W b, FloatWord c, D d, Number e),
         L(const Reals *, W, const FloatWord *, D, const Number *, Number *), L(&a, b, &c, d, &e, &ret))
FUNCTION(mixed_packed, PackedTail, L(PackedPair a, W b, PackedEven c, D d, PackedTail e),
         L(const PackedPair *, W, const PackedEven *, D, const PackedTail *, PackedTail *),
         L(&a, b, &c, d, &e, &ret))
