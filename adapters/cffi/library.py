"""What cffi does in both of its modes. How a symbol becomes something to call is the mode's own."""

import os
import sys
from functools import lru_cache

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "site"), os.path.join(HERE, "..", "ctypes")]
import cffi
from wire import Unlinked, Wire

ffi = cffi.FFI()


def prototype(name, types, returns):
    """The declaration in C of a function of these types of C's."""
    return f"{returns} {name}({', '.join(types) or 'void'})"


def passed(kind, value):
    """An address or an integer as a parameter of this type takes it."""
    is_address = isinstance(value, ffi.CData)
    if kind == "pointer":
        return value if is_address else ffi.cast("void *", value)
    return int(ffi.cast("uintptr_t", value)) if is_address else value


class Cffi(Wire):
    NAME, VERSION = "cffi", cffi.__version__
    CAPABILITIES = ["loops", "threads", "libraries", "collect", "callbacks", "callback-types", "foreign-threads",
                    "kept-callbacks", "errno", "set-errno"]
    TYPES = {
        "i8": "int8_t", "i16": "int16_t", "i32": "int32_t", "i64": "int64_t",
        "u8": "uint8_t", "u16": "uint16_t", "u32": "uint32_t", "u64": "uint64_t",
        "f32": "float", "f64": "double", "bool": "_Bool", "pointer": "void *", "void": "void",
    }
    kept_errno, next_errno = 0, None

    @lru_cache(maxsize=None)
    def open(self, path):
        return ffi.dlopen(path)

    def symbol(self, path, symbol, declaration):
        # The libraries that the suite compares have the same symbols: what is declared anew takes the place of
        # what was, and a function that was taken keeps its own.
        ffi.cdef(f"{declaration};", override=True)
        try:
            return getattr(self.open(path), symbol)
        except (OSError, AttributeError) as error:
            raise Unlinked(str(error)) from None

    # `ffi.errno` is of the last call of any function.

    def keeping(self, function):
        def call(*arguments):
            if self.next_errno is not None:
                ffi.errno, self.next_errno = self.next_errno, None
            value = function(*arguments)
            self.kept_errno = ffi.errno
            return value

        return call

    def errno(self, value):
        if value is not None:
            self.next_errno = value
        return self.kept_errno

    # Memory

    def room(self, length):
        buffer = ffi.new("char[]", length + 16)
        return buffer, buffer + (-int(ffi.cast("uintptr_t", buffer)) & 15)

    def read(self, address, length):
        return bytes(ffi.buffer(ffi.cast("char *", address), length))

    def write(self, address, content):
        ffi.memmove(address, content, len(content))

    # Values

    passed = staticmethod(passed)

    def number(self, value):
        return int(passed("u64", value))

    def late(self, kind, carrier, rooms):
        if "result" in carrier:
            return lambda results: passed(kind, results[carrier["result"]])
        block, offset = carrier["word"]
        place = ffi.cast("uint64_t *", rooms[block][1] + offset)
        return lambda results: passed(kind, place[0])

    def callback(self, returns, parameters, answer):
        types = [self.scalar(kind) for kind in parameters]
        made = ffi.callback(prototype("(*)", types, self.scalar(returns)), answer)
        return made, ffi.cast("void *", made)
