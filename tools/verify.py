#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Verifies what was exported of a Postern ledger. Needs Python 3.9, the openssl command, and nothing of Postern.

    verify.py BAG --vkey VKEY [--external CHECKPOINT]...

VKEY is the genesis key, printed when the ledger was made: get it from people, not from the export. CHECKPOINT is a note
of this ledger that somebody kept elsewhere. Exit codes: 0 all is as it was signed; 1 tampered or malformed; 2 something
is missing; 3 unsigned or unpinned; 4 as 0, with authorised erasures; 64 no verdict. 1 outranks 3, 3 outranks 2.
BAG is a folder as RFC 8493 has it, or its data/ alone. The lines of leaves.jsonl are the leaves of a tree
(RFC 6962). `checkpoint` and checkpoints/<size> are C2SP notes: they sign a size and its root. sealed/ has the bodies
whose hashes leaves hold. In place of all leaves there may be some, selected.jsonl, with a proof for each. keys.jsonl
has keys of bodies that were opened: messages.jsonl must say what they open, and no other file of a bag is proven.
"""
import argparse, base64, collections, concurrent.futures, functools, hashlib, itertools, json, os, pathlib, re
import subprocess, sys, tempfile

OK, TAMPERED, MISSING, UNSIGNED, ERASED = range(5)
WORDS, MAX = ("ok", "tampered", "missing", "unsigned", "erased"), 2**53 - 1

# The forms of what is read. A byte that is no UTF-8 is read as U+FFFD, which no form allows. Base64 has no spare bits.
HEX, TEXT, NAME = "[0-9a-f]", "[A-Za-z0-9._:/@+=-]+", "[A-Za-z0-9._:/+=-]+"
NATURAL, INTEGER = "(?:0|[1-9][0-9]{0,15})", "(?:0|-?[1-9][0-9]{0,15})"
B64, HASH = "[A-Za-z0-9+/]", "[A-Za-z0-9+/]{42}[048AEIMQUYcgkosw]="
ORIGIN = rf"[A-Za-z0-9.-]{{1,64}}/postern/{HEX}{{8}}(?:-{HEX}{{4}}){{3}}-{HEX}{{12}}/{NATURAL}"
VKEY = rf"({ORIGIN})\+({HEX}{{8}})\+(A[Q-Za-f]{B64}{{42}})"  # AQ to Af: the first byte is 1, Ed25519
SIGNATURE = rf"— ([!-*,-~]+) ((?:{B64}{{4}})+(?:{B64}{{2}}[048AEIMQUYcgkosw]=|{B64}[AQgw]==)?)\n"
BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
KEY_LINE = rf'{{"i":({NATURAL}),"key":"({HEX}{{64}})"}}\n'
LISTED = rf"({HEX}{{64}}) [ *](data/[!-~]+)\n"
NOTE = rf"(([!-*,-~]+)\n([1-9][0-9]{{0,15}})\n({HASH})\n)\n((?:{re.sub('[(](?![?])', '(?:', SIGNATURE)}){{0,16}})"
PROOF = rf"c2sp\.org/tlog-proof@v1\nindex ({NATURAL})\n((?:{HASH}\n){{0,64}})((?s:\n.*))"
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
SHOWN = {"i": "i", "type": "k", "outcome": "o", "actor": "a", "account": "w", "platform": "p", "conversation": "c",
         "contact": "s", "decision": "d", "cause": "r"}  # what a line of messages.jsonl says of its leaf
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


def read_vkey(text):
    name, key_id, key = groups(VKEY, text.encode())
    key = base64.b64decode(key)
    expect(sha(name.encode(), b"\n", key)[:4].hex() == key_id, "is not the key of this id")
    return Key(text, name, key_id, key[1:])


def read_note(data, where):
    body, origin, size, root, lines = groups(NOTE, data)
    signatures = [(name, base64.b64decode(signature)) for name, signature in re.findall(SIGNATURE, lines)]
    expect(int(size) <= MAX and all(len(signature) > 4 for _, signature in signatures))
    return Note(where, body.encode(), origin, int(size), base64.b64decode(root), signatures)


def read_proof(data, where, i, leaf_hash):
    index, path, note = groups(PROOF, data)
    note, path = read_note(note[1:].encode(), where), [base64.b64decode(line) for line in path.split()]
    expect(int(index) == i < note.size, "is not the proof that its name says")
    expect(proved_root(leaf_hash, i, note.size, path) == note.root, "does not prove the leaf")
    return note


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


def ghash(key, data):
    """The hash of GCM (NIST SP 800-38D, 6.4) over whole blocks."""
    table, y = [int.from_bytes(key, "big")], 0
    for _ in range(127):
        table.append(table[-1] >> 1 ^ (0xe1 << 120 if table[-1] & 1 else 0))
    for at in range(0, len(data), 16):
        x, y = y ^ int.from_bytes(data[at:at + 16], "big"), 0
        for bit in range(128):
            if x >> (127 - bit) & 1:
                y ^= table[bit]
    return y.to_bytes(16, "big")


def open_body(data, key, origin, i):
    """What a blob holds: AES-256-GCM under the key that the blob commits to, with a nonce of zeros."""
    expect(sha(b"postern/kc/v1", key) == data[44:76], "is not sealed with this key")
    sealed, tag, extra = data[76:-16], data[-16:], f"{origin}\n{i}".encode()
    command = ["openssl", "enc", "-d", "-aes-256-ctr", "-K", key.hex(), "-iv", "00" * 16]
    stream = subprocess.run(command, input=bytes(32) + sealed, capture_output=True, timeout=60).stdout
    if len(stream) != 32 + len(sealed):
        raise OSError("openssl cannot decrypt AES-256-CTR")
    lengths = (len(extra) * 8).to_bytes(8, "big") + (len(sealed) * 8).to_bytes(8, "big")
    wanted = ghash(stream[:16], extra + bytes(-len(extra) % 16) + sealed + lengths)
    expect(bytes(a ^ b for a, b in zip(wanted, stream[16:32])) == tag, "does not open with its key")
    return expect(re.fullmatch(rb"(?s)(.*)\x80\x00{0,63}", stream[32:]))[1]


@functools.lru_cache(maxsize=None)
def verifies(public, message, signature):
    """Ed25519, by openssl."""
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


def proved_root(leaf_hash, i, size, path):
    """The root to which the path from leaf i leads in a tree of this size. The left subtree is as large as can be."""
    expect(bool(path) == (size > 1), "has a path of another length")
    if size == 1:
        return leaf_hash
    left = 1 << (size - 1).bit_length() - 1
    if i < left:
        return sha(b"\1", proved_root(leaf_hash, i, left, path[:-1]), path[-1])
    return sha(b"\1", path[-1], proved_root(leaf_hash, i - left, size - left, path[:-1]))


def file_hash(path):
    hashed = hashlib.sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(1 << 20), b""):
            hashed.update(piece)
    return hashed.hexdigest()


def number_path(n):
    """A number as tlog-tiles write it: x001/x234/067."""
    return re.sub("...(?=.)", r"x\g<0>/", "0" * (-len(str(n)) % 3) + str(n))


class Verifier:
    """Reads everything, prints what is wrong, and counts it by code."""

    def __init__(self, folder, pin, external):
        self.folder, self.pin, self.found = pathlib.Path(folder), pin, collections.Counter()
        if (self.folder / "bagit.txt").is_file():
            self.read_manifest()
            self.folder /= "data"
        self.unread = {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if not path.is_dir()}
        self.firsts, self.keys = [], []  # of each epoch the first size that its key signs, and the key
        self.absent, self.erased, self.purged = [], {}, []  # bodies, and what covers them
        self.selected = {} if "selected.jsonl" in self.unread else None  # the hashes of those leaves, or all are there
        self.roots = {}  # of a selection, by size: two notes of one size must not differ
        self.read_leaves()
        self.read_notes(external)
        self.read_proofs()
        self.read_tiles()
        self.read_content()
        if self.keys and "vkey" in self.unread:
            self.read("vkey", read_same, self.keys[0].text.encode() + b"\n")
        self.check_absent()

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
        if not (self.folder / name).is_file():
            return self.expect(False, MISSING, name, "is not there")
        return self.attempt(name, lambda: parse((self.folder / name).read_bytes(), *arguments))

    def read_manifest(self):
        """RFC 8493: the manifest lists each file below data/ with its hash, and no other."""
        paths = [path for path in self.folder.joinpath("data").rglob("*") if path.is_file()]
        unlisted = {path.relative_to(self.folder).as_posix() for path in paths}
        self.attempt("bagit.txt", read_same, (self.folder / "bagit.txt").read_bytes(), BAGIT)
        for line in self.lines("manifest-sha256.txt"):
            wanted, name = self.attempt("manifest-sha256.txt", groups, LISTED, line) or (None, None)
            if name in unlisted:
                unlisted.discard(name)
                same = self.attempt(name, file_hash, self.folder / name) == wanted
                self.expect(same, TAMPERED, name, "is not the file that the manifest lists")
            elif name:
                self.expect(False, MISSING, name, "is listed in the manifest, once too often or without being there")
        for name in sorted(unlisted):
            self.expect(False, TAMPERED, name, "is not listed in the manifest")

    def lines(self, name):
        if (self.folder / name).is_file():
            with open(self.folder / name, "rb") as file:
                yield from file

    def read_leaves(self):
        hashes, before, last = bytearray(), None, -1
        if self.selected is not None:
            self.expect("leaves.jsonl" not in self.unread, TAMPERED, "leaves.jsonl", "stands beside a selection")
            self.firsts, self.keys = ([0], [self.pin]) if self.pin else ([], [])
        for line in self.lines("leaves.jsonl" if self.selected is None else "selected.jsonl"):
            i = last + 1
            if self.selected is not None:
                i = int((re.search(rb'"i":([0-9]{1,16})[,}]', line) or [0, -1])[1])
                if i <= last:
                    self.expect(False, TAMPERED, f"leaf {i}", "is out of its order, or says no index")
                    continue
                self.selected[i] = sha(b"\0", line.removesuffix(b"\n"))
            else:
                hashes += sha(b"\0", line.removesuffix(b"\n"))
            leaf = self.attempt(f"leaf {i}", read_leaf, line, i, self.keys[0].name if self.keys else "")
            if i == 0 and (leaf or self.pin):
                self.firsts, self.keys = [0], [leaf["vkey"] if leaf else self.pin]
            if leaf:
                self.take_leaf(i, leaf, before if before and last == i - 1 else leaf)
                before = leaf
            last = i
        self.size, self.rows = last + 1, rows_of(hashes)
        self.expect(self.pin, UNSIGNED, "vkey", "is not pinned: name the genesis key with --vkey")
        other = self.pin and self.keys and self.keys[0] != self.pin
        self.expect(not other, UNSIGNED, "leaf 0", "names another key than the pinned one: this is another ledger")
        self.expect(self.selected is None or 0 in self.selected, MISSING, "leaf 0", "is not there, as in any selection")

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
        if self.selected is not None:
            self.size = max(self.size, signed)
        self.complete = self.size >= signed
        self.expect(self.size <= signed, UNSIGNED, f"leaf {signed}", "and those after it are not signed")
        self.expect(self.size >= max(signed, 1), MISSING, f"leaf {self.size}", "and those after it are not there")
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
        if self.selected is None:
            self.expect(note.root == root_at(self.rows, note.size), TAMPERED, where, "has another root than the leaves")
        else:
            known = note.size in self.roots or not external
            self.expect(known, MISSING, where, "cannot be compared: no checkpoint of its size is in the selection")
            same = self.roots.setdefault(note.size, note.root) == note.root
            self.expect(same, TAMPERED, where, "has another root than a note of the same size")
        epochs = zip(self.firsts, [*self.firsts[1:], MAX], self.keys)
        missing = [key for first, end, key in epochs if first <= note.size <= end]
        for name, signature in note.signatures:
            for key in [key for key in self.keys if (key.name, key.id) == (name, signature[:4].hex())]:
                right = key in missing and len(signature) == 68 and verifies(key.public, note.body, signature[4:])
                self.expect(right, TAMPERED, where, "has a wrong signature, one twice, or of another epoch's key")
                missing = [other for other in missing if other != key]
        for key in missing:
            self.expect(False, UNSIGNED, where, f"is not signed by the key {key.id} of its epoch")

    def read_proofs(self):
        """A proof stands under the note that ends its leaf's epoch, or under the newest."""
        ends = self.firsts[1:]
        for i in range(self.size) if self.selected is None else self.selected:
            name, leaf_hash = f"proofs/{i}.tlog-proof", (self.selected or {}).get(i) or self.rows[0][32 * i:32 * i + 32]
            self.expect(self.selected is None or name in self.unread, MISSING, name, f"is not there to prove leaf {i}")
            note = name in self.unread and self.read(name, read_proof, name, i, leaf_hash)
            if note:
                self.check_note(note)
                late = note.size <= self.size and any(i < end < note.size for end in ends)
                other = self.newest and self.complete and note.size not in [*ends, self.newest.size]
                self.expect(not late and not other, TAMPERED, name, "stands under another note than its epoch's last")

    def read_tiles(self):
        """tlog-tiles: a file has 256 leaves, or 256 roots of every eighth row; the last is N.p/W if it has only W."""
        if self.selected is not None or not (self.folder / "tiles").is_dir() or not self.newest or not self.complete:
            return
        self.read("tiles/checkpoint", read_same, (self.folder / "checkpoint").read_bytes())
        leaves = (line.removesuffix(b"\n") for line in self.lines("leaves.jsonl"))
        for kind, row in [("entries", None), *enumerate(self.rows[::8])]:
            count = self.newest.size >> (8 * kind if row else 0)
            for n in range(0, count, 256):
                width = min(256, count - n)
                entries = itertools.islice(leaves, 0 if row else width)
                data = b"".join((len(leaf) % 65536).to_bytes(2, "big") + leaf for leaf in entries)
                name = f"tiles/tile/{kind}/{number_path(n // 256)}" + (f".p/{width}" if width < 256 else "")
                self.read(name, read_same, row[32 * n:32 * (n + width)] if row else data)

    def read_content(self):
        """Every line of messages.jsonl is of a leaf, and what it says was sealed is what the body's key opens."""
        if not (self.folder / "keys.jsonl").is_file():
            return
        keys = {int(i): bytes.fromhex(key) for line in self.lines("keys.jsonl")
                for i, key in [self.attempt("keys.jsonl", groups, KEY_LINE, line) or ("-1", "")]}
        shown = {}
        for line in self.lines("messages.jsonl"):
            said = self.attempt("messages.jsonl", json.loads, line) or {}
            shown[said.get("i")] = said
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            opened = {i: pool.submit(self.attempt, f"body of leaf {i}", self.open, i, key) for i, key in keys.items()}
        content, fields = {i: body.result() for i, body in opened.items()}, {}
        for i, line in self.leaves():
            if i in shown:
                fields[i] = json.loads(line)
        for i, said in shown.items():
            leaf = fields.get(i, {})
            same = all(said.get(name) == leaf.get(key) for name, key in SHOWN.items())
            same = same and ("body" in said) == (i in content) and said.get("body") == content.get(i)
            self.expect(same, TAMPERED, f"messages.jsonl: record {i}", "is not what its leaf and its body say")
        for i in content.keys() - shown.keys():
            self.expect(False, MISSING, f"messages.jsonl: record {i}", "is not there, but its key is")

    def open(self, i, key):
        data = (self.folder / f"sealed/{number_path(i)}.psb").read_bytes()
        return json.loads(open_body(data, key, self.keys[0].name if self.keys else "", i))

    def leaves(self):
        """Index and line of each leaf that there is."""
        if self.selected is None:
            yield from enumerate(self.lines("leaves.jsonl"))
        else:
            yield from zip(self.selected, self.lines("selected.jsonl"))

    def check_absent(self):
        """A later leaf explains why a body is not there. A file that was not read belongs to a leaf that is missing."""
        for i, subject, retention in self.absent:
            covered = self.erased.get(subject, -1) > i or any(i in at for kind, at in self.purged if kind == retention)
            self.expect(covered, MISSING, f"body of leaf {i}", "is not there, and no later leaf says it was erased")
            self.expect(not covered, ERASED, f"body of leaf {i}", "was erased, as a later leaf says")
        judged = ("sealed/", "proofs/", "tiles/") if self.newest and self.complete else ("sealed/", "proofs/")
        for name in [name for name in self.unread if name.startswith(judged)]:
            n = int(re.sub("[^0-9]", "", name) or 0)
            of_missing = n >= self.size and name in (f"sealed/{number_path(n)}.psb", f"proofs/{n}.tlog-proof")
            self.expect(of_missing and not self.complete, TAMPERED, name, "does not belong to this ledger")


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.error = lambda why: parser.exit(64, f"usage: {why}\n")
    parser.add_argument("export", metavar="BAG")
    parser.add_argument("--vkey", help="the genesis key, from outside the export")
    parser.add_argument("--external", metavar="CHECKPOINT", action="append", default=[], help="a note kept elsewhere")
    options = parser.parse_args(arguments)
    try:  # what ends without a verdict must not look like one
        expect(os.path.isdir(options.export), "BAG is not a folder")
        pin = None if options.vkey is None else read_vkey(options.vkey.strip())
        external = [read_note(pathlib.Path(name).read_bytes(), name) for name in options.external]
        verifier = Verifier(options.export, pin, external)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        parser.error(error)
    code = next((code for code in (TAMPERED, UNSIGNED, MISSING, ERASED) if verifier.found[code]), OK)
    count = f"{len(verifier.selected)} of {verifier.size}" if verifier.selected is not None else verifier.size
    print(f"{WORDS[code]}: {count} leaves, {len(verifier.keys)} keys, {verifier.found[ERASED]} bodies erased")
    return code


if __name__ == "__main__":
    sys.exit(main())
