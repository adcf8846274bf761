// koffi, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told.

import koffi from "koffi";
import { serve, Unsupported } from "../wire.mjs";

const members = (types) => Object.fromEntries(types.map((of, at) => [`m${at}`, of]));
const view = (address, length) => Buffer.from(koffi.view(address, length));

await serve({
  name: "koffi",
  version: koffi.version,
  types: {
    i8: "int8_t", i16: "int16_t", i32: "int32_t", i64: "int64_t",
    u8: "uint8_t", u16: "uint16_t", u32: "uint32_t", u64: "uint64_t",
    f32: "float", f64: "double", bool: "bool", pointer: "void *", void: "void",
  },

  open: koffi.load,
  link(path, symbol, parameters, returns, fixed) {
    if (parameters.length > 64) throw new Unsupported("koffi takes no more than 64 parameters");
    return koffi.load(path).func(symbol, returns, fixed === null ? parameters : [...parameters.slice(0, fixed), "..."]);
  },

  block(length) {
    const address = koffi.alloc("uint8_t", length); // by calloc, which aligns to 16
    return { buffer: view(address, length), address };
  },
  release: koffi.free,

  integer: (type, value) => (type === "bool" ? value === 1n : value),
  // Addresses that are returned are BigInts, and null.
  as: (type, value) => (type === "u64" ? value ?? 0n : value),
  whole: (type, value) => BigInt(value ?? 0),

  callback(returns, parameters, answer) {
    const value = koffi.register(answer, koffi.pointer(koffi.proto(returns, parameters)));
    return { value, release: () => koffi.unregister(value) };
  },

  keeps: true,
  addressOf: koffi.address,

  struct: (types) => koffi.struct(members(types)),
  packed: (types) => koffi.pack(members(types)),
  union: (types) => koffi.union(members(types)),
  errno: () => koffi.errno(),
  setErrno: (value) => koffi.errno(value),
  variable: (type, value) => [type, value], // each after its type
  array: (type, length) => koffi.array(type, length, "Array"),

  peek: view,
  gc: globalThis.gc,
});
