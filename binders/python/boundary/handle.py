"""Handles: native pointers with a type, which may be consumed once (C-7, C-14)."""

import threading
import weakref

from .errors import CallRefused

_alive = weakref.WeakValueDictionary()
_lock = threading.Lock()


class Handle:
    """A native resource. Two handles alive at once of one type and address are one object.

    It closes when a function that consumes it is called. A function bound with ``closer`` gives handles
    that know that function: ``close()``, or the end of a ``with`` block, calls it.
    """

    __slots__ = ("type_name", "_address", "_open", "_closer", "__weakref__")

    def __init__(self, type_name, address, closer=None):
        self.type_name = type_name
        self._address = address
        self._open = [None]  # popped from by who consumes it, which is atomic
        self._closer = closer

    @property
    def closed(self):
        """Whether a call consumed it."""
        return not self._open

    @property
    def address(self):
        """The pointer inside; a closed handle is refused."""
        if not self._open:
            raise CallRefused("handle-closed")
        return self._address

    def consume(self):
        """Closes it; of several that try to, one succeeds, and the others are refused."""
        try:
            self._open.pop()
        except IndexError:
            raise CallRefused("handle-closed") from None
        # Before the native call: from then on the library may give the address to somebody else.
        with _lock:
            key = (self.type_name, self._address)
            if _alive.get(key) is self:
                del _alive[key]

    def close(self):
        """Calls the function that frees the resource. Again it does nothing."""
        if self.closed:
            return
        if self._closer is None:
            raise TypeError(f"nothing is known that closes a {self.type_name}")
        self._closer(self)

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.close()

    def __repr__(self):
        return f"<Handle {self.type_name} {'closed' if self.closed else hex(self._address)}>"


def returned(type_name, closer=None):
    """What makes a handle of an address that came back, or None of null (R-6)."""

    def convert(address):
        if not address:
            return None
        key = (type_name, address)
        with _lock:
            found = _alive.get(key)
            if found is None:
                found = _alive[key] = Handle(type_name, address, closer)
            return found

    return convert
