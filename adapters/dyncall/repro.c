/* dyncall 1.1 on x86-64: `dcCallBool` of a function that returns `_Bool` reads 32 bits of the register, of which
 * the callee wrote 8. The manual says that DCbool is C's `_Bool`, and the psABI that only those 8 bits are its.
 *
 *     D=build/node_modules/sbffi/deps/dyncall/dyncall
 *     cc -O1 -I $D -o build/repro repro.c $D/libdyncall_s.a && build/repro
 */

#include <dyncall.h>
#include <stdbool.h>
#include <stdio.h>

__attribute__((noinline, noipa)) long twice(long x) { return 2 * x; }

/* The compiler writes one byte of the result; above it is what `twice` returned. */
__attribute__((noinline, noipa)) bool is_large(long x) { return twice(x) > 1000000; }

int main(void) {
    DCCallVM *vm = dcNewCallVM(4096);
    dcArgLong(vm, 0x1000);
    DCbool said = dcCallBool(vm, (DCpointer)is_large);
    printf("is_large(0x1000): C says %d, dyncall 0x%x\n", is_large(0x1000), (unsigned)said);
    dcFree(vm);
    return said != 0;
}
