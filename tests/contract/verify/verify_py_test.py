#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/verify.py must give every mutant of the ledger, and every bad note and leaf, its exit code.

    verify_py_test.py VERIFY_PY AUDIT_VECTORS
"""
import concurrent.futures, json, os, pathlib, shutil, subprocess, sys, tempfile

VERIFY, VECTORS = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])


def load(name):
    return json.loads((VECTORS / name).read_text(encoding="utf-8"))


def change_lines(lines, op):
    n = op["n"]
    to = op.get("to", n)
    if op["do"] == "delete":
        del lines[n]
    elif op["do"] == "dup":
        lines.insert(to, lines[n])
    elif op["do"] == "swap":
        lines[n], lines[to] = lines[to], lines[n]
    elif op["do"] == "move":
        lines.insert(to, lines.pop(n))
    elif op["do"] == "set":
        lines[n] = op["text"].encode()
    else:
        raise ValueError(op)
    return lines


def apply(folder, op):
    path = folder / op["file"]
    if op["op"] == "remove":
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        return
    if op["op"] == "copy":
        data = (folder / op["from"]).read_bytes()
    elif op["op"] == "swap":
        data = (folder / op["with"]).read_bytes()
        (folder / op["with"]).write_bytes(path.read_bytes())
    elif op["op"] == "write":
        data = bytes.fromhex(op["hex"]) if "hex" in op else op["text"].encode()
    elif op["op"] == "line":
        lines = path.read_bytes().split(b"\n")[:-1]
        data = b"".join(line + b"\n" for line in change_lines(lines, op))
    else:
        data = bytearray(path.read_bytes())
        at = op["at"] if op["at"] >= 0 else len(data) + op["at"]
        if op["op"] == "flip":
            data[at] ^= 1 << op["bit"]
        elif op["op"] == "splice":
            data[at:at + op["cut"]] = op["put"].encode()
        else:
            raise ValueError(op)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def verify(folder, pin, external):
    command = [sys.executable, str(VERIFY), str(folder)] + (["--vkey", pin] if pin else [])
    for name in external:
        command += ["--external", str(VECTORS / name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def check(case):
    """Nothing, or what was wrong."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder) / "ledger"
        shutil.copytree(VECTORS / "ledger", folder, copy_function=shutil.copyfile)
        for op in case["ops"]:
            apply(folder, op)
        code, said = verify(folder, case["pin"], case.get("external", []))
    return None if code == case["code"] else f"{case['name']}: {code}, not {case['code']}\n{said}"


def cases():
    mutants = load("mutants.json")
    genesis = mutants["vkey"]
    for mutant in mutants["mutants"]:
        pin = mutant.get("pin", genesis)
        yield {**mutant, "pin": None if pin == "none" else pin}
    no_tiles = {"op": "remove", "file": "tiles"}
    for bad in load("notes.json")["bad"]:
        write = {"op": "write", "file": "checkpoint", "hex": bad["note_hex"]}
        yield {"name": "note: " + bad["why"], "ops": [write, no_tiles], "code": bad["code"], "pin": genesis}
    yield {"name": "a vkey that is none", "ops": [], "code": 64, "pin": "nonsense"}


def check_leaves():
    """Leaves are judged by a function, since a bad one breaks the tree as well and so would never be accepted."""
    sys.path.insert(0, str(VERIFY.parent))
    sys.dont_write_bytecode = True
    import verify as verifier
    file = load("leaves.json")

    def refused(data):
        try:
            verifier.read_leaf(data + b"\n", file["position"], file["origin"])
        except ValueError:
            return True

    for good in file["good"]:
        if refused(good["leaf"].encode()):
            yield "refused: " + good["leaf"]
    for bad in file["bad"]:
        if not refused(bad["leaf"].encode() if "leaf" in bad else bytes.fromhex(bad["leaf_hex"])):
            yield "accepted: " + bad["why"]


def check_without_openssl():
    """With either way to verify a signature the verdict is right; without both there is none, which is no tampering."""
    whole = 'import sys, verify; sys.exit(verify.main())'
    alone = 'import sys, verify; verify.linked_openssl = lambda: None; sys.exit(verify.main())'
    for what, program, path, code in (("only the linked one", whole, "/nonexistent", 4),
                                      ("only the command", alone, os.environ["PATH"], 4),
                                      ("neither", alone, "/nonexistent", 64)):
        done = subprocess.run(
            [sys.executable, "-c", program, str(VECTORS / "ledger"), "--vkey", load("mutants.json")["vkey"]],
            capture_output=True, timeout=120, env={"PATH": path, "PYTHONPATH": str(VERIFY.parent)})
        if done.returncode != code:
            yield f"OpenSSL, {what}: {done.returncode}, not {code}"


def main():
    todo = list(cases())
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        wrong = [problem for problem in pool.map(check, todo) if problem]
    wrong += check_leaves()
    wrong += check_without_openssl()
    print("\n".join(wrong))
    print(f"{len(todo)} cases, {len(wrong)} wrong")
    return 1 if wrong or len(todo) < 117 else 0


if __name__ == "__main__":
    sys.exit(main())
