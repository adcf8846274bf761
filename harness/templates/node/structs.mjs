// Structs by value, and arrays within them (docs/protocol.md): types of koffi's, and values of them.

import koffi from "koffi";

const named = (members) => Object.fromEntries(members.map((member, at) => [`m${at}`, member]));

/** koffi's type, of its names of scalars. */
export function own(type, scalars) {
  if (type.struct) return koffi.struct(named(type.struct.map((of) => own(of, scalars))));
  if (type.array) return koffi.array(own(type.array[1], scalars), type.array[0], "Array");
  if (type in scalars) return scalars[type];
  throw Object.assign(new Error(`koffi has no type for ${type}`), { is: "unsupported" });
}

/** What koffi makes one of; `scalar` is the adapter's. */
export function given(type, value, scalar) {
  if (type.struct) return named(type.struct.map((of, at) => given(of, value[at], scalar)));
  if (type.array) return value.map((one) => given(type.array[1], one, scalar));
  return scalar(type, value);
}

/** What came back, as a list. */
export function came(type, value, scalar) {
  if (type.struct) return type.struct.map((of, at) => came(of, value[`m${at}`], scalar));
  if (type.array) return value.map((one) => came(type.array[1], one, scalar));
  return scalar(type, value);
}
