#!/usr/bin/env python3
"""Writes what the fuzzer begins with: seeds.py FOLDER RECORDING... REPORT.json

The cases and lists of the repository, and the lines of recordings (`conform check --record`), cut small;
nothing of it is kept in the repository.
"""

import ctypes
import hashlib
import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Of each kind, so that the fuzzer is done with them in a second or two.
MOST = 400


def main(folder, *files):
    recordings = [file for file in files if file.endswith(".jsonl")]
    reports = [file for file in files if file.endswith(".json")]
    seeds = Seeds(pathlib.Path(folder))
    for path in sorted((ROOT / "spec-cases").glob("*.yaml")):
        for piece in pieces(path.read_text()):
            seeds.add("cases", piece)
    for path in sorted(ROOT.glob("adapters/*/known-failures.yaml")):
        for piece in pieces(path.read_text()):
            seeds.add("known_failures", piece)
    for recording in recordings:
        read_recording(seeds, [json.loads(line) for line in open(recording, encoding="utf-8")])
    for report in reports:
        read_report(seeds, json.load(open(report, encoding="utf-8")))


class Seeds:
    def __init__(self, folder):
        self.folder = folder
        self.written = {}

    def add(self, target, text):
        data = text.encode() if isinstance(text, str) else text
        if len(data) > 64 << 10 or self.written.setdefault(target, 0) >= MOST:
            return
        self.written[target] += 1
        folder = self.folder / target
        folder.mkdir(parents=True, exist_ok=True)
        (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def pieces(text):
    """The list's head with a few of its items at a time."""
    head, mark, items = text.partition("\ncases:\n")
    if not mark:
        head, mark, items = text.partition("\nfailures:\n")
    parts = items.split("\n  - ")
    yield head + mark + items
    for at in range(0, len(parts), 4):
        few = "\n  - ".join(parts[at : at + 4])
        yield head + mark + (few if at == 0 else "  - " + few)


def read_recording(seeds, lines):
    exchanges = [line for line in lines if line.get("what") == "exchange"]
    hello, kinds = json.loads(exchanges[0]["asked"]), {}
    declarations = hello["declarations"]
    seeds.add("edn", declarations)
    ready = {**json.loads(exchanges[0]["came"]["answer"]), "id": 1}
    for exchange in exchanges[1:]:
        asked = json.loads(exchange["asked"])
        answer = exchange["came"].get("answer")
        shape = asked["do"], len(json.dumps(asked)) // 16, (answer or "")[:60].count(",")
        if "signature" in asked:
            signature = asked["signature"]
            seeds.add("edn", signature)
            if asked.get("declarations"):
                seeds.add("edn", f"{asked['declarations']}\n---\n{signature}")
        # A few of each kind and length.
        kinds[shape] = kinds.get(shape, 0) + 1
        if kinds[shape] > 2:
            continue
        seeds.add("requests", exchange["asked"])
        if answer:
            reply = {**json.loads(answer), "id": 2}
            for action in ACTIONS.get(asked["do"], ""):
                more = [json.dumps({**reply, "id": number}) for number in range(2, 6)]
                seeds.add("replies", "\n".join([action, json.dumps(ready), *more]))
    head = {**lines[0], "sum": None}
    seeds.add("recording", sealed_by_target([head, *lines[1:12], lines[-1]]))
    for at in range(12, len(lines), max(1, len(lines) // MOST)):
        seeds.add("recording", sealed_by_target([{"recording": 1}, *lines[at : at + 6]]))
    for profile in {hello["library"]}:
        read_manifest(seeds, profile)


# What the target asks for, where the recording has an answer to it.
ACTIONS = {"read": "r", "bind": "AG", "call": "r", "counters": "k", "forget": "f", "collect": "c"}


def sealed_by_target(lines):
    """Lines without their checksums, which the target computes."""
    texts = []
    for line in lines:
        line.pop("sum", None)
        if line.get("what") == "end":
            line = {**line, "lines": len(texts)}
        texts.append(json.dumps(line, separators=(",", ":")))
    return "\n".join(texts)


def read_manifest(seeds, path):
    library = ctypes.CDLL(path)
    length = ctypes.c_size_t()
    library.bc_manifest.restype = ctypes.c_void_p
    first = library.bc_manifest(ctypes.byref(length))
    lines = ctypes.string_at(first, length.value).decode().splitlines()
    kinds = {}
    for line in lines[1:]:
        kinds.setdefault(json.loads(line)["kind"], []).append(line)
    for kind, of in kinds.items():
        for at in range(0, min(len(of), 200), 5):
            renumbered = [json.loads(line) for line in of[at : at + 5]]
            for number, line in enumerate(renumbered):
                if "id" in line:
                    line["id"] = number
            seeds.add("manifest", "\n".join([lines[0], *map(json.dumps, renumbered)]))


def read_report(seeds, report):
    cases, clauses = report["cases"], report["clauses"]
    for at in range(0, len(cases), max(1, len(cases) // 100)):
        few = {**report, "cases": cases[at : at + 2], "clauses": clauses[:2], "bench": report["bench"][:1]}
        seeds.add("report", json.dumps(few))


if __name__ == "__main__":
    main(*sys.argv[1:])
