"""Python's ctypes, judged at wire level (docs/protocol.md): it does as it is told."""

import ctypes
import gc
import json
import platform
import struct
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count, cycle, islice, zip_longest

TYPES = {
    "i8": ctypes.c_int8, "i16": ctypes.c_int16, "i32": ctypes.c_int32, "i64": ctypes.c_int64,
    "u8": ctypes.c_uint8, "u16": ctypes.c_uint16, "u32": ctypes.c_uint32, "u64": ctypes.c_uint64,
    "f32": ctypes.c_float, "f64": ctypes.c_double, "bool": ctypes.c_bool, "pointer": ctypes.c_void_p, "void": None,
}
FLOATS = {"f32": ">f", "f64": ">d"}
functions = []  # (function, its parameters' types, what it returns: names, or structs as `link` has them)
kept = []  # the memory of the last call, as of `lay_out`


# Calls

def lay_out(blocks):
    """Of each block a buffer, the address in it that is aligned to 16, and what is to be there."""
    buffers = [ctypes.create_string_buffer(len(block["bytes"]) // 2 + 16) for block in blocks]
    addresses = [(ctypes.addressof(buffer) + 15) & ~15 for buffer in buffers]
    contents = [bytearray.fromhex(block["bytes"]) for block in blocks]
    for block, content in zip(blocks, contents):
        for offset, to in block.get("pointers", ()):
            content[offset:offset + 8] = addresses[to].to_bytes(8, sys.byteorder)
    rooms = list(zip(buffers, addresses, map(bytes, contents)))
    fill(rooms)
    return rooms


def fill(rooms):
    for _, address, content in rooms:
        ctypes.memmove(address, content, len(content))


def argument(kind, carrier, rooms):
    """What is passed, or a function that gives it, from the results so far, where earlier steps leave it."""
    if isinstance(carrier, dict):
        if "block" in carrier:
            return rooms[carrier["block"]][1]
        if "result" in carrier:
            return lambda results: results[carrier["result"]] or 0
        block, offset = carrier["word"]
        place = ctypes.c_uint64.from_address(rooms[block][1] + offset)
        return lambda results: place.value
    if kind in FLOATS:
        return struct.unpack(FLOATS[kind], bytes.fromhex(carrier))[0]
    return bool(int(carrier)) if kind == "bool" else int(carrier)


def text(kind, value):
    if kind in FLOATS:
        return struct.pack(FLOATS[kind], value).hex()
    return None if kind == "void" else str(int(value or 0))  # a null pointer is None


def hello(request):
    global library
    library = [ctypes.CDLL(request["library"], use_errno=errno) for errno in (False, True)]
    return {"is": "ready", "protocol": 1, "name": "ctypes", "version": platform.python_version(), "language": "Python",
            "level": "wire", "lacks": ["f16"],
            "capabilities": ["loops", "threads", "libraries", "collect", "callbacks", "callback-types", "foreign-threads",
                             "kept-callbacks", "by-value", "variadics", "errno", "set-errno"]}


def link(request):
    try:
        types, returns = [native(kind) for kind in request["parameters"]], native(request["returns"])
        errno = request.get("errno", False)
        where = ctypes.CDLL(request["library"], use_errno=errno) if request["library"] else library[errno]
        function = where[request["symbol"]]
    except KeyError as unknown:
        return {"is": "unsupported", "message": f"ctypes has no type for {unknown.args[0]}"}
    except (OSError, AttributeError) as error:
        return {"is": "unlinked", "message": str(error)}
    # Of a variadic function these are the arguments that are named; the others are values of ctypes' own types.
    function.argtypes, function.restype = types[:request["fixed"]], returns
    functions.append((function, request["parameters"], request["returns"]))
    return {"is": "bound", "function": len(functions) - 1}


def invoke(request):
    function, parameters, returns = functions[request["function"]]
    kept[:] = lay_out(request["blocks"])
    arguments, calls = [], []
    for of, kind, carrier in zip_longest(function.argtypes, parameters, request["arguments"]):
        if isinstance(carrier, dict) and "callback" in carrier:
            calls.append([])
            arguments.append(callback(carrier["callback"], function, parameters, arguments, calls[-1]))
        else:
            arguments.append(made(of, kind, carrier, kept))
    value = function(*arguments)
    blocks = [ctypes.string_at(address, len(content)).hex() for _, address, content in kept]
    return {"is": "returned", "value": said(returns, value), "blocks": blocks, "calls": calls}


def peek(request):
    return {"is": "memory", "bytes": ctypes.string_at(int(request["address"]), request["length"]).hex()}


# Loops

def ready(script):
    """The memory of a script, and its steps: function, arguments, those that are late, what is returned."""
    rooms, steps = lay_out(script["blocks"]), []
    for step in script["steps"]:
        function, parameters, returns = functions[step["function"]]
        given = [argument(*both, rooms) for both in zip(parameters, step["arguments"])]
        late = [(at, one) for at, one in enumerate(given) if callable(one)]
        steps.append((function, given, late, returns))
    return rooms, steps


def run(steps):
    results = []
    for function, arguments, late, _ in steps:
        for at, give in late:
            arguments[at] = give(results)
        results.append(function(*arguments))
    return results


def loop(request):
    tallies, counting = [{} for _ in request["scripts"]], threading.Lock()

    def one(thread, begin):
        prepared = [(script, *ready(script)) for script in request["scripts"]]
        begin()
        for turn in range(thread, thread + request["rounds"]):
            script, rooms, steps = prepared[turn % len(prepared)]
            fill(rooms)
            values = tuple(str(int(bool(value))) if kind == "pointer" else text(kind, value)
                           for value, (_, _, _, kind) in zip(run(steps), steps))
            shown = tuple(ctypes.string_at(rooms[block][1] + offset, length).hex()
                          for block, offset, length in script["show"])
            with counting:
                tally, outcome = tallies[turn % len(tallies)], (values, shown)
                outcome = outcome if outcome in tally or len(tally) < 16 else list(tally)[-1]
                tally[outcome] = tally.get(outcome, 0) + 1

    on_threads(one, request["threads"], request["collect"])
    told = [[{"values": values, "shown": shown, "times": times} for (values, shown), times in tally.items()]
            for tally in tallies]
    return {"is": "looped", "scripts": told}


def clock(request):
    rows = [ready(row) for row in request["rows"]]
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
            value = argument(kind, bits, rooms)(results)
            total += (int(text(kind, value), 16) if kind in FLOATS
                      else int(bool(value)) if kind == "pointer" else value)
        checksum = (checksum * 31 + total) % 2**64
    return {"is": "benched", "elapsed_ns": elapsed, "checksum": str(checksum)}


# Threads

def on_threads(one, threads, collects):
    """Calls it on so many threads, each with its number and what has them begin together, beside a collector or not."""
    begin, ended = threading.Barrier(threads), threading.Event()

    def collecting():
        while not ended.wait(0):
            gc.collect()

    with ThreadPoolExecutor(threads + 1) as pool:
        if collects:
            pool.submit(collecting)
        try:
            list(pool.map(one, range(threads), [begin.wait] * threads) if threads > 1 else [one(0, begin.wait)])
        finally:
            ended.set()


def collect(request):
    gc.collect()
    return {"is": "done"}


# Functions of the host's

objects = {}  # function objects by number, with what each was called with: ctypes has programs hold on to them
numbers = count()


def callback(asked, function, kinds, given, calls):
    """A function of ctypes' own, which answers as it is told and notes what it is called with."""
    parameters, returns, answers = asked["parameters"], asked["returns"], asked["answers"]

    def answer(*arguments):
        calls.append([text(kind, value) for kind, value in zip(parameters, arguments)])
        told = answers[min(len(calls), len(answers)) - 1]
        if isinstance(told, dict):
            return function(*[given[one["argument"]] if isinstance(one, dict) else argument(kind, one, ())
                              for kind, one in zip(kinds, told["again"])])
        return None if told is None else argument(returns, told, ())

    if asked.get("plain"):
        value = answers[0] and argument(returns, answers[0], ())
        answer = lambda *_: value
    return ctypes.CFUNCTYPE(TYPES[returns], *[TYPES[kind] for kind in parameters])(answer)


def make_address(request):
    calls = []
    number = next(numbers)
    made = callback(request, None, (), (), calls)
    objects[number] = made, calls
    return {"is": "made", "kept": str(number), "address": str(ctypes.cast(made, ctypes.c_void_p).value)}


def heard(request):
    return {"is": "heard", "calls": objects[int(request["kept"])][1]}


def release(request):
    del objects[int(request["kept"])]
    return {"is": "done"}


# Structs by value

def native(kind):
    """The type of ctypes' own: of a struct a class, with a field for each member."""
    if isinstance(kind, str):
        return TYPES[kind]
    if "array" in kind:
        length, of = kind["array"]
        return native(of) * length
    fields = [(f"m{at}", native(member)) for at, member in enumerate(kind["struct"])]
    return type("Struct", (ctypes.Structure,), {"_fields_": fields})


def made(of, kind, carrier, rooms):
    """What is passed: of a struct or an array, from its members, a value of ctypes' own type, and of what has no name."""
    if isinstance(kind, str):
        value = argument(kind, carrier, rooms)
        return value if of else TYPES[kind](value)
    if "struct" in kind:
        parts = [(of, part) for (_, of), part in zip(of._fields_, kind["struct"])]
    else:
        parts = [(of._type_, kind["array"][1])] * of._length_
    return of(*[made(*part, one, rooms) for part, one in zip(parts, carrier)])


def said(kind, value):
    """What came back: a carrier, or of a struct or an array its members."""
    if isinstance(kind, str):
        return text(kind, value)
    if "struct" in kind:
        return [said(part, getattr(value, f"m{at}")) for at, part in enumerate(kind["struct"])]
    return [said(kind["array"][1], one) for one in value]


# What calls leave in `errno`

def errno(request):
    kept = ctypes.get_errno() if request["set"] is None else ctypes.set_errno(request["set"])
    return {"is": "errno", "value": kept & 0xffffffff}


# Messages

ANSWERS = {"hello": hello, "link": link, "invoke": invoke, "peek": peek, "errno": errno, "collect": collect,
           "make-address": make_address, "heard": heard, "release": release, "loop": loop, "clock": clock,
           "stop": lambda request: {"is": "done"}}

for line in sys.stdin:
    request = json.loads(line)
    try:
        reply = ANSWERS[request["do"]](request)
    except Exception as error:  # what goes wrong here is the adapter's, and said to be
        reply = {"is": "adapter-error", "message": f"{type(error).__name__}: {error}"}
    print(json.dumps({"id": request["id"], **reply}), flush=True)
    if request["do"] == "stop":
        break
