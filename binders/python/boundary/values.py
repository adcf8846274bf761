"""The values that Python has none of: keywords, records, and arrays of every element type."""

import threading
import weakref

from .elements import elements
from .floats import FORMATS, rounded
from .types import INTEGERS, SCALARS, size_of

# What memoryview calls an element, and the contract's name for it; integers go by their size.
_FORMATS = {"e": "f16", "f": "f32", "d": "f64", "?": "bool", "n": "isize", "N": "usize"}


class Keyword:
    """The name of an enum's member: ``Keyword("red")``, or ``kw.red``. Equal ones are one object."""

    __slots__ = ("name", "__weakref__")
    _all = weakref.WeakValueDictionary()
    _lock = threading.Lock()

    def __new__(cls, name):
        with cls._lock:
            found = cls._all.get(name)
            if found is None:
                found = super().__new__(cls)
                object.__setattr__(found, "name", str(name))
                cls._all[name] = found
        return found

    def __setattr__(self, name, value):
        raise AttributeError("a Keyword does not change")

    def __reduce__(self):
        return Keyword, (self.name,)

    def __repr__(self):
        return f":{self.name}"


class _Keywords:
    """``kw.red`` is ``Keyword("red")``."""

    def __getattr__(self, name):
        return Keyword(name)


kw = _Keywords()


class Record(dict):
    """The value of a record: a dict of its fields, and ``record``, the name of its type."""

    __slots__ = ("record",)

    def __init__(self, record, fields=()):
        super().__init__(fields)
        self.record = record

    def __eq__(self, other):
        return isinstance(other, Record) and self.record == other.record and dict.__eq__(self, other)

    def __ne__(self, other):
        return not self == other

    __hash__ = None

    def __repr__(self):
        return f"Record({self.record!r}, {dict.__repr__(self)})"


class Array:
    """An array of any scalar, also of those that ``array`` and ``memoryview`` have no code for.

    ``Array("i128", [1, 2])`` holds these elements, ``Array("u16", bytes)`` these bytes, in the machine's
    order. ``data`` is the bytearray of its elements, ``tolist()`` their values.
    """

    __slots__ = ("kind", "data")

    def __init__(self, kind, elements=()):
        if kind not in SCALARS:
            raise ValueError(f"`{kind}` is no scalar's name")
        self.kind = kind
        if isinstance(elements, (bytes, bytearray, memoryview)):
            self.data = bytearray(elements)
        else:
            self.data = bytearray()
            for element in elements:
                self.data += self._packed(element)
        if len(self.data) % size_of(kind):
            raise ValueError("the bytes are no whole number of elements")

    def _packed(self, element):
        size = size_of(self.kind)
        if self.kind in FORMATS:
            return rounded(self.kind, element).to_bytes(size, "little")
        signed = self.kind in INTEGERS and INTEGERS[self.kind][1]
        return int(element).to_bytes(size, "little", signed=signed)

    def __len__(self):
        return len(self.data) // size_of(self.kind)

    def window(self, start, stop):
        """An Array of the elements from start up to stop, in the memory of this one."""
        size = size_of(self.kind)
        window = Array(self.kind)
        window.data = memoryview(self.data)[start * size:stop * size]
        return window

    def tolist(self):
        """Its elements, as a returned slice would give them."""
        return elements(self.kind, bytes(self.data))

    def __getitem__(self, place):
        size = size_of(self.kind)
        place = range(len(self))[place]
        return elements(self.kind, bytes(self.data[place * size:(place + 1) * size]))[0]

    def __setitem__(self, place, element):
        size = size_of(self.kind)
        place = range(len(self))[place]
        self.data[place * size:(place + 1) * size] = self._packed(element)

    def __eq__(self, other):
        return isinstance(other, Array) and (self.kind, self.data) == (other.kind, other.data)

    __hash__ = None

    def __repr__(self):
        return f"Array({self.kind!r}, {self.tolist()!r})"


def elements_of(value):
    """The element type of a typed array, a memoryview of it, and how many elements; or None.

    Arrays are those of this module, and whatever has a buffer of one dimension: ``array.array``, a
    ``memoryview``, a ``bytearray``, an array of numpy. ``bytes`` are a value of their own (V), and none;
    ``memoryview(b)`` of them is.
    """
    if type(value) is Array:
        return value.kind, memoryview(value.data), len(value)
    if isinstance(value, bytes):
        return None
    try:
        view = memoryview(value)
    except TypeError:
        return None
    code = view.format.lstrip("@=<")
    if view.ndim != 1 or len(code) != 1:
        return None
    if code in "bhilqBHILQ":
        return f"{'i' if code.islower() else 'u'}{view.itemsize * 8}", view, len(view)
    return (_FORMATS[code], view, len(view)) if code in _FORMATS else None
