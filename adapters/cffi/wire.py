"""What both modes of cffi have in common at wire level (docs/protocol.md): carriers, blocks and the loop that
answers requests. How a symbol becomes something to call is the mode's own."""

import gc
import json
import os
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "site"))
import cffi

TYPES = {
    "i8": "int8_t", "i16": "int16_t", "i32": "int32_t", "i64": "int64_t",
    "u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t", "u64": "uint64_t",
    "f32": "float", "f64": "double", "bool": "_Bool", "pointer": "void *", "void": "void",
}
FLOATS = {"f32": ">f", "f64": ">d"}


class Unlinked(Exception):
    """The library does not open, or lacks the symbol."""


ffi = cffi.FFI()
functions = []  # (function, names of its parameters' types, name of what it returns)
kept = []  # the memory of the last call


def prototype(name, parameters, returns):
    """The declaration in C of a function of these types."""
    return f"{TYPES[returns]} {name}({', '.join(TYPES[kind] for kind in parameters) or 'void'});"


def memory(block):
    """A buffer of cffi's that holds the block at an address aligned to 16, that address, and the length."""
    content = bytes.fromhex(block["bytes"])
    buffer = ffi.new("char[]", len(content) + 16)
    start = buffer + (-int(ffi.cast("uintptr_t", buffer)) & 15)
    ffi.memmove(start, content, len(content))
    return buffer, start, len(content)


def argument(kind, carrier):
    if isinstance(carrier, dict):
        return kept[carrier["block"]][1]
    if kind in FLOATS:
        return struct.unpack(FLOATS[kind], bytes.fromhex(carrier))[0]
    if kind == "pointer":
        return ffi.cast("void *", int(carrier))
    return bool(int(carrier)) if kind == "bool" else int(carrier)


def text(kind, value):
    if kind == "void":
        return None
    if kind in FLOATS:
        return struct.pack(FLOATS[kind], value).hex()
    return str(int(ffi.cast("uintptr_t", value) if kind == "pointer" else value))


def invoke(request):
    function, parameters, returns = functions[request["function"]]
    kept[:] = [memory(block) for block in request["blocks"]]
    for block, (_, start, _) in zip(request["blocks"], kept):
        for offset, to in block["pointers"]:
            ffi.cast("void **", start + offset)[0] = kept[to][1]
    arguments = [argument(kind, carrier) for kind, carrier in zip(parameters, request["arguments"])]
    try:
        value = function(*arguments)
    except Exception as error:
        return {"is": "unsupported", "message": f"cffi raises {type(error).__name__}: {error}"}
    blocks = [bytes(ffi.buffer(start, length)).hex() for _, start, length in kept]
    return {"is": "returned", "value": text(returns, value), "blocks": blocks}


def peek(request):
    start = ffi.cast("char *", int(request["address"]))
    return {"is": "memory", "bytes": bytes(ffi.buffer(start, request["length"])).hex()}


def collect(request):
    gc.collect()
    return {"is": "done"}


def serve(name, bind):
    """Answers requests until the last. `bind` is given a library's path, a symbol, the names of its parameters'
    types and of what it returns, and gives something to call, or raises `Unlinked`."""

    def hello(request):
        nonlocal main
        main = request["library"]
        return {"is": "ready", "protocol": 1, "name": name, "version": cffi.__version__, "language": "Python",
                "level": "wire", "capabilities": ["libraries", "collect"]}

    def link(request):
        parameters, returns = request["parameters"], request["returns"]
        unknown = [kind for kind in [*parameters, returns] if kind not in TYPES]
        if unknown:
            return {"is": "unsupported", "message": f"cffi has no type for {unknown[0]}"}
        try:
            function = bind(request["library"] or main, request["symbol"], parameters, returns)
        except Unlinked as error:
            return {"is": "unlinked", "message": str(error)}
        functions.append((function, parameters, returns))
        return {"is": "bound", "function": len(functions) - 1}

    main = None
    answers = {"hello": hello, "link": link, "invoke": invoke, "peek": peek, "collect": collect,
               "stop": lambda request: {"is": "done"}}
    for line in sys.stdin:
        request = json.loads(line)
        try:
            reply = answers[request["do"]](request)
        except Exception as error:  # what goes wrong here is the adapter's, and said to be
            reply = {"is": "adapter-error", "message": f"{type(error).__name__}: {error}"}
        print(json.dumps({"id": request["id"], **reply}), flush=True)
        if request["do"] == "stop":
            break
