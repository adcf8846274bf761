"""Streams: items of a native iterator, fetched as they are asked for (R-12)."""

import threading

from .errors import CallRefused

END = object()  # what fetching gives in place of an item when there is none


class Stream:
    """What a function returned that streams: iterate over it, once.

    Its iterator ends as any of Python does. ``close()``, the end of a ``with`` block, or letting go of it
    frees the native iterator early. Iterating a second time is refused with ``stream-consumed``.
    """

    __slots__ = ("_image", "_fetch", "_free", "_iterator", "_taken", "_lock", "__weakref__")

    def __init__(self, image, iterator, fetch, free):
        self._image = image
        self._iterator = iterator
        self._fetch = fetch
        self._free = free
        self._taken = False
        self._lock = threading.RLock()

    def __iter__(self):
        with self._lock:
            if self._taken or self._iterator is None:
                raise CallRefused("stream-consumed")
            self._taken = True
        return _Items(self)

    def fetch(self):
        """The next item. The end raises StopIteration, and what is asked after it is refused."""
        with self._lock:
            if not self._image.enter():
                raise CallRefused("library-closed")
            try:
                if self._iterator is None:
                    raise CallRefused("stream-consumed")
                item = self._fetch()
            finally:
                self._image.leave()
            if item is not END:
                return item
            self.close()
        raise StopIteration

    def close(self):
        """Frees the native iterator, if nobody has yet."""
        with self._lock:
            iterator, self._iterator = self._iterator, None
            if iterator is not None and self._image.enter():
                try:
                    self._free(iterator)
                finally:
                    self._image.leave()

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.close()

    def __del__(self):
        self.close()


class _Items:
    """The one iterator of a stream; when it is dropped, the reader has stopped, and the stream is closed."""

    __slots__ = ("_stream",)

    def __init__(self, stream):
        self._stream = stream

    def __iter__(self):
        return self

    def __next__(self):
        if self._stream is None:
            raise StopIteration
        try:
            return self._stream.fetch()
        except StopIteration:
            self._stream = None
            raise

    def __del__(self):
        if self._stream is not None:
            self._stream.close()
