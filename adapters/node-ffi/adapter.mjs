// node:ffi, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told.

import { writeFileSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import { dlopen, getRawPointer, toBuffer } from "node:ffi";

const TYPES = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "bool", "pointer", "void"];
const WIDE = ["i64", "u64", "pointer"]; // a BigInt, as node:ffi has it
const functions = [];
let fixture; // the path of the fixture library
let kept = []; // the memory of the last call

/** Memory that holds the bytes, and its address: that of an ArrayBuffer is aligned to 16 and stays. */
function memory({ bytes }) {
  const buffer = Buffer.from(new ArrayBuffer(bytes.length / 2));
  buffer.write(bytes, "hex");
  return { buffer, address: getRawPointer(buffer) };
}

function argument(type, carrier) {
  if (typeof carrier === "object") return kept[carrier.block].address;
  if (type === "f32") return Buffer.from(carrier, "hex").readFloatBE();
  if (type === "f64") return Buffer.from(carrier, "hex").readDoubleBE();
  return WIDE.includes(type) ? BigInt(carrier) : Number(carrier); // a bool is a number
}

/** What node:ffi returned, as a carrier. */
function text(type, value) {
  if (type === "void") return null;
  const bytes = Buffer.alloc(type === "f32" ? 4 : 8);
  if (type === "f32") bytes.writeFloatBE(value);
  else if (type === "f64") bytes.writeDoubleBE(value);
  else return String(value);
  return bytes.toString("hex");
}

const answers = {
  hello(request) {
    fixture = request.library;
    dlopen(fixture);
    return { is: "ready", protocol: 1, name: "node:ffi", version: process.versions.node, language: "JavaScript",
      level: "wire", capabilities: ["libraries", "collect"], dialects: ["canonical-nan"] };
  },
  link({ symbol, parameters, returns, library }) {
    const unknown = [...parameters, returns].find((type) => !TYPES.includes(type));
    if (unknown) return { is: "unsupported", message: `node:ffi has no type for ${unknown}` };
    const path = library ?? fixture;
    let symbols;
    try {
      ({ functions: symbols } = dlopen(path, { [symbol]: { arguments: parameters, return: returns } }));
    } catch (error) {
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
      return { is: "unsupported", message: `node:ffi raises ${error.name}: ${error.message}` };
    }
    const blocks = kept.map(({ buffer }) => buffer.toString("hex"));
    return { is: "returned", value: text(returns, value), blocks };
  },
  peek({ address, length }) {
    return { is: "memory", bytes: toBuffer(BigInt(address), length).toString("hex") };
  },
  async collect() {
    globalThis.gc();
    await turn(); // what is released late is released in a turn of the event loop
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
