// Deno.dlopen, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told.

import { Buffer } from "node:buffer";

const TYPES = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64", "bool", "pointer", "void"];
const WIDE = ["i64", "u64"]; // a BigInt, as Deno has it
const functions = [];
let fixture; // the path of the fixture library
let kept = []; // the memory of the last call

/** Memory that holds the bytes, at an address aligned to 16, and that address. */
function memory({ bytes }) {
  const room = new ArrayBuffer(bytes.length / 2 + 15);
  const start = Deno.UnsafePointer.value(Deno.UnsafePointer.of(room));
  const skipped = -start & 15n;
  const buffer = Buffer.from(room, Number(skipped), bytes.length / 2);
  buffer.write(bytes, "hex");
  return { buffer, address: start + skipped };
}

function argument(type, carrier) {
  if (typeof carrier === "object") return Deno.UnsafePointer.create(kept[carrier.block].address);
  if (type === "pointer") return Deno.UnsafePointer.create(BigInt(carrier));
  if (type === "f32") return Buffer.from(carrier, "hex").readFloatBE();
  if (type === "f64") return Buffer.from(carrier, "hex").readDoubleBE();
  if (type === "bool") return carrier === "1";
  return WIDE.includes(type) ? BigInt(carrier) : Number(carrier);
}

/** What Deno returned, as a carrier. */
function text(type, value) {
  if (type === "void") return null;
  if (type === "pointer") return String(Deno.UnsafePointer.value(value));
  const bytes = Buffer.alloc(type === "f32" ? 4 : 8);
  if (type === "f32") bytes.writeFloatBE(value);
  else if (type === "f64") bytes.writeDoubleBE(value);
  else return String(type === "bool" ? Number(value) : value);
  return bytes.toString("hex");
}

const answers = {
  hello(request) {
    fixture = request.library;
    Deno.dlopen(fixture, {});
    return { is: "ready", protocol: 1, name: "Deno.dlopen", version: Deno.version.deno, language: "JavaScript",
      level: "wire", capabilities: ["libraries", "collect"], dialects: ["canonical-nan"] };
  },
  link({ symbol, parameters, returns, library }) {
    const unknown = [...parameters, returns].find((type) => !TYPES.includes(type));
    if (unknown) return { is: "unsupported", message: `Deno has no type for ${unknown}` };
    const path = library ?? fixture;
    let symbols;
    try {
      ({ symbols } = Deno.dlopen(path, { [symbol]: { parameters, result: returns } }));
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
      return { is: "unsupported", message: `Deno raises ${error.name}: ${error.message}` };
    }
    const blocks = kept.map(({ buffer }) => buffer.toString("hex"));
    return { is: "returned", value: text(returns, value), blocks };
  },
  peek({ address, length }) {
    const there = Buffer.alloc(length);
    new Deno.UnsafePointerView(Deno.UnsafePointer.create(BigInt(address))).copyInto(there);
    return { is: "memory", bytes: there.toString("hex") };
  },
  collect() {
    globalThis.gc();
    return { is: "done" };
  },
  stop: () => ({ is: "done" }),
};

async function* lines() {
  let rest = "";
  for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
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
  let rest = new TextEncoder().encode(`${JSON.stringify({ id: request.id, ...reply })}\n`);
  while (rest.length > 0) rest = rest.subarray(Deno.stdout.writeSync(rest));
  if (request.do === "stop") break;
}
