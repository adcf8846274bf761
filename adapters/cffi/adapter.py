"""Python's cffi in ABI mode, judged at wire level (docs/protocol.md): declared at run time, called by libffi."""

from library import Cffi, ffi, prototype


class Adapter(Cffi):
    CAPABILITIES = [*Cffi.CAPABILITIES, "by-value", "variadics"]
    structs = {}  # their names, by their members

    def link_to(self, path, symbol, parameters, returns, fixed, errno):
        types, result = [self.declared(kind) for kind in parameters], self.declared(returns)
        named = types if fixed is None else [*types[:fixed], "..."]
        return self.symbol(path, symbol, prototype(symbol, named, result))

    def variable(self, kind, value):
        return ffi.cast(self.scalar(kind), value)

    def declared(self, kind, name=""):
        """The declaration in C of something of a type. A struct is declared where it is met first."""
        if isinstance(kind, str):
            return f"{self.scalar(kind)} {name}".rstrip()
        if "array" in kind:
            length, of = kind["array"]
            return self.declared(of, f"{name}[{length}]")
        members = " ".join(f"{self.declared(part, f'm{at}')};" for at, part in enumerate(kind["struct"]))
        if members not in self.structs:
            self.structs[members] = f"struct s{len(self.structs)}"
            ffi.cdef(f"{self.structs[members]} {{ {members} }};")
        return f"{self.structs[members]} {name}".rstrip()

    def filled(self, kind, members):
        return ffi.new(f"{self.declared(kind)} *", members)[0]


Adapter().serve()
