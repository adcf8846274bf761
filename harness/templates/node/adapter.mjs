// koffi, judged at wire level (docs/protocol.md): it does as it is told.

import { createInterface } from "node:readline";
import { writeSync } from "node:fs";
import koffi from "koffi";
import { called, keeping, lending } from "./callbacks.mjs";
import * as structs from "./structs.mjs";

const TYPES = {
  i8: "int8_t", i16: "int16_t", i32: "int32_t", i64: "int64_t",
  u8: "uint8_t", u16: "uint16_t", u32: "uint32_t", u64: "uint64_t",
  f32: "float", f64: "double", bool: "bool", pointer: "uintptr_t", void: "void",
};
const functions = [];
let library, opened, kept; // the fixture library, its path, and the memory of the last call

/** The memory at an address, to read and to write. */
const memory = (address, length) => Buffer.from(koffi.view(address, length));

/** The memory of a call or a script: blocks, their addresses, and what is to be in them. */
function layOut(blocks) {
  const contents = blocks.map(({ bytes }) => Buffer.from(bytes, "hex"));
  const laid = contents.map((content) => koffi.alloc("uint8_t", content.length)); // aligned to 16
  const addresses = laid.map(koffi.address);
  blocks.forEach(({ pointers }, index) => {
    for (const [offset, to] of pointers) contents[index].writeBigUInt64LE(addresses[to], offset);
  });
  const views = laid.map((block, index) => memory(block, contents[index].length));
  fill({ views, contents });
  return { laid, addresses, views, contents };
}

const fill = ({ views, contents }) => contents.forEach((content, index) => content.copy(views[index]));

/** koffi's own type. */
const own = (type) => structs.own(type, TYPES);

/** What is passed, or a function that gives it, from the results so far, where earlier steps leave it. */
function argument(type, carrier, room = kept) {
  if (carrier.block !== undefined) return room.addresses[carrier.block];
  if (carrier.result !== undefined) return (results) => results[carrier.result];
  if (carrier.word) return () => room.views[carrier.word[0]].readBigUInt64LE(carrier.word[1]);
  if (type === "f32") return Buffer.from(carrier, "hex").readFloatBE();
  if (type === "f64") return Buffer.from(carrier, "hex").readDoubleBE();
  return type === "bool" ? carrier === "1" : BigInt(carrier);
}

function text(type, value) {
  if (type === "void") return null;
  const floats = { f32: Float32Array, f64: Float64Array }[type];
  if (floats) return Buffer.from(floats.of(value).buffer).reverse().toString("hex");
  return String(type === "bool" ? Number(value) : value);
}

/** A script's memory, and its steps with their arguments; the late ones are those that earlier steps give. */
function ready({ blocks, steps }) {
  const room = layOut(blocks);
  return { room, steps: steps.map((step) => {
    const { call, parameters, returns } = functions[step.function];
    const given = step.arguments.map((one, at) => argument(parameters[at], one, room));
    const late = given.flatMap((one, at) => (typeof one === "function" ? [[at, one]] : []));
    return { call, given, late, returns };
  }) };
}

function run(steps) {
  const results = [];
  for (const { call, given, late } of steps) {
    for (const [at, give] of late) given[at] = give(results);
    results.push(call(...given));
  }
  return results;
}

/** Of an address only whether it is null. */
const said = (type, value) => text(type, type === "pointer" ? Number(value != 0) : value);

const adapter = { own, argument, text }; // what functions of the host's need
const answers = {
  hello(request) {
    library = koffi.load(opened = request.library);
    return { is: "ready", protocol: 1, name: "koffi", version: koffi.version, language: "JavaScript",
      level: "wire", capabilities: ["loops", "libraries", "callbacks", "callback-types", "kept-callbacks", "by-value"],
      dialects: ["canonical-nan"], lacks: ["f16"] };
  },
  link({ symbol, parameters, returns, library: path }) {
    if (parameters.length > 64) return { is: "unsupported", message: "koffi takes no more than 64 parameters" };
    const types = [own(returns), parameters.map(own)];
    try {
      const call = (path ? koffi.load(path) : library).func(symbol, ...types);
      return { is: "bound", function: functions.push({ call, parameters, returns }) - 1 };
    } catch (error) {
      return { is: "unlinked", message: `${path ?? opened}: ${symbol}: ${error.message}` };
    }
  },
  invoke(request) {
    let given, { call, parameters, returns } = functions[request.function];
    kept?.laid.forEach(koffi.free);
    kept = layOut(request.blocks);
    const again = (ones) => call(...ones.map((one, at) => given[one.argument] ?? argument(parameters[at], one)));
    return lending(request.arguments, adapter, again, (lent) => {
      given = request.arguments.map((one, at) => lent[at]?.address ?? structs.given(parameters[at], one, argument));
      const value = structs.came(returns, called(() => call(...given)), text);
      const calls = lent.filter(Boolean).map((one) => one.calls);
      return { is: "returned", value, blocks: kept.views.map((view) => view.toString("hex")), calls };
    });
  },
  peek: ({ address, length }) => ({ is: "memory", bytes: memory(BigInt(address), length).toString("hex") }),
  loop({ scripts, rounds }) {
    const prepared = scripts.map(ready);
    const tallies = scripts.map(() => new Map());
    for (let turn = 0; turn < rounds; turn++) {
      const number = turn % scripts.length;
      const { steps, room } = prepared[number];
      fill(room);
      const values = called(() => run(steps)).map((value, step) => said(steps[step].returns, value));
      const shown = scripts[number].show.map(([block, offset, length]) =>
        room.views[block].toString("hex", offset, offset + length));
      let outcome = JSON.stringify({ values, shown });
      const tally = tallies[number];
      if (tally.size === 16 && !tally.has(outcome)) outcome = [...tally.keys()][15];
      tally.set(outcome, (tally.get(outcome) ?? 0) + 1);
    }
    for (const { room } of prepared) room.laid.forEach(koffi.free);
    return { is: "looped", scripts: tallies.map((tally) =>
      [...tally].map(([ran, times]) => ({ ...JSON.parse(ran), times }))) };
  },
  clock({ rows, count }) {
    const prepared = rows.map(ready);
    const last = rows.map(() => null);
    const calls = prepared.map(({ steps }) => {
      const [{ call, given, late }, ...more] = steps;
      return more.length || late.length ? () => run(steps) : () => call(...given);
    });
    const begun = process.hrtime.bigint();
    for (let time = 0, at = 0; time < count; time++) {
      last[at] = calls[at]();
      at = at + 1 === calls.length ? 0 : at + 1;
    }
    const elapsed = process.hrtime.bigint() - begun;
    let checksum = 0n;
    rows.slice(0, count).forEach(({ bits }, row) => {
      const { steps, room } = prepared[row];
      const results = [last[row]].flat();
      checksum *= 31n;
      for (const one of bits) {
        const type = "result" in one ? steps[one.result].returns : "u64";
        const value = said(type, argument(type, one, room)(results));
        checksum += BigInt(type === "f32" || type === "f64" ? `0x${value}` : value);
      }
    });
    for (const { room } of prepared) room.laid.forEach(koffi.free);
    return { is: "benched", elapsed_ns: Number(elapsed), checksum: String(BigInt.asUintN(64, checksum)) };
  },
  ...keeping(adapter),
  stop: () => ({ is: "done" }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  let reply;
  try {
    reply = answers[request.do](request);
  } catch (error) { // what goes wrong here is the adapter's, and said to be
    reply = { is: error.is ?? "adapter-error", message: `${error.name}: ${error.message}` };
  }
  writeSync(1, `${JSON.stringify({ id: request.id, ...reply })}\n`);
  if (request.do === "stop") break;
}
