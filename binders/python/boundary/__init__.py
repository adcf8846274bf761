"""Calls of native libraries by the boundary contract: signatures in, values of Python through.

    from boundary import Library

    with Library("./libshapes.so", "(deftypez Point [x :f64 y :f64])") as shapes:
        mirror = shapes.bind("mirror", "[p Point :ret Point]")
        mirror({"x": 1.0, "y": 2.0})
"""

from .declare import Declarations
from .errors import BoundaryError, CallRefused, NativeError, NotLinked, ResultLost, SignatureRefused
from .floats import Extended
from .handle import Handle
from .library import Function, Library
from .signature import Signature, read_signature
from .stream import Stream
from .values import Array, Keyword, Record, kw

__version__ = "0.1.0"
__all__ = [
    "Array", "BoundaryError", "CallRefused", "Declarations", "Extended", "Function", "Handle", "Keyword",
    "Library", "NativeError", "NotLinked", "Record", "ResultLost", "Signature", "SignatureRefused",
    "Stream", "kw", "read_signature",
]
