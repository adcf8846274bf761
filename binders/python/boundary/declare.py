"""Declarations of named types (T-8): enums, structs, records and iterator types."""

from . import rules
from .edn import Unreadable, read_all
from .types import INTEGERS, WIDE, read_type, refuse


class Enum:
    """An enum: its backing integer, and its members both ways."""

    def __init__(self, name, backing, values):
        self.name = name
        self.backing = backing
        self.values = values
        self.members = {value: member for member, value in values.items()}


class Struct:
    """A struct: its fields in order, whether it is a record, and whether it is an iterator type."""

    def __init__(self, name, fields, record, iterator):
        self.name = name
        self.fields = fields
        self.record = record
        self.iterator = iterator


class Declarations:
    """Named types. ``Declarations(text)`` reads them; ``extended(text)`` is these and more."""

    def __init__(self, text="", base=None):
        self._types = dict(base._types) if base else {}
        for form in _forms(text):
            declared = _declaration(form, self)
            self._types[declared.name] = declared

    def extended(self, text):
        """These declarations and those of the text; these stay as they are."""
        return Declarations(text, self) if text.strip() else self

    def __contains__(self, name):
        return name in self._types

    def __getitem__(self, name):
        return self._types[name]

    def struct(self, name):
        """The struct or record of this name, or None."""
        found = self._types.get(name)
        return found if isinstance(found, Struct) else None

    def iterator(self, name):
        """Whether the name is an iterator type's."""
        found = self.struct(name)
        return bool(found and found.iterator)

    def has_buffers(self, type_):
        """Whether a value of the type has buffers, itself or within its fields."""
        if type_.kind in rules.BUFFERS:
            return True
        if type_.kind == "array":
            return self.has_buffers(type_.of)
        found = self.struct(type_.name) if type_.kind == "named" else None
        return bool(found) and any(self.has_buffers(of) for _, of in found.fields)


def _forms(text):
    try:
        return read_all(text)
    except Unreadable as error:
        refuse("invalid-signature", error.form)


def _declaration(form, declarations):
    parts = form.value if form.kind == "list" else []
    if len(parts) < 3 or parts[1].kind != "symbol":
        refuse("invalid-signature", form)
    name = parts[1].value
    if parts[0].names("defenumz"):
        return _enum(name, form, parts[2:])
    if parts[0].names("deftypez", "defrecordz") and parts[2].kind == "vector" and len(parts) <= 4:
        iterator = len(parts) == 4 and _option(parts[3], "clj-zig/iter") is not None
        return Struct(name, _fields(parts[2], declarations), parts[0].names("defrecordz"), iterator)
    refuse("invalid-signature", form)


def _option(form, name):
    """The form under a keyword of a map, or None."""
    pairs = form.value if form.kind == "map" else []
    return next((value for key, value in pairs if key.names(":" + name)), None)


def _enum(name, form, parts):
    backing = _option(parts[0], "backing") if len(parts) == 2 else None
    if backing is not None and (backing.kind != "keyword" or backing.value not in INTEGERS
                                or backing.value in WIDE):
        refuse("bad-enum-backing", backing)
    kind = backing.value if backing is not None else "i32"
    members = parts[-1]
    if members.kind != "vector" or len(parts) > 2:
        refuse("invalid-signature", form)
    if len(members.value) % 2:
        refuse("malformed-members", members)
    size, signed = INTEGERS[kind]
    least = -(1 << size * 8 - 1) if signed else 0
    values = {}
    for member, value in zip(members.value[::2], members.value[1::2]):
        if member.kind != "symbol":
            refuse("malformed-members", member)
        if value.kind != "integer":
            refuse("non-integer-member", value)
        if member.value in values:
            refuse("duplicate-member", member)
        if value.value in values.values():
            refuse("duplicate-member", value)
        if not least <= value.value < least + (1 << size * 8):
            refuse("enum-value-overflow", value)
        values[member.value] = value.value
    return Enum(name, kind, values)


def _fields(form, declarations):
    if len(form.value) % 2:
        refuse("malformed-fields", form)
    pairs = list(zip(form.value[::2], form.value[1::2]))
    seen = set()
    for field, _ in pairs:
        if field.kind != "symbol":
            refuse("bad-field-name", field)
        if field.value in seen:
            refuse("duplicate-field", field)
        seen.add(field.value)
    fields = [(field.value, read_type(type_)) for field, type_ in pairs]
    for _, type_ in fields:
        rules.field(type_, declarations)
    return fields
