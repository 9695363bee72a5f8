#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies what was exported of a Postern ledger. Needs Python 3.9, the openssl command, and nothing of Postern.

    verify.py BAG --vkey VKEY [--external CHECKPOINT]... [--witness WITNESS]...

VKEY is the genesis key, printed when the ledger was made: get it from people, not from the export. CHECKPOINT is a note
of this ledger that somebody kept elsewhere. WITNESS is the key of somebody whose cosignatures are to be verified, too;
those of others are passed over. Exit codes: 0 all is as it was signed; 1 tampered or malformed; 2 something
is missing; 3 unsigned or unpinned; 4 as 0, with authorised erasures; 64 no verdict. 1 outranks 3, 3 outranks 2.
BAG is a folder as RFC 8493 has it, or its data/ alone. This file judges a whole ledger: the lines of leaves.jsonl are
the leaves of a tree (RFC 6962); `checkpoint` and checkpoints/<size> are C2SP notes that sign a size and its root;
sealed/ has the bodies whose hashes leaves hold. Whatever else a bag has is for verify_bag.py, beside this file.
"""
import argparse, base64, collections, functools, hashlib, importlib, json, os, pathlib, re, subprocess, sys, tempfile

OK, TAMPERED, MISSING, UNSIGNED, ERASED = range(5)
WORDS, MAX = ("ok", "tampered", "missing", "unsigned", "erased"), 2**53 - 1

# The forms of what is read. A byte that is no UTF-8 is read as U+FFFD, which no form allows. Base64 has no spare bits.
HEX, TEXT, NAME = "[0-9a-f]", "[A-Za-z0-9._:/@+=-]+", "[A-Za-z0-9._:/+=-]+"
NATURAL, INTEGER = "(?:0|[1-9][0-9]{0,15})", "(?:0|-?[1-9][0-9]{0,15})"
B64, HASH = "[A-Za-z0-9+/]", "[A-Za-z0-9+/]{42}[048AEIMQUYcgkosw]="
ORIGIN = rf"[A-Za-z0-9.-]{{1,64}}/postern/{HEX}{{8}}(?:-{HEX}{{4}}){{3}}-{HEX}{{12}}/{NATURAL}"
VKEY = rf"({ORIGIN})\+({HEX}{{8}})\+(A[Q-Za-f]{B64}{{42}})"  # AQ to Af: the first byte is 1, Ed25519
WITNESS = rf"([!-*,-~]+)\+({HEX}{{8}})\+(B[A-P]{B64}{{42}})"  # BA to BP: 4, a cosignature with its time
SIGNATURE = rf"— ([!-*,-~]+) ((?:{B64}{{4}})+(?:{B64}{{2}}[048AEIMQUYcgkosw]=|{B64}[AQgw]==)?)\n"
NOTE = rf"(([!-*,-~]+)\n([1-9][0-9]{{0,15}})\n({HASH})\n)\n((?:{re.sub('[(](?![?])', '(?:', SIGNATURE)}){{0,16}})"
FIELD = "|".join(f'"{keys}":{value}' for keys, value in (
    ("a", f'"(?:system|user:{HEX}{{32}}|plugin:{NAME}@{NAME})"'), ("b", f'"{HEX}{{8}}"'), ("[csx]", f'"{HEX}{{32}}"'),
    ("[dfpw]", f'"{TEXT}"'), ("h", f'"{HEX}{{64}}"'), ("[imnrt]", NATURAL), ("k", r'"[a-z]+(?:\.[a-z]+)+"'),
    ("o", '"(?:ok|refused|failed|unknown|deferred)"'), ("q", INTEGER), ("v", "1"),
    ("[a-z][a-z0-9_]{1,15}", f'(?:"{TEXT}"|{INTEGER})')))
LEAF = re.compile(rf"\{{(?:{FIELD})(?:,(?:{FIELD}))*\}}\n")
CANONICAL, VERDICT = json.JSONEncoder(sort_keys=True, separators=(",", ":")), f"(?:%s)/.+:{HEX}{{16}}"
KINDS = {  # what the leaves of a kind have besides
    "msg.out.intent": ("d", VERDICT % "allow|transform"), "policy.allow": ("d", VERDICT % "allow|transform"),
    "policy.hold": ("d", VERDICT % "hold"), "policy.refuse": ("d", VERDICT % "deny"),
    "subject.erased": ("s", ".+"), "retention.purged": ("f", ".+")}
Key = collections.namedtuple("Key", "text name id public")
Note = collections.namedtuple("Note", "where body origin size root signatures")


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def expect(condition, otherwise="is malformed"):
    if not condition:
        raise ValueError(otherwise)
    return condition


def groups(form, data):
    return expect(re.fullmatch(form, data.decode(errors="replace"))).groups()


def read_vkey(text, form=VKEY):
    name, key_id, key = groups(form, text.strip().encode())
    key = base64.b64decode(key)
    expect(sha(name.encode(), b"\n", key)[:4].hex() == key_id, "is not the key of this id")
    return Key(text, name, key_id, key[1:])


def read_note(data, where):
    body, origin, size, root, lines = groups(NOTE, data)
    signatures = [(name, base64.b64decode(signature)) for name, signature in re.findall(SIGNATURE, lines)]
    expect(int(size) <= MAX and all(len(signature) > 4 for _, signature in signatures))
    return Note(where, body.encode(), origin, int(size), base64.b64decode(root), signatures)


def read_file(path):
    with open(path, "rb", buffering=0) as file:  # most are small, and read at once
        return file.read()


def files_of(folder):
    """The names of all files in a folder and those below it, relative to it."""
    folders = ((os.path.join(os.path.relpath(top, folder), "").removeprefix("./"), names)
               for top, _, names in os.walk(folder))
    return {top + name for top, names in folders for name in names}


def read_body(data, leaf):
    expect(len(data) == leaf["n"] + 92 and data.startswith(b"PSB1" + leaf["i"].to_bytes(8, "big"))
           and sha(b"\2", data).hex() == leaf["h"], f"is not the body that leaf {leaf['i']} names")


def read_same(data, wanted):
    expect(data == wanted, "is not what the leaves make")


def read_leaf(line, i, origin):
    """The fields of leaf i of the ledger; `vkey` as a Key."""
    text = line.decode(errors="replace")
    expect(len(line) <= 2048 + 1 and LEAF.fullmatch(text))
    leaf = json.loads(text)
    kind, first, end = leaf.get("k"), leaf.get("from"), leaf.get("to")
    expect(CANONICAL.encode(leaf) + "\n" == text, "has its keys out of order, or one twice")
    expect(all(type(value) is str or abs(value) <= MAX for value in leaf.values()), "has an integer beyond 2^53-1")
    expect(leaf.keys() >= set("abikmotv"), "lacks a field that every leaf has")
    expect(leaf["i"] == i and leaf.get("r", -1) < i, "is not in its place, or not after its cause")
    expect(kind in ("audit.start", "audit.fork") if i == 0 else kind != "audit.fork", "is not what begins a ledger")
    if leaf.keys() & set("hn"):
        expect(leaf.keys() >= set("fhns") and leaf["n"] > 0 == leaf["n"] % 64, "names a body that cannot be")
    if kind in KINDS:
        expect(re.fullmatch(KINDS[kind][1], leaf.get(KINDS[kind][0], "")), "lacks what a leaf of its kind has")
    if kind == "retention.purged":
        expect(type(first) is type(end) is int and 0 <= first <= end <= i, "does not say what was purged")
    if i == 0 or kind == "key.rotate":
        leaf["vkey"] = read_vkey(str(leaf.get("vkey")))
        expect(i == 0 or leaf["vkey"].name == origin, "brings the key of another ledger")
    return leaf


@functools.lru_cache(maxsize=None)
def linked_openssl():
    """Verifies by the OpenSSL that Python's own hashes come from: a process for each signature is slow. None: it cannot
    be called."""
    try:
        import ctypes  # which a minimal Python is without
        library, size = ctypes.CDLL(importlib.import_module("_hashlib").__file__), ctypes.c_size_t
        library.EVP_PKEY_new_raw_public_key.restype = library.EVP_MD_CTX_new.restype = ctypes.c_void_p
        init, verify = library.EVP_DigestVerifyInit, library.EVP_DigestVerify
    except (ImportError, OSError, AttributeError):
        return None

    def verified(public, message, signature):
        key = ctypes.c_void_p(library.EVP_PKEY_new_raw_public_key(1087, None, public, size(32)))  # 1087: Ed25519
        context = ctypes.c_void_p(library.EVP_MD_CTX_new())
        if init(context, None, None, None, key) != 1:
            raise OSError("OpenSSL cannot verify Ed25519 signatures")
        right = verify(context, signature, size(len(signature)), message, size(len(message)))
        library.EVP_MD_CTX_free(context)
        library.EVP_PKEY_free(key)
        return right == 1

    return verified


@functools.lru_cache(maxsize=None)
def verifies(public, message, signature):
    """Ed25519, by OpenSSL."""
    return (linked_openssl() or verifies_by_command)(public, message, signature)


def verifies_by_command(public, message, signature):
    command = "openssl pkeyutl -verify -pubin -keyform DER -rawin".split()
    with tempfile.TemporaryDirectory() as folder:
        key = bytes.fromhex("302a300506032b6570032100") + public
        for option, data in (("-inkey", key), ("-in", message), ("-sigfile", signature)):
            command += [option, pathlib.Path(folder, option)]
            command[-1].write_bytes(data)
        said = subprocess.run(command, capture_output=True, timeout=60).stdout
    if b"Verified Successfully" not in said and b"Verification Failure" not in said:
        raise OSError("openssl cannot verify Ed25519 signatures")
    return b"Verified Successfully" in said


def rows_of(leaf_hashes):
    """The roots over each 1, 2, 4, 8… leaves, 32 bytes each. Leaves at the end that are too few make none."""
    rows = [bytes(leaf_hashes)]
    while len(rows[-1]) > 32:
        rows.append(b"".join(sha(b"\1", rows[-1][at:at + 64]) for at in range(0, len(rows[-1]) - 63, 64)))
    return rows


def root_at(rows, size):
    """The root over the first `size` leaves: each bit of the size is a subtree, the lowest bit the one at the right."""
    subtrees = [row[32 * (size >> h) - 32:32 * (size >> h)] for h, row in enumerate(rows) if size >> h & 1]
    return functools.reduce(lambda right, left: sha(b"\1", left, right), subtrees)


@functools.lru_cache(maxsize=4096)
def folders_path(n):
    return f"{folders_path(n // 1000)}x{n % 1000:03}/" if n else ""


def number_path(n):
    """A number as tlog-tiles write it: x001/x234/067."""
    return f"{folders_path(n // 1000)}{n % 1000:03}"


class Ledger:
    """A whole ledger in a folder. Reads everything, prints what is wrong, and counts it by code."""

    def __init__(self, folder, pin):
        self.folder, self.pin, self.found = pathlib.Path(folder), pin, collections.Counter()
        self.firsts, self.keys = [], []  # of each epoch the first size that its key signs, and the key
        self.absent, self.erased, self.purged = [], {}, []  # bodies, and what covers them
        self.witnesses, self.witnessed = [], 0  # their keys, and the largest size that one of them has cosigned
        self.hashes, self.count, self.size, self.newest, self.complete = bytearray(), 0, 0, None, False

    def judge(self, external):
        self.unread = files_of(self.folder)
        self.read_leaves()
        self.read_notes(external)
        if self.keys and "vkey" in self.unread:
            self.read("vkey", read_same, self.keys[0].text.encode() + b"\n")
        self.check_absent()
        self.check_strays("sealed/", lambda n: f"sealed/{number_path(n)}.psb")

    def expect(self, condition, code, where, otherwise):
        if not condition:
            self.found[code] += 1
            print(f"{WORDS[code]}: {ascii(where)[1:-1]} {otherwise}")

    def attempt(self, where, parse, *arguments):
        """What `parse` makes of something; None, and a finding, if that cannot be read or is malformed."""
        try:
            return parse(*arguments)
        except (OSError, ValueError) as error:
            self.expect(False, MISSING if isinstance(error, OSError) else TAMPERED, where, error)

    def read(self, name, parse, *arguments):
        self.unread.discard(name)
        path = os.path.join(self.folder, name)
        if not os.path.isfile(path):
            return self.expect(False, MISSING, name, "is not there")
        return self.attempt(name, lambda: parse(read_file(path), *arguments))

    def lines(self, name):
        if (self.folder / name).is_file():
            with open(self.folder / name, "rb") as file:
                yield from file

    def read_leaves(self):
        before = None
        for i, line in self.leaves():
            leaf = self.attempt(f"leaf {i}", read_leaf, line, i, self.keys[0].name if self.keys else "")
            if i == 0 and (leaf or self.pin):
                self.firsts, self.keys = [0], [leaf["vkey"] if leaf else self.pin]
            if leaf:
                self.take_leaf(i, leaf, before if before and i == self.size else leaf)
                before = leaf
            self.take_hash(i, sha(b"\0", line.removesuffix(b"\n")))
            self.count, self.size = self.count + 1, i + 1
        self.rows = rows_of(self.hashes)
        self.expect(self.pin, UNSIGNED, "vkey", "is not pinned: name the genesis key with --vkey")
        other = self.pin and self.keys and self.keys[0] != self.pin
        self.expect(not other, UNSIGNED, "leaf 0", "names another key than the pinned one: this is another ledger")

    def leaves(self):
        """Index and line of each leaf that there is."""
        return enumerate(self.lines("leaves.jsonl"))

    def take_hash(self, _, leaf_hash):
        self.hashes += leaf_hash

    def size_of(self, _):
        return self.size  # a selection's is what is signed

    def take_leaf(self, i, leaf, before):
        """What a leaf says of clocks, keys and bodies."""
        kind, where, body = leaf["k"], f"leaf {i}", f"sealed/{number_path(i)}.psb"
        later = leaf["t"] >= before["t"] or kind == "clock.step"
        later = later and (leaf["m"] >= before["m"] or leaf["b"] != before["b"])
        self.expect(later, TAMPERED, where, "is older than the leaf before it")
        if kind == "clock.step":
            print(f"note: leaf {i} is a step of the clock by {leaf.get('q', 0)} us")
        elif kind == "key.rotate":
            used = leaf["vkey"].id in [key.id for key in self.keys]
            self.expect(not used, TAMPERED, where, "brings back a signing key that was used before")
            self.firsts.append(i + 1)
            self.keys.append(leaf["vkey"])
        elif kind == "subject.erased":
            self.erased[leaf["s"]] = i
        elif kind == "retention.purged":
            self.purged.append((leaf["f"], range(leaf["from"], leaf["to"])))
        if "h" in leaf and body in self.unread:
            self.read(body, read_body, leaf)
        elif "h" in leaf:
            self.absent.append((i, leaf["s"], leaf["f"]))

    def read_notes(self, external):
        """The newest note says how many leaves there must be; the notes that end epochs must be there too."""
        self.expect("checkpoint" in self.unread, UNSIGNED, "checkpoint", "is not there: nothing is signed")
        names = sorted(name for name in self.unread if name == "checkpoint" or name.startswith("checkpoints/"))
        kept = [note for note in [self.read(name, read_note, name) for name in names] if note]
        self.newest = next((note for note in kept if note.where == "checkpoint"), None)
        signed = self.newest.size if self.newest else self.size
        self.size = self.size_of(signed)
        self.expect(self.size <= signed, UNSIGNED, f"leaf {signed}", "and those after it are not signed")
        self.expect(self.size >= max(signed, 1), MISSING, f"leaf {self.size}", "and those after it are not there")
        self.complete = self.size >= signed
        for note in kept:
            named = note.where in ("checkpoint", f"checkpoints/{note.size}")
            self.expect(named, TAMPERED, note.where, "is not of the size that its name says")
        for note in [*kept, *external]:
            outside = note in external
            self.check_note(note, TAMPERED if self.newest or outside else MISSING, outside)
        for first in self.firsts[1:]:
            there = first in [note.size for note in kept]
            self.expect(there, MISSING, f"checkpoints/{first}", "ends a key epoch and is not there")

    def check_note(self, note, if_larger=TAMPERED, external=False):
        """A key signs all sizes from its leaf on to that of the next key, where both sign, and no other size."""
        where = note.where
        self.expect(note.size <= (self.newest or self).size, if_larger, where, "is larger than the ledger")
        if note.size > self.size:
            return
        self.expect(not self.keys or note.origin == self.keys[0].name, TAMPERED, where, "is of another origin")
        self.check_root(note, external)
        epochs = zip(self.firsts, [*self.firsts[1:], MAX], self.keys)
        missing = [key for first, end, key in epochs if first <= note.size <= end]
        for name, signature in note.signatures:
            for key in [key for key in self.keys if (key.name, key.id) == (name, signature[:4].hex())]:
                right = key in missing and len(signature) == 68 and verifies(key.public, note.body, signature[4:])
                self.expect(right, TAMPERED, where, "has a wrong signature, one twice, or of another epoch's key")
                missing = [other for other in missing if other != key]
        for key in missing:
            self.expect(False, UNSIGNED, where, f"is not signed by the key {key.id} of its epoch")
        self.check_cosignatures(note)

    def check_cosignatures(self, note):
        for key in self.witnesses:
            lines = [line for name, line in note.signatures if (name, line[:4].hex()) == (key.name, key.id)]
            for line in lines:
                stamped = b"cosignature/v1\ntime %d\n%b" % (int.from_bytes(line[4:12], "big"), note.body)
                right = len(line) == 76 and len(lines) == 1 and verifies(key.public, stamped, line[12:])
                self.expect(right, TAMPERED, note.where, f"has a wrong cosignature of {key.name}, or it twice")
                self.witnessed = max(self.witnessed, note.size)

    def check_root(self, note, _):
        right = note.root == root_at(self.rows, note.size)
        self.expect(right, TAMPERED, note.where, "has another root than the leaves")

    def check_absent(self):
        """A later leaf explains why a body is not there."""
        for i, subject, retention in self.absent:
            covered = self.erased.get(subject, -1) > i or any(i in at for kind, at in self.purged if kind == retention)
            self.expect(covered, MISSING, f"body of leaf {i}", "is not there, and no later leaf says it was erased")
            self.expect(not covered, ERASED, f"body of leaf {i}", "was erased, as a later leaf says")

    def check_strays(self, folder, name_of):
        """A file that was not read belongs to a leaf that is missing, or to none."""
        for name in [name for name in self.unread if name.startswith(folder)]:
            n = int(re.sub("[^0-9]", "", name) or 0)
            of_missing = n >= self.size and name == name_of(n)
            self.expect(of_missing and not self.complete, TAMPERED, name, "does not belong to this ledger")


def kind_of(folder):
    """Ledger, for a ledger alone; what a bag has besides is judged by the second file, or not at all."""
    own = ("leaves.jsonl", "checkpoint", "checkpoints", "sealed", "vkey")
    if all(name in own for name in os.listdir(folder)):
        return Ledger
    sys.modules.setdefault("verify", sys.modules[__name__])  # this file, for the other to import
    sys.dont_write_bytecode = True  # a bag is left as it is
    from verify_bag import Bag
    return Bag


def judge(folder, pin, external=(), witnesses=()):
    """The exit code; prints what was found."""
    expect(os.path.isdir(folder), "BAG is not a folder")
    verifier = kind_of(folder)(folder, pin)
    verifier.witnesses = witnesses
    verifier.judge(external)
    code = next((code for code in (TAMPERED, UNSIGNED, MISSING, ERASED) if verifier.found[code]), OK)
    leaves, keys = f"{verifier.count} of {verifier.size} leaves", f"{len(verifier.keys)} keys"
    leaves += f" ({verifier.witnessed} witnessed)" if witnesses else ""
    print(f"{WORDS[code]}: {leaves}, {keys}, {verifier.found[ERASED]} bodies erased")
    return code


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.error = lambda why: parser.exit(64, f"usage: {why}\n")
    parser.add_argument("export", metavar="BAG")
    parser.add_argument("--vkey", help="the genesis key, from outside the export")
    parser.add_argument("--external", metavar="CHECKPOINT", action="append", default=[], help="a note kept elsewhere")
    parser.add_argument("--witness", metavar="WITNESS", action="append", default=[], help="whose cosignatures count")
    options = parser.parse_args(arguments)
    try:  # what ends without a verdict must not look like one
        pin = None if options.vkey is None else read_vkey(options.vkey)
        external = [read_note(pathlib.Path(name).read_bytes(), name) for name in options.external]
        return judge(options.export, pin, external, [read_vkey(text, WITNESS) for text in options.witness])
    except (ImportError, OSError, ValueError, subprocess.SubprocessError) as error:
        parser.error(error)


if __name__ == "__main__":
    sys.exit(main())
