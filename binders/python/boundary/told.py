"""What arguments tell of others and of the return, and those that come back (Z-3 to Z-6)."""

from . import decode, encode
from .errors import CallRefused
from .layout import layout
from .native import bytes_at
from .types import INTEGERS


def plan(signature, lowered):
    """What a signature needs of this, or None where it needs nothing."""
    lengths = len(signature.written) - len(signature.arguments)
    outs = any(argument.type and argument.type.kind == "in-out" for argument in signature.arguments)
    return Told(signature, lowered) if lengths or outs or signature.returns.kind == "counted" else None


class Told:
    """Where the carriers of one function's arguments are, lengths among them, and what is read of them after a call.

    ``kinds`` are the kinds of all of its carriers, as the C function has them.
    """

    __slots__ = ("kinds", "_lengths", "_backs", "_count")

    def __init__(self, signature, lowered):
        declarations, hosts = signature.declarations, signature.arguments
        self.kinds, self._lengths, self._backs, self._count = [], [], [], None
        for argument in signature.written:
            name, place = argument.binding.source, len(self.kinds)
            if argument in hosts:
                self.kinds += lowered[hosts.index(argument)].kinds
                if argument.type and argument.type.kind == "in-out":
                    of = argument.type.of
                    self._backs.append((place, layout(of, declarations).size, decode.reader(of, declarations)))
            else:
                arrays = [(index, host.type.of.name) for index, host in enumerate(hosts)
                          if host.type and host.type.kind == "counted" and host.type.length == name]
                self.kinds.append(argument.type.name)
                self._lengths.append((place, argument.type.name, arrays))
            if signature.returns.kind == "counted" and signature.returns.length == name:
                behind = self._backs[-1] if argument.type.kind == "in-out" else None
                self._count = (place, behind)

    def filled_in(self, carriers, values, names):
        """The carriers with the lengths among them (Z-3)."""
        carriers = list(carriers)
        for place, kind, arrays in self._lengths:
            counts = [encode.typed(values[index], of)[1] for index, of in arrays]
            size, signed = INTEGERS[kind]
            for (index, _), count in zip(arrays, counts):
                if count != counts[0]:
                    raise CallRefused("array-length").at(names, index)
                if count >= 1 << size * 8 - signed:
                    raise CallRefused("out-of-range").at(names, index)
            carriers.insert(place, counts[0])
        return carriers

    def register(self, register, carriers):
        """What a return is made of: with how many elements there are, where an argument says that (Z-4)."""
        if self._count is None:
            return register
        place, behind = self._count
        if behind is None:
            return register, carriers[place]
        _, size, read = behind
        return register, read(bytes_at(carriers[place], size), 0)

    def results(self, value, carriers):
        """What a call gives: the return, then what went in and came out (Z-6)."""
        if not self._backs:
            return value
        return [value, *(read(bytes_at(carriers[place], size), 0) for place, size, read in self._backs)]
