// ffi-rs, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told.

import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setImmediate as turn } from "node:timers/promises";
import ffi from "ffi-rs";

const { DataType, PointerType } = ffi;
const { version } = createRequire(import.meta.url)("ffi-rs/package.json");

// A 64-bit integer is a `BigInt`, which takes and gives a BigInt, where it is signed; of the unsigned there is
// `U64` alone, of numbers.
const TYPES = {
  u8: DataType.U8, i16: DataType.I16, i32: DataType.I32, u32: DataType.U32,
  i64: DataType.BigInt, u64: DataType.U64, f32: DataType.Float, f64: DataType.Double,
  bool: DataType.Boolean, pointer: DataType.External, void: DataType.Void,
};
const functions = [];
const libraries = new Set(); // their paths, which are their keys too
let fixture;
let kept = []; // the memory of the last call

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

/** Memory that holds the bytes, and its address: that of an ArrayBuffer is aligned to 16 and stays. */
function memory({ bytes }) {
  const buffer = Buffer.from(new ArrayBuffer(bytes.length / 2));
  buffer.write(bytes, "hex");
  const type = ffi.arrayConstructor({ type: DataType.U8Array, length: buffer.length });
  const [box] = ffi.createPointer({ paramsType: [type], paramsValue: [buffer] });
  return { buffer, address: reread(box, DataType.BigInt) };
}

function argument(type, carrier) {
  if (typeof carrier === "object") return pointer(kept[carrier.block].address);
  if (type === "pointer") return pointer(BigInt(carrier));
  if (type === "f32") return Buffer.from(carrier, "hex").readFloatBE();
  if (type === "f64") return Buffer.from(carrier, "hex").readDoubleBE();
  if (type === "bool") return carrier === "1";
  return type === "i64" ? BigInt(carrier) : Number(carrier);
}

/** What ffi-rs returned, as a carrier. */
function text(type, value) {
  if (type === "void") return null;
  if (type === "pointer") return String(address(value));
  if (type === "bool") return String(Number(value));
  if (type !== "f64") return String(BigInt(value));
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString("hex");
}

const answers = {
  hello(request) {
    fixture = request.library;
    open(fixture);
    return { is: "ready", protocol: 1, name: "ffi-rs", version, language: "JavaScript", level: "wire",
      capabilities: ["libraries", "collect"], dialects: ["canonical-nan"] };
  },
  link({ symbol, parameters, returns, library: path }) {
    const unknown = [...parameters, returns].find((type) => !(type in TYPES));
    if (unknown) return { is: "unsupported", message: `ffi-rs has no type for ${unknown}` };
    if (returns === "f32") return { is: "unsupported", message: "ffi-rs has f32 as a parameter alone" };
    const library = path ?? fixture;
    const paramsType = parameters.map((type) => TYPES[type]);
    const call = { library, funcName: symbol, retType: TYPES[returns], paramsType };
    try {
      open(library);
      // The symbol is looked up in a call alone, before its arguments are counted: one that has too many.
      ffi.load({ ...call, paramsValue: [...parameters, 0] });
    } catch (error) {
      if (!error.message.includes("params_type length")) {
        return { is: "unlinked", message: `${library}: ${symbol}: ${error.message}` };
      }
    }
    functions.push({ call, parameters, returns });
    return { is: "bound", function: functions.length - 1 };
  },
  invoke(request) {
    const { call, parameters, returns } = functions[request.function];
    kept = request.blocks.map(memory);
    request.blocks.forEach(({ pointers }, index) => {
      for (const [offset, to] of pointers) kept[index].buffer.writeBigInt64LE(kept[to].address, offset);
    });
    const paramsValue = request.arguments.map((carrier, at) => argument(parameters[at], carrier));
    let value;
    try {
      value = ffi.load({ ...call, paramsValue });
    } catch (error) {
      return { is: "unsupported", message: `ffi-rs raises ${error.name}: ${error.message}` };
    }
    const blocks = kept.map(({ buffer }) => buffer.toString("hex"));
    return { is: "returned", value: text(returns, value), blocks };
  },
  peek(request) {
    const there = ffi.createExternalBuffer(pointer(BigInt(request.address)), request.length);
    return { is: "memory", bytes: there.toString("hex") };
  },
  async collect() {
    globalThis.gc();
    await turn(); // what pointers leave behind is released in a turn of the event loop
    globalThis.gc();
    return { is: "done" };
  },
  stop: () => ({ is: "done" }),
};

/** The lines of standard input. node:readline breaks lines at U+2028, too, which JSON may hold. */
async function* lines() {
  let rest = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    const parts = chunk.split("\n");
    parts[0] = rest + parts[0];
    rest = parts.pop();
    yield* parts;
  }
}

for await (const line of lines()) {
  const request = JSON.parse(line);
  let reply;
  try {
    reply = await answers[request.do](request);
  } catch (error) { // what goes wrong here is the adapter's, and said to be
    reply = { is: "adapter-error", message: `${error.name}: ${error.message}` };
  }
  writeFileSync(1, `${JSON.stringify({ id: request.id, ...reply })}\n`);
  if (request.do === "stop") break;
}
