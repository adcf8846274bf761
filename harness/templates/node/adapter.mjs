// koffi, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told.

import { createInterface } from "node:readline";
import { writeSync } from "node:fs";
import koffi from "koffi";

const TYPES = {
  i8: "int8_t", i16: "int16_t", i32: "int32_t", i64: "int64_t",
  u8: "uint8_t", u16: "uint16_t", u32: "uint32_t", u64: "uint64_t",
  f32: "float", f64: "double", bool: "bool", pointer: "uintptr_t", void: "void",
};
const functions = [];
let library, opened; // the fixture library, and its path
let kept = []; // the memory of the last call

/** The memory at an address, to read and to write. */
const memory = (address, length) => Buffer.from(koffi.view(address, length));

function argument(type, carrier, addresses) {
  if (typeof carrier === "object") return addresses[carrier.block];
  if (type === "f32") return Buffer.from(carrier, "hex").readFloatBE();
  if (type === "f64") return Buffer.from(carrier, "hex").readDoubleBE();
  return type === "bool" ? carrier === "1" : BigInt(carrier);
}

function text(type, value) {
  const bytes = Buffer.alloc(type === "f32" ? 4 : 8);
  if (type === "void") return null;
  if (type === "f32") bytes.writeFloatBE(value);
  else if (type === "f64") bytes.writeDoubleBE(value);
  else return String(type === "bool" ? Number(value) : value);
  return bytes.toString("hex");
}

const answers = {
  hello(request) {
    opened = request.library;
    library = koffi.load(opened);
    return { is: "ready", protocol: 1, name: "koffi", version: koffi.version,
      language: "JavaScript", level: "wire", capabilities: ["libraries"],
      dialects: ["canonical-nan"] };
  },
  link({ symbol, parameters, returns, library: path }) {
    const unknown = [...parameters, returns].find((type) => !(type in TYPES));
    if (unknown) return { is: "unsupported", message: `koffi has no type for ${unknown}` };
    const name = (type) => TYPES[type];
    try {
      const from = path ? koffi.load(path) : library;
      const call = from.func(symbol, name(returns), parameters.map(name));
      functions.push({ call, parameters, returns });
    } catch (error) {
      return { is: "unlinked", message: `${path ?? opened}: ${symbol}: ${error.message}` };
    }
    return { is: "bound", function: functions.length - 1 };
  },
  invoke(request) {
    const { call, parameters, returns } = functions[request.function];
    kept.forEach(koffi.free);
    kept = [];
    for (const { bytes } of request.blocks) {
      const content = Buffer.from(bytes, "hex");
      const block = koffi.alloc("uint8_t", content.length); // by malloc: aligned to 16
      kept.push(block);
      content.copy(memory(block, content.length));
    }
    const addresses = kept.map(koffi.address);
    request.blocks.forEach(({ bytes, pointers }, index) => {
      const block = memory(kept[index], bytes.length / 2);
      for (const [offset, to] of pointers) block.writeBigUInt64LE(addresses[to], offset);
    });
    const given = request.arguments.map((one, at) => argument(parameters[at], one, addresses));
    const value = text(returns, call(...given));
    const blocks = request.blocks.map(({ bytes }, index) =>
      memory(kept[index], bytes.length / 2).toString("hex"));
    return { is: "returned", value, blocks };
  },
  peek({ address, length }) {
    return { is: "memory", bytes: memory(BigInt(address), length).toString("hex") };
  },
  stop: () => ({ is: "done" }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let reply;
  try {
    reply = answers[request.do](request);
  } catch (error) { // what goes wrong here is the adapter's, and said to be
    reply = { is: "adapter-error", message: `${error.name}: ${error.message}` };
  }
  writeSync(1, `${JSON.stringify({ id: request.id, ...reply })}\n`);
  if (request.do === "stop") break;
}
