#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies an exported Postern ledger. Needs Python 3.9, the openssl command, and nothing of Postern.

    verify.py EXPORT_DIR --vkey VKEY [--external CHECKPOINT]...

VKEY is the genesis key that was printed when the ledger was made: get it from people, not from the export. CHECKPOINT is
a note of this ledger that somebody kept elsewhere. Exit codes: 0 all is as it was signed; 1 tampered or malformed;
2 something is missing; 3 unsigned or unpinned; 4 as 0, with authorised erasures; 64 wrong usage. 1 outranks 3, 3 outranks 2.

The format in short: leaf j is line j of leaves.jsonl; the leaves hang in the Merkle tree of RFC 6962; `checkpoint` and
checkpoints/<size> are C2SP notes that sign size and root; sealed bodies are encrypted, their hash is in their leaf.
"""
import argparse, base64, collections, hashlib, os, re, subprocess, sys, tempfile

MAX = 2**53 - 1
WORD = {0: "ok", 1: "tampered", 2: "missing", 3: "unsigned", 4: "erased"}


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


# ---- leaves: the whole grammar is one regular expression. Keys ascend, so the one-letter keys have a fixed order.
TEXT, INT, HEX = rb"[A-Za-z0-9._:/@+=-]+", rb"(?:-?[1-9][0-9]{0,15}|0)", rb"[0-9a-f]{%d}"
NAME = rb"[A-Za-z0-9._:/+=-]+"  # TEXT without @
NATURAL = rb"(?:[1-9][0-9]{0,15}|0)"
ACTOR = rb"system|user:" + HEX % 32 + rb"|plugin:" + NAME + b"@" + NAME
FIELDS = [  # key, needed, form; a form in quotes is that of a text
    (b"a", 1, b'"(%s)"' % ACTOR), (b"b", 1, b'"(%s)"' % (HEX % 8)), (b"c", 0, b'"(%s)"' % (HEX % 32)),
    (b"d", 0, b'"(%s)"' % TEXT), (b"f", 0, b'"(%s)"' % TEXT), (b"h", 0, b'"(%s)"' % (HEX % 64)),
    (b"i", 1, b"(%s)" % NATURAL), (b"k", 1, rb'"([a-z]+(?:\.[a-z]+)+)"'), (b"m", 1, b"(%s)" % NATURAL),
    (b"n", 0, b"(%s)" % NATURAL), (b"o", 1, b'"(ok|refused|failed|unknown|deferred)"'), (b"p", 0, b'"(%s)"' % TEXT),
    (b"q", 0, b"(%s)" % INT), (b"r", 0, b"(%s)" % NATURAL), (b"s", 0, b'"(%s)"' % (HEX % 32)),
    (b"t", 1, b"(%s)" % NATURAL), (b"v", 1, b"(1)"), (b"w", 0, b'"(%s)"' % TEXT), (b"x", 0, b'"(%s)"' % (HEX % 32))]
EXTRA = rb'(?:,"[a-z][a-z0-9_]{1,15}":(?:"%s"|%s))*' % (TEXT, INT)
LEAF = re.compile(EXTRA + b"".join(b'(?:,"%s":%s)%s' % (k, f, b"" if need else b"?") + EXTRA for k, need, f in FIELDS))
KEYS, NINES = re.compile(rb'"([a-z0-9_]+)":'), re.compile(rb'":-?(9[0-9]{15})')
VERDICTS = {b"msg.out.intent": b"allow|transform", b"policy.allow": b"allow|transform", b"policy.hold": b"hold",
            b"policy.refuse": b"deny"}


def argument(line, key, form):
    match = re.search(b'"%s":%s[,}]' % (key, form), line)
    return match and match[1]


def read_leaf(line, i, origin):
    """The one-letter fields of a well-formed leaf in its place, by key; None if it is anything else."""
    match = len(line) <= 2048 and line[:1] == b"{" and line[-1:] == b"}" and LEAF.fullmatch(b"," + line[1:-1])
    keys = KEYS.findall(line)
    if not match or keys != sorted(set(keys)) or any(int(n) > MAX for n in NINES.findall(line)):
        return None
    leaf = {key.decode(): value for (key, _, _), value in zip(FIELDS, match.groups())}
    h, n, k = leaf["h"], leaf["n"], leaf["k"]
    if int(leaf["i"]) != i or leaf["r"] and int(leaf["r"]) >= i or (h is None) != (n is None):
        return None
    if h and (int(n) == 0 or int(n) % 64 or not leaf["s"] or not leaf["f"]):
        return None
    if (i == 0) != (k == b"audit.fork" or i == 0 and k == b"audit.start"):
        return None
    if i == 0 or k == b"key.rotate":
        leaf["vkey"] = read_vkey(argument(line, b"vkey", b'"(%s)"' % TEXT) or b"")
        if not leaf["vkey"] or i and leaf["vkey"][0] != origin:
            return None
    if k in VERDICTS and not re.fullmatch(b"(?:%s)/.+:%s" % (VERDICTS[k], HEX % 16), leaf["d"] or b""):
        return None
    if k == b"subject.erased" and not leaf["s"]:
        return None
    if k == b"retention.purged":
        low, high = (argument(line, key, b"(%s)" % NATURAL) for key in (b"from", b"to"))
        if not leaf["f"] or not low or not high or not int(low) <= int(high) <= i:
            return None
        leaf["range"] = range(int(low), int(high))
    return leaf


# ---- notes and keys
ORIGIN = rb"[A-Za-z0-9.-]{1,64}/postern/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/(?:0|[1-9][0-9]{0,15})"
LINE = rb"\xe2\x80\x94 ([!-*,-~]+) ([A-Za-z0-9+/]+={0,2})\n"
NOTE = re.compile(rb"(([!-*,-~]+)\n([1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n)\n((?:" + LINE + rb"){0,16})")
Note = collections.namedtuple("Note", "where kind body origin size root lines")  # kind: ledger, external, proof


def unbase64(text):
    """The bytes; None unless this is their one canonical encoding."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data) == text else None


def read_note(text, where, kind):
    match = NOTE.fullmatch(text)
    lines = [(name, unbase64(sig)) for name, sig in re.findall(LINE, match[5])] if match else []
    root = match and unbase64(match[4])
    if not root or int(match[3]) > MAX or any(sig is None or len(sig) < 5 for _, sig in lines):
        return None
    return Note(where, kind, match[1], match[2], int(match[3]), root, lines)


def read_vkey(text):
    """(name, key id, public key) of a ledger's Ed25519 verification key."""
    match = re.fullmatch(rb"(%s)\+([0-9a-f]{8})\+([A-Za-z0-9+/]{44})" % ORIGIN, text)
    data = match and unbase64(match[3])
    if not data or data[0] != 1 or sha(match[1], b"\n", data)[:4].hex().encode() != match[2]:
        return None
    return match[1], sha(match[1], b"\n", data)[:4], data[1:]


def verifies(key, message, signature, known={}):
    if len(signature) != 64:
        return False
    if (key, message, signature) not in known:
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ("key", "message", "signature")]
            for path, data in zip(paths, (bytes.fromhex("302a300506032b6570032100") + key, message, signature)):
                with open(path, "wb") as file:
                    file.write(data)
            done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths[0],
                                   "-rawin", "-in", paths[1], "-sigfile", paths[2]], capture_output=True, timeout=60)
            if b"Verification Failure" not in done.stdout and b"Verified Successfully" not in done.stdout:
                raise OSError("openssl cannot verify Ed25519 signatures: " + done.stderr.decode(errors="replace"))
            known[key, message, signature] = done.returncode == 0 and b"Verified Successfully" in done.stdout
    return known[key, message, signature]


# ---- the tree
def grow(edge, size, leaf_hash):
    """Adds leaf number `size` to the right edge: the roots of the complete subtrees, largest first."""
    edge.append(leaf_hash)
    while size & 1:
        right = edge.pop()
        edge[-1] = sha(b"\1", edge[-1], right)
        size >>= 1


def root_of(edge):
    root = edge[-1]
    for left in reversed(edge[:-1]):
        root = sha(b"\1", left, root)
    return root


def proved(leaf_hash, i, size, path, root):
    """RFC 9162, 2.1.3.2."""
    if i >= size:
        return False
    n, last, value = i, size - 1, leaf_hash
    for other in path:
        if last == 0:
            return False
        if n & 1 or n == last:
            value = sha(b"\1", other, value)
            while n and not n & 1:
                n, last = n >> 1, last >> 1
        else:
            value = sha(b"\1", value, other)
        n, last = n >> 1, last >> 1
    return last == 0 and value == root


def number_path(n, width=256):
    path = f"{n % 1000:03}"
    while n := n // 1000:
        path = f"x{n % 1000:03}/{path}"
    return path if width == 256 else f"{path}.p/{width}"


def tiles_of(leaves, size):
    """Every file that a tlog-tiles folder of this tree has, with its bytes."""
    row, bundle = [], []
    for line in leaves:
        row.append(sha(b"\0", line))
        bundle.append(len(line).to_bytes(2, "big") + line)
        if len(bundle) == 256 or len(row) == size:
            yield "tile/entries/" + number_path((len(row) - 1) // 256, len(bundle)), b"".join(bundle)
            bundle = []
        if len(row) == size:
            break
    level = 0
    while row:
        parts = [row[at:at + 256] for at in range(0, len(row), 256)]
        for n, part in enumerate(parts):
            yield f"tile/{level}/" + number_path(n, len(part)), b"".join(part)
        row, level = [full_root(part) for part in parts if len(part) == 256], level + 1


def full_root(row):
    while len(row) > 1:
        row = [sha(b"\1", row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


# ---- the export
PROOF = re.compile(rb"c2sp\.org/tlog-proof@v1\nindex (0|[1-9][0-9]{0,15})\n((?:[A-Za-z0-9+/]{43}=\n){0,64})\n(.*)", re.S)


class Verifier:
    def __init__(self, folder, pin, external):
        self.folder, self.pin, self.notes = folder, pin, list(external)
        self.found = collections.defaultdict(list)  # exit code: what was found
        self.remarks, self.size, self.intact = [], 0, 0
        self.newest, self.epochs, self.proofs = None, [], {}  # epochs: (first size, vkey), newest last
        self.absent, self.erased, self.purged = [], {}, collections.defaultdict(list)  # bodies, and what covers them
        self.blobs = self.files("sealed")

    def say(self, code, where, what):
        self.found[code].append(f"{WORD[code]}: {where} {what}")

    def code(self):
        return next((code for code in (1, 3, 2, 4) if self.found[code]), 0)

    def path(self, name):
        return os.path.join(self.folder, name)

    def has(self, name):
        return os.path.lexists(self.path(name))

    def files(self, name):
        """All files below a folder, relative to it."""
        top = self.path(name)
        return {os.path.relpath(os.path.join(folder, file), top) for folder, _, files in os.walk(top) for file in files}

    def read(self, name):
        """The bytes of a regular file; None, and a finding, if they cannot be had."""
        try:
            if not os.path.isfile(self.path(name)):
                raise OSError("is not a file")
            with open(self.path(name), "rb") as file:
                return file.read()
        except OSError as error:
            self.say(2, name, f"cannot be read: {error}")

    def lines(self):
        """The leaves: bytes, and whether the line ends."""
        if os.path.isfile(self.path("leaves.jsonl")):
            with open(self.path("leaves.jsonl"), "rb") as file:
                for line in file:
                    yield (line[:-1], True) if line.endswith(b"\n") else (line, False)

    def read_note(self, name):
        text = self.read(name)
        note = None if text is None else read_note(text, name, "ledger")
        if text is not None and not note:
            self.say(1, name, "is not a well-formed note")
        return note

    def run(self):
        if not self.pin:
            self.say(3, "vkey", "is not pinned: name the genesis key with --vkey")
        self.read_notes()
        self.complete = self.read_leaves()
        for note in self.notes:
            if note.size <= self.size:
                self.judge(note)
        self.check_sizes()
        self.check_bodies()
        self.check_files()

    def read_notes(self):
        if self.has("checkpoint"):
            self.newest = self.read_note("checkpoint")
        else:
            self.say(3, "checkpoint", "is not there: nothing is signed")
        kept = [self.read_note("checkpoints/" + name) for name in self.files("checkpoints")]
        for note in filter(None, kept):
            if note.where != f"checkpoints/{note.size}":
                self.say(1, note.where, "is not of the size that its name says")
            else:
                self.notes.append(note)
        self.notes += [self.newest] if self.newest else []

    def read_leaves(self):
        """One pass: every leaf's form and order, the tree, the keys, the bodies."""
        wanted, self.roots, edge, before = {note.size for note in self.notes}, {}, [], None
        names = self.files("proofs")
        for i, (line, ended) in enumerate(self.lines()):
            leaf = read_leaf(line, i, self.epochs[0][1][0] if self.epochs else b"")
            leaf_hash = sha(b"\0", line)
            grow(edge, i, leaf_hash)
            self.size = i + 1
            if f"{i}.tlog-proof" in names:
                names.remove(f"{i}.tlog-proof")
                wanted |= self.read_proof(i, leaf_hash)
            if i + 1 in wanted:
                self.roots[i + 1] = root_of(edge)
            if not leaf or not ended:
                self.say(1, f"leaf {i}", "is not a well-formed leaf in its place")
            if i == 0:
                self.begin(leaf)
            if leaf:
                before = self.read_fields(i, leaf, before)
        complete = not self.newest or self.size >= self.newest.size
        for name in names:  # those of leaves that are not there; only a complete ledger can tell
            if complete or not re.fullmatch(r"(0|[1-9][0-9]*)\.tlog-proof", name):
                self.say(1, "proofs/" + name, "belongs to no leaf")
        return complete

    def begin(self, leaf):
        """The first leaf names the key that all others hang on."""
        if leaf and self.pin and leaf["vkey"] != self.pin:
            self.say(3, "leaf 0", "names another genesis key than the pinned one: this is another ledger")
        if leaf or self.pin:
            self.epochs.append((0, leaf["vkey"] if leaf else self.pin))

    def read_fields(self, i, leaf, before):
        k, now = leaf["k"], (int(leaf["t"]), int(leaf["m"]), leaf["b"])
        if before and (now[0] < before[0] and k != b"clock.step" or now[1] < before[1] and now[2] == before[2]):
            self.say(1, f"leaf {i}", "is older than the leaf before it")
        if k == b"clock.step":
            self.remarks.append(f"note: leaf {i} is a step of the clock by {int(leaf['q'] or 0)} us")
        if k == b"key.rotate":
            if leaf["vkey"][1] in [vkey[1] for _, vkey in self.epochs]:
                self.say(1, f"leaf {i}", "brings back a signing key that was used before")
            else:
                self.epochs.append((i + 1, leaf["vkey"]))
        if k == b"subject.erased":
            self.erased[leaf["s"]] = i
        if k == b"retention.purged":
            self.purged[leaf["f"]].append(leaf["range"])
        if leaf["h"]:
            self.check_body(i, leaf)
        return now

    def check_body(self, i, leaf):
        name = number_path(i) + ".psb"
        if name not in self.blobs:
            self.absent.append((i, leaf["s"], leaf["f"]))
            return
        self.blobs.remove(name)
        blob = self.read("sealed/" + name)
        if blob is not None and (len(blob) != int(leaf["n"]) + 92 or blob[:12] != b"PSB1" + i.to_bytes(8, "big")
                                 or sha(b"\2", blob).hex().encode() != leaf["h"]):
            self.say(1, "sealed/" + name, "is not the body that its leaf names")
        elif blob is not None:
            self.intact += 1

    def read_proof(self, i, leaf_hash):
        """The size of the note that proves the leaf, as a set."""
        where = f"proofs/{i}.tlog-proof"
        text = self.read(where)
        match = text is not None and PROOF.fullmatch(text)
        path = [unbase64(line) for line in match[2].split()] if match else [None]
        note = match and read_note(match[3], where, "proof")
        if note and None not in path and int(match[1]) == i and proved(leaf_hash, i, note.size, path, note.root):
            self.notes.append(note)
            self.proofs[i] = note
            return {note.size}
        if text is not None:
            self.say(1, where, "does not prove the leaf")
        return set()

    def judge(self, note):
        """A checkpoint of size n must be signed by the newest key whose leaf is below n, at the end of an epoch by the one
        before too, and by no other key of this ledger."""
        if self.epochs and note.origin != self.epochs[0][1][0]:
            self.say(1, note.where, "is of another origin")
        if note.root != self.roots[note.size]:
            self.say(1, note.where, "has another root than the leaves make")
        before = [vkey for first, vkey in self.epochs if first <= note.size]
        ends = len(before) > 1 and note.size == self.epochs[len(before) - 1][0]
        missing = before[-2:] if ends else before[-1:]
        allowed = list(missing)
        for name, signature in note.lines:
            for vkey in [vkey for _, vkey in self.epochs if name == vkey[0] and signature[:4] == vkey[1]]:
                if vkey not in allowed or vkey not in missing or not verifies(vkey[2], note.body, signature[4:]):
                    self.say(1, note.where, "has a wrong signature, one twice, or one of another epoch's key")
                if vkey in missing:
                    missing.remove(vkey)
        for vkey in missing:
            self.say(3, note.where, f"is not signed by the key {vkey[1].hex()} of its epoch")

    def check_sizes(self):
        newest = self.newest.size if self.newest else self.size
        if self.size == 0:
            self.say(2, "leaves.jsonl", "has no leaf")
        if self.size > newest:
            self.say(3, f"leaf {newest}", "and those after it are not signed")
        if self.size < newest:
            self.say(2, f"leaf {self.size}", "and those after it are signed and not there")
        for note in self.notes:
            if note.size > newest:
                self.say(1 if self.newest or note.kind == "external" else 2, note.where, "is larger than the ledger")
        firsts, sizes = [first for first, _ in self.epochs[1:]], {n.size for n in self.notes if n.kind == "ledger"}
        for first in firsts:
            if first not in sizes:
                self.say(2, f"checkpoints/{first}", "ends a key epoch and is not there")
        for i, note in self.proofs.items():
            other = self.newest and self.complete and note.size != self.newest.size and note.size not in firsts
            if note.size <= self.size and (other or any(i < first < note.size for first in firsts)):
                self.say(1, note.where, "stands under another checkpoint than the one that ends its leaf's epoch")

    def check_bodies(self):
        for i, subject, retention in self.absent:
            if self.erased.get(subject, -1) > i or any(i in purged for purged in self.purged[retention]):
                self.say(4, f"sealed/{number_path(i)}.psb", "was erased, as a later leaf says")
            else:
                self.say(2, f"sealed/{number_path(i)}.psb", "is not there, and no later leaf says that it was erased")

    def check_files(self):
        if self.has("vkey") and self.epochs:
            name, key_id, key = self.epochs[0][1]
            ours = b"%s+%s+%s\n" % (name, key_id.hex().encode(), base64.b64encode(b"\1" + key))
            if self.read("vkey") not in (None, ours):
                self.say(1, "vkey", "is not the ledger's genesis key")
        for name in self.blobs:  # those that no leaf names; beyond the last leaf only a complete ledger can tell
            digits = re.sub("[^0-9]", "", name)
            if self.complete or not digits or name != number_path(int(digits)) + ".psb" or int(digits) < self.size:
                self.say(1, "sealed/" + name, "belongs to no leaf")
        if os.path.isdir(self.path("tiles")) and self.newest and self.complete:
            self.check_tiles()

    def check_tiles(self):
        there = self.files("tiles") - {"checkpoint"}
        if self.read("tiles/checkpoint") not in (None, self.read("checkpoint")):
            self.say(1, "tiles/checkpoint", "is not the ledger's checkpoint")
        for name, data in tiles_of((line for line, _ in self.lines()), self.newest.size):
            if self.read("tiles/" + name) not in (None, data):
                self.say(1, "tiles/" + name, "is not what the leaves make")
            there.discard(name)
        for name in there:
            self.say(1, "tiles/" + name, "belongs to no tree of this size")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.error = lambda message: (print(f"usage: {message}", file=sys.stderr), sys.exit(64))
    parser.add_argument("export", metavar="EXPORT_DIR")
    parser.add_argument("--vkey", help="the genesis key, from outside the export")
    parser.add_argument("--external", metavar="CHECKPOINT", action="append", default=[], help="a note kept elsewhere")
    options = parser.parse_args()
    pin = options.vkey and read_vkey(options.vkey.strip().encode())
    if not os.path.isdir(options.export) or options.vkey is not None and not pin:
        parser.error("EXPORT_DIR must be a folder, VKEY a ledger's verification key")
    external = []
    for path in options.external:
        try:
            with open(path, "rb") as file:
                external.append(read_note(file.read(), path, "external"))
        except OSError as error:
            parser.error(f"{path} cannot be read: {error}")
    if None in external:
        parser.error("an external checkpoint is not a well-formed note")
    verifier = Verifier(options.export, pin, external)
    try:
        verifier.run()
    except (OSError, subprocess.SubprocessError) as error:  # no verdict: must not look like one
        parser.error(f"the verifier cannot do its work: {error}")
    print("\n".join(verifier.remarks + sum(verifier.found.values(), [])))
    print(f"{WORD[verifier.code()]}: {verifier.size} leaves, {len(verifier.epochs)} signing keys; bodies: "
          f"{verifier.intact} intact, {len(verifier.found[4])} erased")
    return verifier.code()


if __name__ == "__main__":
    sys.exit(main())
