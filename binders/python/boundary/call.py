"""A bound function: which path serves it, and the call itself (P).

The direct path is for signatures whose carriers are all scalars, enums and handles (P-1, P-2): what
converts each position is settled when the function is bound, and no memory is taken. The general path
has one scope for each call (P-3).
"""

from . import arguments, native, results
from .errors import CallRefused
from .scope import Scope
from .types import CARRIERS


class Symbols:
    """The symbols of one function in an image: its own, and those that its return calls for."""

    __slots__ = ("image", "name")

    def __init__(self, image, name):
        self.image = image
        self.name = name

    def __call__(self, suffix, parameters, returns):
        return native.function(self.image.symbol(self.name + suffix), parameters, returns)


def path_of(signature):
    """``scalar``, ``enum-and-handle`` or ``general``: what serves a signature (P-4)."""
    plain = [None if argument.rest else argument.type for argument in signature.arguments]
    returns = signature.returns
    if all(type_ and type_.scalar(CARRIERS) for type_ in plain) \
            and (returns.kind == "void" or returns.scalar(CARRIERS)):
        return "scalar"
    declarations = signature.declarations
    if all(type_ and arguments.direct(type_, declarations) for type_ in plain) \
            and results.direct(returns, declarations):
        return "enum-and-handle"
    return "general"


def bound(signature, symbols, path, consumes, closer):
    """What calls the function, given the host's values."""
    consumed = [argument.binding.source for argument in signature.arguments].index(consumes) \
        if isinstance(consumes, str) else consumes
    make = _general if path == "general" else _direct
    return make(signature, symbols, consumed, closer)


def _direct(signature, symbols, consumed, closer):
    kinds, converters = [], []
    for argument in signature.arguments:
        kind, convert = arguments.direct(argument.type, signature.declarations)
        kinds.append(kind)
        converters.append(convert)
    kind, finish = results.direct(signature.returns, signature.declarations, closer)
    function = symbols("", kinds, kind)
    image, count, names = symbols.image, len(kinds), _names(signature)

    def call(*values):
        if not image.enter():
            raise CallRefused("library-closed")
        try:
            if len(values) != count:
                raise CallRefused("arity")
            carriers = []
            try:
                for convert, value in zip(converters, values):
                    carriers.append(convert(value))
            except CallRefused as refusal:
                refusal.argument = names[len(carriers)]
                raise
            if consumed is not None:
                values[consumed].consume()
            register = function(*carriers)
        finally:
            image.leave()
        return finish(register) if finish else register

    return call


def _general(signature, symbols, consumed, closer):
    declarations = signature.declarations
    lowered = [arguments.lowered(argument, declarations) for argument in signature.arguments]
    kinds = [kind for argument in lowered for kind in argument.kinds]
    returned = results.lowered(signature.returns, declarations, symbols, closer)
    function = symbols("", [*kinds, *["address"] * len(returned.rooms)], returned.kind)
    rooms, finish, names = returned.rooms, returned.finish, _names(signature)
    frame = sum(argument.room for argument in lowered) + sum(size + align for size, align in rooms)
    puts = [argument.put for argument in lowered]
    image, count, rest = symbols.image, len(lowered), signature.rest is not None

    def call(*values):
        if not image.enter():
            raise CallRefused("library-closed")
        try:
            if rest and len(values) >= count - 1:
                values = (*values[:count - 1], values[count - 1:])
            if len(values) != count:
                raise CallRefused("arity")
            with Scope(frame) as scope:
                carriers = []
                _convert(puts, values, scope, carriers, names)
                places = [scope.take(size, align) for size, align in rooms]
                carriers += [address for _, _, address in places]
                if consumed is not None:
                    values[consumed].consume()
                register = function(*carriers)
                try:
                    scope.finish()
                finally:
                    value = finish(register, places)
                return value
        finally:
            image.leave()

    return call


def _convert(puts, values, scope, carriers, names):
    place = 0
    try:
        for place, put in enumerate(puts):
            put(values[place], scope, carriers)
    except CallRefused as refusal:
        refusal.argument = names[place]
        raise
    except MemoryError:
        raise CallRefused("out-of-memory", names[place]) from None


def _names(signature):
    return [argument.binding.source for argument in signature.arguments]
