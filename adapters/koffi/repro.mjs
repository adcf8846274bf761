// koffi 3.3.4: a packed struct whose members are not aligned crosses in registers; the psABI has it in memory (System V
// x86-64, 3.2.3, Classification, step 1), as C compilers do. `node repro.mjs`, which needs cc.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import koffi from "koffi";

const folder = mkdtempSync(join(tmpdir(), "koffi-"));
const path = join(folder, "packed.so");
writeFileSync(join(folder, "packed.c"), `
#include <stdint.h>
struct pair { uint8_t a; int64_t b; } __attribute__((packed));
int64_t b_of(struct pair pair, int64_t after, int64_t more) { return pair.b + 0 * (after + more); }
int64_t after_of(struct pair pair, int64_t after) { (void)pair; return after; }
`);
execFileSync("cc", ["-shared", "-fPIC", "-o", path, join(folder, "packed.c")]);
const library = koffi.load(path);
const pair = koffi.pack({ a: "uint8_t", b: "int64_t" });
console.log("after_of({a: 1, b: -2}, 9) is", library.func("after_of", "int64_t", [pair, "int64_t"])({ a: 1, b: -2 }, 9),
  "and should be 9");
const b = library.func("b_of", "int64_t", [pair, "int64_t", "int64_t"])({ a: 1, b: -2 }, 9, 10);
console.log("b_of({a: 1, b: -2}, 9, 10) is", b, "and should be -2");
rmSync(folder, { recursive: true });
