// Deno.dlopen, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told.

import { Buffer } from "node:buffer";
import { serve } from "../wire.mjs";

const { UnsafeCallback, UnsafePointer, UnsafePointerView } = Deno;
const WIDE = ["i64", "u64"]; // a BigInt, as Deno has it

await serve({
  name: "Deno.dlopen",
  version: Deno.version.deno,
  types: {
    i8: "i8", i16: "i16", i32: "i32", i64: "i64", u8: "u8", u16: "u16", u32: "u32", u64: "u64",
    f32: "f32", f64: "f64", bool: "bool", pointer: "pointer", void: "void",
  },

  open: (path) => Deno.dlopen(path, {}),
  link: (path, symbol, parameters, result) => Deno.dlopen(path, { [symbol]: { parameters, result } }).symbols[symbol],

  block(length) {
    const room = new ArrayBuffer(length + 15);
    const start = UnsafePointer.value(UnsafePointer.of(room));
    const skipped = -start & 15n;
    return { buffer: Buffer.from(room, Number(skipped), length), address: start + skipped };
  },

  integer(type, value) {
    if (type === "pointer") return UnsafePointer.create(value);
    if (type === "bool") return value === 1n;
    return WIDE.includes(type) ? value : Number(value);
  },

  as(type, value) {
    if (type === "pointer") return UnsafePointer.create(value);
    return typeof value === "bigint" ? value : UnsafePointer.value(value);
  },

  whole: (type, value) => BigInt(type === "pointer" ? UnsafePointer.value(value) : value),

  callback(result, parameters, answer) {
    const made = new UnsafeCallback({ parameters, result }, answer);
    return { value: made.pointer, release: () => made.close() };
  },
  keeps: true,
  addressOf: UnsafePointer.value,

  struct: (types) => ({ struct: types }),
  bytes: true,

  peek(address, length) {
    const there = Buffer.alloc(length);
    new UnsafePointerView(UnsafePointer.create(address)).copyInto(there);
    return there;
  },

  gc: globalThis.gc,
});
