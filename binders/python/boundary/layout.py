"""Where the C ABI puts things: sizes, alignments and offsets of ``Wire(S)`` (L-9, L-17 to L-19)."""

from .types import size_of

BUFFERS = ("string", "bytes", "slice", "owned", "borrowed")
POINTER = 8


class Layout:
    """The size and the alignment of a type in memory, and of a struct its fields' offsets."""

    __slots__ = ("size", "align", "offsets")

    def __init__(self, size, align, offsets=()):
        self.size = size
        self.align = align
        self.offsets = offsets


def layout(type_, declarations):
    """The layout of a type that stands in memory: an element, a field, what a return is stored as."""
    if type_.kind == "scalar":
        size = size_of(type_.name)
        return Layout(size, size)
    if type_.kind in BUFFERS:
        return Layout(2 * POINTER, POINTER)
    if type_.kind == "array":
        element = layout(type_.of, declarations)
        return Layout(type_.length * element.size, element.align)
    declared = declarations[type_.name]
    struct = declarations.struct(type_.name)
    if struct is None:
        size = size_of(declared.backing)
        return Layout(size, size)
    return _struct(struct, declarations)


def _struct(struct, declarations):
    end, align, offsets = 0, 1, []
    for _, type_ in struct.fields:
        field = layout(type_, declarations)
        end += -end % field.align
        offsets.append(end)
        end += field.size
        align = max(align, field.align)
    return Layout(end + -end % align, align, offsets)
