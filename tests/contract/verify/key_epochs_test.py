#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal A10, forward security: who has every key of today cannot change what was signed before its epoch.

    key_epochs_test.py VERIFY_PY VERIFY_EXPORT MAKE_LOG

A ledger of 365 rotations verifies from the genesis key; how long that takes both verifiers is printed, and may not be
more than a second, beside what the machine does else: --seconds. Then a thief, who has the newest seed and may make as
many keys of his own as he likes, rewrites history: both verifiers refuse each of his ledgers, with the same code.
"""
import argparse, base64, json, pathlib, random, subprocess, sys, tempfile, time

RECORDS, ROTATIONS = 3_660, 365


class Thief:
    """Writes ledgers on which all that can be signed with today's key, or with one of his own, is signed."""

    def __init__(self, files, seed):
        self.files, self.seeds = files, {}
        self.leaves = [json.loads(line) for line in files["leaves.jsonl"].splitlines()]
        self.rotated = [i for i, leaf in enumerate(self.leaves) if leaf["k"] == "key.rotate"]
        self.vkeys = [self.leaves[i]["vkey"] for i in [0, *self.rotated]]
        self.origin, self.seeds[self.vkeys[-1]] = self.vkeys[0].split("+")[0], seed

    def new_key(self):
        """A vkey of his own."""
        seed = random.randbytes(32)
        public = openssl(["pkey", "-pubout", "-outform", "DER", "-inform", "DER"], PKCS8 + seed)[-32:]
        vkey = f"{self.origin}+%s+{base64.b64encode(bytes([1]) + public).decode()}"
        vkey %= verify.sha(self.origin.encode(), b"\n\1", public)[:4].hex()
        self.seeds[vkey] = seed
        return vkey

    def ledger(self, leaves, keep_notes_below=0, drop_ends=()):
        """The files of a ledger with these leaves. Notes of sizes up to `keep_notes_below` are the true ones; all
        others are signed with those keys of their epoch that he has, and with today's where he has none."""
        for i, leaf in enumerate(leaves):
            leaf["i"] = i
        lines = [json.dumps(leaf, sort_keys=True, separators=(",", ":")).encode() + b"\n" for leaf in leaves]
        rows = verify.rows_of(b"".join(verify.sha(b"\0", line[:-1]) for line in lines))
        ends = [i + 1 for i, leaf in enumerate(leaves) if leaf["k"] == "key.rotate"]
        vkeys = [leaves[0]["vkey"], *[leaves[end - 1]["vkey"] for end in ends]]
        made = {"leaves.jsonl": b"".join(lines)}
        for epoch, size in enumerate(ends):
            name = f"checkpoints/{size}"
            if size <= keep_notes_below and name in self.files:
                made[name] = self.files[name]
            elif size not in drop_ends:
                made[name] = self.note(rows, size, vkeys[epoch:epoch + 2])
        made["checkpoint"] = self.note(rows, len(lines), vkeys[-1:])
        for name in self.files:
            if name.startswith("checkpoints/"):
                made.setdefault(name, None)
        return made

    def note(self, rows, size, vkeys):
        body = f"{self.origin}\n{size}\n{base64.b64encode(verify.root_at(rows, size)).decode()}\n".encode()
        mine = [vkey for vkey in vkeys if vkey in self.seeds] or [self.vkeys[-1]]
        return body + b"\n" + b"".join(self.line(vkey, body) for vkey in mine)

    def line(self, vkey, body):
        signature = sign(self.seeds[vkey], body)
        key_id = bytes.fromhex(vkey.split("+")[1])
        return f"— {self.origin} ".encode() + base64.b64encode(key_id + signature) + b"\n"

    def copy(self):
        return [dict(leaf) for leaf in self.leaves]

    def altered(self, at):
        leaves = self.copy()
        leaves[at]["t"] += 1
        return leaves

    def attacks(self):
        """What it is, and the ledger's files. Of each epoch that is over, of some: the first, the last, one between."""
        last = self.rotated[-1]
        for epoch in (0, ROTATIONS // 2, ROTATIONS - 1):
            end = self.rotated[epoch]
            at = end - 2
            yield f"leaf {at} altered, all after it signed with today's key", self.ledger(self.altered(at), at)
            yield f"leaf {at} altered, the true notes kept", {**self.files, **self.rows_only(self.altered(at))}
            leaves = self.altered(at)
            for i in self.rotated[epoch:]:
                leaves[i]["vkey"] = self.new_key() if i != last else self.vkeys[-1]
            yield f"leaf {at} altered, all keys after it but today's are his own", self.ledger(leaves, at)
            leaves = self.altered(at)
            leaves[end]["vkey"] = self.vkeys[-1]
            merged = [leaf for i, leaf in enumerate(leaves) if i not in self.rotated[epoch + 1:]]
            yield f"leaf {at} altered, today's key takes over at {end}", self.ledger(merged, at)
            yield f"leaf {at} altered, the epoch's last note dropped", self.ledger(self.altered(at), at, {end + 1})
            yield f"the epoch's last note ({end + 1}) dropped", {f"checkpoints/{end + 1}": None}
            dropped = [leaf for i, leaf in enumerate(self.copy()) if i != end]
            yield f"the key.rotate {end} dropped", self.ledger(dropped, end)
        for one, two in ((0, 1), (10, 200), (ROTATIONS - 2, ROTATIONS - 1)):
            leaves, (i, j) = self.copy(), (self.rotated[one], self.rotated[two])
            leaves[i]["vkey"], leaves[j]["vkey"] = leaves[j]["vkey"], leaves[i]["vkey"]
            yield f"the epochs of {i} and {j} exchanged", self.ledger(leaves, i)
        everything = self.altered(1)
        everything[0]["vkey"] = self.new_key()
        for i in self.rotated:
            everything[i]["vkey"] = self.new_key()
        yield "all keys are his own, the genesis key too", self.ledger(everything)
        old = self.rotated[5] + 3
        rows = verify.rows_of(b"".join(verify.sha(b"\0", line) for line in self.files["leaves.jsonl"].splitlines()))
        yield "today's key signs a size of an epoch before it", {
            f"checkpoints/{old}": self.note(rows, old, [self.vkeys[-1]])}

    def rows_only(self, leaves):
        lines = [json.dumps(leaf, sort_keys=True, separators=(",", ":")).encode() + b"\n" for leaf in leaves]
        return {"leaves.jsonl": b"".join(lines)}


PKCS8 = bytes.fromhex("302e020100300506032b657004220420")  # an Ed25519 seed follows


def openssl(arguments, data):
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True, timeout=60).stdout


def sign(seed, message):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        key, text = pathlib.Path(folder, "key"), pathlib.Path(folder, "message")
        key.write_bytes(PKCS8 + seed)
        text.write_bytes(message)
        return openssl(["pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", key, "-in", text], b"")


def timed(command):
    """Exit code and seconds, of three runs the shortest."""
    took = []
    for _ in range(3):
        began = time.monotonic()
        code = subprocess.run(command, capture_output=True, timeout=300).returncode
        took.append(time.monotonic() - began)
    return code, min(took)


def main():
    wrong = 0
    with tempfile.TemporaryDirectory(dir="/dev/shm") as top:
        folder = pathlib.Path(top, "ledger")
        subprocess.run([options.make_log, folder, str(RECORDS), "1", str(ROTATIONS + 1)], check=True, timeout=60)
        files = tampering.contents(folder)
        seed = bytes.fromhex(pathlib.Path(top, "ledger.seed").read_text(encoding="utf-8"))
        vkey = files["vkey"].decode().strip()
        thief = Thief(files, seed)
        wrong += len(thief.rotated) != ROTATIONS
        for name, command in (("C++", [options.verify_export]), ("verify.py", ["/usr/bin/python3", options.verify_py])):
            code, seconds = timed([*command, folder, "--vkey", vkey])
            print(f"{name}: {ROTATIONS} rotations, {len(thief.leaves)} records: code {code}, {seconds:.2f} s")
            wrong += code != 0 or seconds > options.seconds
        judges = tampering.Judges(options.verify_export, vkey)
        case = tampering.Case(judges, folder, files)
        for what, changed in thief.attacks():
            case.changed(what, changed)
        judges.close()
    print(f"{case.tried} forged histories, {case.wrong} accepted or judged differently, codes {judges.codes}")
    return 1 if wrong or case.wrong or case.tried < 20 else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verify_py", type=pathlib.Path)
    parser.add_argument("verify_export")
    parser.add_argument("make_log")
    parser.add_argument("--seconds", type=float, default=1.0, help="that a clean ledger may take each verifier")
    options = parser.parse_args()
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(options.verify_py.resolve().parent))
    import verify
    import every_tampering_test as tampering

    tampering.verify = verify
    sys.exit(main())
