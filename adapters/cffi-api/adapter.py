"""Python's cffi in API mode, judged at wire level (docs/protocol.md): a module compiled for each prototype, in
which cffi's own C converts what it is given and the C compiler makes the call."""

import functools
import hashlib
import importlib.util
import os
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "cffi"))
from library import Cffi, cffi, ffi, prototype

CACHE = os.path.join(HERE, "cache")
modules = {}


def compiled(types, returns):
    """The module for these types of C's, compiled where no earlier run did."""
    declared = prototype("call", ["void *", *types], returns)
    taken = ", ".join(["void *symbol", *(f"{of} x{n}" for n, of in enumerate(types))])
    given = ", ".join(f"x{n}" for n in range(len(types)))
    source = f"""#include <stdint.h>
        static {returns} call({taken}) {{
            {"" if returns == "void" else "return "}(({prototype("(*)", types, returns)})symbol)({given});
        }}"""
    key = f"{cffi.__version__} {sys.implementation.cache_tag} {sys.platform} {source}"
    name = "_" + hashlib.sha256(key.encode()).hexdigest()[:24]
    if name not in modules:
        file = os.path.join(CACHE, name + ".so")
        if not os.path.exists(file):
            os.makedirs(CACHE, exist_ok=True)
            builder = cffi.FFI()
            builder.cdef(f"{declared};")
            builder.set_source(name, source)
            with tempfile.TemporaryDirectory(dir=CACHE) as scratch:  # another adapter may be at the same one
                os.replace(builder.compile(tmpdir=scratch), file)
        spec = importlib.util.spec_from_file_location(name, file)
        modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(modules[name])
    return modules[name].lib.call


class Adapter(Cffi):
    MODE = "-api"

    def link_to(self, path, symbol, parameters, returns, fixed, errno):
        types, result = [self.scalar(kind) for kind in parameters], self.scalar(returns)
        # Which library a module is linked with is settled when it is compiled; the suite names several, with the
        # same symbols, as it runs. So the module takes the function's address, as programs do that load plugins.
        address = ffi.cast("void *", self.symbol(path, symbol, prototype(symbol, [], "void")))
        return functools.partial(compiled(types, result), address)


Adapter().serve()
