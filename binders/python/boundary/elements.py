"""Scalars as they lie in memory, and what they are in Python."""

from .floats import Extended, widened
from .types import INTEGERS, size_of

_CODES = {1: "bB", 2: "hH", 4: "iI", 8: "qQ"}


def code_of(kind):
    """What ``struct`` calls a scalar; None where it has none, or changes a NaN of it."""
    if kind in INTEGERS:
        size, signed = INTEGERS[kind]
        return _CODES[size][not signed] if size in _CODES else None
    return {"f32": "f", "f64": "d", "bool": "B"}.get(kind)


def from_bits(kind):
    """What makes a value of the bits of a scalar that ``struct`` has no code for."""
    if kind == "f16":
        return lambda bits: widened("f16", bits)
    if kind == "f80":
        return lambda bits: Extended("f80", bits & ((1 << 80) - 1))
    if kind == "f128":
        return lambda bits: Extended("f128", bits)
    if kind == "i128":
        return lambda bits: bits - (bits >> 127 << 128)
    return lambda bits: bits


def elements(kind, data):
    """The values of an array of scalars, by its bytes."""
    code, size = code_of(kind), size_of(kind)
    if code is None:
        read = from_bits(kind)
        return [read(int.from_bytes(data[start:start + size], "little"))
                for start in range(0, len(data), size)]
    values = memoryview(data).cast(code).tolist()
    return list(map(bool, values)) if kind == "bool" else values
