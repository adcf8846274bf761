// bun:ffi, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told.

import { dlopen, JSCallback, ptr, toArrayBuffer } from "bun:ffi";
import { serve, Unsupported } from "../wire.mjs";

const WIDE = ["i64", "u64", "pointer"]; // given as BigInts

await serve({
  name: "bun:ffi",
  version: Bun.version,
  types: {
    i8: "i8", i16: "i16", i32: "i32", i64: "i64", u8: "u8", u16: "u16", u32: "u32", u64: "u64",
    f32: "f32", f64: "f64", bool: "bool", pointer: "ptr", void: "void",
  },

  link(path, symbol, args, returns) {
    try {
      return dlopen(path, { [symbol]: { args, returns } }).symbols[symbol];
    } catch (error) {
      if (error.message === "bun:ffi: unsupported signature") throw new Unsupported(error.message);
      throw error;
    }
  },

  block(length) {
    const room = new ArrayBuffer(length + 15);
    const skipped = -ptr(room) & 15;
    return { buffer: Buffer.from(room, skipped, length), address: BigInt(ptr(room) + skipped) };
  },

  integer(type, value) {
    if (type === "bool") return value === 1n;
    return WIDE.includes(type) ? value : Number(value);
  },

  // Addresses that are returned are numbers or BigInts, and null.
  as: (type, value) => (type === "u64" ? BigInt(value ?? 0) : value),
  whole: (type, value) => BigInt(value ?? 0),

  callback(returns, args, answer) {
    const made = new JSCallback(answer, { args, returns });
    return { value: made.ptr, release: () => made.close() };
  },
  keeps: true,
  addressOf: BigInt,

  peek: (address, length) => Buffer.from(toArrayBuffer(address, 0, length)),
  gc: () => Bun.gc(true),
});
