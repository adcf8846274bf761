/* What libffi gets wrong on x86-64, without the suite: cc repro.c -lffi && ./a.out
 *
 *     a struct of a long double: -3.14159 from C, 0 from libffi    (any number but C's: it is no register of C's)
 *     the vector of arguments: its first was of the caller's, and is not any more                  (to libffi 3.6.0)
 *
 * System V has a struct of one long double come back on top of the x87 stack, as a long double does (3.2.3, Returning
 * of Values). libffi classifies it so, and then takes `rax` and `rdx` (`ffi_prep_cif_machdep` of src/x86/ffi64.c). */

#include <ffi.h>
#include <stdio.h>

typedef struct { long double only; } Extended;
typedef struct { double all[4]; } Doubles;

static Extended extended(void) { return (Extended){-3.14159L}; }
static double first(Doubles doubles) { return doubles.all[0]; }

int main(void) {
    ffi_cif cif;
    ffi_type *one[] = {&ffi_type_longdouble, NULL}, extended_type = {0, 0, FFI_TYPE_STRUCT, one};
    Extended result = {0};
    if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 0, &extended_type, NULL) == FFI_OK)
        ffi_call(&cif, FFI_FN(extended), &result, NULL);
    printf("a struct of a long double: %Lg from C, %Lg from libffi\n", extended().only, result.only);

    ffi_type *four[] = {&ffi_type_double, &ffi_type_double, &ffi_type_double, &ffi_type_double, NULL};
    ffi_type doubles_type = {0, 0, FFI_TYPE_STRUCT, four}, *types[] = {&doubles_type};
    Doubles doubles = {{1.5, 2.5, 3.5, 4.5}};
    void *arguments[] = {&doubles};
    double back;
    if (ffi_prep_cif(&cif, FFI_DEFAULT_ABI, 1, &ffi_type_double, types) == FFI_OK)
        ffi_call(&cif, FFI_FN(first), &back, arguments);
    printf("the vector of arguments: its first was of the caller's, and is %s\n",
           arguments[0] == &doubles ? "still" : "not any more");
    return 0;
}
