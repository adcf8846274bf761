"""What each position of a signature admits: the stages of S-4 that follow the reading of types."""

from .layout import layout
from .types import CARRIERS, INTEGERS, MOST_BYTES, WIDE, refuse

UNHELD = ("ptr", "manyptr", "optional", "handle", "error-union", "stream", "cstring", "counted", "in-out")


def names(argument, declarations):
    """Refuses an argument that names what nobody declared."""
    if argument.fields is None:
        known(argument.type, declarations)
        return
    if argument.type:
        refuse("unknown-field", argument.form)
    for key, type_ in argument.fields:
        if type_ is None:
            refuse("unknown-field", key)
        known(type_, declarations)


def known(type_, declarations):
    """Refuses a type that names what nobody declared."""
    for part in type_.parts():
        if part.kind == "named" and part.name not in declarations:
            refuse("unknown-type-name", part.form)
    for part in type_.parts():
        if part.kind == "stream" and part.iter_type not in declarations:
            refuse("unknown-type-name", part.form.value[3])


def argument(argument_, declarations):
    """Refuses what no argument may be."""
    if argument_.fields is not None:
        for _, type_ in argument_.fields:
            _inhabited(type_)
            if not type_.scalar(CARRIERS):
                refuse("unsupported-field", type_.form)
        return
    type_ = argument_.type
    _inhabited(type_)
    if argument_.rest:
        if not type_.scalar(CARRIERS):
            refuse("unsupported-rest-element", type_.form)
        return
    if type_.kind == "void":
        refuse("void-argument", type_.form)
    _compound(type_, declarations)
    bounded = type_.of if type_.kind == "optional" else type_
    if bounded.kind == "cstring" and bounded.length:
        refuse("unsupported-cstring", bounded.form)
    if type_.kind == "slice" and type_.of.kind == "named" and not type_.const:
        refuse("mutable-struct-slice", type_.form)
    if type_.kind == "optional":
        _optional_argument(type_, declarations)
    for kind, code in (("error-union", "unsupported-error-union"), ("owned", "unsupported-ownership"),
                       ("borrowed", "unsupported-ownership"), ("bytes", "unsupported-bytes"),
                       ("stream", "unsupported-stream-argument")):
        if type_.kind == kind:
            refuse(code, type_.form)


def _optional_argument(type_, declarations):
    of = type_.of
    if of.kind == "named" and declarations.struct(of.name):
        if declarations.has_buffers(of):
            refuse("unsupported-buffer-optional", type_.form)
    elif not (of.kind in ("ptr", "manyptr", "cstring") or of.scalar(CARRIERS)):
        refuse("unsupported-optional", type_.form)


def returned(type_, declarations):
    """Refuses what no return may be."""
    _inhabited(type_)
    _compound(type_, declarations)
    of = type_.of
    if type_.kind in ("slice", "array", "ptr", "manyptr"):
        refuse("unsupported-return-kind", type_.form)
    if type_.kind == "named" and declarations.has_buffers(type_):
        refuse("unsupported-buffer-struct-return", type_.form)
    if type_.kind == "optional":
        struct = of.kind == "named" and declarations.struct(of.name)
        if not (of.kind in ("ptr", "cstring") or of.scalar(CARRIERS) or struct):
            refuse("unsupported-optional", type_.form)
    if type_.kind == "in-out":
        refuse("unsupported-in-out", type_.form)
    if type_.kind == "error-union":
        if not (of.scalar() or of.kind in ("void", "named")):
            refuse("unsupported-error-union", type_.form)


def counted(type_, arguments, returned=False):
    """Refuses an array that is counted by no argument of an integer type (Z-3, Z-4)."""
    if type_ is None or type_.kind != "counted":
        return
    by = next((argument.type for argument in arguments
               if argument.binding.kind == "symbol" and argument.binding.value == type_.length
               and argument.type and not argument.rest and argument.fields is None), None)
    if by and by.kind == "in-out" and returned:
        by = by.of
    if not (by and by.scalar(set(INTEGERS) - WIDE)):
        refuse("unsupported-counted", type_.form.value[1])


def _inhabited(type_):
    for part in type_.parts():
        if part.kind == "noreturn":
            refuse("noreturn-position", part.form)


def _compound(type_, declarations):
    """Refuses what a compound may not be over, from the outside in."""
    for part in type_.parts():
        of = part.of
        if part.kind in ("ptr", "manyptr") and not of.scalar():
            refuse("unsupported-element", of.form)
        if part.kind == "counted" and not of.scalar():
            refuse("unsupported-counted", part.form)
        if part.kind == "in-out":
            struct = of.kind == "named" and declarations.struct(of.name) and not declarations.has_buffers(of)
            if not (struct or of.scalar(CARRIERS)):
                refuse("unsupported-in-out", part.form)
        if part.kind in ("slice", "array") and not (of.scalar() or of.kind == "named"):
            refuse("unsupported-element", of.form)
        if part.kind == "array" and layout(part, declarations).size >= MOST_BYTES:
            refuse("malformed-compound", part.form)
        if part.kind in ("owned", "borrowed"):
            struct = of.kind == "named" and declarations.struct(of.name)
            elements = of.kind == "slice" and (of.of.scalar() or of.of.kind == "named")
            if not (struct or elements):
                refuse("unsupported-ownership", part.form)
            if part.kind == "borrowed" and elements and declarations.has_buffers(of.of):
                refuse("unsupported-borrowed-buffer-slice", part.form)
        if part.kind == "bytes" and not (of.kind == "slice" and not of.const and of.of.scalar({"u8"})):
            refuse("unsupported-bytes", part.form)
        if part.kind == "stream" and not (of.scalar(CARRIERS) and declarations.iterator(part.iter_type)):
            refuse("unsupported-stream", part.form)


def field(type_, declarations):
    """Refuses what no field of a struct may be."""
    for part in type_.parts():
        if part.kind == "named" and part.name not in declarations:
            refuse("unknown-field", part.form)
    _inhabited(type_)
    owns = type_.kind in ("owned", "borrowed") and type_.of.kind == "named"
    if type_.kind in UNHELD or type_.kind == "void" or (owns and declarations.struct(type_.of.name)):
        refuse("unsupported-field", type_.form)
    _compound(type_, declarations)
