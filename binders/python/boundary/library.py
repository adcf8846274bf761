"""Libraries and the functions bound from them: what a user begins with."""

from .call import Symbols, bound, path_of
from .declare import Declarations
from .native import Image
from .signature import read_signature


class Library:
    """A native library that is open, and the types that its signatures name.

    ``declarations`` is text of EDN, or Declarations. Functions keep the library open; ``close``, or the
    end of a ``with`` block, closes it nevertheless, and calls are then refused with ``library-closed``.
    """

    def __init__(self, path, declarations=""):
        if isinstance(declarations, str):
            declarations = Declarations(declarations)
        self.declarations = declarations
        self._image = Image(path)

    @property
    def path(self):
        """The path that it was opened by."""
        return self._image.path

    @property
    def closed(self):
        """Whether it was closed."""
        return not self._image.is_open

    def bind(self, symbol, signature, *, consumes=None, closer=None, general=False):
        """The native function of this symbol, to be called with values of Python.

        ``signature`` is text, or a Signature. ``consumes`` is the binding, or the index, of the handle
        that the function frees or keeps: it closes when the call starts. ``closer`` is the bound function
        that frees the handles which this one returns. ``general`` has the general path serve it.

        Raises SignatureRefused, or NotLinked where the library lacks a symbol.
        """
        if isinstance(signature, str):
            signature = read_signature(signature, self.declarations)
        return Function(self._image, symbol, signature, consumes, closer, general)

    def close(self):
        """Unloads the library, once the calls that run have ended. Again it does nothing (B-3)."""
        self._image.close()

    def __enter__(self):
        return self

    def __exit__(self, *raised):
        self.close()

    def __repr__(self):
        return f"<Library {self.path}{' closed' if self.closed else ''}>"


class Function:
    """A native function: ``f(5)`` calls it. ``path`` says what serves it (P-4)."""

    __slots__ = ("symbol", "signature", "path", "_call", "__weakref__")

    def __init__(self, image, symbol, signature, consumes, closer, general):
        self.symbol = symbol
        self.signature = signature
        self.path = "general" if general else path_of(signature)
        self._call = bound(signature, Symbols(image, symbol), self.path, consumes, closer)

    def __call__(self, *values):
        return self._call(*values)

    def __repr__(self):
        return f"<Function {self.symbol} {self.signature.text}>"
