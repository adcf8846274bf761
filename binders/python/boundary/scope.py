"""The memory of one call: what was copied for it, and room for what comes back (P-3, A)."""

import threading

from .native import address_of

_lock = threading.Lock()


class Counters:
    """How many scopes were opened, how many bytes they took, how many are open now."""

    scopes = 0
    bytes = 0
    open = 0


class Scope:
    """Memory that ends with a call. ``with Scope(size) as scope`` opens it with a page of that size.

    Another page is chained to it when it is full. What the call lends of the caller's own memory is held
    here, and what is to be written back after it.
    """

    __slots__ = ("_page", "_base", "_used", "_held", "_edits", "_taken")

    def __init__(self, size):
        self._page = None
        self._base = self._used = self._taken = 0
        self._held = []
        self._edits = []
        if size:
            self._chain(size)

    def __enter__(self):
        with _lock:
            Counters.scopes += 1
            Counters.open += 1
        return self

    def __exit__(self, *raised):
        with _lock:
            Counters.open -= 1
            Counters.bytes += self._taken
        self._held.clear()
        self._edits.clear()
        self._page = None

    def _chain(self, size):
        # A bytearray begins where its allocator aligned it, to 8 or 16; no type here asks for more than 16.
        page = bytearray(size + 16)
        held, address = address_of(page)
        self._held.append(held)
        self._taken += len(page)
        self._page, self._base, self._used = page, address, -address % 16

    def take(self, size, align):
        """Room of zeros: the page that it is in, where it begins there, and its address."""
        start = self._used + -(self._base + self._used) % align
        if self._page is None or start + size > len(self._page):
            self._chain(max(size, 256))
            start = self._used
        self._used = start + size
        return self._page, start, self._base + start

    def lend(self, buffer):
        """Holds a buffer where it is until the call has ended; its address."""
        held, address = address_of(buffer)
        self._held.append(held)
        return address

    def hold(self, thing):
        """Keeps something alive until the call has ended."""
        self._held.append(thing)

    def write_back(self, view, page, start):
        """After the call, has the elements that changed in a copy written into the caller's own array."""
        self._edits.append((view, page, start, bytes(page[start:start + view.nbytes])))

    def finish(self):
        """Writes back what the callee has changed in copies."""
        for view, page, start, before in self._edits:
            after = page[start:start + len(before)]
            if after != before:
                _merge(view, before, bytes(after))


def _merge(view, before, after):
    """Writes the elements that changed and no others: two views may show one memory."""
    old, new = memoryview(before).cast(view.format), memoryview(after).cast(view.format)
    for place in range(len(new)):
        if old[place:place + 1].tobytes() != new[place:place + 1].tobytes():
            view[place:place + 1] = new[place:place + 1]
