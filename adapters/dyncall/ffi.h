/* As much of libffi's interface as the C template uses, made of dyncall's calls: so dyncall is judged by the
 * same program as libffi. Each type is put by dyncall's own function for it, as its `dcCallF` does. */

#include <dyncall.h>
#include <dyncall_callback.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    char signature; /* dyncall_signature.h */
} ffi_type;

typedef struct {
    unsigned nargs, named; /* as many of them are named, of a variadic function; else all are */
    DCint mode;
    ffi_type *returns, **parameters;
} ffi_cif;

enum { FFI_DEFAULT_ABI };

static ffi_type ffi_type_void = {'v'}, ffi_type_bool = {'B'}, ffi_type_sint8 = {'c'}, ffi_type_uint8 = {'C'},
                ffi_type_sint16 = {'s'}, ffi_type_uint16 = {'S'}, ffi_type_sint32 = {'i'},
                ffi_type_uint32 = {'I'}, ffi_type_sint64 = {'l'}, ffi_type_uint64 = {'L'},
                ffi_type_float = {'f'}, ffi_type_double = {'d'}, ffi_type_pointer = {'p'};

static void ffi_prep_cif(ffi_cif *cif, int abi, unsigned nargs, ffi_type *returns, ffi_type **parameters) {
    (void)abi;
    cif->nargs = cif->named = nargs;
    cif->mode = DC_CALL_C_DEFAULT;
    cif->returns = returns;
    cif->parameters = parameters;
}

static void ffi_prep_cif_var(ffi_cif *cif, int abi, unsigned named, unsigned nargs, ffi_type *returns,
                             ffi_type **parameters) {
    ffi_prep_cif(cif, abi, nargs, returns, parameters);
    cif->named = named;
    cif->mode = DC_CALL_C_ELLIPSIS;
}

static void ffi_put(DCCallVM *vm, char signature, void *place) {
    switch (signature) {
    case 'B': dcArgBool(vm, *(uint8_t *)place); break;
    case 'c': case 'C': dcArgChar(vm, *(DCchar *)place); break;
    case 's': case 'S': dcArgShort(vm, *(DCshort *)place); break;
    case 'i': case 'I': dcArgInt(vm, *(DCint *)place); break;
    case 'l': case 'L': dcArgLongLong(vm, *(DClonglong *)place); break;
    case 'f': dcArgFloat(vm, *(DCfloat *)place); break;
    case 'd': dcArgDouble(vm, *(DCdouble *)place); break;
    case 'p': dcArgPointer(vm, *(DCpointer *)place); break;
    }
}

static void ffi_call(ffi_cif *cif, void (*function)(void), void *result, void **arguments) {
    static _Thread_local DCCallVM *vm; /* a thread's own, and kept */
    if (!vm)
        vm = dcNewCallVM(4096);
    dcMode(vm, cif->mode);
    dcReset(vm);
    for (unsigned i = 0; i < cif->nargs; i++) {
        if (i == cif->named)
            dcMode(vm, DC_CALL_C_ELLIPSIS_VARARGS);
        ffi_put(vm, cif->parameters[i]->signature, arguments[i]);
    }
    switch (cif->returns->signature) {
    case 'v': dcCallVoid(vm, (DCpointer)function); break;
    case 'B': *(uint64_t *)result = dcCallBool(vm, (DCpointer)function) ? 1 : 0; break;
    case 'c': *(int64_t *)result = dcCallChar(vm, (DCpointer)function); break;
    case 'C': *(uint64_t *)result = (DCuchar)dcCallChar(vm, (DCpointer)function); break;
    case 's': *(int64_t *)result = dcCallShort(vm, (DCpointer)function); break;
    case 'S': *(uint64_t *)result = (DCushort)dcCallShort(vm, (DCpointer)function); break;
    case 'i': *(int64_t *)result = dcCallInt(vm, (DCpointer)function); break;
    case 'I': *(uint64_t *)result = (DCuint)dcCallInt(vm, (DCpointer)function); break;
    case 'l': case 'L': *(DClonglong *)result = dcCallLongLong(vm, (DCpointer)function); break;
    case 'f': *(DCfloat *)result = dcCallFloat(vm, (DCpointer)function); break;
    case 'd': *(DCdouble *)result = dcCallDouble(vm, (DCpointer)function); break;
    case 'p': *(DCpointer *)result = dcCallPointer(vm, (DCpointer)function); break;
    }
}

typedef struct ffi_closure {
    DCCallback *callback;
    ffi_cif *cif;
    void (*function)(ffi_cif *, void *, void **, void *);
    void *data;
} ffi_closure;

static char ffi_answer(DCCallback *callback, DCArgs *given, DCValue *result, void *of) {
    (void)callback;
    ffi_closure *closure = of;
    DCValue values[256];
    void *arguments[256];
    for (unsigned i = 0; i < closure->cif->nargs; i++) {
        DCValue *value = arguments[i] = memset(&values[i], 0, sizeof *values);
        switch (closure->cif->parameters[i]->signature) {
        case 'B': value->B = dcbArgBool(given); break;
        case 'c': value->c = dcbArgChar(given); break;
        case 'C': value->C = dcbArgUChar(given); break;
        case 's': value->s = dcbArgShort(given); break;
        case 'S': value->S = dcbArgUShort(given); break;
        case 'i': value->i = dcbArgInt(given); break;
        case 'I': value->I = dcbArgUInt(given); break;
        case 'l': value->l = dcbArgLongLong(given); break;
        case 'L': value->L = dcbArgULongLong(given); break;
        case 'f': value->f = dcbArgFloat(given); break;
        case 'd': value->d = dcbArgDouble(given); break;
        case 'p': value->p = dcbArgPointer(given); break;
        }
    }
    DCValue back = {0};
    closure->function(closure->cif, &back, arguments, closure->data);
    switch (closure->cif->returns->signature) {
    case 'B': result->B = back.B; break;
    case 'c': case 'C': result->c = back.c; break;
    case 's': case 'S': result->s = back.s; break;
    case 'i': case 'I': result->i = back.i; break;
    case 'f': result->f = back.f; break;
    default: *result = back;
    }
    return closure->cif->returns->signature;
}

static ffi_closure *ffi_closure_alloc(size_t size, void **code) {
    *code = NULL; /* known once it is prepared */
    return calloc(1, size);
}

static void *ffi_prepared(ffi_closure *closure, ffi_cif *cif, void (*function)(ffi_cif *, void *, void **, void *),
                          void *data) {
    char signature[260], *at = signature;
    for (unsigned i = 0; i < cif->nargs; i++)
        *at++ = cif->parameters[i]->signature;
    *at++ = ')';
    *at++ = cif->returns->signature;
    *at = 0;
    *closure = (ffi_closure){NULL, cif, function, data};
    return closure->callback = dcbNewCallback(signature, ffi_answer, closure);
}

#define ffi_prep_closure_loc(closure, cif, function, data, code) \
    ((code) = ffi_prepared(closure, cif, function, data))

static void ffi_closure_free(ffi_closure *closure) {
    dcbFreeCallback(closure->callback);
    free(closure);
}
