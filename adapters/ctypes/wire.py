# What adapters in Python have in common at wire level (docs/protocol.md): messages, carriers, blocks, loops and threads.
# What a library does is the adapter's own. It is a class below Wire with
#
#   NAME, VERSION             what the library is, and MODE, behind its name, where not the whole of it is judged
#   CAPABILITIES              what it does of what the protocol has words for
#   TYPES                     its own types of those scalars that it has, by name; `scalar` gives one, or refuses
#   open(path)                opens a library
#   link_to(path, symbol, parameters, returns, fixed, errno)
#                             a function to call with values of Python's. Its types are as messages name them; of a variadic
#                             one `fixed` parameters have names, and otherwise that is None; `errno` is whether that is kept
#                             of its calls. Raises Unlinked
#   room(length)              memory, aligned to 16: what it lasts as long as, and its address as calls take it, to which
#                             offsets are added
#   read(address, length), write(address, content)
#                             bytes; the address is one in a room, or a number
#   number(value)             of an integer, a bool or an address that came back
#   passed(kind, number)      an integer as an argument of this type; left out where that is the number itself
#   late(kind, carrier, rooms)
#                             a function, called on the clock, that gives an argument of this type from the list of results
#                             so far: one of these, {"result": step}, or {"word": [block, offset]}, the word of 8 bytes there,
#                             where `rooms` has of each block what `room` gave
#
# and for capabilities beyond loops
#
#   callback(returns, parameters, answer)
#                             a C function that calls `answer`: what it lasts as long as, and its address as calls take it
#   filled(kind, members)     a struct, of the tuple of its members, which are tuples themselves where they are structs or
#                             arrays. One that comes back has them as attributes m0, m1, …, and an array is iterated over
#   variable(kind, value)     a variable argument as it is passed
#   errno(value)              what was kept of the last call, and what the next is to find, where that is not None
#   keeping(function)         a function that calls it so that this is kept; left out where the library sees to that

import gc
import json
import struct
import sys
import threading
import time
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count, cycle, islice

SCALARS = ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f16", "f32", "f64", "bool"]
FLOATS = {"f32": ">f", "f64": ">d"}
# What is called by `invoke` and, as it is, by loops; types by name, or structs as messages have them.
Linked = namedtuple("Linked", "invoked function parameters returns fixed")


class Unlinked(Exception):
    """The library does not open, or lacks the symbol."""


class Unsupported(Exception):
    """What the library, and not its adapter, does not do."""


class Wire:
    MODE = ""

    def __init__(self):
        self.main = None  # the path of the library that is meant where none is named
        self.functions = []
        self.kept = []  # the memory of the last call, as of `lay_out`
        self.objects = {}  # functions that the library keeps, by number, with what each was called with
        self.numbers = count()

    def serve(self):
        """Answers requests until the last."""
        for line in sys.stdin:
            request = json.loads(line)
            try:
                reply = self.ANSWERS[request["do"]](self, request)
            except Unlinked as error:
                reply = {"is": "unlinked", "message": str(error)}
            except Unsupported as error:
                reply = {"is": "unsupported", "message": str(error)}
            except Exception as error:  # what goes wrong here is the adapter's, and said to be
                reply = {"is": "adapter-error", "message": f"{type(error).__name__}: {error}"}
            print(json.dumps({"id": request["id"], **reply}), flush=True)
            if request["do"] == "stop":
                break

    def hello(self, request):
        self.main = request["library"]
        self.open(self.main)
        return {"is": "ready", "protocol": 1, "name": self.NAME + self.MODE, "version": self.VERSION, "language": "Python",
                "level": "wire", "capabilities": self.CAPABILITIES,
                "lacks": [kind for kind in SCALARS if kind not in self.TYPES]}

    # Calls

    def link(self, request):
        parameters, returns, fixed = request["parameters"], request["returns"], request["fixed"]
        path, errno = request["library"] or self.main, request.get("errno", False)
        function = self.link_to(path, request["symbol"], parameters, returns, fixed, errno)
        invoked = self.keeping(function) if errno else function
        self.functions.append(Linked(invoked, function, parameters, returns, fixed))
        return {"is": "bound", "function": len(self.functions) - 1}

    def invoke(self, request):
        linked = self.functions[request["function"]]
        self.kept = self.lay_out(request["blocks"])
        arguments, lent, calls = [], [], []
        for at, (kind, carrier) in enumerate(zip(linked.parameters, request["arguments"])):
            if isinstance(carrier, dict) and "callback" in carrier:
                calls.append([])
                # What is made of one is good as long as it is held.
                lent.append(self.lend(carrier["callback"], calls[-1], linked, arguments))
                value = lent[-1][1]
            else:
                value = self.argument(kind, carrier, self.kept)
            is_named = linked.fixed is None or at < linked.fixed
            arguments.append(value if is_named else self.variable(kind, value))
        value = self.by_the_library(linked.invoked, *arguments)
        blocks = [self.read(start, len(content)).hex() for _, start, content in self.kept]
        return {"is": "returned", "value": self.said(linked.returns, value), "blocks": blocks, "calls": calls}

    def peek(self, request):
        return {"is": "memory", "bytes": self.read(int(request["address"]), request["length"]).hex()}

    def tell_errno(self, request):
        return {"is": "errno", "value": self.errno(request["set"]) & 0xffffffff}

    def keeping(self, function):
        return function

    def by_the_library(self, function, *arguments):
        try:
            return function(*arguments)
        except Exception as error:
            raise Unsupported(f"{self.NAME} raises {type(error).__name__}: {error}") from error

    # Memory

    def lay_out(self, blocks):
        """Of each block what `room` gives of it, and what is to be there."""
        contents = [bytearray.fromhex(block["bytes"]) for block in blocks]
        made = [self.room(len(content)) for content in contents]
        addresses = [self.number(start) for _, start in made]
        for block, content in zip(blocks, contents):
            for offset, to in block["pointers"]:
                content[offset:offset + 8] = addresses[to].to_bytes(8, sys.byteorder)
        rooms = [(*room, bytes(content)) for room, content in zip(made, contents)]
        self.fill(rooms)
        return rooms

    def fill(self, rooms):
        for _, start, content in rooms:
            self.write(start, content)

    # Values

    def scalar(self, kind):
        if kind not in self.TYPES:
            raise Unsupported(f"{self.NAME} has no type for {kind}")
        return self.TYPES[kind]

    def argument(self, kind, carrier, rooms):
        """What is passed, or of what is late a function that gives it."""
        if isinstance(kind, dict):
            return self.filled(kind, self.members(kind, carrier))
        if is_late(carrier):
            return self.late(kind, carrier, rooms)
        if isinstance(carrier, dict):
            return rooms[carrier["block"]][1]
        if kind in FLOATS:
            return struct.unpack(FLOATS[kind], bytes.fromhex(carrier))[0]
        return bool(int(carrier)) if kind == "bool" else self.passed(kind, int(carrier))

    def passed(self, kind, number):
        return number

    def members(self, kind, carrier):
        """Of a struct or an array the tuple of what is in it."""
        if isinstance(kind, str):
            return self.argument(kind, carrier, ())
        return tuple(self.members(*both) for both in zip(parts(kind), carrier))

    def said(self, kind, value):
        """What came back: a carrier, or of a struct or an array the list of its members."""
        if isinstance(kind, str):
            return self.text(kind, value)
        if "struct" in kind:
            value = [getattr(value, f"m{at}") for at in range(len(kind["struct"]))]
        return [self.said(*both) for both in zip(parts(kind), value)]

    def text(self, kind, value):
        if kind in FLOATS:
            return struct.pack(FLOATS[kind], value).hex()
        return None if kind == "void" else str(self.number(value))

    def outcome(self, kind, value):
        """As `text`, but an address as whether there is one."""
        return str(int(self.number(value) != 0)) if kind == "pointer" else self.text(kind, value)

    # Functions of the host's

    def lend(self, asked, calls, linked=None, given=()):
        """What `callback` gives of a function that answers as it is told, and notes what it is called with."""
        parameters, returns, answers = asked["parameters"], asked["returns"], asked["answers"]

        def answer(*arguments):
            calls.append([self.text(kind, value) for kind, value in zip(parameters, arguments)])
            told = answers[min(len(calls), len(answers)) - 1]
            if isinstance(told, dict):
                return linked.function(*[given[one["argument"]] if isinstance(one, dict) else self.argument(kind, one, ())
                                         for kind, one in zip(linked.parameters, told["again"])])
            return None if told is None else self.argument(returns, told, ())

        if asked.get("plain"):
            value = answers[0] and self.argument(returns, answers[0], ())
            answer = lambda *_: value
        return self.callback(returns, parameters, answer)

    def make_address(self, request):
        calls = []
        made = self.lend(request, calls)
        number = next(self.numbers)
        self.objects[number] = made, calls
        return {"is": "made", "kept": str(number), "address": str(self.number(made[1]))}

    def heard(self, request):
        return {"is": "heard", "calls": self.objects[int(request["kept"])][1]}

    def release(self, request):
        del self.objects[int(request["kept"])]
        return {"is": "done"}

    # Loops

    def ready(self, script):
        """The memory of a script, and its steps: function, arguments, those that are late, what is returned."""
        rooms, steps = self.lay_out(script["blocks"]), []
        for step in script["steps"]:
            linked = self.functions[step["function"]]
            given = [self.argument(*both, rooms) for both in zip(linked.parameters, step["arguments"])]
            late = [(at, given[at]) for at, carrier in enumerate(step["arguments"]) if is_late(carrier)]
            steps.append((linked.function, given, late, linked.returns))
        return rooms, steps

    def loop(self, request):
        scripts, threads = request["scripts"], request["threads"]
        tallies, counting = [{} for _ in scripts], threading.Lock()
        prepared = [[self.ready(script) for script in scripts] for _ in range(threads)]

        def one(thread):
            for turn in range(thread, thread + request["rounds"]):
                number = turn % len(scripts)
                rooms, steps = prepared[thread][number]
                self.fill(rooms)
                results = self.by_the_library(run, steps)
                values = tuple(self.outcome(kind, value) for value, (_, _, _, kind) in zip(results, steps))
                shown = tuple(self.read(rooms[block][1] + offset, length).hex()
                              for block, offset, length in scripts[number]["show"])
                with counting:
                    tally, came = tallies[number], (values, shown)
                    came = came if came in tally or len(tally) < 16 else list(tally)[-1]
                    tally[came] = tally.get(came, 0) + 1

        on_threads(one, threads, request["collect"])
        told = [[{"values": values, "shown": shown, "times": times} for (values, shown), times in tally.items()]
                for tally in tallies]
        return {"is": "looped", "scripts": told}

    def clock(self, request):
        rows = [self.ready(row) for row in request["rows"]]
        # A row of one call with all its arguments is that call alone.
        calls = [partial(run, steps) if len(steps) > 1 or steps[0][2] else partial(steps[0][0], *steps[0][1])
                 for _, steps in rows]
        last, turns = [None] * len(rows), islice(cycle(enumerate(calls)), request["count"])
        start = time.perf_counter_ns()
        for at, call in turns:
            last[at] = call()
        elapsed, checksum = time.perf_counter_ns() - start, 0
        for row, (rooms, steps), results in islice(zip(request["rows"], rows, last), request["count"]):
            results = results if isinstance(results, list) else [results]
            total = 0
            for bits in row["bits"]:
                kind = steps[bits["result"]][3] if "result" in bits else "u64"
                value = results[bits["result"]] if "result" in bits else self.argument(kind, bits, rooms)(results)
                total += int(self.outcome(kind, value), 16 if kind in FLOATS else 10)
            checksum = (checksum * 31 + total) % 2**64
        return {"is": "benched", "elapsed_ns": elapsed, "checksum": str(checksum)}

    def collect(self, request):
        gc.collect()
        return {"is": "done"}

    def stop(self, request):
        return {"is": "done"}

    ANSWERS = {"hello": hello, "link": link, "invoke": invoke, "peek": peek, "errno": tell_errno, "collect": collect,
               "make-address": make_address, "heard": heard, "release": release, "loop": loop, "clock": clock, "stop": stop}


def is_late(carrier):
    """Whether earlier steps of a script give it."""
    return isinstance(carrier, dict) and "block" not in carrier


def parts(kind):
    """The types of a struct's members, or of an array's elements."""
    return kind["struct"] if "struct" in kind else [kind["array"][1]] * kind["array"][0]


def run(steps):
    results = []
    for function, arguments, late, _ in steps:
        for at, give in late:
            arguments[at] = give(results)
        results.append(function(*arguments))
    return results


def on_threads(one, threads, collects):
    """Calls it on so many threads, each with its number, which begin together; beside a collector or not."""
    begin, ended = threading.Barrier(threads), threading.Event()

    def begun(thread):
        begin.wait()
        one(thread)

    def collecting():
        while not ended.is_set():
            gc.collect()

    with ThreadPoolExecutor(threads + 1) as pool:
        if collects:
            pool.submit(collecting)
        try:
            list(pool.map(begun, range(threads)) if threads > 1 else [one(0)])
        finally:
            ended.set()
