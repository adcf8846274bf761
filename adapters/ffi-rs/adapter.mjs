// ffi-rs, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told.

import { createRequire } from "node:module";
import ffi from "ffi-rs";
import { serve, Unsupported } from "../wire.mjs";

const { DataType, FFITypeTag, PointerType } = ffi;
const { version } = createRequire(import.meta.url)("ffi-rs/package.json");
const libraries = new Set(); // their paths, which are their keys too

function open(path) {
  if (!libraries.has(path)) ffi.open({ library: path, path });
  libraries.add(path);
}

/** What ffi-rs reads as the type in the box that it has made of a value, and frees. */
function reread(box, type) {
  const [value] = ffi.restorePointer({ retType: [type], paramsValue: [box] });
  ffi.freePointer({ paramsType: [DataType.BigInt], paramsValue: [box], pointerType: PointerType.RsPointer });
  return value;
}

/** An address, a BigInt, as the pointer that ffi-rs takes, and the other way round. */
function pointer(address) {
  const value = BigInt.asIntN(64, address);
  return reread(ffi.createPointer({ paramsType: [DataType.BigInt], paramsValue: [value] })[0], DataType.External);
}
const address = (external) => BigInt.asUintN(64, reread(ffi.wrapPointer([external])[0], DataType.BigInt));

const isReturned = (type) =>
  type !== DataType.Float && (typeof type !== "object" || Object.values(type).every(isReturned));

/** A value as ffi-rs takes it: within a struct 64-bit integers are numbers. */
function given(type, value) {
  if (typeof type !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) =>
    [name, typeof one === "bigint" ? Number(one) : given(type[name], one)]));
}

let left; // in errno, by the last call that asked for it

await serve({
  name: "ffi-rs",
  version,
  // A 64-bit integer is a `BigInt`, which takes and gives a BigInt, where it is signed; of the unsigned there is
  // `U64` alone, of numbers.
  types: {
    u8: DataType.U8, i16: DataType.I16, i32: DataType.I32, u32: DataType.U32,
    i64: DataType.BigInt, u64: DataType.U64, f32: DataType.Float, f64: DataType.Double,
    bool: DataType.Boolean, pointer: DataType.External, void: DataType.Void,
  },

  open,
  link(library, funcName, paramsType, retType, fixed, keeps = false) {
    if (!isReturned(retType)) throw new Unsupported("ffi-rs has f32 as a parameter alone");
    const call = { library, funcName, retType, paramsType, errno: keeps };
    open(library);
    try {
      // The symbol is looked up in a call alone, before its arguments are counted: one that has too many.
      ffi.load({ ...call, paramsValue: [...paramsType, 0] });
    } catch (error) {
      if (!error.message.includes("params_type length")) throw error;
    }
    const hasStructs = paramsType.some((type) => typeof type === "object");
    return (...paramsValue) => {
      if (hasStructs) paramsValue = paramsValue.map((value, at) => given(paramsType[at], value));
      const said = ffi.load({ ...call, paramsValue });
      if (!keeps) return said;
      left = said.errnoCode;
      return said.value;
    };
  },

  block(length) {
    const buffer = Buffer.from(new ArrayBuffer(length)); // by calloc, which aligns to 16
    const type = ffi.arrayConstructor({ type: DataType.U8Array, length });
    const [box] = ffi.createPointer({ paramsType: [type], paramsValue: [buffer] });
    return { buffer, address: BigInt.asUintN(64, reread(box, DataType.BigInt)) };
  },

  integer(type, value) {
    if (type === "pointer") return pointer(value);
    if (type === "bool") return value === 1n;
    return type === "i64" ? value : Number(value);
  },

  as(type, value) {
    if (type === "pointer") return pointer(BigInt(value));
    return Number(typeof value === "bigint" ? value : address(value));
  },

  whole: (type, value) => (type === "pointer" ? address(value) : BigInt(value)),

  struct: (types) => ({
    ...Object.fromEntries(types.map((of, at) => [`m${at}`, of === DataType.BigInt ? DataType.I64 : of])),
    ffiTypeTag: FFITypeTag.StackStruct,
  }),
  array() {
    throw new Unsupported("ffi-rs passes an array within a struct as a pointer");
  },

  errno: () => left,

  peek: (address, length) => ffi.createExternalBuffer(pointer(address), length),
  gc: globalThis.gc,
});
