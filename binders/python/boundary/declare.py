"""Declarations of named types (T-8): enums, structs, records and iterator types."""

from . import rules
from .edn import Unreadable, read_all
from .layout import BUFFERS
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
        self.own = set()  # the names that this text declares, each once
        for form in _forms(text):
            declared = _declaration(form, self)
            self._types[declared.name] = declared
            self.own.add(declared.name)

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
        if type_.kind in BUFFERS:
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
    head = form.value[0] if form.kind == "list" and form.value else None
    if head is None or not head.names("defenumz", "deftypez", "defrecordz"):
        refuse("invalid-signature", form)
    enum = head.value == "defenumz"
    malformed = "malformed-members" if enum else "malformed-fields"
    parts = form.value[1:]
    if len(parts) < 2:
        refuse(malformed, form)
    if parts[0].kind != "symbol":
        refuse(malformed, parts[0])
    if parts[0].value in declarations.own:
        refuse("duplicate-member" if enum else "duplicate-field", parts[0])
    if enum:
        return _enum(parts[0].value, form, parts[1:])
    return _struct(parts[0].value, parts[1:], head.value == "defrecordz", declarations)


def _struct(name, parts, record, declarations):
    fields = _fields(parts[0], declarations)
    if len(parts) > 1 and (record or len(parts) > 2 or not _iterates(parts[1])):
        refuse("malformed-fields", parts[1])
    return Struct(name, fields, record, len(parts) == 2)


def _iterates(form):
    """Whether a form says that a type is an iterator's: by which symbols one steps and ends it."""
    if form.kind != "map" or len(form.value) != 1 or not form.value[0][0].names(":clj-zig/iter"):
        return False
    option = form.value[0][1]
    return (option.kind == "map" and len(option.value) == 2
            and all(key.names(":next", ":deinit") and name.kind == "string" and name.value
                    for key, name in option.value))


def _enum(name, form, parts):
    kind = "i32"
    if parts[0].kind == "map":
        kind = _backing(parts[0]) or kind
        parts = parts[1:]
    elif len(parts) == 2 and parts[1].kind == "map":
        kind = _backing(parts[1]) or kind
        parts = parts[:1]
    if not parts:
        refuse("malformed-members", form)
    members = parts[0]
    if members.kind != "vector" or len(parts) > 1:
        refuse("malformed-members", parts[-1])
    if len(members.value) % 2:
        refuse("malformed-members", members.value[-1])
    size, signed = INTEGERS[kind]
    least = -(1 << size * 8 - 1) if signed else 0
    values, taken = {}, set()
    for member, value in zip(members.value[::2], members.value[1::2]):
        if member.kind != "symbol":
            refuse("malformed-members", member)
        if value.kind != "integer":
            refuse("non-integer-member", value)
        if member.value in values:
            refuse("duplicate-member", member)
        if value.value in taken:
            refuse("duplicate-member", value)
        if not least <= value.value < least + (1 << size * 8):
            refuse("enum-value-overflow", value)
        values[member.value] = value.value
        taken.add(value.value)
    return Enum(name, kind, values)


def _backing(option):
    """The integer that a map of options gives as the backing, or None."""
    for key, backing in option.value:
        if not key.names(":backing"):
            refuse("malformed-members", key)
        if backing.kind != "keyword" or backing.value not in set(INTEGERS) - WIDE:
            refuse("bad-enum-backing", backing)
        return backing.value
    return None


def _fields(form, declarations):
    if form.kind != "vector":
        refuse("malformed-fields", form)
    if len(form.value) % 2:
        refuse("malformed-fields", form.value[-1])
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
