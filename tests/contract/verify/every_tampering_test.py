#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whatever is changed in a ledger of 5,000 records, the daemon's verifier and tools/verify.py notice, and agree.

    every_tampering_test.py VERIFY_PY VERIFY_EXPORT MAKE_LOG [--bits N [--first K]] [--rest N] [--clean N]

Every bit of 1,000 leaves, of the checkpoint and of a note that ends an epoch is turned; each mutant is judged as a
selection of the ledger (the leaf under its proof, the keys' leaves), which costs little. The rest is done to the whole
ledger: a bit in each of 1,000 leaves, rows deleted, inserted, exchanged, copied, edited; bodies exchanged, cut, taken
away; the tail cut; signatures taken away; history rewritten and signed again with the newest key. Without arguments all
of it is done; --bits N and --rest N do each N-th only, of the bits those from the K-th on. --clean N: so many clean
ledgers have to pass.
"""
import argparse, contextlib, io, json, pathlib, random, re, subprocess, sys, tempfile, time

RECORDS, LEAVES = 5_000, 1_000
WELL = (0, 4)  # 4: bodies were erased, as the ledger says


def put(folder, files):
    for name, data in files.items():
        path = folder / name
        if data is None:
            path.unlink(missing_ok=True)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def flipped(data, bit):
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


class Judges:
    """Both verifiers, which work at the same time. The daemon's is one process for all."""

    def __init__(self, program, vkey):
        command = [program, "--serve", "--vkey", vkey]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pin, self.judged, self.codes = verify.read_vkey(vkey), 0, {}

    def judge(self, folder):
        self.process.stdin.write(f"{folder}\n")
        self.process.stdin.flush()
        with contextlib.redirect_stdout(io.StringIO()) as said:
            theirs = verify.judge(folder, self.pin)
        ours = int(self.process.stdout.readline())
        self.judged += 1
        self.codes[ours] = self.codes.get(ours, 0) + 1
        return ours, theirs, said.getvalue()

    def close(self):
        self.process.stdin.close()
        self.process.wait(timeout=60)


class Case:
    """Some files of a ledger in a folder, which are changed and put back."""

    def __init__(self, judges, folder, files):
        self.judges, self.folder, self.files, self.wrong, self.tried = judges, folder, files, 0, 0
        put(folder, files)
        self.well = judges.judge(folder)
        if self.well[0] not in WELL or self.well[0] != self.well[1]:
            self.fail("nothing", self.well)

    def fail(self, what, said):
        self.wrong += 1
        print(f"{what}: {said[0]} and {said[1]}\n{said[2][:2000]}")

    def changed(self, what, files):
        """Has to be noticed by both, with the same code."""
        put(self.folder, files)
        said = self.judges.judge(self.folder)
        put(self.folder, {name: self.files.get(name) for name in files})
        self.tried += 1
        if said[0] != said[1] or said[0] in WELL:
            self.fail(what, said)


def every_bit(judges, top, files, step):
    """Of 1,000 leaves, each as a selection; and of two notes."""
    lines = files["leaves.jsonl"].splitlines(keepends=True)
    covers = {i for i, line in enumerate(lines) if i == 0 or b'"k":"key.rotate"' in line}
    wrong, tried, bit = 0, 0, options.first
    places = random.Random(1).sample(range(1, len(lines)), LEAVES)
    for i in places:
        folder = top / "selection"
        chosen = selection.select(files, sorted(covers | {i}))
        case = Case(judges, folder, without_absent(chosen, files, lines[i], i))
        before = b"".join(lines[at] for at in sorted(covers) if at < i)
        data, begin, end = case.files["selected.jsonl"], len(before), len(before) + len(lines[i])
        for at in range(begin * 8 + bit % step, end * 8, step):
            case.changed(f"bit {at - begin * 8} of leaf {i}", {"selected.jsonl": flipped(data, at)})
        bit += (end - begin) * 8
        if i == places[0]:
            for name in ["checkpoint", next(name for name in chosen if name.startswith("checkpoints/"))]:
                for at in range(0, len(chosen[name]) * 8, step if step == 1 else 7):
                    case.changed(f"bit {at} of {name}", {name: flipped(chosen[name], at)})
        put(folder, {name: None for name in case.files})
        wrong, tried = wrong + case.wrong, tried + case.tried
    return tried, wrong


def without_absent(chosen, files, line, i):
    """A leaf whose body was erased is chosen with the leaf that covers it."""
    leaf = json.loads(line)
    if "h" not in leaf or f"sealed/{verify.number_path(i)}.psb" in files:
        return chosen
    for at, other in enumerate(files["leaves.jsonl"].splitlines()):
        late = at > i and b'"k":"subject.erased"' in other and leaf["s"].encode() in other
        cover = late or (b'"k":"retention.purged"' in other and purges(json.loads(other), leaf))
        if cover:
            indices = [json.loads(each)["i"] for each in chosen["selected.jsonl"].splitlines()]
            return selection.select(files, sorted({*indices, at}))
    return chosen


def purges(cover, leaf):
    return cover["f"] == leaf["f"] and cover["from"] <= leaf["i"] < cover["to"]


class Whole:
    """Changes of the whole ledger. Each gives what it is and the files that it changes; None: taken away."""

    def __init__(self, files, seed):
        self.files, self.draw = files, random.Random(2)
        self.lines = files["leaves.jsonl"].splitlines(keepends=True)
        self.bodies = sorted(name for name in files if name.startswith("sealed/"))
        self.rotated = [i for i, line in enumerate(self.lines) if b'"k":"key.rotate"' in line]
        self.seed = seed

    def mutants(self):
        for at in self.draw.sample(range(len(self.lines)), LEAVES):
            line = self.lines[at]
            yield f"a bit of leaf {at}", self.rows({at: [flipped(line, self.draw.randrange(8 * len(line)))]})
        for _ in range(100):
            at, other = self.draw.sample(range(1, len(self.lines)), 2)
            line = self.lines
            yield f"leaf {at} deleted", self.rows({at: []})
            yield f"leaf {at} inserted again before {other}", self.rows({other: [line[at], line[other]]})
            yield f"leaf {at} copied", self.rows({at: [line[at], line[at]]})
            yield f"leaves {at} and {other} exchanged", self.rows({at: [line[other]], other: [line[at]]})
            yield f"leaf {at} edited", self.rows({at: [self.edited(line[at])]})
            yield f"all from {at} on cut", {"leaves.jsonl": b"".join(line[:at])}
            yield "a leaf added", {"leaves.jsonl": self.files["leaves.jsonl"] + self.renumbered(at)}
            one, two = self.draw.sample(self.bodies, 2)
            yield f"{one} and {two} exchanged", {one: self.files[two], two: self.files[one]}
            yield f"{one} cut", {one: self.files[one][:-1 - self.draw.randrange(90)]}
            yield f"{one} gone", {one: None}
            yield f"a bit of {one}", {one: flipped(self.files[one], self.draw.randrange(8 * len(self.files[one])))}
            at = self.draw.randrange(1, self.rotated[-1])
            yield f"leaf {at} edited, all signed again with the newest key", self.signed_again(at)
        yield "no checkpoint", {"checkpoint": None}
        unsigned = {name: data.split(b"\n\n")[0] + b"\n\n" for name, data in self.files.items() if "checkpoint" in name}
        yield "no signature", unsigned
        for name in unsigned:
            if name == "checkpoint" or int(name.split("/")[1]) - 1 in self.rotated:
                yield f"{name} without signatures", {name: unsigned[name]}

    def rows(self, changes):
        """The leaves with some rows replaced by others."""
        lines = [row for at, line in enumerate(self.lines) for row in changes.get(at, [line])]
        return {"leaves.jsonl": b"".join(lines)}

    def edited(self, line):
        """Another digit, in a place where it stays well formed, mostly."""
        at = self.draw.choice([match.start() for match in re.finditer(rb"[0-9a-f](?=[0-9a-f\",}])", line)])
        other = self.draw.choice([digit for digit in b"0123456789" if digit != line[at]])
        return line[:at] + bytes([other]) + line[at + 1:]

    def renumbered(self, at):
        leaf = {key: value for key, value in json.loads(self.lines[at]).items() if key not in "hnr"}
        last = json.loads(self.lines[-1])
        leaf.update(i=len(self.lines), t=last["t"], m=last["m"])
        return json.dumps(leaf, sort_keys=True, separators=(",", ":")).encode() + b"\n"

    def signed_again(self, at):
        """What a thief of the newest key can do: all notes from the changed leaf on are his."""
        leaf = json.loads(self.lines[at])
        leaf["t"] += 1
        lines = list(self.lines)
        lines[at] = json.dumps(leaf, sort_keys=True, separators=(",", ":")).encode() + b"\n"
        rows = verify.rows_of(b"".join(verify.sha(b"\0", line[:-1]) for line in lines))
        changed = {"leaves.jsonl": b"".join(lines)}
        for name in (name for name in self.files if name.startswith("checkpoint")):
            origin, size, _ = self.files[name].split(b"\n")[:3]
            ends = int(size) - 1 in self.rotated
            if int(size) > at and (name == "checkpoint" or ends or int(size) > self.rotated[-1]):
                body = b"%s\n%s\n%s\n" % (origin, size, verify.base64.b64encode(verify.root_at(rows, int(size))))
                changed[name] = body + b"\n" + self.line(origin, body)
            elif int(size) > at:
                changed[name] = None
        return changed

    def line(self, origin, body):
        """The signature of the newest key."""
        with tempfile.TemporaryDirectory() as folder:
            key, message = pathlib.Path(folder, "key"), pathlib.Path(folder, "message")
            key.write_bytes(bytes.fromhex("302e020100300506032b657004220420") + self.seed)
            message.write_bytes(body)
            command = ["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", key, "-in", message]
            signature = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout
        newest = json.loads(self.lines[self.rotated[-1]])["vkey"]
        key_id = bytes.fromhex(newest.split("+")[1])
        return "— ".encode() + origin + b" " + verify.base64.b64encode(key_id + signature) + b"\n"


def clean_runs(program, top, count):
    """So many ledgers of random sizes, none of which may be found bad; their clocks' steps are listed."""
    wrong = 0
    for seed in range(1, count + 1):
        folder = top / "clean"
        subprocess.run([options.make_log, folder, str(1 + seed * 37 % 400), str(seed)], check=True, timeout=60)
        judges = Judges(program, (folder / "vkey").read_text(encoding="utf-8").strip())
        said = judges.judge(folder)
        judges.close()
        steps = (folder / "leaves.jsonl").read_bytes().count(b'"k":"clock.step"')
        if said[0] not in WELL or said[0] != said[1] or said[2].count("is a step of the clock") != steps:
            wrong += 1
            print(f"clean ledger {seed}: {said[0]} and {said[1]}\n{said[2][:2000]}")
        put(folder, {name: None for name in contents(folder)})
    return count, wrong


def main():
    with tempfile.TemporaryDirectory(dir="/dev/shm") as top:
        top = pathlib.Path(top)
        subprocess.run([options.make_log, top / "ledger", str(RECORDS), "4"], check=True, timeout=60)
        files = contents(top / "ledger")
        seed = bytes.fromhex((top / "ledger.seed").read_text(encoding="utf-8"))
        judges = Judges(options.verify_export, files["vkey"].decode().strip())
        done = {}
        began = time.monotonic()
        if options.rest:
            case = Case(judges, top / "ledger", files)
            for number, (what, changed) in enumerate(Whole(files, seed).mutants()):
                if number % options.rest == 0:
                    case.changed(what, changed)
            done["changes of the whole ledger"] = case.tried, case.wrong
        if options.bits:
            done["bits of leaves and notes"] = every_bit(judges, top, files, options.bits)
        if options.clean:
            done["clean ledgers"] = clean_runs(options.verify_export, top, options.clean)
        judges.close()
    for what, (tried, wrong) in done.items():
        print(f"{tried} {what}, {wrong} wrong")
    print(f"codes {dict(sorted(judges.codes.items()))}, {time.monotonic() - began:.0f} s")
    return 1 if any(wrong or not tried for tried, wrong in done.values()) else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verify_py", type=pathlib.Path)
    parser.add_argument("verify_export")
    parser.add_argument("make_log")
    parser.add_argument("--bits", type=int, default=1, help="each n-th; 0: none")
    parser.add_argument("--first", type=int, default=0, help="and of them the one to begin with")
    parser.add_argument("--rest", type=int, default=1, help="each n-th of the other changes; 0: none")
    parser.add_argument("--clean", type=int, default=500, help="so many clean ledgers")
    options = parser.parse_args()
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(options.verify_py.resolve().parent))
    import verify, selection
    sys.exit(main())
