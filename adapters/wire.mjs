// What the adapters of JavaScript have in common at wire level (docs/protocol.md): messages, carriers, blocks and
// loops. Node, Bun and Deno run it. What a library does is the adapter's own: it gives an object of
//
//   name, version                what the library is
//   types                        its name of each type that it has, by ours
//   open(path)                   opens the fixture library; may be left out
//   link(path, symbol, parameters, returns, fixed, keeps)
//                                a function, of types as the library names them, of a variadic one so many of them named and
//                                of others `fixed` null; `keeps` where it is to keep errno; raises what it lacks
//   block(length)                memory that stays, aligned to 16: {buffer, address}, a Buffer and a BigInt
//   release(address)             gives it back; left out where the collector does
//   integer(type, value)         an integer, a bool or an address, all BigInts, as an argument of this type
//   as(type, value)              a result, or a BigInt, as an argument of another type: a pointer or a u64
//   whole(type, value)           an integer, a bool or an address that was returned, as a BigInt
//   peek(address, length)        the bytes there, a Buffer
//   callback(returns, parameters, answer)
//                                a C function that calls `answer`, of types as the library names them: {value, release};
//                                left out where there are none
//   keeps, addressOf(value)      true where such a function lives until it is released, and its address, a BigInt; left out
//                                where it ends with its call
//   struct(types), array(type, length)
//                                the type of a struct, whose members are m0, m1 and so on, and of an array within one, of
//                                types as the library names them; left out where none crosses by value
//   packed(types), union(types)  those of a packed struct and of a union, likewise; left out where there are none
//   bytes                        true where a struct is given and comes back as its bytes, a Uint8Array; left out otherwise
//   errno()                      what the last call left in errno; left out where the library has no word for it
//   setErrno(value)              what errno is for the next call; left out likewise
//   variable(type, value)        what stands for a variable argument in a call, a list; left out where there are none
//   gc()                         runs the collector

import { Buffer } from "node:buffer";
import process from "node:process";
import { setImmediate as turn } from "node:timers/promises";

/** What the library, and not its adapter, does not do. */
export class Unsupported extends Error {}

let library; // the object above
let fixture; // the path of the fixture library
const functions = [];
let prepares = 0; // how many scripts were prepared
const errno = { kept: 0, set: null }; // what the last call left of those that keep it, and what the next is to find
let kept = []; // the memory of the last call, or of each script of the last loop

/** Makes memory for each list of blocks, in place of what was kept. */
function keep(lists) {
  if (library.release) for (const { address } of kept.flat()) library.release(address);
  kept = [];
  for (const blocks of lists) kept.push(memory(blocks));
  return kept;
}

function memory(blocks) {
  const made = blocks.map(({ bytes }) => {
    const block = library.block(bytes.length / 2);
    block.buffer.write(bytes, "hex");
    return block;
  });
  blocks.forEach(({ pointers }, index) => {
    for (const [offset, to] of pointers) made[index].buffer.writeBigUInt64LE(made[to].address, offset);
  });
  return made;
}

/** The library's name of a type; of a struct, the type that it makes. */
function theirs(type) {
  for (const kind of ["struct", "packed", "union"]) if (type[kind]) return library[kind](type[kind].map(theirs));
  if (type.array && !library.array) throw new Unsupported(`${library.name} has no arrays within structs`);
  return type.array ? library.array(theirs(type.array[1]), type.array[0]) : library.types[type];
}

/** The scalars that a type is made of. */
const scalarsOf = (type) => (membersOf(type) ?? (type.array ? [type.array[1]] : undefined))?.flatMap(scalarsOf) ?? [type];

/** The types of the members of a struct or a union. */
const membersOf = (type) => type.struct ?? type.packed ?? type.union;

/** The size of a type, its alignment, and of a struct or an array where its members lie, each with its type. */
function layout(type) {
  if (!type.struct && !type.array) {
    const size = type === "bool" ? 1 : Number(type.slice(1)) / 8;
    return { size, alignment: size };
  }
  let [end, alignment] = [0, 1];
  const places = (type.struct ?? Array(type.array[0]).fill(type.array[1])).map((of) => {
    const member = layout(of);
    const at = Math.ceil(end / member.alignment) * member.alignment;
    [end, alignment] = [at + member.size, Math.max(alignment, member.alignment)];
    return [of, at];
  });
  return { size: Math.ceil(end / alignment) * alignment, alignment, places };
}

/** Writes a value to where it lies in a buffer. */
function write(buffer, at, type, carrier) {
  const { size, places } = layout(type);
  if (places) return places.forEach(([of, offset], index) => write(buffer, at + offset, of, carrier[index]));
  const hex = type[0] === "f" ? carrier : BigInt.asUintN(8 * size, BigInt(carrier)).toString(16).padStart(2 * size, "0");
  return Buffer.from(hex, "hex").reverse().copy(buffer, at);
}

/** And reads it as a carrier. */
function read(buffer, at, type) {
  const { size, places } = layout(type);
  if (places) return places.map(([of, offset]) => read(buffer, at + offset, of));
  const hex = Buffer.from(buffer.subarray(at, at + size)).reverse().toString("hex");
  if (type[0] === "f") return hex;
  return String(type[0] === "i" ? BigInt.asIntN(8 * size, BigInt(`0x${hex}`)) : BigInt(`0x${hex}`));
}

function argument(type, carrier, memories) {
  if (type.struct && library.bytes) {
    const made = Buffer.alloc(layout(type).size);
    write(made, 0, type, carrier);
    return made;
  }
  if (membersOf(type)) {
    return Object.fromEntries(membersOf(type).flatMap((of, at) => // of a union the one that is set
      (carrier[at] === null ? [] : [[`m${at}`, argument(of, carrier[at], memories)]])));
  }
  if (type.array) return carrier.map((one) => argument(type.array[1], one, memories));
  if (typeof carrier === "object") return library.integer("pointer", memories[carrier.block].address);
  if (type === "f32") return Buffer.from(carrier, "hex").readFloatBE();
  if (type === "f64") return Buffer.from(carrier, "hex").readDoubleBE();
  return library.integer(type, BigInt(carrier));
}

/** A function of the library's own, which answers as it is told and notes what it is called with. */
function callback({ parameters, returns, answers, plain }, found, given) {
  const calls = [];
  if (plain) {
    const value = answers[0] === null ? undefined : argument(returns, answers[0], []);
    return { ...library.callback(theirs(returns), parameters.map(theirs), () => value), calls };
  }
  const made = library.callback(theirs(returns), parameters.map(theirs), (...values) => {
    calls.push(values.map((value, at) => text(parameters[at], value)));
    const told = answers[Math.min(calls.length, answers.length) - 1];
    if (told === null) return undefined;
    if (!told.again) return argument(returns, told, []);
    return found.call(...told.again.map((one, at) =>
      typeof one === "object" ? given[one.argument] : argument(found.parameters[at], one, [])));
  });
  return { ...made, calls };
}

/** What was returned, as a carrier. */
function text(type, value) {
  if (type === "void") return null;
  if (type.struct && library.bytes) return read(value, 0, type);
  if (membersOf(type)) return membersOf(type).map((of, at) => text(of, value[`m${at}`]));
  if (type.array) return Array.from(value, (one) => text(type.array[1], one));
  const bytes = Buffer.alloc(type === "f32" ? 4 : 8);
  if (type === "f32") bytes.writeFloatBE(value);
  else if (type === "f64") bytes.writeDoubleBE(value);
  else return String(library.whole(type, value));
  return bytes.toString("hex");
}

/** What a call comes to, where what is raised is the library's. */
function called(call) {
  try {
    return call();
  } catch (error) {
    throw new Unsupported(`${library.name} raises ${error.name}: ${error.message}`);
  }
}

/** A script, ready to be run: code of its own that makes its calls. */
function prepared({ steps, show, bits }, memories) {
  const filled = memories.map(({ buffer }) => Buffer.from(buffer));
  const types = steps.map((step) => functions[step.function].returns);
  const word = ([block, offset]) => memories[block].buffer.readBigUInt64LE(offset);
  const values = [];
  const named = (value) => `v${values.push(value) - 1}`;
  const calls = steps.map((step, at) => {
    const { f, parameters } = functions[step.function];
    const given = step.arguments.map((one, index) => {
      const type = parameters[index];
      if (one.word) return `as("${type}", word(${named(one.word)}))`;
      if (one.result === undefined) return named(argument(type, one, memories));
      return type === types[one.result] ? `r${one.result}` : `as("${type}", r${one.result})`;
    });
    return `r${at} = ${named(f)}(${given});`;
  });
  const [names, results] = [values.map((_, at) => `v${at}`), steps.map((_, at) => `r${at}`).join()];
  // Different of each script: an engine may share what it learns between functions of the same source.
  const code = `let ${results}; return [() => { ${calls.join(" ")} }, () => [${results}]]; // ${(prepares += 1)}`;
  const [run, returned] = new Function("as", "word", ...names, code)(library.as, word, ...values);
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

function ready(scripts) {
  keep(scripts.map(({ blocks }) => blocks));
  return scripts.map((script, at) => prepared(script, kept[at]));
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

/** Whether an argument is one that a variadic function's prototype does not name. */
const isVariable = (fixed, at) => fixed !== null && at >= fixed;

/** Function objects by number, each with what it was called with. */
const objects = new Map();
let objectsMade = 0;

/** What a library may lack of what is passed by value. */
const scalars = ["i8", "i16", "i32", "u8", "u16", "u32", "u64", "f16", "f32", "bool"];

const answers = {
  hello(request) {
    fixture = request.library;
    library.open?.(fixture);
    const { name, version } = library;
    return { is: "ready", protocol: 1, name, version, language: "JavaScript", level: "wire",
      capabilities: ["libraries", "collect", "loops", ...(library.callback ? ["callbacks", "callback-types"] : []),
        ...(library.keeps ? ["kept-callbacks"] : []),
        ...(library.struct ? ["by-value"] : []), ...(library.packed ? ["packed"] : []),
        ...(library.union ? ["unions"] : []), ...(library.variable ? ["variadics"] : []),
        ...(library.errno ? ["errno"] : []), ...(library.setErrno ? ["set-errno"] : [])], dialects: ["canonical-nan"],
      lacks: scalars.filter((type) => !(type in library.types)) };
  },
  link({ symbol, parameters, fixed, returns, library: other, errno: keeps }) {
    const lacking = [...parameters, returns].flatMap(scalarsOf).find((type) => !(type in library.types));
    if (lacking) throw new Unsupported(`${library.name} has no type for ${lacking}`);
    const path = other ?? fixture;
    let f;
    try {
      f = library.link(path, symbol, parameters.map(theirs), theirs(returns), fixed, keeps);
    } catch (error) {
      if (error instanceof Unsupported) throw error;
      return { is: "unlinked", message: `${path}: ${symbol}: ${error.message}` };
    }
    // Each function has a call of its own in the code, as in a program, so that the engine compiles it; with the
    // same source twice it would share what it learns of the two.
    const taken = parameters.flatMap((of, at) => (isVariable(fixed, at) ? library.variable(theirs(of)) : [of]));
    const names = taken.map((_, at) => `a${at}`).join();
    const call = new Function("f", `return (${names}) => f(${names}) // ${functions.length}`)(f);
    functions.push({ f, call, parameters, fixed, returns, keeps });
    return { is: "bound", function: functions.length - 1 };
  },
  invoke(request) {
    const found = functions[request.function];
    const { call, parameters, fixed, returns, keeps } = found;
    const [memories] = keep([request.blocks]);
    const [given, made] = [[], []];
    request.arguments.forEach((carrier, at) => {
      if (carrier.callback) made.push(called(() => callback(carrier.callback, found, given)));
      const value = carrier.callback ? made.at(-1).value : argument(parameters[at], carrier, memories);
      given.push(...(isVariable(fixed, at) ? library.variable(theirs(parameters[at]), value) : [value]));
    });
    let value;
    try {
      if (keeps && errno.set !== null) library.setErrno(errno.set);
      value = called(() => call(...given));
      if (keeps) Object.assign(errno, { kept: library.errno(), set: null });
    } finally {
      for (const { release } of made) release();
    }
    return { is: "returned", value: text(returns, value), blocks: memories.map(({ buffer }) => buffer.toString("hex")),
      calls: made.map(({ calls }) => calls) };
  },
  "make-address"(request) {
    const made = called(() => callback(request, null, []));
    objects.set(`${objectsMade}`, made);
    objectsMade += 1;
    return { is: "made", kept: `${objectsMade - 1}`, address: `${library.addressOf(made.value)}` };
  },
  heard({ kept }) {
    return { is: "heard", calls: objects.get(kept).calls };
  },
  release({ kept }) {
    objects.get(kept).release();
    objects.delete(kept);
    return { is: "done" };
  },
  loop({ scripts, rounds }) {
    const made = ready(scripts);
    const tallies = scripts.map(() => new Map());
    for (let round = 0; round < rounds; round += 1) {
      const at = round % made.length;
      made[at].fill();
      called(made[at].run);
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
    called(() => {
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
  peek: ({ address, length }) => ({ is: "memory", bytes: library.peek(BigInt(address), length).toString("hex") }),
  errno({ set }) {
    if (set !== null) errno.set = set;
    return { is: "errno", value: errno.kept >>> 0 };
  },
  async collect() {
    library.gc();
    await turn(); // what is released late is released in a turn of the event loop
    library.gc();
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

/** Answers requests until the last. */
export async function serve(given) {
  library = given;
  for await (const line of lines()) {
    const request = JSON.parse(line);
    let reply;
    try {
      reply = await answers[request.do](request);
    } catch (error) { // what goes wrong here, and not in the library, is the adapter's, and said to be
      const is = error instanceof Unsupported ? "unsupported" : "adapter-error";
      reply = { is, message: is === "unsupported" ? error.message : `${error.name}: ${error.message}` };
    }
    process.stdout.write(`${JSON.stringify({ id: request.id, ...reply })}\n`);
    if (request.do === "stop") break;
  }
}
