"""From the wire to values of Python (R): a reader for each type, made when a function is bound.

A reader is called with bytes that were copied already and an offset; a buffer's own bytes it copies.
"""

import struct

from .elements import code_of, elements, from_bits
from .errors import ResultLost
from .floats import double_bits, widened
from .layout import layout
from .native import bytes_at
from .types import size_of
from .values import Keyword, Record

# No process of the targets can have as much memory: addresses have 48 bits, or 57 at the most.
_NO_MEMORY = 1 << 57
_PAIR = struct.Struct("<QQ")


def from_carrier(kind):
    """What makes a value of a carrier scalar that came back in a register, or None where it is one."""
    if kind == "f16":
        return lambda register: widened("f16", double_bits(register) & 0xFFFF)
    return bool if kind == "bool" else None


def member(enum):
    """What makes a keyword of a value, or leaves it the integer (R-5)."""
    keywords = {value: Keyword(name) for value, name in enum.members.items()}
    return lambda value: keywords.get(value, value)


def scalar(kind):
    """A reader of a scalar in memory."""
    code, size = code_of(kind), size_of(kind)
    if code is None:
        convert = from_bits(kind)
        return lambda data, at: convert(int.from_bytes(data[at:at + size], "little"))
    unpack = struct.Struct("<" + code).unpack_from
    if kind == "bool":
        return lambda data, at: unpack(data, at)[0] != 0
    return lambda data, at: unpack(data, at)[0]


def reader(type_, declarations):
    """A reader of a type that stands in memory."""
    kind = type_.kind
    if kind == "scalar":
        return scalar(type_.name)
    if kind in ("owned", "borrowed"):
        return reader(type_.of, declarations)
    if kind in ("string", "bytes", "slice"):
        read = buffer(type_, declarations)
        return lambda data, at: read(*_PAIR.unpack_from(data, at))
    if kind == "array":
        read, size = _many(type_.of, declarations), layout(type_, declarations).size
        return lambda data, at: read(data[at:at + size])
    enum = declarations[type_.name]
    struct_ = declarations.struct(type_.name)
    if struct_ is None:
        convert, read = member(enum), scalar(enum.backing)
        return lambda data, at: convert(read(data, at))
    return _struct(struct_, layout(type_, declarations), declarations)


def _struct(struct_, place, declarations):
    fields = [(name, offset, reader(type_, declarations))
              for (name, type_), offset in zip(struct_.fields, place.offsets)]
    if struct_.record:
        record = struct_.name
        return lambda data, at: Record(record, [(name, read(data, at + offset))
                                                for name, offset, read in fields])
    return lambda data, at: {name: read(data, at + offset) for name, offset, read in fields}


def _many(of, declarations):
    """What reads elements of a type, one after another, from their bytes."""
    if of.kind == "scalar":
        kind = of.name
        return lambda data: elements(kind, data)
    read, size = reader(of, declarations), layout(of, declarations).size
    return lambda data: [read(data, at) for at in range(0, len(data), size)]


def buffer(type_, declarations):
    """What copies and reads a buffer, by its address and its length in elements (R-8, R-10, R-11)."""
    if type_.kind == "string":
        return lambda address, length: _copied(address, length, 1).decode("utf-8", "replace")
    if type_.kind == "bytes":
        return lambda address, length: _copied(address, length, 1)
    return many(type_.of, declarations)


def many(of, declarations):
    """What copies and reads elements, by their address and how many they are."""
    read, size = _many(of, declarations), layout(of, declarations).size
    return lambda address, length: read(_copied(address, length, size))


def _copied(address, length, size):
    if length * size >= _NO_MEMORY:
        raise ResultLost("corrupt-native-length")
    return bytes_at(address, length * size)
