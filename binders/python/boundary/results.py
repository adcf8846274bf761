"""What each return is on the wire (L, as a return): its out-parameters, and what makes a value of them.

All that a return owns is given back here, once, on every way out (R-8).
"""

from . import decode
from .errors import NativeError, ResultLost
from .handle import returned as handle_returned
from .layout import layout
from .native import address_of, bytes_at, ended_at
from .stream import END, Stream
from .types import CARRIERS

_NAME = 256  # bytes of room for an error's name (L-14)


class Returned:
    """A return lowered: the kind of what comes back in the register, the rooms (size, alignment) of its
    out-parameters, and ``finish(register, rooms)``, which makes the value. A room is the page that it is
    in, and where it begins there."""

    __slots__ = ("kind", "rooms", "finish")

    def __init__(self, kind, rooms, finish):
        self.kind = kind
        self.rooms = rooms
        self.finish = finish


def direct(type_, declarations, closer=None):
    """The kind of a return that is one carrier, and what makes the value of it, or None where it is the
    value. None for any other type."""
    if type_.kind == "void":
        return "void", None
    if type_.scalar(CARRIERS):
        return type_.name, decode.from_carrier(type_.name)
    if type_.kind == "handle":
        return "address", handle_returned(type_.name, closer)
    if type_.kind == "named" and not declarations.struct(type_.name):
        enum = declarations[type_.name]
        return enum.backing, decode.member(enum)
    return None


def lowered(type_, declarations, native, closer=None):
    """A return of the general path. ``native(suffix, parameters, returns)`` is a symbol that goes with
    the function's own."""
    one = direct(type_, declarations, closer)
    if one:
        kind, convert = one
        return Returned(kind, [], lambda register, rooms: convert(register) if convert else register)
    if type_.kind == "cstring" or type_.kind == "optional" and type_.of.kind == "cstring":
        return _cstring(type_.length if type_.kind == "cstring" else type_.of.length)
    if type_.kind == "counted":
        return _counted(type_, declarations)
    if type_.kind == "error-union":
        return _error_union(type_, declarations, native)
    if type_.kind == "optional":
        return _optional(type_, declarations, native)
    if type_.kind == "stream":
        return _stream(type_, declarations, native)
    if type_.kind in ("owned", "borrowed") and type_.of.kind == "named":
        free = _free_struct(native) if type_.kind == "owned" else None
        return _stored(type_.of, declarations, free)
    if type_.kind in ("owned", "borrowed", "bytes", "string"):
        return _buffer(type_, declarations, native)
    return _stored(type_, declarations, None)


def _cstring(most):
    """A string that ends before a NUL, or after so many bytes (Z-2)."""
    def finish(register, rooms):
        return ended_at(register, most).decode("utf-8", "replace") if register else None

    return Returned("address", [], finish)


def _counted(type_, declarations):
    """Elements that an argument counts: of this return how many is told beside the register (Z-4)."""
    read = decode.many(type_.of, declarations)

    def finish(told, rooms):
        register, count = told
        if not register:
            return None
        if count < 0:
            raise ResultLost("corrupt-native-length")
        return read(register, count)

    return Returned("address", [], finish)


def _free_struct(native):
    return native("__free", ["address"], "void")


def _word(room):
    page, start, _ = room
    return int.from_bytes(page[start:start + 8], "little")


def _buffer(type_, declarations, native):
    borrowed = type_.kind == "borrowed"
    of = type_.of if type_.kind in ("owned", "borrowed") else type_
    read = decode.buffer(of, declarations)
    free = None if borrowed else native("__free", ["address", "usize"], "void")

    def finish(register, rooms):
        address, length = _word(rooms[0]), _word(rooms[1])
        try:
            return read(address, length)
        finally:
            if free:
                free(address, length)

    return Returned("void", [(8, 8), (8, 8)], finish)


def _stored(type_, declarations, free):
    """What is stored through an out-parameter: a struct, or a wide scalar."""
    place, read = layout(type_, declarations), decode.reader(type_, declarations)

    def finish(register, rooms):
        page, start, address = rooms[-1]
        try:
            return read(bytes(page[start:start + place.size]), 0)
        finally:
            if free:
                free(address)

    return Returned("void", [(place.size, place.align)], finish)


def _optional(type_, declarations, native):
    of = type_.of
    pointee = of.of if of.kind == "ptr" else of
    size, read = layout(pointee, declarations).size, decode.reader(pointee, declarations)
    owned = of.kind == "named" and declarations.struct(of.name)
    free = native("__free", ["usize"], "void") if owned else None

    def finish(register, rooms):
        try:
            return read(bytes_at(register, size), 0) if register else None
        finally:
            if free:
                free(register)

    return Returned("address", [], finish)


def _error_union(type_, declarations, native):
    of = type_.of
    one = direct(of, declarations)
    if one:
        kind, convert = one
        some = Returned(kind, [], lambda register, rooms: convert(register) if convert else register)
    else:
        some = _stored(of, declarations, _free_struct(native) if of.kind == "named" else None)

    def finish(register, rooms):
        length = _word(rooms[1])
        if length >= _NAME:
            raise ResultLost("corrupt-native-length")
        if length:
            page, start, _ = rooms[0]
            return NativeError(page[start:start + length].decode("utf-8", "replace"))
        return some.finish(register, rooms)

    return Returned(some.kind, [(_NAME, 1), (8, 8), *some.rooms], finish)


def _stream(type_, declarations, native):
    size, read = layout(type_.of, declarations).size, decode.reader(type_.of, declarations)
    next_ = native("__next", ["usize", "address"], "bool")
    free = native("__free", ["usize"], "void")
    image = native.image

    def finish(register, rooms):
        room = bytearray(size)  # of one item, as long as the stream lives
        _, address = address_of(room)

        def fetch():
            return read(bytes(room), 0) if next_(register, address) else END

        return Stream(image, register, fetch, free)

    return Returned("usize", [], finish)
