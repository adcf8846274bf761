"""Python's ctypes, judged at wire level (docs/protocol.md): what it does. The messages are wire.py's."""

import ctypes
import platform
from functools import lru_cache

from wire import Unlinked, Wire


class Adapter(Wire):
    NAME, VERSION = "ctypes", platform.python_version()
    CAPABILITIES = ["loops", "threads", "libraries", "collect", "callbacks", "callback-types", "foreign-threads",
                    "kept-callbacks", "by-value", "variadics", "errno", "set-errno"]
    TYPES = {
        "i8": ctypes.c_int8, "i16": ctypes.c_int16, "i32": ctypes.c_int32, "i64": ctypes.c_int64,
        "u8": ctypes.c_uint8, "u16": ctypes.c_uint16, "u32": ctypes.c_uint32, "u64": ctypes.c_uint64,
        "f32": ctypes.c_float, "f64": ctypes.c_double, "bool": ctypes.c_bool, "pointer": ctypes.c_void_p, "void": None,
    }

    # Calls

    @lru_cache(maxsize=None)
    def open(self, path, keeps_errno=False):
        return ctypes.CDLL(path, use_errno=keeps_errno)

    def link_to(self, path, symbol, parameters, returns, fixed, errno):
        types, result = [self.native(kind) for kind in parameters], self.native(returns)
        try:
            function = self.open(path, errno)[symbol]
        except (OSError, AttributeError) as error:
            raise Unlinked(str(error)) from None
        # Of a variadic function these are the arguments that are named; the others are values of ctypes' own types.
        function.argtypes, function.restype = types[:fixed], result
        return function

    def variable(self, kind, value):
        return self.TYPES[kind](value)

    def errno(self, value):
        return ctypes.get_errno() if value is None else ctypes.set_errno(value)

    # Memory

    def room(self, length):
        buffer = ctypes.create_string_buffer(length + 16)
        return buffer, (ctypes.addressof(buffer) + 15) & ~15

    def read(self, address, length):
        return ctypes.string_at(address, length)

    def write(self, address, content):
        ctypes.memmove(address, content, len(content))

    # Values

    def number(self, value):
        return int(value or 0)  # a null pointer is None

    def late(self, kind, carrier, rooms):
        if "result" in carrier:
            return lambda results: results[carrier["result"]] or 0
        block, offset = carrier["word"]
        place = ctypes.c_uint64.from_address(rooms[block][1] + offset)
        return lambda results: place.value

    # Functions of the host's

    def callback(self, returns, parameters, answer):
        made = ctypes.CFUNCTYPE(self.scalar(returns), *map(self.scalar, parameters))(answer)
        return made, ctypes.cast(made, ctypes.c_void_p).value

    # Structs by value

    def native(self, kind):
        """The type of ctypes' own: of a struct a class, with a field for each member."""
        if isinstance(kind, str):
            return self.scalar(kind)
        if "array" in kind:
            length, of = kind["array"]
            return self.native(of) * length
        return struct_of(*map(self.native, kind["struct"]))

    def filled(self, kind, members):
        return self.native(kind)(*members)


@lru_cache(maxsize=None)
def struct_of(*members):
    fields = [(f"m{at}", member) for at, member in enumerate(members)]
    return type("Struct", (ctypes.Structure,), {"_fields_": fields})


Adapter().serve()
