"""Types as the contract writes them (T), read from forms into one normalised shape.

This is the stage of S-4 that looks at each type by itself. What a position admits is in ``rules``.
"""

from .errors import SignatureRefused

INTEGERS = {
    "i8": (1, True), "i16": (2, True), "i32": (4, True), "i64": (8, True), "i128": (16, True),
    "u8": (1, False), "u16": (2, False), "u32": (4, False), "u64": (8, False), "u128": (16, False),
    "isize": (8, True), "usize": (8, False),
}
FLOATS = {"f16": 2, "f32": 4, "f64": 8, "f80": 16, "f128": 16}
WIDE = {"i128", "u128", "f80", "f128"}
CARRIERS = ({*INTEGERS, *FLOATS} - WIDE) | {"bool"}
SCALARS = CARRIERS | WIDE
KEYWORDS = SCALARS | {"void", "noreturn", "string"}
_WRITTEN = [f":{scalar}" for scalar in SCALARS]
MOST_BYTES = 1 << 63  # nothing in memory is as large
REACHING = ("ptr", "manyptr", "slice")


def size_of(scalar):
    """Bytes of a scalar in memory, which is also its alignment."""
    return 1 if scalar == "bool" else FLOATS[scalar] if scalar in FLOATS else INTEGERS[scalar][0]


class Type:
    """One type: its kind, what that kind has beside it, and the form that it was read from."""

    __slots__ = ("kind", "form", "name", "const", "length", "of", "error", "iter_type")

    def __init__(self, kind, form, name=None, const=False, length=None, of=None, error=None,
                 iter_type=None):
        self.kind = kind
        self.form = form
        self.name = name
        self.const = const
        self.length = length
        self.of = of
        self.error = error
        self.iter_type = iter_type

    def scalar(self, names=SCALARS):
        """Whether it is a scalar, of these."""
        return self.kind == "scalar" and self.name in names

    def parts(self):
        """The type, then those within it, from the outside in."""
        part = self
        while part is not None:
            yield part
            part = part.of

    def __str__(self):
        """The type as it is written (T-9)."""
        const = ":const " if self.const else ""
        if self.kind == "scalar" or self.kind in KEYWORDS:
            return f":{self.name or self.kind}"
        if self.kind == "named":
            return self.name
        if self.kind == "handle":
            return f"[:handle {self.name}]"
        if self.kind == "array":
            return f"[:array {self.length} {self.of}]"
        if self.kind == "error-union":
            return f"[:error-union {self.error} {self.of}]"
        if self.kind == "cstring":
            return f"[:cstring {self.length}]" if self.length else "[:cstring]"
        if self.kind == "counted":
            return f"[:counted {self.length} {const}{self.of}]"
        if self.kind == "stream":
            return f"[:stream {self.of} of {self.iter_type}]"
        return f"[:{self.kind} {const}{self.of}]"

    def normal(self):
        """The normal form (T-9), as text of EDN."""
        kind = "scalar" if self.kind in ("void", "noreturn") else self.kind
        fields = [("kind", f":{kind}"), ("length", self.length), ("error", self.error),
                  ("iter-type", self.iter_type)]
        if kind in REACHING or kind == "counted":
            fields.append(("const?", "true" if self.const else "false"))
        if kind == "handle":
            fields.append(("of", f"{{:kind :named :name {self.name}}}"))
        elif kind in ("scalar", "named"):
            fields.append(("name", self.name if kind == "named" else f":{self.name or self.kind}"))
        elif self.of:
            fields.append(("of", self.of.normal()))
        return "{" + " ".join(f":{key} {value}" for key, value in fields if value is not None) + "}"


def refuse(code, form):
    """Refuses with a code of table S, for this form."""
    raise SignatureRefused(code, form.offset, form.source)


def read_type(form):
    """The type that a form writes; refused from the outside in."""
    outer = inner = None
    while True:
        read, rest = _one(form)
        if outer is None:
            outer = read
        else:
            inner.of = read
        if rest is None:
            return outer
        inner, form = read, rest


def _one(form):
    """A type without what it is over, and the form of that."""
    if form.kind == "keyword":
        if form.value not in KEYWORDS:
            refuse("unknown-scalar", form)
        if form.value in SCALARS:
            return Type("scalar", form, name=form.value), None
        return Type(form.value, form), None
    if form.kind == "symbol":
        return Type("named", form, name=form.value), None
    if form.kind != "vector":
        refuse("unknown-type", form)
    head, parts = (form.value[0], form.value[1:]) if form.value else (None, [])
    if head is None or head.kind != "keyword":
        refuse("malformed-compound", form)
    kind, count = head.value, len(parts)
    if kind in REACHING:
        const = count > 0 and parts[0].names(":const")
        if count != 1 + const:
            refuse("malformed-compound", form)
        return Type(kind, form, const=const), parts[-1]
    if kind == "cstring" and (not parts or count == 1 and parts[0].kind == "integer" and parts[0].value > 0):
        return Type(kind, form, length=parts[0].value if parts else None), None
    if kind == "counted" and count > 1 and parts[0].kind == "symbol":
        const = parts[1].names(":const")
        if count != 2 + const:
            refuse("malformed-compound", form)
        return Type(kind, form, const=const, length=parts[0].value), parts[-1]
    if kind == "array" and count == 2 and parts[0].kind == "integer":
        size = size_of(parts[1].value) if parts[1].names(*_WRITTEN) else 1
        if not 0 <= parts[0].value * size < MOST_BYTES:
            refuse("malformed-compound", form)
        return Type(kind, form, length=parts[0].value), parts[1]
    if kind in ("optional", "owned", "borrowed", "in-out") and count == 1:
        return Type(kind, form), parts[0]
    if kind == "bytes" and count == 1:
        return Type(kind, form), parts[0]
    if kind == "error-union" and count == 2:
        if parts[0].kind != "symbol":
            refuse("malformed-error-set", parts[0])
        return Type(kind, form, error=parts[0].value), parts[1]
    if kind == "handle" and count == 1:
        if parts[0].kind != "symbol":
            refuse("unsupported-handle", form)
        return Type(kind, form, name=parts[0].value), None
    if kind == "stream" and count == 3 and parts[1].names("of") and parts[2].kind == "symbol":
        return Type(kind, form, iter_type=parts[2].value), parts[0]
    refuse("malformed-compound", form)
