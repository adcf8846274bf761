"""The machine: the dynamic loader, addresses, and what a C type is called. All of cffi is here.

Every pointer crosses as an integer of its width, which no ABI of the targets tells from a pointer.
"""

import os
import platform
import sys
import tempfile
import threading
import time

import cffi

from .errors import NotLinked

if sys.byteorder != "little" or sys.maxsize != (1 << 63) - 1 or os.name != "posix":
    raise ImportError("boundary serves little-endian POSIX systems of 64 bits")

_ffi = cffi.FFI()
_ffi.cdef("""
    void *dlopen(const char *, int);
    void *dlsym(void *, const char *);
    int dlclose(void *);
    char *dlerror(void);
""")
_loader = _ffi.dlopen(None)
_ADDRESS = _ffi.typeof("uintptr_t")
_BYTES = _ffi.typeof("char *")
_LOCAL_NOW = os.RTLD_NOW | os.RTLD_LOCAL

# On these targets an integer of 64 bits crosses as any narrower one does, and is extended over the whole
# of its register or slot (L-21). libffi extends in registers, and writes a slot's own bytes alone.
_WIDENS = sys.platform == "linux" and platform.machine() in ("x86_64", "aarch64")
# A half crosses in the low 16 bits of a float register (L-2): as the low bits of a double.
_CTYPES = {"isize": "int64_t", "usize": "uint64_t", "f16": "double", "f32": "float", "f64": "double",
           "bool": "uint8_t", "address": "uint64_t", "void": "void"}


def _ctype(kind):
    return _CTYPES.get(kind) or f"{'u' if kind[0] == 'u' else ''}int{kind[1:]}_t"


def _argument_ctype(kind):
    own = _ctype(kind)
    return own if not _WIDENS or "int" not in own else "uint64_t" if own[0] == "u" else "int64_t"


def function(address, parameters, returns):
    """The C function at an address, by the kinds of its carriers: scalars, "address" and "void"."""
    carriers = ", ".join(map(_argument_ctype, parameters)) or "void"
    return _ffi.cast(f"{_ctype(returns)}(*)({carriers})", address)


def address_of(buffer):
    """What keeps a buffer where it is, and its address."""
    held = _ffi.from_buffer(buffer)
    return held, int(_ffi.cast(_ADDRESS, held))


def bytes_at(address, length):
    """A copy of native memory."""
    return _ffi.buffer(_ffi.cast(_BYTES, address), length)[:] if length else b""


def ended_at(address, most=None):
    """A copy of the bytes at an address, up to a NUL or so many (Z-2)."""
    text = _ffi.cast(_BYTES, address)
    return _ffi.string(text) if most is None else _ffi.string(text, most)


class Image:
    """A library that is open. It is closed once: by ``close``, or when nothing holds it any more.

    ``enter`` and ``leave`` stand around each native call, so that closing waits for those that run.
    """

    def __init__(self, path):
        self.path = path
        self._calls = []  # appended to and popped from, which are atomic, so that no call takes a lock
        self._open = True
        self._closing = threading.Lock()
        self._handle, self._file = _opened(path)

    def symbol(self, name):
        """The address of a symbol; raises NotLinked."""
        address = _loader.dlsym(self._handle, name.encode())
        if address == _ffi.NULL:
            raise NotLinked(self.path, name)
        return int(_ffi.cast(_ADDRESS, address))

    def enter(self):
        """Says that a native call begins; False where the library was closed."""
        self._calls.append(None)
        if self._open:
            return True
        self._calls.pop()
        return False

    def leave(self):
        """Says that a native call has ended."""
        self._calls.pop()

    @property
    def is_open(self):
        """Whether it was not closed."""
        return self._open

    def close(self):
        """Closes the library when the calls that run have ended (B-3). Again it does nothing."""
        with self._closing:
            if not self._open:
                return
            self._open = False
            while self._calls:
                time.sleep(0.001)
            self._dispose()

    def _dispose(self):
        _loader.dlclose(self._handle)
        with _files_lock:
            _forget(self._file)

    def __del__(self):
        if getattr(self, "_file", None) is not None and self._open:
            self._open = False
            self._dispose()


# Which file is open under a path, and how often. The loader goes by the path alone: it would give the
# old file to who opens a path under which there is another by now.
_files = {}
_files_lock = threading.RLock()


def _opened(path):
    """The loader's handle of a library, and what is to be forgotten when it is closed."""
    with _files_lock:
        try:
            status = os.stat(path)
            file = (os.path.abspath(path), status.st_dev, status.st_ino)
        except (OSError, ValueError):
            file = (path, 0, 0)
        others = any(known[0] == file[0] and known != file for known in _files)
        handle = _under_another_name(file[0]) if others else _loaded(path)
        _files[file] = _files.get(file, 0) + 1
        return handle, file


def _forget(file):
    _files[file] -= 1
    if not _files[file]:
        del _files[file]


def _loaded(path, name=None):
    try:
        handle = _loader.dlopen(os.fsencode(name or path), _LOCAL_NOW)
    except ValueError as error:  # a NUL in the path
        raise NotLinked(path, reason=str(error)) from None
    if handle == _ffi.NULL:
        raise NotLinked(path, reason=_ffi.string(_loader.dlerror()).decode("utf-8", "replace"))
    return handle


def _under_another_name(path):
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, os.path.basename(path))
        os.symlink(path, name)
        return _loaded(path, name)
