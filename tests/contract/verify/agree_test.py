#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The daemon's verifier and tools/verify.py must give random changes of the ledger the same exit code, never a clean one.

    agree_test.py VERIFY_PY VERIFY_EXPORT AUDIT_VECTORS [SEED [COUNT]]
"""
import contextlib, importlib.util, io, pathlib, random, shutil, subprocess, sys, tempfile

VERIFY, EXPORT, VECTORS = map(pathlib.Path, sys.argv[1:4])
SEED, COUNT = (int(sys.argv[at]) if len(sys.argv) > at else usual for at, usual in ((4, 1), (5, 400)))
GENESIS = (VECTORS / "ledger/vkey").read_text(encoding="utf-8").strip()

sys.dont_write_bytecode = True
spec = importlib.util.spec_from_file_location("verify", VERIFY)
verify = importlib.util.module_from_spec(spec)
spec.loader.exec_module(verify)


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


def both(folder):
    ours = subprocess.run([str(EXPORT), str(folder), "--vkey", GENESIS], capture_output=True, text=True, timeout=60)
    with contextlib.redirect_stdout(io.StringIO()) as said:
        theirs = verify.main([str(folder), "--vkey", GENESIS])
    return ours.returncode, theirs, ours.stdout + "---- verify.py\n" + said.getvalue()


def main():
    draw, wrong = random.Random(SEED), 0
    names = lambda folder: {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
    clean = names(VECTORS / "ledger")
    # What may be taken away or changed without a lie: the notes and proofs that nothing hangs on, and cosignatures.
    free = {"vkey", "checkpoints/10", "checkpoints/30", "checkpoints/23"} | {name for name in clean if "proofs/" in name}
    with tempfile.TemporaryDirectory() as top:
        folder = pathlib.Path(top) / "ledger"
        for turn in range(COUNT):
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(VECTORS / "ledger", folder, copy_function=shutil.copyfile)
            done = [spoil(folder, draw) for _ in range(draw.choice([1, 1, 2]))]
            now = names(folder)
            changed = {name for name in clean.keys() | now.keys() if clean.get(name) != now.get(name)}
            ours, theirs, said = both(folder)
            if ours != theirs or (ours == 4) != (not changed) and not (ours == 4 and changed <= free):
                wrong += 1
                print(f"seed {SEED}, turn {turn}: {ours} and {theirs} for {done}\n{said}\n")
    print(f"{COUNT} changes, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
