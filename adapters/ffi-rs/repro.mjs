// ffi-rs 1.3.7: a u64 crosses as a double. Beyond 2^53 it is rounded, from 2^63 on an argument arrives as
// 2^63 - 1 and a return is negative; a BigInt is refused. And an array within a struct is told to libffi as a pointer
// (`to_ffi_type` in src/define.rs), so that a struct by value that has one crosses in another size than it has.
// `node repro.mjs`, which needs cc.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ffi from "ffi-rs";

const folder = mkdtempSync(join(tmpdir(), "ffi-rs-"));
const path = join(folder, "libu64.so");
writeFileSync(join(folder, "u64.c"), `
#include <stdint.h>
uint64_t odd(void) { return 9007199254740993u; }         /* 2^53 + 1 */
uint64_t most(void) { return UINT64_MAX; }
struct octets { uint8_t all[12]; };
int last(struct octets octets) { return octets.all[11]; }
_Bool is_top(uint64_t x) { return x == (uint64_t)1 << 63; }
`);
execFileSync("cc", ["-shared", "-fPIC", "-o", path, join(folder, "u64.c")]);
ffi.open({ library: "u64", path });
const { I32, U64, U8Array, Boolean, StackArray, StackStruct } = ffi.DataType;
const call = (funcName, retType, paramsType, paramsValue) =>
  ffi.load({ library: "u64", funcName, retType, paramsType, paramsValue });

console.log("odd()         is", call("odd", U64, [], []), "and should be 9007199254740993");
console.log("most()        is", call("most", U64, [], []), "and should be 18446744073709551615");
console.log("is_top(2**63) is", call("is_top", Boolean, [U64], [2 ** 63]), "and should be true");
try {
  console.log("is_top(2n**63n) is", call("is_top", Boolean, [U64], [2n ** 63n]));
} catch (error) {
  console.log("is_top(2n**63n) raises", error.message);
}
const all = ffi.arrayConstructor({ type: U8Array, length: 12, ffiTypeTag: StackArray });
console.log("last({all: [..., 12]}) is",
  call("last", I32, [{ all, ffiTypeTag: StackStruct }], [{ all: Buffer.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) }]),
  "and should be 12");
rmSync(folder, { recursive: true });
