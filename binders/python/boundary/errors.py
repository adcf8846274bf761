"""What a binder says instead of a value. Every exception has a ``code``, a word of the contract's tables."""


class BoundaryError(Exception):
    """The base of all that this package raises of its own will."""

    code = ""


class SignatureRefused(BoundaryError, ValueError):
    """A signature or a declaration that is malformed or unsupported (S-4).

    ``form`` is the text of the form at fault, ``offset`` where it begins in the text, in bytes of UTF-8.
    """

    def __init__(self, code, offset, form):
        super().__init__(f"{code}: `{form}`, at byte {offset}")
        self.code = code
        self.offset = offset
        self.form = form


class NotLinked(BoundaryError, OSError):
    """A library that cannot be opened, or that lacks a symbol (B-1)."""

    code = "not-linked"

    def __init__(self, path, symbol=None, reason=""):
        lacking = f"has no symbol `{symbol}`" if symbol else "cannot be opened"
        super().__init__(f"the library {path} {lacking}" + (f": {reason}" if reason else ""))
        self.path = path
        self.symbol = symbol


class CallRefused(BoundaryError):
    """A call that was not made (C). ``argument`` names the one at fault, where it is one, and ``index`` is its
    place in the signature; of all rest values that of the rest argument."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code
        self.argument = None
        self.index = None

    def at(self, names, index):
        """The same, of the argument at that place."""
        self.argument, self.index = names[index], index
        return self

    def __str__(self):
        return f"{self.code}, argument {self.argument}" if self.argument is not None else self.code


class ResultLost(BoundaryError):
    """A call that was made, and whose result cannot be had (R-11)."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


class NativeError(Exception):
    """An error that a native function returned (R-7).

    It is data: a call returns it and raises nothing. Who wants it raised can ``raise`` it.
    """

    def __init__(self, name):
        super().__init__(name)
        self.name = name

    def __eq__(self, other):
        return isinstance(other, NativeError) and other.name == self.name

    def __hash__(self):
        return hash((NativeError, self.name))
