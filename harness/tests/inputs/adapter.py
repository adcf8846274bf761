"""A binder that is right, for one function, but for what it is told to do at one request.

`adapter.py WHEN` runs the Python in `$THEN` when `start`, or a request of that name, comes: it may change
`reply`, write with `say`, end or hang. Without a word it serves `echo_u64` as it should.
"""

import ctypes
import json
import os
import sys
import time

when = sys.argv[1] if len(sys.argv) > 1 else None
then = compile(os.environ.get("THEN", ""), "THEN", "exec")
library = function = None


def say(content):
    data = content if isinstance(content, bytes) else content.encode()
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def answer(asked):
    global library, function
    match asked["do"]:
        case "hello":
            library = ctypes.CDLL(asked["library"])
            return {"is": "ready", "protocol": 1, "name": "echo", "version": "1", "language": "Python",
                    "level": "contract", "capabilities": [], "dialects": []}
        case "bind" if asked["symbol"] == "echo_u64":
            function = library.echo_u64
            function.argtypes, function.restype = [ctypes.c_uint64], ctypes.c_uint64
            return {"is": "bound", "function": 0}
        case "read" | "bind":
            return {"is": "unsupported", "message": "only echo_u64 is served"}
        case "call":
            [argument] = asked["arguments"]
            value = function(int(next(iter(argument.values()))))
            return {"is": "value", "value": {"big" if value >> 63 else "long": str(value)}}
        case "stop" | "forget" | "close":
            return {"is": "done"}
        case other:
            return {"is": "unsupported", "message": f"no {other} here"}


if when == "start":
    exec(then)
for line in sys.stdin:
    asked = json.loads(line)
    reply = {"id": asked["id"], **answer(asked)}
    if when == asked["do"]:
        exec(then)
    if reply is not None:
        say(json.dumps(reply) + "\n")
    if asked["do"] == "stop":
        break
