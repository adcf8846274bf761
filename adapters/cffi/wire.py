"""What both modes of cffi have in common at wire level (docs/protocol.md): carriers, blocks, loops, and what
answers requests. How a symbol becomes something to call is the mode's own."""

import gc
import json
import os
import struct
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count, cycle, islice

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "site"))
import cffi

TYPES = {
    "i8": "int8_t", "i16": "int16_t", "i32": "int32_t", "i64": "int64_t",
    "u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t", "u64": "uint64_t",
    "f32": "float", "f64": "double", "bool": "_Bool", "pointer": "void *", "void": "void", "...": "...",
}
FLOATS = {"f32": ">f", "f64": ">d"}


class Unlinked(Exception):
    """The library does not open, or lacks the symbol."""


class Unsupported(Exception):
    """What cffi, and not this adapter, does not do."""


ffi = cffi.FFI()
functions = []  # (function, its parameters' types, what it returns: names, or structs as `link` has them)
variable = {}  # how many parameters a variadic function names, by its number
structs = {}  # the names of structs, by their members
kept = []  # the memory of the last call, as of `lay_out`
objects = {}  # function objects by number, with what each was called with: cffi has programs hold on to them
numbers = count()
keeping = set()  # the numbers of functions of which errno is kept
errno = {"kept": 0}  # what the last of these left there, and where it was said what the next is to find


def prototype(name, parameters, returns):
    """The declaration in C of a function of these types."""
    return f"{declared(returns)} {name}({', '.join(map(declared, parameters)) or 'void'});"


def declared(kind, name=""):
    """The declaration in C of something of a type. A struct is declared where it is met first."""
    if isinstance(kind, str):
        return f"{TYPES[kind]} {name}".rstrip()
    if "array" in kind:
        length, of = kind["array"]
        return declared(of, f"{name}[{length}]")
    members = " ".join(f"{declared(part, f'm{at}')};" for at, part in enumerate(kind["struct"]))
    if members not in structs:
        structs[members] = f"struct s{len(structs)}"
        ffi.cdef(f"{structs[members]} {{ {members} }};")
    return f"{structs[members]} {name}".rstrip()


def scalars(kind):
    """The names of the scalars that a type is made of."""
    if isinstance(kind, str):
        return [kind]
    parts = kind["struct"] if "struct" in kind else kind["array"][1:]
    return [name for part in parts for name in scalars(part)]


def parts(kind):
    """The types of a struct's members, or of an array's elements."""
    return kind["struct"] if "struct" in kind else [kind["array"][1]] * kind["array"][0]


def members(kind, carrier):
    """What cffi makes a struct or an array of."""
    if isinstance(kind, str):
        return argument(kind, carrier, ())
    return [members(*both) for both in zip(parts(kind), carrier)]


def came(kind, value):
    """What came back: a carrier, or of a struct or an array its members."""
    if isinstance(kind, str):
        return text(kind, value)
    if "struct" in kind:
        return [came(part, getattr(value, f"m{at}")) for at, part in enumerate(kind["struct"])]
    return [came(kind["array"][1], one) for one in value]


def lay_out(blocks):
    """Of each block a buffer of cffi's, the address in it that is aligned to 16, and what is there."""
    lengths = [len(block["bytes"]) // 2 for block in blocks]
    buffers = [ffi.new("char[]", length + 16) for length in lengths]
    starts = [buffer + (-int(ffi.cast("uintptr_t", buffer)) & 15) for buffer in buffers]
    for block, start, length in zip(blocks, starts, lengths):
        ffi.memmove(start, bytes.fromhex(block["bytes"]), length)
        for offset, to in block["pointers"]:
            ffi.cast("void **", start + offset)[0] = starts[to]
    return [(buffer, start, bytes(ffi.buffer(start, length)))
            for buffer, start, length in zip(buffers, starts, lengths)]


def is_late(carrier):
    """Whether earlier steps of a script give it."""
    return isinstance(carrier, dict) and "block" not in carrier


def argument(kind, carrier, rooms):
    """What is passed, or of what is late a function that gives it from the results so far."""
    if is_late(carrier):
        if "result" in carrier:
            return lambda results: passed(kind, results[carrier["result"]])
        block, offset = carrier["word"]
        place = ffi.cast("uint64_t *", rooms[block][1] + offset)
        return lambda results: passed(kind, place[0])
    if isinstance(carrier, dict):
        return rooms[carrier["block"]][1]
    if kind in FLOATS:
        return struct.unpack(FLOATS[kind], bytes.fromhex(carrier))[0]
    return bool(int(carrier)) if kind == "bool" else passed(kind, int(carrier))


def callback(asked, function, kinds, given, calls):
    """A function of cffi's own, which answers as it is told and notes what it is called with."""
    parameters, returns, answers = asked["parameters"], asked["returns"], asked["answers"]

    def answer(*arguments):
        calls.append([text(kind, value) for kind, value in zip(parameters, arguments)])
        told = answers[min(len(calls), len(answers)) - 1]
        if isinstance(told, dict):
            return function(*[ffi.cast("void *", given[one["argument"]]) if isinstance(one, dict)
                              else argument(kind, one, ()) for kind, one in zip(kinds, told["again"])])
        return None if told is None else argument(returns, told, ())

    if asked.get("plain"):
        value = answers[0] and argument(returns, answers[0], ())
        answer = lambda *_: value
    return ffi.callback(prototype("(*)", parameters, returns)[:-1], answer)


def passed(kind, value):
    """An address or an integer as a parameter of this type takes it."""
    is_address = isinstance(value, ffi.CData)
    if kind == "pointer":
        return value if is_address else ffi.cast("void *", value)
    return int(ffi.cast("uintptr_t", value)) if is_address else value


def text(kind, value):
    if kind == "void":
        return None
    if kind in FLOATS:
        return struct.pack(FLOATS[kind], value).hex()
    return str(int(passed("u64", value)))


def by_cffi(function, *arguments):
    try:
        return function(*arguments)
    except Exception as error:
        raise Unsupported(f"cffi raises {type(error).__name__}: {error}") from error


def invoke(request):
    function, parameters, returns = functions[request["function"]]
    kept[:] = lay_out(request["blocks"])
    arguments, calls, made = [], [], {}
    for at, (kind, carrier) in enumerate(zip(parameters, request["arguments"])):
        if isinstance(carrier, dict) and "callback" in carrier:
            calls.append([])
            # What is made of one is good as long as it is held; the pointer holds nothing.
            made[at] = callback(carrier["callback"], function, parameters, made, calls[-1])
            arguments.append(ffi.cast("void *", made[at]))
        elif isinstance(kind, dict):
            made[at] = ffi.new(f"{declared(kind)} *", members(kind, carrier))
            arguments.append(made[at][0])
        elif at >= variable.get(request["function"], len(parameters)):
            arguments.append(ffi.cast(TYPES[kind], argument(kind, carrier, kept)))
        else:
            arguments.append(argument(kind, carrier, kept))
    keeps = request["function"] in keeping
    if keeps and "next" in errno:
        ffi.errno = errno.pop("next")
    value = by_cffi(function, *arguments)
    if keeps:
        errno["kept"] = ffi.errno
    blocks = [bytes(ffi.buffer(start, len(content))).hex() for _, start, content in kept]
    return {"is": "returned", "value": came(returns, value), "blocks": blocks, "calls": calls}


def tell_errno(request):
    if request["set"] is not None:
        errno["next"] = request["set"]
    return {"is": "errno", "value": errno["kept"] & 0xffffffff}


def peek(request):
    start = ffi.cast("char *", int(request["address"]))
    return {"is": "memory", "bytes": bytes(ffi.buffer(start, request["length"])).hex()}


def collect(request):
    gc.collect()
    return {"is": "done"}


def ready(script):
    """The memory of a script, and its steps: function, arguments, those that are late, what is returned."""
    rooms, steps = lay_out(script["blocks"]), []
    for step in script["steps"]:
        function, parameters, returns = functions[step["function"]]
        given = [argument(*both, rooms) for both in zip(parameters, step["arguments"])]
        late = [(at, given[at]) for at, carrier in enumerate(step["arguments"]) if is_late(carrier)]
        steps.append((function, given, late, returns))
    return rooms, steps


def run(steps):
    results = []
    for function, arguments, late, _ in steps:
        for at, give in late:
            arguments[at] = give(results)
        results.append(function(*arguments))
    return results


def said(kind, value):
    """As `text`, but an address as whether there is one."""
    return str(int(text(kind, value) != "0")) if kind == "pointer" else text(kind, value)


def make_address(request):
    calls = []
    made = callback(request, None, (), (), calls)
    number = next(numbers)
    objects[number] = made, calls
    return {"is": "made", "kept": str(number), "address": str(int(ffi.cast("uintptr_t", made)))}


def heard(request):
    return {"is": "heard", "calls": objects[int(request["kept"])][1]}


def release(request):
    del objects[int(request["kept"])]
    return {"is": "done"}


def loop(request):
    scripts, threads = request["scripts"], request["threads"]
    tallies, counting = [{} for _ in scripts], threading.Lock()
    begin, ended = threading.Barrier(threads), threading.Event()
    prepared = [[ready(script) for script in scripts] for _ in range(threads)]

    def one(thread):
        begin.wait()
        for turn in range(thread, thread + request["rounds"]):
            number = turn % len(scripts)
            rooms, steps = prepared[thread][number]
            for _, start, content in rooms:
                ffi.memmove(start, content, len(content))
            values = tuple(said(kind, value) for value, (_, _, _, kind) in zip(by_cffi(run, steps), steps))
            shown = tuple(bytes(ffi.buffer(rooms[block][1] + offset, length)).hex()
                          for block, offset, length in scripts[number]["show"])
            with counting:
                tally, outcome = tallies[number], (values, shown)
                if outcome not in tally and len(tally) == 16:
                    outcome = list(tally)[-1]
                tally[outcome] = tally.get(outcome, 0) + 1

    def collecting():
        while not ended.is_set():
            gc.collect()

    with ThreadPoolExecutor(threads + 1) as pool:
        if request["collect"]:
            pool.submit(collecting)
        try:
            list(pool.map(one, range(threads)) if threads > 1 else [one(0)])
        finally:
            ended.set()
    return {"is": "looped", "scripts": [
        [{"values": values, "shown": shown, "times": times} for (values, shown), times in tally.items()]
        for tally in tallies]}


def clock(request):
    rows = [ready(row) for row in request["rows"]]
    # A row of one call with all its arguments is that call alone.
    calls = [partial(steps[0][0], *steps[0][1]) if len(steps) == 1 and not steps[0][2] else partial(run, steps)
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
            value = results[bits["result"]] if "result" in bits else argument(kind, bits, rooms)(results)
            total += int(said(kind, value), 16 if kind in FLOATS else 10)
        checksum = (checksum * 31 + total) % 2**64
    return {"is": "benched", "elapsed_ns": elapsed, "checksum": str(checksum)}


def serve(name, bind, capabilities=()):
    """Answers requests until the last. `bind` is given a library's path, a symbol, the names of its parameters'
    types and of what it returns, and gives something to call, or raises `Unlinked`."""

    def hello(request):
        nonlocal main
        main = request["library"]
        return {"is": "ready", "protocol": 1, "name": name, "version": cffi.__version__, "language": "Python",
                "level": "wire",
                 "capabilities": ["loops", "threads", "libraries", "collect", "callbacks", "callback-types", "foreign-threads", "kept-callbacks",
                                  "errno", "set-errno",
                                 *capabilities],
                "lacks": ["f16"]}

    def link(request):
        parameters, returns, fixed = request["parameters"], request["returns"], request["fixed"]
        unknown = [one for kind in [*parameters, returns] for one in scalars(kind) if one not in TYPES]
        if unknown:
            return {"is": "unsupported", "message": f"cffi has no type for {unknown[0]}"}
        try:
            named = parameters if fixed is None else [*parameters[:fixed], "..."]
            function = bind(request["library"] or main, request["symbol"], named, returns)
        except Unlinked as error:
            return {"is": "unlinked", "message": str(error)}
        if fixed is not None:
            variable[len(functions)] = fixed
        if request.get("errno"):
            keeping.add(len(functions))
        functions.append((function, parameters, returns))
        return {"is": "bound", "function": len(functions) - 1}

    main = None
    answers = {"hello": hello, "link": link, "invoke": invoke, "peek": peek, "errno": tell_errno,
               "make-address": make_address, "heard": heard, "release": release,
               "collect": collect, "loop": loop, "clock": clock, "stop": lambda request: {"is": "done"}}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = answers[request["do"]](request)
        except Unsupported as error:
            reply = {"is": "unsupported", "message": str(error)}
        except Exception as error:  # what goes wrong here is the adapter's, and said to be
            reply = {"is": "adapter-error", "message": f"{type(error).__name__}: {error}"}
        print(json.dumps({"id": request["id"], **reply}), flush=True)
        if request["do"] == "stop":
            break
