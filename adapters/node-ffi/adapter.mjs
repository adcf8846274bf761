// node:ffi, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told.

import { dlopen, DynamicLibrary, getRawPointer, toBuffer } from "node:ffi";
import { serve } from "../wire.mjs";

const WIDE = ["i64", "u64", "pointer"]; // a BigInt, as node:ffi has it

let library; // the fixture library, whose functions of JavaScript's these are

await serve({
  name: "node:ffi",
  version: process.versions.node,
  types: {
    i8: "i8", i16: "i16", i32: "i32", i64: "i64", u8: "u8", u16: "u16", u32: "u32", u64: "u64",
    f32: "f32", f64: "f64", bool: "bool", pointer: "pointer", void: "void",
  },

  open(path) {
    library = new DynamicLibrary(path);
  },
  link: (path, symbol, parameters, returns) =>
    dlopen(path, { [symbol]: { arguments: parameters, return: returns } }).functions[symbol],

  block(length) {
    const buffer = Buffer.from(new ArrayBuffer(length)); // by calloc, which aligns to 16
    return { buffer, address: getRawPointer(buffer) };
  },

  integer: (type, value) => (WIDE.includes(type) ? value : Number(value)), // a bool is a number
  as: (type, value) => value,
  whole: (type, value) => BigInt(value),

  callback(returns, parameters, answer) {
    const value = library.registerCallback({ arguments: parameters, return: returns }, answer);
    return { value, release: () => library.unregisterCallback(value) };
  },
  keeps: true,
  addressOf: (value) => value,

  peek: toBuffer,
  gc: globalThis.gc,
});
