// Deno ends once V8 has compiled the call of a function with 30 parameters that are integers, or 32 that are floats.
// Needs `cc`.
//
//   deno run -A repro.js int64_t 29      28 after 100000 calls
//   deno run -A repro.js int64_t 30      Fatal error in :0: Check failed: is_valid(value).
//   deno run -A repro.js double 31       30 after 100000 calls
//   deno run -A repro.js double 32       Fatal error in :0: Check failed: is_valid(value).
//
// Deno calls every such function by V8's fast calls (`is_compatible` in ext/ffi/turbocall.rs does not count them). V8
// writes how many general and how many float parameters a C call has into two fields that hold 31 at most, and counts
// the receiver and the options among the general ones.

const [type, count] = [Deno.args[0], Number(Deno.args[1])];
const folder = Deno.makeTempDirSync();
const parameters = Array.from({ length: count }, (_, at) => `${type} a${at}`).join();
Deno.writeTextFileSync(`${folder}/last.c`, `#include <stdint.h>\n${type} last(${parameters}) { return a${count - 1}; }`);
new Deno.Command("cc", { args: ["-shared", "-fPIC", "-o", `${folder}/last.so`, `${folder}/last.c`] }).outputSync();
const name = type === "double" ? "f64" : "i64";
const { symbols } = Deno.dlopen(`${folder}/last.so`, { last: { parameters: Array(count).fill(name), result: name } });
Deno.removeSync(folder, { recursive: true });

const values = Array.from({ length: count }, (_, at) => (type === "double" ? `${at}` : `${at}n`)).join();
const call = new Function("last", `return () => last(${values})`)(symbols.last);
let value;
for (let times = 0; times < 100000; times += 1) value = call();
console.log(`${value} after 100000 calls`);
