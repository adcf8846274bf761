"""Python's ctypes, judged at wire level (docs/protocol.md): it links, invokes and peeks as it is told."""

import ctypes
import gc
import json
import platform
import struct
import sys

TYPES = {
    "i8": ctypes.c_int8, "i16": ctypes.c_int16, "i32": ctypes.c_int32, "i64": ctypes.c_int64,
    "u8": ctypes.c_uint8, "u16": ctypes.c_uint16, "u32": ctypes.c_uint32, "u64": ctypes.c_uint64,
    "f32": ctypes.c_float, "f64": ctypes.c_double, "bool": ctypes.c_bool,
    "pointer": ctypes.c_void_p, "void": None,
}
FLOATS = {"f32": ">f", "f64": ">d"}
functions = []  # (function, names of its parameters' types, name of what it returns)
kept = []  # the memory of the last call


def memory(block):
    """A buffer that holds the block at an address aligned to 16, and that address."""
    content = bytes.fromhex(block["bytes"])
    buffer = ctypes.create_string_buffer(len(content) + 16)
    address = (ctypes.addressof(buffer) + 15) & ~15
    ctypes.memmove(address, content, len(content))
    return buffer, address, len(content)


def argument(kind, carrier, addresses):
    if isinstance(carrier, dict):
        return addresses[carrier["block"]]
    if kind in FLOATS:
        return struct.unpack(FLOATS[kind], bytes.fromhex(carrier))[0]
    return bool(int(carrier)) if kind == "bool" else int(carrier)


def text(kind, value):
    if kind == "void":
        return None
    if kind in FLOATS:
        return struct.pack(FLOATS[kind], value).hex()
    return str(int(value or 0))  # a null pointer is None


def hello(request):
    global library
    library = ctypes.CDLL(request["library"])
    return {"is": "ready", "protocol": 1, "name": "ctypes", "version": platform.python_version(),
            "language": "Python", "level": "wire", "capabilities": ["libraries", "collect"]}


def link(request):
    names = [*request["parameters"], request["returns"]]
    unknown = [name for name in names if name not in TYPES]
    if unknown:
        return {"is": "unsupported", "message": f"ctypes has no type for {unknown[0]}"}
    try:
        where = ctypes.CDLL(request["library"]) if request["library"] else library
        function = where[request["symbol"]]
    except (OSError, AttributeError) as error:
        return {"is": "unlinked", "message": str(error)}
    function.argtypes = [TYPES[name] for name in request["parameters"]]
    function.restype = TYPES[request["returns"]]
    functions.append((function, request["parameters"], request["returns"]))
    return {"is": "bound", "function": len(functions) - 1}


def invoke(request):
    function, parameters, returns = functions[request["function"]]
    kept[:] = [memory(block) for block in request["blocks"]]
    addresses = [address for _, address, _ in kept]
    for block, address in zip(request["blocks"], addresses):
        for offset, to in block.get("pointers", ()):
            ctypes.c_void_p.from_address(address + offset).value = addresses[to]
    arguments = [argument(kind, carrier, addresses)
                 for kind, carrier in zip(parameters, request["arguments"])]
    value = function(*arguments)
    blocks = [ctypes.string_at(address, length).hex() for _, address, length in kept]
    return {"is": "returned", "value": text(returns, value), "blocks": blocks}


def peek(request):
    content = ctypes.string_at(int(request["address"]), request["length"])
    return {"is": "memory", "bytes": content.hex()}


def collect(request):
    gc.collect()
    return {"is": "done"}


ANSWERS = {"hello": hello, "link": link, "invoke": invoke, "peek": peek, "collect": collect,
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
