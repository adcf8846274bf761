"""A reader of EDN whose forms know where they stand. It knows nothing of signatures.

It reads without recursion, so text nested however deep ends in no RecursionError.
"""

import re

OPENERS = {"(": ("list", ")"), "[": ("vector", "]"), "{": ("map", "}"), "#{": ("set", "}")}
_NAME = r"[\w.*+!\-?$%&=<>#][\w.*+!\-?$%&=<>:#]*"
_SYMBOL = r"(?:[^\W\d]|[.*+!\-?$%&=<>])(?:[\w.*+!\-?$%&=<>:#])*"
_PART = re.compile(_SYMBOL + r"(?:/" + _SYMBOL + r")?\Z")
_KEYWORD = re.compile(":(?:" + _NAME + "/)?" + _NAME + r"\Z")
_NUMERIC = re.compile(r"[+-]?\d")
_DOTTED = re.compile(r"[.+-]\d")
_INTEGER = re.compile(r"([+-]?)(0|[1-9][0-9]*)N?\Z", re.ASCII)
_FLOAT = re.compile(r"[+-]?(?:0|[1-9][0-9]*)(?:M|(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?M?)\Z", re.ASCII)
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"t": "\t", "r": "\r", "n": "\n", "b": "\b", "f": "\f", "\\": "\\", '"': '"'}
_TOKEN = re.compile(r'[^ \t\r\n\f\v,()\[\]{}";]+')
_BLANK = re.compile(r"(?:[ \t\r\n\f\v,]|;[^\n]*)+")
_CHARACTER = re.compile(r'\\(?:newline|return|space|tab|u[0-9a-fA-F]{4}|[^\s])'
                        r'(?=[ \t\r\n\f\v,()\[\]{}";]|\Z)')


class Form:
    """One form: its kind, what it holds, and the part of the text that it is."""

    __slots__ = ("kind", "value", "text", "start", "end")

    def __init__(self, kind, value, text, start, end):
        self.kind = kind
        self.value = value
        self.text = text
        self.start = start
        self.end = end

    @property
    def source(self):
        """The form as it is written."""
        return self.text[self.start:self.end]

    @property
    def offset(self):
        """Where it begins, in bytes."""
        return len(self.text[: self.start].encode("utf-8", "replace"))

    def names(self, *names):
        """Whether it is one of these keywords, written with their colon, or symbols."""
        written = ":" + self.value if self.kind == "keyword" else self.value
        return self.kind in ("keyword", "symbol") and written in names


class Unreadable(ValueError):
    """Text that is no EDN, and the part of it at which that was seen."""

    def __init__(self, text, start, end):
        super().__init__(f"unreadable EDN at {start}")
        self.form = Form("unreadable", None, text, start, end)


def read_all(text):
    """All forms of a text."""
    position = 0
    open_forms = [["text", None, 0, []]]  # kind, what closes it, where it begins, what it holds so far
    while True:
        blank = _BLANK.match(text, position)
        position = blank.end() if blank else position
        if position == len(text):
            break
        opener = "#{" if text.startswith("#{", position) else text[position]
        if opener in OPENERS:
            kind, closer = OPENERS[opener]
            open_forms.append([kind, closer, position, []])
            position += len(opener)
            continue
        if text.startswith("#_", position):
            open_forms.append(["discard", None, position, []])
            position += 2
            continue
        if opener in ")]}":
            kind, closer, start, items = open_forms.pop()
            if closer != opener:
                raise Unreadable(text, position, position + 1)
            position += 1
            form = Form(kind, _held(kind, items, text), text, start, position)
        elif opener == "#":
            token = _TOKEN.match(text, position)
            if not _PART.match(token.group()[1:]):
                raise Unreadable(text, position, token.end())
            open_forms.append(["tagged", None, position, []])
            position = token.end()
            continue
        else:
            form = _atom(text, position)
            position = form.end
        _place(open_forms, form, text)
    kind, _, start, items = open_forms[-1]
    if kind != "text":
        raise Unreadable(text, start, start + (2 if kind in ("set", "discard") else 1))
    return items


def _place(open_forms, form, text):
    """Puts a form that ended into the one around it; a tag and a discard end with it."""
    while open_forms[-1][0] in ("tagged", "discard"):
        kind, _, start, _ = open_forms.pop()
        if kind == "discard":
            return
        form = Form("tagged", form, text, start, form.end)
    open_forms[-1][3].append(form)


def _held(kind, items, text):
    if kind == "map":
        if len(items) % 2:
            raise Unreadable(text, items[-1].start, items[-1].end)
        keys, held = items[::2], list(zip(items[::2], items[1::2]))
    else:
        keys, held = (items if kind == "set" else ()), items
    seen = set()
    for key in keys:
        # Two equal atoms are written alike but for numbers and strings, which no key of ours is.
        if (key.kind, key.source) in seen:
            raise Unreadable(text, key.start, key.end)
        seen.add((key.kind, key.source))
    return held


def _atom(text, start):
    if text[start] == '"':
        found = _STRING.match(text, start)
        if not found:
            raise Unreadable(text, start, len(text))
        return Form("string", _unescaped(found.group()[1:-1], text, start), text, start, found.end())
    if text[start] == "\\":
        found = _CHARACTER.match(text, start)
        if not found:
            raise Unreadable(text, start, start + 1)
        return Form("character", found.group(), text, start, found.end())
    end = _TOKEN.match(text, start).end()
    token = text[start:end]
    if token in ("nil", "true", "false"):
        return Form("nil" if token == "nil" else "boolean", token == "true", text, start, end)
    if _NUMERIC.match(token):
        number = _INTEGER.match(token)
        if number:
            return Form("integer", _whole(number.group(1), number.group(2)), text, start, end)
        if _FLOAT.match(token):
            return Form("float", token, text, start, end)
    elif token == "/" or (_PART.match(token) and not _DOTTED.match(token)):
        return Form("symbol", token, text, start, end)
    elif _KEYWORD.match(token):
        return Form("keyword", token[1:], text, start, end)
    raise Unreadable(text, start, end)


def _whole(sign, digits):
    """An integer of any length: Python itself reads some thousands of digits at once, and no more."""
    number = 0
    for start in range(0, len(digits), 4000):
        piece = digits[start:start + 4000]
        number = number * 10 ** len(piece) + int(piece)
    return -number if sign == "-" else number


def _unescaped(content, text, start):
    def character(found):
        escape = found.group(1)
        if len(escape) == 5:
            return chr(int(escape[1:], 16))
        if escape not in _ESCAPES:
            raise Unreadable(text, start, start + 1)
        return _ESCAPES[escape]

    return _ESCAPE.sub(character, content)
