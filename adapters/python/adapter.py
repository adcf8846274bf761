"""The binder of binders/python, judged at contract level (docs/protocol.md)."""

import gc
import json
import keyword
import pathlib
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "site"), str(HERE.parents[1] / "binders" / "python")]

import boundary  # noqa: E402
from boundary.scope import Counters  # noqa: E402
from loops import bench, repeat, reply_of, together  # noqa: E402
from spoken import Arguments, Tokens, said  # noqa: E402

CAPABILITIES = ["closed-handles", "counters", "paths", "force-path", "threads", "collect", "libraries",
                "unload", "one-array", "views", "bind-race", "refusal-places", "argument-places", "raising-readers",
                "dropped-streams", "surrogates-refused", "cstrings", "lengths", "in-out"]


class Adapter:
    """What one process holds of the suite's: libraries, functions, tokens."""

    def __init__(self):
        self.declarations = None
        self.main = None
        self.others = {}
        self.opened = []
        self.functions = []
        self.tokens = Tokens()

    def hello(self, request):
        if request["protocol"] != 1:
            raise ValueError(f"protocol {request['protocol']} is none of this adapter's")
        self.declarations = boundary.Declarations(request["declarations"])
        self.main = boundary.Library(request["library"], self.declarations)
        return {"is": "ready", "protocol": 1, "name": "boundary-python", "version": boundary.__version__,
                "language": "Python", "level": "contract", "capabilities": CAPABILITIES, "dialects": []}

    def read(self, request):
        try:
            declarations = self.declarations.extended(request["declarations"])
            signature = boundary.read_signature(request["signature"], declarations)
        except boundary.SignatureRefused as refusal:
            return refused(refusal)
        return {"is": "accepted", "signature": signature.normal(), "types": signature.normal_types()}

    def _library(self, request):
        if request["opened"] is not None:
            return self.opened[request["opened"]]
        path = request["library"]
        if path is None:
            return self.main
        if path not in self.others:
            self.others[path] = boundary.Library(path, self.declarations)
        return self.others[path]

    def bind(self, request):
        try:
            function = self._library(request).bind(
                request["symbol"], request["signature"], consumes=request["consumes"],
                general=request["force_general"])
        except boundary.SignatureRefused as refusal:
            return refused(refusal)
        except boundary.NotLinked as error:
            return {"is": "unlinked", "message": str(error)}
        self.functions.append(function)
        # Of several threads that bind at once each finds its own.
        number = next(place for place in range(len(self.functions) - 1, -1, -1)
                      if self.functions[place] is function)
        return {"is": "bound", "function": number, "path": function.path}

    def _called(self, function, arguments):
        def call():
            return said(function(*values), self.tokens.token)

        values, wholes = arguments.fresh()
        reply = reply_of(call)
        if reply["is"] == "value":
            reply["arrays"] = arguments.changed(wholes)
        return reply

    def call(self, request):
        function = self.functions[request["function"]]
        return self._called(function, Arguments(request["arguments"], self.tokens))

    def next(self, request):
        stream = self.tokens.streams[int(request["stream"])]
        try:
            return {"is": "item", "value": said(stream.fetch(), self.tokens.token)}
        except StopIteration:
            return {"is": "end"}
        except boundary.CallRefused as refusal:
            return {"is": "refused", "code": refusal.code}

    def close(self, request):
        self.tokens.streams[int(request["stream"])].close()
        return {"is": "done"}

    def raise_(self, request):
        stream = self.tokens.streams[int(request["stream"])]
        own, items, came = RuntimeError(request["error"]), [], None
        try:
            for item in stream:
                items.append(said(item, self.tokens.token))
                if len(items) == request["after"]:
                    raise own
        except Exception as error:  # whichever comes here is what is asked
            came = request["error"] if error is own else f"{type(error).__name__}: {error}"
        return {"is": "raised", "items": items, "error": came}

    def repeat(self, request):
        return repeat(request, self.functions, self.tokens)

    def race(self, request):
        function = self.functions[request["function"]]
        rows = []
        for row in request["rows"]:
            arguments = [Arguments(row, self.tokens) for _ in range(request["threads"])]
            rows.append(together(len(arguments), lambda thread: self._called(function, arguments[thread])))
        return {"is": "raced", "rows": rows}

    def bind_race(self, request):
        rows = []
        for row in request["rows"]:
            arguments = [Arguments(turn["arguments"], self.tokens) for turn in row]

            def turn(thread):
                bound = self.bind(row[thread]["bind"])
                if bound["is"] != "bound":
                    return {"bound": bound}
                function = self.functions[bound["function"]]
                return {"bound": bound, "called": self._called(function, arguments[thread])}

            rows.append(together(len(row), turn))
        return {"is": "bind-raced", "rows": rows}

    def bench(self, request):
        try:
            return bench(request, self.functions, self.tokens)
        except boundary.BoundaryError as error:
            return {"is": "adapter-error", "message": str(error)}

    def open(self, request):
        try:
            self.opened.append(boundary.Library(request["library"], self.declarations))
        except boundary.NotLinked as error:
            return {"is": "unlinked", "message": str(error)}
        return {"is": "opened", "library": len(self.opened) - 1}

    def let_go(self, request):
        self.opened[request["opened"]] = None
        return {"is": "done"}

    def unload(self, request):
        self.opened[request["opened"]].close()
        return {"is": "done"}

    def unload_during(self, request):
        library, function = self.opened[request["opened"]], self.functions[request["function"]]
        count = request["threads"]
        arguments = [Arguments(request["arguments"], self.tokens) for _ in range(count)]

        def unload():
            time.sleep(0.005)
            library.close()

        unloader = threading.Thread(target=unload)
        unloader.start()
        calls = together(count, lambda thread: self._called(function, arguments[thread]))
        unloader.join()
        return {"is": "unloading", "unloaded": True, "calls": calls}

    def forget(self, request):
        self.tokens.__init__()
        return {"is": "done"}

    def collect(self, request):
        while gc.collect():
            pass
        return {"is": "done"}

    def counters(self, request):
        return {"is": "counters", "scopes": Counters.scopes, "scope_bytes": Counters.bytes,
                "open_scopes": Counters.open}

    def stop(self, request):
        return {"is": "done"}


def refused(refusal):
    return {"is": "refused", "code": refusal.code, "offset": refusal.offset, "form": refusal.form,
            "message": str(refusal)}


def main():
    sys.set_int_max_str_digits(0)  # the protocol's integers have up to 5,000 digits
    adapter = Adapter()
    for line in sys.stdin.buffer:
        request = json.loads(line)
        name = request["do"].replace("-", "_")
        serve = getattr(adapter, name + "_" * keyword.iskeyword(name), None)
        try:
            if serve is None or request["do"].startswith("_"):
                raise ValueError(f"`{request['do']}` is no request of the contract level")
            reply = serve(request)
        except Exception as error:  # what goes wrong here is the adapter's, and said to be
            reply = {"is": "adapter-error", "message": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps({"id": request["id"], **reply}) + "\n")
        sys.stdout.flush()
        if request["do"] == "stop":
            break


if __name__ == "__main__":
    main()
