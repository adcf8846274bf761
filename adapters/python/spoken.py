"""Values of the protocol (docs/protocol.md, *Values*) into those of Python, and back."""

import array
import struct

from boundary import Array, Extended, Handle, Keyword, NativeError, Record, Stream

# The element types that Python itself has arrays of.
CODES = {"i8": "b", "i16": "h", "i32": "i", "i64": "q", "u8": "B", "u16": "H", "u32": "I", "u64": "Q",
         "f32": "f", "f64": "d"}


class Tokens:
    """The handles and the streams that were given out, each kind numbered by itself."""

    def __init__(self):
        self.handles = []
        self.streams = []

    def token(self, thing):
        known = self.handles if isinstance(thing, Handle) else self.streams
        for number, other in enumerate(known):
            if other is thing:
                return str(number)
        known.append(thing)
        return str(len(known) - 1)


def typed(kind, content):
    """A typed array of these bytes."""
    return array.array(CODES[kind], content) if kind in CODES else Array(kind, content)


def heard(value, tokens):
    """The value of Python that a value of the protocol stands for; not ``view`` and ``same``."""
    if value is None or isinstance(value, bool):
        return value
    (tag, held), = value.items()
    if tag in ("long", "big"):
        return int(held)
    if tag == "double":
        return struct.unpack(">d", bytes.fromhex(held))[0]
    if tag == "extended":
        return Extended(held[0], int(held[1], 16))
    if tag == "keyword":
        return Keyword(held)
    if tag == "error":
        return NativeError(held)
    if tag == "string":
        return held
    if tag == "utf16":
        return bytes.fromhex(held).decode("utf-16-be", "surrogatepass")
    if tag == "bytes":
        return bytes.fromhex(held)
    if tag == "array":
        return typed(held[0], bytes.fromhex(held[1]))
    if tag == "vector":
        return [heard(item, tokens) for item in held]
    if tag == "map":
        return {key: heard(item, tokens) for key, item in held}
    if tag == "record":
        return Record(held[0], {key: heard(item, tokens) for key, item in held[1]})
    return (tokens.handles if tag == "handle" else tokens.streams)[int(held)]


def said(value, token):
    """The value of the protocol for a value of Python; ``token`` gives that of a handle or a stream."""
    if value is None or value is True or value is False:
        return value
    kind = type(value)
    if kind is int:
        return {"long" if -1 << 63 <= value < 1 << 63 else "big": str(value)}
    if kind is float:
        return {"double": struct.pack(">d", value).hex()}
    if kind is str:
        return {"string": value}
    if kind is list:
        return {"vector": [said(item, token) for item in value]}
    if kind is dict:
        return {"map": [[key, said(item, token)] for key, item in value.items()]}
    if kind is Record:
        return {"record": [value.record, [[key, said(item, token)] for key, item in value.items()]]}
    if kind is Keyword:
        return {"keyword": value.name}
    if kind is NativeError:
        return {"error": value.name}
    if kind is bytes:
        return {"bytes": value.hex()}
    if kind is Extended:
        return {"extended": [value.format, f"{value.bits:032x}"]}
    if kind is Handle:
        return {"handle": token(value)}
    if kind is Stream:
        return {"stream": token(value)}
    raise TypeError(f"the protocol has no value for {value!r}")


class Arguments:
    """The arguments of a call, and which arrays among them the call has changed.

    What is no array is made once; arrays are made anew each time that ``fresh`` is called.
    """

    def __init__(self, values, tokens):
        self.spoken = values
        self.made = [None if self._array(value) else heard(value, tokens) for value in values]
        self.arrays = {place: self._content(value) for place, value in enumerate(values)
                       if self._array(value)}

    @staticmethod
    def _array(value):
        return isinstance(value, dict) and not value.keys().isdisjoint(("array", "view", "same"))

    @staticmethod
    def _content(value):
        (tag, held), = value.items()
        return None if tag == "same" else (held[0], bytes.fromhex(held[1]), held[2:])

    def fresh(self):
        """The arguments, and the arrays among them that stand for themselves."""
        arguments, wholes = list(self.made), {}
        for place, content in self.arrays.items():
            if content is None:
                arguments[place] = arguments[int(self.spoken[place]["same"])]
                continue
            kind, before, window = content
            whole = wholes[place] = typed(kind, before)
            if not window:
                arguments[place] = whole
                continue
            start, count = map(int, window)
            if isinstance(whole, Array):
                arguments[place] = whole.window(start, start + count)
            else:
                arguments[place] = memoryview(whole)[start:start + count]
        return arguments, wholes

    def changed(self, wholes):
        """The reply's ``arrays``."""
        changed = []
        for place, whole in wholes.items():
            kind, before, _ = self.arrays[place]
            after = whole.data if isinstance(whole, Array) else whole.tobytes()
            if after != before:
                changed.append([place, {"array": [kind, after.hex()]}])
        return changed
