"""Python's cffi in ABI mode, judged at wire level (docs/protocol.md): declared at run time, called by libffi."""

from wire import Unlinked, ffi, prototype, serve

libraries = {}


def bind(path, symbol, parameters, returns):
    # The libraries that the suite compares have the same symbols: what is declared anew takes the place of
    # what was, and a function that was taken keeps its own.
    ffi.cdef(prototype(symbol, parameters, returns), override=True)
    try:
        if path not in libraries:
            libraries[path] = ffi.dlopen(path)
        return getattr(libraries[path], symbol)
    except (OSError, AttributeError) as error:
        raise Unlinked(str(error)) from None


serve("cffi", bind, ["by-value", "variadics"])
