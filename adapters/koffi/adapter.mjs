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
let prepares = 0; // how many scripts were prepared
let opened, library; // the path of the fixture library, and koffi's object of it
let kept = []; // the memory of the last call, or of each script of the last loop

/** A copy of the memory at an address. */
const read = (address, length) => Buffer.from(koffi.view(address, length)).toString("hex");

/** Memory that holds what the blocks say, each at an address aligned to 16 that stays. */
function memory(blocks) {
  const made = blocks.map(({ bytes }) => {
    const address = koffi.alloc("uint8_t", bytes.length / 2); // by calloc, which aligns to 16
    const buffer = Buffer.from(koffi.view(address, bytes.length / 2));
    buffer.write(bytes, "hex");
    return { buffer, address };
  });
  blocks.forEach(({ pointers }, index) => {
    for (const [offset, to] of pointers) made[index].buffer.writeBigUInt64LE(made[to].address, offset);
  });
  return made;
}

function argument(type, carrier, blocks) {
  if (typeof carrier === "object") return blocks[carrier.block].address;
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

/** What was raised by the library, and not by this adapter. */
class Raised extends Error {}

function raised(call) {
  try {
    return call();
  } catch (error) {
    throw new Raised(`koffi raises ${error.name}: ${error.message}`);
  }
}

/** A result or a word, as an argument of another type: addresses are BigInts, and null. */
const as = (type, value) => (type === "u64" ? value ?? 0n : value);

/** Scripts, ready to be run: of each its memory, and code of its own that makes its calls. */
function ready(scripts) {
  for (const { address } of kept.flat()) koffi.free(address);
  kept = scripts.map(({ blocks }) => memory(blocks));
  return scripts.map((script, at) => prepared(script, kept[at]));
}

function prepared({ steps, show, bits }, memories) {
  const filled = memories.map(({ buffer }) => Buffer.from(buffer));
  const types = steps.map((step) => functions[step.function].returns);
  const word = ([block, offset]) => memories[block].buffer.readBigUInt64LE(offset);
  const values = [];
  const named = (value) => `v${values.push(value) - 1}`;
  const calls = steps.map((step, at) => {
    const { call, parameters } = functions[step.function];
    const given = step.arguments.map((one, index) => {
      const type = parameters[index];
      if (one.word) return `as("${type}", word(${named(one.word)}))`;
      if (one.result === undefined) return named(argument(type, one, memories));
      return type === types[one.result] ? `r${one.result}` : `as("${type}", r${one.result})`;
    });
    return `r${at} = ${named(call)}(${given});`;
  });
  const [names, results] = [values.map((_, at) => `v${at}`), steps.map((_, at) => `r${at}`).join()];
  // Different of each script: an engine may share what it learns between functions of the same source.
  const code = `let ${results}; return [() => { ${calls.join(" ")} }, () => [${results}]]; // ${(prepares += 1)}`;
  const [run, returned] = new Function("as", "word", ...names, code)(as, word, ...values);
  return {
    run,
    fill: () => memories.forEach(({ buffer }, at) => buffer.set(filled[at])),
    outcome: () => ({
      values: returned().map((value, at) => {
        const said = text(types[at], value);
        return types[at] === "pointer" && said !== "0" ? "1" : said;
      }),
      shown: show.map(([block, from, length]) => memories[block].buffer.toString("hex", from, from + length)),
    }),
    bits: () => bits.reduce((sum, { word: where, result }) =>
      sum + (where ? word(where) : ordinal(types[result], text(types[result], returned()[result]))), 0n),
  };
}

/** The number that a checksum has of a carrier. */
function ordinal(type, said) {
  if (type === "pointer") return BigInt(said !== "0");
  return type[0] === "f" ? BigInt(`0x${said}`) : BigInt.asUintN(64, BigInt(said));
}

/** Counts an outcome: of more than 16 different ones what is different again counts as the last. */
function tally(tallied, outcome) {
  let key = JSON.stringify(outcome);
  if (!tallied.has(key) && tallied.size === 16) key = [...tallied.keys()].at(-1);
  tallied.set(key, (tallied.get(key) ?? 0) + 1);
}

const answers = {
  hello(request) {
    opened = request.library;
    library = koffi.load(opened);
    return { is: "ready", protocol: 1, name: "koffi", version: koffi.version,
      language: "JavaScript", level: "wire", capabilities: ["libraries", "collect", "loops"],
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
    for (const { address } of kept.flat()) koffi.free(address);
    kept = memory(request.blocks);
    const given = request.arguments.map((carrier, at) => argument(parameters[at], carrier, kept));
    const value = raised(() => call(...given));
    const blocks = kept.map(({ buffer }) => buffer.toString("hex"));
    return { is: "returned", value: text(returns, value), blocks };
  },
  loop({ scripts, rounds }) {
    const made = ready(scripts);
    const tallies = scripts.map(() => new Map());
    for (let round = 0; round < rounds; round += 1) {
      const at = round % made.length;
      made[at].fill();
      raised(made[at].run);
      tally(tallies[at], made[at].outcome());
    }
    const said = (tallied) => [...tallied].map(([outcome, times]) => ({ ...JSON.parse(outcome), times }));
    return { is: "looped", scripts: tallies.map(said) };
  },
  clock({ rows, count }) {
    const made = ready(rows);
    for (const { fill } of made) fill();
    const runs = made.map(({ run }) => run);
    const before = process.hrtime.bigint();
    raised(() => {
      for (let left = count, at = 0; left > 0; left -= 1) {
        runs[at]();
        at = at + 1 < runs.length ? at + 1 : 0;
      }
    });
    const elapsed = process.hrtime.bigint() - before;
    const ran = made.slice(0, count);
    const sum = ran.reduce((sum, { bits }) => BigInt.asUintN(64, sum * 31n + bits()), 0n);
    return { is: "benched", elapsed_ns: Number(elapsed), checksum: String(sum) };
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
  } catch (error) { // what goes wrong here, and not in the library, is the adapter's, and said to be
    const is = error instanceof Raised ? "unsupported" : "adapter-error";
    reply = { is, message: is === "unsupported" ? error.message : `${error.name}: ${error.message}` };
  }
  writeFileSync(1, `${JSON.stringify({ id: request.id, ...reply })}\n`);
  if (request.do === "stop") break;
}
