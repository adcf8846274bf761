"""Many calls at the suite's word (docs/protocol.md, *Loops*): repeat, race, bind-race, bench."""

import gc
import struct
import threading
import time

from boundary import CallRefused, Handle, Keyword, NativeError, ResultLost, Stream
from spoken import Arguments, said

MOST_REPLIES = 16


def together(count, work):
    """Runs ``work(thread)`` on so many threads at once, and gives what each of them returned."""
    results = [None] * count
    start = threading.Barrier(count)

    def run(thread):
        start.wait()
        try:
            results[thread] = (work(thread), None)
        except Exception as error:  # the adapter's own, which the main thread raises again
            results[thread] = (None, error)

    threads = [threading.Thread(target=run, args=(thread,)) for thread in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _, error in results:
        if error is not None:
            raise error
    return [result for result, _ in results]


class Step:
    """A step of a script: a function, its arguments, and how much of a stream is taken."""

    def __init__(self, step, functions, tokens):
        self.function = functions[step["function"]]
        self.results = {place: argument["result"] for place, argument in enumerate(step["arguments"])
                        if "result" in argument}
        self.arguments = Arguments([argument.get("value") for argument in step["arguments"]], tokens)
        self.take = step.get("take")


def taken(stream, count):
    """The first items of a stream, which is closed then, or all of them."""
    items = []
    with stream:
        while count is None or len(items) < count:
            try:
                items.append(stream.fetch())
            except StopIteration:
                break
    return items


def reply_of(call):
    """What a call came to, as a reply without an id."""
    try:
        return {"is": "value", "value": call()}
    except CallRefused as refusal:
        reply = {"is": "refused", "code": refusal.code}
        return reply if refusal.index is None else {**reply, "argument": refusal.index}
    except ResultLost as lost:
        return {"is": "failed", "code": lost.code}


def run_script(steps, tallies):
    """Runs the steps of a script once, and counts its replies."""
    results = []

    def token(handle):
        return str(next(place for place, other in enumerate(results) if other is handle))

    for step, tally in zip(steps, tallies):
        arguments, wholes = step.arguments.fresh()
        for place, result in step.results.items():
            arguments[place] = results[result]
        results.append(None)

        def call():
            value = step.function(*arguments)
            results[-1] = value
            return said(taken(value, step.take) if isinstance(value, Stream) else value, token)

        reply = reply_of(call)
        if reply["is"] == "value":
            changed = step.arguments.changed(wholes)
            if changed:
                reply["arrays"] = changed
        count(tally, reply, 1)


def count(tally, reply, times):
    """Counts a reply; beyond the most that are kept, as the last of them."""
    key = repr(reply)
    if key not in tally:
        if len(tally) < MOST_REPLIES:
            tally[key] = [reply, 0]
        else:
            key = next(reversed(tally))
    tally[key][1] += times


def repeat(request, functions, tokens):
    scripts = [[Step(step, functions, tokens) for step in script["steps"]]
               for script in request["scripts"]]
    rounds, threads = request["rounds"], request["threads"]
    over = threading.Event()

    def run(thread):
        tallies = [[{} for _ in steps] for steps in scripts]
        for turn in range(rounds):
            script = (turn + thread) % len(scripts)
            run_script(scripts[script], tallies[script])
        return tallies

    def collect():
        while not over.is_set():
            gc.collect()

    collector = threading.Thread(target=collect) if request["collect"] else None
    if collector:
        collector.start()
    try:
        counted = together(threads, run) if threads > 1 else [run(0)]
    finally:
        over.set()
        if collector:
            collector.join()
    return {"is": "tallies", "scripts": [[summed([tallies[script][step] for tallies in counted])
                                          for step in range(len(steps))]
                                         for script, steps in enumerate(scripts)]}


def summed(tallies):
    """The tallies of one step on all threads, as one."""
    total = {}
    for tally in tallies:
        for reply, times in tally.values():
            count(total, reply, times)
    return [{"reply": reply, "times": times} for reply, times in total.values()]


class Row:
    """A script of ``bench``, its arguments made before the clock starts."""

    def __init__(self, script, functions, tokens):
        self.steps = []
        for step in script["steps"]:
            made = Step(step, functions, tokens)
            arguments, _ = made.arguments.fresh()
            self.steps.append((made.function, arguments, made.results.items()))

    def run(self, results):
        """Makes the calls; what the first gave is what counts."""
        for function, arguments, references in self.steps:
            for place, result in references:
                arguments[place] = results[result]
            results.append(function(*arguments))


def bits(value, numbers):
    """What a result counts as in the checksum (docs/protocol.md, *Loops*)."""
    if value is None:
        return 0
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return struct.unpack("<Q", struct.pack("<d", value))[0]
    if isinstance(value, Handle):
        return 1
    if isinstance(value, Keyword):
        return numbers[value.name]
    if isinstance(value, NativeError):
        value = value.name
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, dict):
        return sum(bits(item, numbers) for item in value.values())
    if isinstance(value, Stream):
        return sum(bits(item, numbers) for item in value)
    return len(value) + (bits(value[0], numbers) if value else 0)


def bench(request, functions, tokens):
    numbers = {name: int(number) for name, number in request["keywords"]}
    rows = [Row(script, functions, tokens) for script in request["rows"]]
    setup = []
    Row(request["setup"], functions, tokens).run(setup)
    checksum, kept = 0, len(setup)
    start = time.perf_counter_ns()
    for turn in range(request["count"]):
        rows[turn % len(rows)].run(setup)
        checksum = checksum * 31 + bits(setup[kept], numbers) & (1 << 64) - 1
        del setup[kept:]
    elapsed = time.perf_counter_ns() - start
    return {"is": "benched", "elapsed_ns": elapsed, "checksum": str(checksum)}
