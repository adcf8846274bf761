"""What each argument is on the wire (L, as an argument): its carriers, and what converts into them."""

from . import encode
from .errors import CallRefused
from .layout import layout
from .types import CARRIERS, size_of


class Lowered:
    """An argument lowered: the kinds of its carriers, the room it takes of a call's scope, and
    ``put(value, scope, carriers)``, which checks a value and appends its carriers."""

    __slots__ = ("kinds", "room", "put")

    def __init__(self, kinds, put, room=0):
        self.kinds = kinds
        self.put = put
        self.room = room


def direct(type_, declarations):
    """The kind of the one carrier of a scalar, an enum or a handle, and what makes it of a value (P-2).

    None for any other type.
    """
    if type_.scalar(CARRIERS):
        return type_.name, encode.to_carrier(type_.name)
    if type_.kind == "handle":
        return "address", encode.handle(type_.name)
    if type_.kind == "named" and not declarations.struct(type_.name):
        enum = declarations[type_.name]
        return enum.backing, encode.member(enum)
    return None


def lowered(argument, declarations):
    """An argument of the general path."""
    if argument.rest:
        return _rest(argument.type)
    if argument.fields is not None:
        return _destructured(argument.fields)
    return _typed(argument.type, declarations)


def _typed(type_, declarations):
    one = direct(type_, declarations)
    if one:
        kind, convert = one
        return Lowered([kind], lambda value, scope, carriers: carriers.append(convert(value)))
    if type_.kind in ("ptr", "manyptr"):
        return _pointer(type_)
    if type_.kind in ("slice", "string"):
        lend = encode.buffer(type_, declarations)
        return Lowered(["address", "usize"],
                       lambda value, scope, carriers: carriers.extend(lend(value, scope)))
    if type_.kind == "array" and type_.of.kind == "scalar":
        return _scalars(type_)
    if type_.kind == "optional":
        return _optional(type_, declarations)
    if type_.kind == "cstring":
        return _cstring()
    if type_.kind == "counted":
        return _pointer(type_)
    if type_.kind == "in-out":
        return _stored(type_.of, declarations)
    return _stored(type_, declarations)


def _pointer(type_):
    kind, size, const, single = type_.of.name, size_of(type_.of.name), type_.const, type_.kind == "ptr"

    def put(value, scope, carriers):
        view, count = encode.typed(value, kind)
        if single and count != 1:
            raise CallRefused("pointer-arity")
        carriers.append(encode.lend(view, const, size, scope))

    return Lowered(["address"], put)


def _cstring():
    return Lowered(["address"], lambda value, scope, carriers: carriers.append(encode.cstring(value, scope)))


def _scalars(type_):
    kind, size, length = type_.of.name, size_of(type_.of.name), type_.length

    def put(value, scope, carriers):
        view, count = encode.typed(value, kind)
        if count != length:
            raise CallRefused("array-length")
        carriers.append(encode.lend(view, True, size, scope))

    return Lowered(["address"], put)


def _stored(type_, declarations):
    """What crosses by the address of a copy: structs, wide scalars, arrays of enums and structs."""
    place, write = layout(type_, declarations), encode.writer(type_, declarations)
    size, align = place.size, place.align

    def put(value, scope, carriers):
        page, start, address = scope.take(size, align)
        write(page, start, value, scope)
        carriers.append(address)

    # An array may say to be longer than any memory: its elements are counted before room is taken.
    if type_.kind == "array":
        length = type_.length

        def put_counted(value, scope, carriers):
            encode.listed(value)
            if len(value) != length:
                raise CallRefused("array-length")
            put(value, scope, carriers)

        return Lowered(["address"], put_counted)
    return Lowered(["address"], put, size + align)


def _optional(type_, declarations):
    of = type_.of
    some = _cstring() if of.kind == "cstring" else \
        _pointer(of) if of.kind in ("ptr", "manyptr") else _stored(of, declarations)

    def put(value, scope, carriers):
        if value is None:
            carriers.append(0)
        else:
            some.put(value, scope, carriers)

    return Lowered(some.kinds, put, some.room)


def _destructured(fields):
    converters = [(key.value, encode.to_carrier(type_.name)) for key, type_ in fields]

    def put(value, scope, carriers):
        encode.check_map(value)
        for key, convert in converters:
            field = value.get(key)
            if field is None:
                raise CallRefused("missing-field")
            carriers.append(convert(field))

    return Lowered([type_.name for _, type_ in fields], put)


def _rest(type_):
    """All further values, as one const slice (S-3)."""
    write, size = encode.scalar(type_.name), size_of(type_.name)

    def put(values, scope, carriers):
        page, start, address = scope.take(len(values) * size, size)
        for value in values:
            write(page, start, value, scope)
            start += size
        carriers += (address, len(values))

    return Lowered(["address", "usize"], put)
