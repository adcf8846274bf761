// koffi, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told.

import { writeFileSync } from "node:fs";
import { setImmediate as turn } from "node:timers/promises";
import koffi from "koffi";

const TYPES = {
  i8: "int8_t", i16: "int16_t", i32: "int32_t", i64: "int64_t",
  u8: "uint8_t", u16: "uint16_t", u32: "uint32_t", u64: "uint64_t",
  f32: "float", f64: "double", bool: "bool", pointer: "void *", void: "void",
};
const functions = [];
let opened, library; // the path of the fixture library, and koffi's object of it
let kept = []; // the memory of the last call

/** A copy of the memory at an address. */
const read = (address, length) => Buffer.from(koffi.view(address, length)).toString("hex");

/** Memory from calloc, which aligns to 16, that holds the bytes; and its address, which koffi has as a BigInt. */
function memory({ bytes }) {
  const content = Buffer.from(bytes, "hex");
  const address = koffi.alloc("uint8_t", content.length);
  content.copy(Buffer.from(koffi.view(address, content.length)));
  return { address, length: content.length };
}

function argument(type, carrier) {
  if (typeof carrier === "object") return kept[carrier.block].address;
  if (type === "f32") return Buffer.from(carrier, "hex").readFloatBE();
  if (type === "f64") return Buffer.from(carrier, "hex").readDoubleBE();
  return type === "bool" ? carrier === "1" : BigInt(carrier);
}

/** What koffi returned, as a carrier. */
function text(type, value) {
  if (type === "void") return null;
  const bytes = Buffer.alloc(type === "f32" ? 4 : 8);
  if (type === "f32") bytes.writeFloatBE(value);
  else if (type === "f64") bytes.writeDoubleBE(value);
  else return String(type === "bool" ? Number(value) : value ?? 0); // a null pointer is null
  return bytes.toString("hex");
}

const answers = {
  hello(request) {
    opened = request.library;
    library = koffi.load(opened);
    return { is: "ready", protocol: 1, name: "koffi", version: koffi.version,
      language: "JavaScript", level: "wire", capabilities: ["libraries", "collect"],
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
    for (const { address } of kept) koffi.free(address);
    kept = request.blocks.map(memory);
    request.blocks.forEach(({ pointers }, index) => {
      for (const [offset, to] of pointers) {
        koffi.encode(kept[index].address, offset, "void *", kept[to].address);
      }
    });
    const given = request.arguments.map((carrier, at) => argument(parameters[at], carrier));
    let value;
    try {
      value = call(...given);
    } catch (error) {
      return { is: "unsupported", message: `koffi raises ${error.name}: ${error.message}` };
    }
    const blocks = kept.map(({ address, length }) => read(address, length));
    return { is: "returned", value: text(returns, value), blocks };
  },
  peek: ({ address, length }) => ({ is: "memory", bytes: read(BigInt(address), length) }),
  async collect() {
    globalThis.gc();
    await turn(); // what views leave behind is released in a turn of the event loop
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
