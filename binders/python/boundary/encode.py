"""From values of Python to the wire (C): what checks and converts each type, made when bound.

``coercion`` makes of a value what crosses of a scalar; ``writer`` puts a value into memory.
"""

import math
import struct

from .elements import code_of
from .errors import CallRefused
from .floats import Extended, double, rounded
from .handle import Handle
from .layout import layout
from .native import address_of
from .types import INTEGERS, size_of
from .values import Keyword, elements_of

_PAIR = struct.Struct("<QQ")
_nowhere, _NOWHERE = address_of(bytearray(16))  # the address of what has no elements


def coercion(kind):
    """What checks a value for a scalar and makes of it: an int, a float (f32, f64), a bool, or bits."""
    if kind in INTEGERS:
        return _integer(*INTEGERS[kind])
    if kind == "bool":
        return _boolean
    if kind == "f64":
        return lambda value: value if type(value) is float else double(rounded("f64", _number(value)))
    if kind == "f32":
        return _single
    return lambda value: rounded(kind, _number(value))


def _integer(size, signed):
    least = -(1 << size * 8 - 1) if signed else 0
    greatest = least + (1 << size * 8) - 1

    def coerce(value):
        if type(value) is not int:
            value = _whole(value, least, greatest)
        if least <= value <= greatest:
            return value
        raise CallRefused("out-of-range")

    return coerce


def _whole(value, least, greatest):
    """The integer that a value is which is no plain int."""
    if value is None:
        raise CallRefused("nil-argument")
    if isinstance(value, float):
        if value.is_integer() and least <= value <= greatest:
            return int(value)
    elif not isinstance(value, bool) and hasattr(value, "__index__"):
        return value.__index__()
    raise CallRefused("type-mismatch")


def _boolean(value):
    if value is True or value is False:
        return value
    raise CallRefused("nil-argument" if value is None else "type-mismatch")


def _number(value):
    if isinstance(value, (float, Extended)):
        return value
    if value is None:
        raise CallRefused("nil-argument")
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise CallRefused("type-mismatch")
    return int(value)


def _single(value):
    if type(value) is float:
        return value  # C rounds it once, on the way
    return struct.unpack("<f", rounded("f32", _number(value)).to_bytes(4, "little"))[0]


def to_carrier(kind):
    """What makes of a value what cffi is given for a carrier scalar."""
    coerce = coercion(kind)
    return (lambda value: double(coerce(value))) if kind == "f16" else coerce


def member(enum):
    """What makes of a keyword the value of the member that it names (C-6)."""
    values = {Keyword(name): value for name, value in enum.values.items()}

    def coerce(value):
        if type(value) is Keyword and value in values:
            return values[value]
        raise CallRefused("unknown-enum-member")

    return coerce


def handle(name):
    """What makes of a handle its address (C-7)."""

    def coerce(value):
        if not isinstance(value, Handle) or value.type_name != name:
            raise CallRefused("handle-type-mismatch")
        return value.address

    return coerce


def scalar(kind):
    """A writer of a scalar: page, offset, value, scope."""
    coerce, code, size = coercion(kind), code_of(kind), size_of(kind)
    if code is None:
        mask = (1 << size * 8) - 1

        def write(page, at, value, scope):
            page[at:at + size] = (coerce(value) & mask).to_bytes(size, "little")
        return write
    pack = struct.Struct("<" + code).pack_into
    if kind != "f32":
        return lambda page, at, value, scope: pack(page, at, coerce(value))

    def write(page, at, value, scope):
        value = coerce(value)
        try:
            pack(page, at, value)
        except OverflowError:
            pack(page, at, math.copysign(math.inf, value))
    return write


def writer(type_, declarations):
    """A writer of a type that stands in memory."""
    kind = type_.kind
    if kind == "scalar":
        return scalar(type_.name)
    if kind in ("owned", "borrowed"):
        return writer(type_.of, declarations)
    if kind in ("string", "bytes", "slice"):
        lend = buffer(type_, declarations)
        return lambda page, at, value, scope: _PAIR.pack_into(page, at, *lend(value, scope))
    if kind == "array":
        return _array(type_, declarations)
    struct_ = declarations.struct(type_.name)
    if struct_ is None:
        enum = declarations[type_.name]
        convert, write = member(enum), scalar(enum.backing)
        return lambda page, at, value, scope: write(page, at, convert(value), scope)
    return _struct(struct_, layout(type_, declarations), declarations)


def _struct(struct_, place, declarations):
    fields = [(name, offset, writer(type_, declarations))
              for (name, type_), offset in zip(struct_.fields, place.offsets)]

    def write(page, at, value, scope):
        check_map(value)
        for name, offset, put in fields:
            field = value.get(name)
            if field is None:
                raise CallRefused("missing-field")
            put(page, at + offset, field, scope)

    return write


def check_map(value):
    """Refuses what is no map."""
    if not isinstance(value, dict):
        raise CallRefused("nil-argument" if value is None else "type-mismatch")


def _array(type_, declarations):
    """A writer of an array that stands in place, as a field."""
    of, length = type_.of, type_.length
    element = layout(of, declarations)
    if of.kind == "scalar":
        def write(page, at, value, scope):
            view, count = typed(value, of.name)
            if count != length:
                raise CallRefused("array-length")
            page[at:at + length * element.size] = view.tobytes()
        return write
    put = writer(of, declarations)

    def write_each(page, at, value, scope):
        listed(value)
        if len(value) != length:
            raise CallRefused("array-length")
        for place, item in enumerate(value):
            put(page, at + place * element.size, item, scope)
    return write_each


def typed(value, kind):
    """A memoryview of a typed array of these elements, and how many there are."""
    if value is None:
        raise CallRefused("nil-collection-argument")
    found = elements_of(value)
    if found is None or found[0] != kind:
        raise CallRefused("type-mismatch")
    return found[1:]


def listed(value):
    """Refuses what is no vector."""
    if not isinstance(value, (list, tuple)):
        raise CallRefused("nil-collection-argument" if value is None else "type-mismatch")


def lend(view, const, align, scope):
    """The address of a view's elements: its own, or where that cannot be, of a copy."""
    if not view.nbytes:
        return _NOWHERE
    if view.readonly and not const:
        raise CallRefused("type-mismatch")
    if view.contiguous:
        address = scope.lend(view)
        if address % align == 0:
            return address
    page, start, address = scope.take(view.nbytes, align)
    page[start:start + view.nbytes] = view.tobytes()
    if not const:
        scope.write_back(view, page, start)
    return address


def buffer(type_, declarations):
    """What lends or copies a slice, a string or bytes: its address and its length in elements."""
    if type_.kind == "string":
        return text
    if type_.kind == "bytes":
        return raw
    of, const = type_.of, type_.const
    place = layout(of, declarations)
    if of.kind == "scalar":
        def scalars(value, scope):
            view, count = typed(value, of.name)
            return lend(view, const, place.align, scope), count
        return scalars
    write = writer(of, declarations)

    def items(value, scope):
        listed(value)
        page, start, address = scope.take(len(value) * place.size, place.align)
        for item in value:
            write(page, start, item, scope)
            start += place.size
        return address, len(value)
    return items


def _encoded(value):
    """The bytes of a string (C-11)."""
    if isinstance(value, str):
        try:
            return value.encode("utf-8")
        except UnicodeEncodeError:
            raise CallRefused("string-argument") from None
    if not isinstance(value, (bytes, bytearray)):
        raise CallRefused("nil-argument" if value is None else "string-argument")
    return value


def text(value, scope):
    """The address and the length of a string."""
    value = _encoded(value)
    return (scope.lend(value) if value else _NOWHERE), len(value)


def cstring(value, scope):
    """The address of a string with a NUL behind it and none inside (Z-1)."""
    value = _encoded(value)
    if 0 in value:
        raise CallRefused("string-argument")
    return scope.lend(bytes(value) + b"\0")


def raw(value, scope):
    """The address and the length of bytes."""
    if not isinstance(value, (bytes, bytearray)):
        raise CallRefused("nil-argument" if value is None else "type-mismatch")
    return (scope.lend(value) if value else _NOWHERE), len(value)
