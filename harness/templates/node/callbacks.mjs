// Functions of the host's (docs/protocol.md): C functions of koffi's making, which answer as they are told and note
// what they are called with.

import koffi from "koffi";

/** The function that a request asks for; `again` makes the call once more that it is given to, of these carriers. */
function functionOf({ parameters, returns, answers, plain }, { own, argument, text }, again) {
  const calls = [];
  const give = (told) => (told === null ? undefined : told.again ? again(told.again) : argument(returns, told));
  const answer = (...values) => {
    calls.push(values.map((value, at) => text(parameters[at], value)));
    return give(answers[Math.min(calls.length, answers.length) - 1]);
  };
  const first = plain && give(answers[0]);
  const type = koffi.pointer(koffi.proto(own(returns), parameters.map(own)));
  try {
    const made = koffi.register(plain ? () => first : answer, type);
    return { address: koffi.address(made), calls, end: () => koffi.unregister(made) };
  } catch (error) { // of what koffi has no room for
    throw Object.assign(error, { is: "unsupported" });
  }
}

/** What koffi makes of a call, or that it does not make it. */
export function called(call) {
  try {
    return call();
  } catch (error) {
    throw Object.assign(error, { is: "unsupported" });
  }
}

/** What comes of a call that is given functions, where its arguments ask for one: they live as long as it takes. */
export function lending(carriers, adapter, again, call) {
  const lent = [];
  try {
    for (const { callback } of carriers) lent.push(callback && functionOf(callback, adapter, again));
    return call(lent);
  } finally {
    for (const one of lent) one?.end();
  }
}

/** The answers to requests about those that are kept. */
export function keeping(adapter) {
  const objects = [];
  return {
    "make-address"(request) {
      const made = functionOf(request, adapter);
      return { is: "made", kept: String(objects.push(made) - 1), address: String(made.address) };
    },
    heard: ({ kept }) => ({ is: "heard", calls: objects[kept].calls }),
    release({ kept }) {
      objects[kept].end();
      delete objects[kept];
      return { is: "done" };
    },
  };
}
