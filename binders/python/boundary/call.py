"""A bound function: which path serves it, and the call itself (P).

The direct path is for signatures whose carriers are all scalars, enums and handles (P-1, P-2): what
converts each position is settled when the function is bound, and no memory is taken. The general path
has one scope for each call (P-3).
"""

from . import arguments, native, results, told
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
    declarations, returns = signature.declarations, signature.returns
    if signature.rest or not results.direct(returns, declarations):
        return "general"
    plain = [argument.type for argument in signature.arguments if argument.fields is None]
    if all(type_.scalar(CARRIERS) for type_ in [*plain, returns] if type_.kind != "void"):
        return "scalar"
    if all(arguments.direct(type_, declarations) for type_ in plain):
        return "enum-and-handle"
    return "general"


def bound(signature, symbols, path, consumes, closer):
    """What calls the function, given the host's values."""
    consumed = [argument.binding.source for argument in signature.arguments].index(consumes) \
        if isinstance(consumes, str) else consumes
    make = _general if path == "general" else _direct
    return make(signature, symbols, consumed, closer)


def _direct(signature, symbols, consumed, closer):
    lowered = [arguments.lowered(argument, signature.declarations) for argument in signature.arguments]
    kind, finish = results.direct(signature.returns, signature.declarations, closer)
    function = symbols("", [kind for argument in lowered for kind in argument.kinds], kind)
    image, count, convert = symbols.image, len(lowered), _conversion(signature, lowered)
    names = _names(signature)

    def call(*values):
        if not image.enter():
            raise CallRefused("library-closed")
        try:
            if len(values) != count:
                raise CallRefused("arity")
            carriers = convert(values)
            if consumed is not None:
                _consume(values, consumed, names)
            register = function(*carriers)
        finally:
            image.leave()
        return finish(register) if finish else register

    return call


def _conversion(signature, lowered):
    """What makes carriers of the values of a direct call."""
    names = _names(signature)
    if any(argument.fields is not None for argument in signature.arguments):
        puts = [argument.put for argument in lowered]

        def spread(values):
            carriers = []
            _convert(puts, values, None, carriers, names)
            return carriers

        return spread
    converters = [arguments.direct(argument.type, signature.declarations)[1]
                  for argument in signature.arguments]

    def convert(values):
        carriers = []
        try:
            for converter, value in zip(converters, values):
                carriers.append(converter(value))
        except CallRefused as refusal:
            raise refusal.at(names, len(carriers))
        return carriers

    return convert


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
    tells = told.plan(signature, lowered)
    if tells:
        function = symbols("", [*tells.kinds, *["address"] * len(rooms)], returned.kind)

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
                if tells:
                    carriers = tells.filled_in(carriers, values, names)
                    came = list(carriers)
                places = [scope.take(size, align) for size, align in rooms]
                carriers += [address for _, _, address in places]
                if consumed is not None:
                    _consume(values, consumed, names)
                register = function(*carriers)
                try:
                    scope.finish()
                finally:
                    if tells:
                        register = tells.register(register, came)
                    value = finish(register, places)
                    if tells:
                        value = tells.results(value, came)
                return value
        finally:
            image.leave()

    return call


def _consume(values, place, names):
    try:
        values[place].consume()
    except CallRefused as refusal:
        raise refusal.at(names, place)


def _convert(puts, values, scope, carriers, names):
    place = 0
    try:
        for place, put in enumerate(puts):
            put(values[place], scope, carriers)
    except CallRefused as refusal:
        raise refusal.at(names, place)
    except MemoryError:
        raise CallRefused("out-of-memory").at(names, place) from None


def _names(signature):
    return [argument.binding.source for argument in signature.arguments]
