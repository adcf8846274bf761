"""Floats of every format, exactly: from one to another with one rounding (C-3), by whole numbers."""

import struct

# Bits of the exponent and of the fraction. An f80 writes its leading bit, the others imply it.
FORMATS = {"f16": (5, 10), "f32": (8, 23), "f64": (11, 52), "f80": (15, 63), "f128": (15, 112)}
_LONGEST = 112
_DOUBLE = struct.Struct("<d")
_WORD = struct.Struct("<Q")


class Extended:
    """A float of a format that Python has none of: ``f80`` or ``f128``, by its bits.

    ``Extended("f80", bits)`` is these bits; ``Extended.of("f128", 0.1)`` is the nearest of the format to
    a number; ``float(x)`` rounds once. Two are equal where format and bits are.
    """

    __slots__ = ("format", "bits")

    def __init__(self, format, bits):
        if format not in ("f80", "f128"):
            raise ValueError(f"`{format}` is no extended format")
        if not 0 <= bits < 1 << (80 if format == "f80" else 128):
            raise ValueError(f"the bits do not fit an {format}")
        self.format = format
        self.bits = bits

    @classmethod
    def of(cls, format, number):
        """The value of the format that is nearest to an int, a float or an Extended."""
        return cls(format, rounded(format, number))

    def __float__(self):
        return double(rounded("f64", self))

    def __eq__(self, other):
        return isinstance(other, Extended) and (self.format, self.bits) == (other.format, other.bits)

    def __hash__(self):
        return hash((self.format, self.bits))

    def __repr__(self):
        return f"Extended({self.format!r}, {self.bits:#x})"


def double(bits):
    """The Python float of these 64 bits."""
    return _DOUBLE.unpack(_WORD.pack(bits))[0]


def double_bits(number):
    """The 64 bits of a Python float."""
    return _WORD.unpack(_DOUBLE.pack(number))[0]


def widened(format, bits):
    """The Python float of exactly the value that an f16 of these bits has."""
    return double(_composed("f64", *_parts(format, bits)))


def rounded(format, number):
    """The bits in this format of a number, an int, a float or an Extended, rounded once at most."""
    if type(number) is int:
        return _composed(format, number < 0, abs(number), 0)
    if isinstance(number, Extended):
        own, bits = number.format, number.bits
    else:
        own, bits = "f64", double_bits(number)
    return bits if own == format else _composed(format, *_parts(own, bits))


def _parts(format, bits):
    """Sign, and whole number and power of two whose product is the value.

    In place of the number stands "infinity" or "nan", and of a NaN its fraction, as of the longest format,
    in place of the power.
    """
    exponent_bits, fraction_bits = FORMATS[format]
    explicit = format == "f80"
    greatest = (1 << exponent_bits) - 1
    negative = bool(bits >> (exponent_bits + fraction_bits + explicit))
    exponent = bits >> (fraction_bits + explicit) & greatest
    fraction = bits & ((1 << fraction_bits) - 1)
    leading = bits >> fraction_bits & 1 if explicit else int(exponent > 0)
    if exponent == greatest:
        nan = fraction or not leading
        return negative, "nan" if nan else "infinity", fraction << (_LONGEST - fraction_bits)
    if exponent and not leading:
        return negative, "nan", 0  # an f80 that its own processor takes for no number
    bias = greatest >> 1
    return negative, leading << fraction_bits | fraction, max(exponent, 1) - bias - fraction_bits


def _composed(format, negative, mantissa, power):
    exponent_bits, fraction_bits = FORMATS[format]
    explicit = format == "f80"
    greatest = (1 << exponent_bits) - 1
    bias = greatest >> 1
    sign = negative << (exponent_bits + fraction_bits + explicit)
    infinity = sign | greatest << (fraction_bits + explicit) | explicit << fraction_bits
    if mantissa == "nan":
        # What fits of its payload crosses, as processors do it, though C-3 promises none of it.
        return infinity | 1 << (fraction_bits - 1) | power >> (_LONGEST - fraction_bits)
    if mantissa == "infinity":
        return infinity
    if not mantissa:
        return sign
    last = max(mantissa.bit_length() - 1 + power, 1 - bias) - fraction_bits
    if last <= power:
        kept = mantissa << (power - last)
    else:
        dropped = last - power
        kept, rest = mantissa >> dropped, mantissa & ((1 << dropped) - 1)
        half = 1 << (dropped - 1)
        kept += rest > half or (rest == half and kept & 1)
    if kept >> (fraction_bits + 1):
        kept >>= 1
        last += 1
    if not kept >> fraction_bits:
        return sign | kept
    exponent = last + fraction_bits + bias
    if exponent >= greatest:
        return infinity
    fraction = kept & ((1 << (fraction_bits + explicit)) - 1)
    return sign | exponent << (fraction_bits + explicit) | fraction
