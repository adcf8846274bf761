// bun:ffi, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told.

import { writeSync } from "node:fs";
import { dlopen, ptr, toArrayBuffer } from "bun:ffi";

const TYPES = {
  i8: "i8", i16: "i16", i32: "i32", i64: "i64", u8: "u8", u16: "u16", u32: "u32", u64: "u64",
  f32: "f32", f64: "f64", bool: "bool", pointer: "ptr", void: "void",
};
const functions = [];
let fixture; // the path of the fixture library
let kept = []; // the memory of the last call

/** Memory that holds the bytes, at an address aligned to 16. */
function memory({ bytes }) {
  const room = new ArrayBuffer(bytes.length / 2 + 15);
  const skipped = -ptr(room) & 15;
  const buffer = Buffer.from(room, skipped, bytes.length / 2);
  buffer.write(bytes, "hex");
  return { buffer, address: BigInt(ptr(room) + skipped) };
}

function argument(type, carrier) {
  if (typeof carrier === "object") return kept[carrier.block].address;
  if (type === "f32") return Buffer.from(carrier, "hex").readFloatBE();
  if (type === "f64") return Buffer.from(carrier, "hex").readDoubleBE();
  if (type === "bool") return carrier === "1";
  return ["i64", "u64", "pointer"].includes(type) ? BigInt(carrier) : Number(carrier);
}

/** What bun:ffi returned, as a carrier. */
function text(type, value) {
  if (type === "void") return null;
  const bytes = Buffer.alloc(type === "f32" ? 4 : 8);
  if (type === "f32") bytes.writeFloatBE(value);
  else if (type === "f64") bytes.writeDoubleBE(value);
  else return String(BigInt(value ?? 0)); // a null pointer is null
  return bytes.toString("hex");
}

const answers = {
  hello(request) {
    fixture = request.library;
    return { is: "ready", protocol: 1, name: "bun:ffi", version: Bun.version, language: "JavaScript",
      level: "wire", capabilities: ["libraries", "collect"], dialects: ["canonical-nan"] };
  },
  link({ symbol, parameters, returns, library }) {
    const unknown = [...parameters, returns].find((type) => !(type in TYPES));
    if (unknown) return { is: "unsupported", message: `bun:ffi has no type for ${unknown}` };
    const path = library ?? fixture;
    const type = { args: parameters.map((name) => TYPES[name]), returns: TYPES[returns] };
    let symbols;
    try {
      ({ symbols } = dlopen(path, { [symbol]: type }));
    } catch (error) {
      if (error.message === "bun:ffi: unsupported signature") return { is: "unsupported", message: error.message };
      return { is: "unlinked", message: `${path}: ${symbol}: ${error.message}` };
    }
    // Each function has a call of its own in the code, as in a program, so that the engine compiles it; with the
    // same source twice it would share what it learns of the two.
    const names = parameters.map((_, at) => `a${at}`).join();
    const call = new Function("f", `return (${names}) => f(${names}) // ${functions.length}`)(symbols[symbol]);
    functions.push({ call, parameters, returns });
    return { is: "bound", function: functions.length - 1 };
  },
  invoke(request) {
    const { call, parameters, returns } = functions[request.function];
    kept = request.blocks.map(memory);
    request.blocks.forEach(({ pointers }, index) => {
      for (const [offset, to] of pointers) kept[index].buffer.writeBigUInt64LE(kept[to].address, offset);
    });
    const given = request.arguments.map((carrier, at) => argument(parameters[at], carrier));
    let value;
    try {
      value = call(...given);
    } catch (error) {
      return { is: "unsupported", message: `bun:ffi raises ${error.name}: ${error.message}` };
    }
    const blocks = kept.map(({ buffer }) => buffer.toString("hex"));
    return { is: "returned", value: text(returns, value), blocks };
  },
  peek({ address, length }) {
    const there = Buffer.from(toArrayBuffer(BigInt(address), 0, length));
    return { is: "memory", bytes: there.toString("hex") };
  },
  collect() {
    Bun.gc(true);
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
    reply = answers[request.do](request);
  } catch (error) { // what goes wrong here is the adapter's, and said to be
    reply = { is: "adapter-error", message: `${error.name}: ${error.message}` };
  }
  let rest = Buffer.from(`${JSON.stringify({ id: request.id, ...reply })}\n`);
  while (rest.length > 0) rest = rest.subarray(writeSync(1, rest));
  if (request.do === "stop") break;
}
