"""Signatures (S): read from text, refused with a code and a place, and put into their normal form.

The stages are those of S-4: the text and its shape, then types, then names, then the rules for
arguments, then the rules for the return. The rules are in ``rules``, declarations in ``declare``.
"""

from . import rules
from .edn import Form, Unreadable, read_all
from .types import read_type, refuse


MOST_DESTRUCTURED = 8


class Argument:
    """One argument: its binding, its type, and whether it takes the rest or is taken apart.

    ``fields`` of a destructured one holds for each binding the key and the type, in order. It has no type
    but where a type stands in place of the map of fields, which the rules refuse.
    """

    __slots__ = ("binding", "type", "form", "rest", "fields")

    def __init__(self, binding, type_, form, rest=False, fields=None):
        self.binding = binding
        self.type = type_
        self.form = form
        self.rest = rest
        self.fields = fields

    def normal(self):
        """Its part of the signature's normal form (S-1)."""
        mark = " :rest? true" if self.rest else " :destructured? true" if self.fields is not None else ""
        return f"{{:binding {self.binding.source} :type {self.form.source}{mark}}}"


class Signature:
    """A signature that was read and is supported: its arguments, its return, its declarations.

    ``written`` has every argument, ``arguments`` those that the host gives, which are all but the lengths of
    counted arrays (Z-3).
    """

    __slots__ = ("written", "arguments", "returns", "declarations", "text")

    def __init__(self, written, returns, declarations, text):
        counting = {argument.type.length for argument in written
                    if argument.type and argument.type.kind == "counted"}
        self.written = written
        self.arguments = [argument for argument in written if argument.binding.source not in counting]
        self.returns = returns
        self.declarations = declarations
        self.text = text

    @property
    def rest(self):
        """The argument that takes the rest, or None."""
        return self.arguments[-1] if self.arguments and self.arguments[-1].rest else None

    def normal(self):
        """The normal form (S-1), as text of EDN."""
        arguments = " ".join(argument.normal() for argument in self.written)
        return f"{{:args [{arguments}] :ret {self.returns.form.source}}}"

    def normal_types(self):
        """The normal form (T-9) of each argument's type, then of the return's."""
        types = [argument.type for argument in self.written if argument.type] + [self.returns]
        return [type_.normal() for type_ in types]


def read_signature(text, declarations):
    """Reads a signature (S-4); raises SignatureRefused."""
    vector = _vector(text)
    items, returned = _shape(vector)
    pairs, rest = _pairs(items, returned)
    seen = set()
    for binding, form in pairs:
        _binding(binding, rest and binding is pairs[-1][0], seen)
    arguments = [_argument(binding, form) for binding, form in pairs]
    if rest:
        arguments[-1].rest = True
    returns = read_type(returned)
    for argument in arguments:
        rules.names(argument, declarations)
    rules.known(returns, declarations)
    for argument in arguments:
        rules.argument(argument, declarations)
        rules.counted(argument.type, arguments)
    rules.returned(returns, declarations)
    rules.counted(returns, arguments, returned=True)
    return Signature(arguments, returns, declarations, text)


def _vector(text):
    try:
        forms = read_all(text)
    except Unreadable as error:
        refuse("invalid-signature", error.form)
    if len(forms) != 1 or forms[0].kind != "vector":
        whole = forms[0] if len(forms) == 1 else Form("text", None, text, 0, len(text))
        refuse("invalid-signature", forms[1] if len(forms) > 1 else whole)
    return forms[0]


def _shape(vector):
    """What stands before `:ret`, and the return's form."""
    items = vector.value
    places = [place for place, item in enumerate(items) if item.names(":ret")]
    if not places:
        refuse("missing-ret", vector)
    if len(places) > 1:
        refuse("extra-ret", items[places[1]])
    place = places[0]
    if place == len(items) - 1:
        refuse("empty-ret", items[place])
    if place != len(items) - 2:
        refuse("misplaced-ret", items[place])
    return items[:place], items[-1]


def _pairs(items, returned):
    """Bindings with their types, and whether the last takes the rest."""
    marks = [place for place, item in enumerate(items) if item.names("&")]
    if len(marks) > 1:
        refuse("misplaced-rest", items[marks[1 if marks[0] == len(items) - 3 else 0]])
    before = marks[0] if marks else len(items)
    if (len(items) - len(marks)) % 2:
        refuse("uneven-signature", items[before - 1 if before % 2 else -1])
    if marks and before != len(items) - 3:
        refuse("misplaced-rest", items[before])
    if returned.names("&"):
        refuse("misplaced-rest", returned)
    items = [item for item in items if not item.names("&")]
    return list(zip(items[::2], items[1::2])), bool(marks)


def _binding(binding, rest, seen):
    """Refuses a binding by its shape, and records the names that it introduces."""
    names = [binding]
    if binding.kind == "map" and not rest:
        names = [key for key, _ in binding.value]
        for key, value in binding.value:
            if key.kind != "symbol" or value.kind != "keyword":
                refuse("invalid-binding", key if key.kind != "symbol" else value)
        if len(names) > MOST_DESTRUCTURED:
            refuse("invalid-binding", names[MOST_DESTRUCTURED])
    elif binding.kind != "symbol":
        refuse("invalid-binding", binding)
    for name in names:
        if name.names("&"):
            refuse("misplaced-rest", name)
        if name.value.startswith("__"):
            refuse("reserved-binding", name)
        if name.value in seen:
            refuse("duplicate-binding", name)
        seen.add(name.value)


def _argument(binding, form):
    if binding.kind != "map":
        return Argument(binding, read_type(form), form)
    if form.kind != "map":
        return Argument(binding, read_type(form), form, fields=[])
    types = {key.value: read_type(value) for key, value in form.value if key.kind == "keyword"}
    fields = [(key, types.get(key.value)) for _, key in binding.value]
    return Argument(binding, None, form, fields=fields)
