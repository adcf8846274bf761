/* Structs that no memory holds: they are never taken or given, and a call is counted. */
#include "fixture.h"

int64_t huge_take(const void *huge) {
    ledger.calls++;
    return huge == NULL;
}
int64_t huge_count(const void *huges, size_t length) {
    ledger.calls++;
    return huges == NULL ? -1 : (int64_t)length;
}
void huge_give(void *ret) {
    ledger.calls++;
    (void)ret;
}
void huge_give__free(const void *huge) {
    ledger.frees++;
    (void)huge;
}
void huge_of(void *handle, void *ret) {
    ledger.calls++;
    (void)handle;
    (void)ret;
}
void huge_try(uint8_t *err, size_t *errlen, void *ret) {
    ledger.calls++;
    *errlen = 0;
    (void)err;
    (void)ret;
}
void huge_try__free(const void *huge) {
    ledger.frees++;
    (void)huge;
}
const void *huge_none(void) {
    ledger.calls++;
    return NULL;
}
void huge_none__free(size_t address) {
    ledger.frees++;
    (void)address;
}
