#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon's verifier and tools/verify.py must give random changes of the ledger the same exit code, never a clean one.

    agree_test.py VERIFY_PY VERIFY_EXPORT AUDIT_VECTORS [SEED [COUNT]]
"""
import contextlib, hashlib, io, pathlib, random, shutil, subprocess, sys, tempfile

VERIFY, EXPORT, VECTORS = map(pathlib.Path, sys.argv[1:4])
SEED, COUNT = (int(sys.argv[at]) if len(sys.argv) > at else usual for at, usual in ((4, 1), (5, 240)))
GENESIS = (VECTORS / "ledger/vkey").read_text(encoding="utf-8").strip()

sys.dont_write_bytecode = True
sys.path.insert(0, str(VERIFY.parent))
import selection, verify, verify_bag


def spoil(folder, draw):
    """One random change; its description."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    path, other = draw.choice(files), draw.choice(files)
    data = bytearray(path.read_bytes())
    at = draw.randrange(len(data))
    what = draw.choice(["flip", "flip", "flip", "cut", "put", "byte", "remove", "copy", "line", "line"])
    if what == "flip":
        data[at] ^= 1 << draw.randrange(8)
    elif what == "cut":
        del data[at:at + draw.choice([1, 1, 32, 1000])]
    elif what == "put":
        data[at:at] = draw.choice([b"\n", b" ", b"0", b"\r", b"x", bytes([draw.randrange(256)])])
    elif what == "byte":
        data[at] = draw.choice(b'0123456789abcdefgh+/=,:"{}\n\r \xff')
    elif what == "copy":
        data = other.read_bytes()
    elif what == "line":
        lines = bytes(data).splitlines(keepends=True)
        line = lines.pop(draw.randrange(len(lines)))
        if draw.random() < 0.7:
            lines.insert(draw.randrange(len(lines) + 1), line)
        data = b"".join(lines)
    path.unlink() if what == "remove" else path.write_bytes(data)
    return f"{what} {path.relative_to(folder)} at {at} from {other.relative_to(folder)}"


def put(folder, files):
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def pack(folder, clean):
    """Makes a bag of it, whose manifest is that of the clean files."""
    bag = folder.with_name("bag")
    shutil.rmtree(bag, ignore_errors=True)
    shutil.copytree(folder, bag / "data")
    (bag / "bagit.txt").write_bytes(verify_bag.BAGIT)
    listed = "".join(f"{hashlib.sha256(data).hexdigest()}  data/{name}\n" for name, data in sorted(clean.items()))
    (bag / "manifest-sha256.txt").write_text(listed, encoding="utf-8")
    return bag


def both(folder):
    ours = subprocess.run([str(EXPORT), str(folder), "--vkey", GENESIS], capture_output=True, text=True, timeout=60)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        theirs = verify.main([str(folder), "--vkey", GENESIS])
    return ours.returncode, theirs, ours.stdout + "---- verify.py\n" + said.getvalue()


# Leaf 0, the new key, an erased body with what covers it, and some with bodies that are there.
SELECTED = (0, 5, 8, 9, 16, 22, 31, 32, 33, 34, 38, 42)


def try_changes(make, count, draw):
    """How many of so many random changes the two judge differently, or wrongly well."""
    wrong = 0
    with tempfile.TemporaryDirectory() as top:
        folder = pathlib.Path(top) / "ledger"
        make(folder)
        clean, well = contents(folder), both(folder)[:2]
        if well[0] != well[1] or well[0] not in (0, 4):
            print(f"unchanged: {both(folder)}")
            return 1
        # What may be taken away or changed without a lie: notes and proofs that nothing hangs on, and cosignatures.
        free = {"vkey", "checkpoints/10", "checkpoints/30", "checkpoints/23"} | {n for n in clean if "proofs/" in n}
        for turn in range(count):
            shutil.rmtree(folder)
            make(folder)
            done = [spoil(folder, draw) for _ in range(draw.choice([1, 1, 2]))]
            now = contents(folder)
            changed = {name for name in clean.keys() | now.keys() if clean.get(name) != now.get(name)}
            ours, theirs, said = both(folder)
            lenient = (ours == well[0]) != (not changed) and not (ours == well[0] and changed <= free)
            packed = both(pack(folder, clean)) if turn % 8 == 0 else (1, 1, "")
            if changed and (packed[0] != packed[1] or packed[0] in (0, 4)):
                lenient, said = True, said + packed[2]
            if ours != theirs or lenient:
                wrong += 1
                print(f"seed {SEED}, turn {turn}: {ours} and {theirs}, in a bag {packed[:2]}, for {done}\n{said}\n")
    return wrong


def main():
    draw = random.Random(SEED)
    whole = lambda folder: shutil.copytree(VECTORS / "ledger", folder, copy_function=shutil.copyfile)
    wrong = try_changes(whole, COUNT, draw)
    chosen = selection.select(contents(VECTORS / "ledger"), SELECTED)
    wrong += try_changes(lambda folder: put(folder, chosen), COUNT // 2, draw)
    print(f"{COUNT + COUNT // 2} changes, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
