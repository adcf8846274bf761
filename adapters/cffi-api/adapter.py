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
from wire import TYPES, Unlinked, cffi, ffi, prototype, serve

CACHE = os.path.join(HERE, "cache")
libraries, modules = {}, {}


def compiled(parameters, returns):
    """The module for these types, compiled where no earlier run did."""
    declared = prototype("call", ["pointer", *parameters], returns)
    taken = ", ".join(["void *symbol", *(f"{TYPES[kind]} x{n}" for n, kind in enumerate(parameters))])
    given = ", ".join(f"x{n}" for n in range(len(parameters)))
    source = f"""#include <stdint.h>
        static {TYPES[returns]} call({taken}) {{
            {"" if returns == "void" else "return "}(({prototype("(*)", parameters, returns)[:-1]})symbol)({given});
        }}"""
    key = f"{cffi.__version__} {sys.implementation.cache_tag} {sys.platform} {source}"
    name = "_" + hashlib.sha256(key.encode()).hexdigest()[:24]
    if name not in modules:
        file = os.path.join(CACHE, name + ".so")
        if not os.path.exists(file):
            os.makedirs(CACHE, exist_ok=True)
            builder = cffi.FFI()
            builder.cdef(declared)
            builder.set_source(name, source)
            with tempfile.TemporaryDirectory(dir=CACHE) as scratch:  # another adapter may be at the same one
                os.replace(builder.compile(tmpdir=scratch), file)
        spec = importlib.util.spec_from_file_location(name, file)
        modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(modules[name])
    return modules[name].lib.call


def bind(path, symbol, parameters, returns):
    # Which library a module is linked with is settled when it is compiled; the suite names several, with the
    # same symbols, as it runs. So the module takes the function's address, as programs do that load plugins.
    ffi.cdef(f"void {symbol}(void);", override=True)
    try:
        if path not in libraries:
            libraries[path] = ffi.dlopen(path)
        address = ffi.cast("void *", getattr(libraries[path], symbol))
    except (OSError, AttributeError) as error:
        raise Unlinked(str(error)) from None
    return functools.partial(compiled(parameters, returns), address)


serve("cffi-api", bind)
