# SPDX-License-Identifier: Apache-2.0
"""What verify.py has to judge in a bag beside the ledger itself, and in a selection of it. Not a program of its own.

The manifest lists every file (RFC 8493). In place of all leaves there may be some, selected.jsonl, with a proof for
each. tiles/ is the tree as tlog-tiles have it. keys.jsonl has keys of bodies that were opened: messages.jsonl must say
what they open, and no other file of a bag is proven.
"""
import base64, concurrent.futures, hashlib, itertools, json, os, re, subprocess

from verify import (B64, HASH, HEX, MISSING, NATURAL, TAMPERED, Ledger, expect, files_of, groups, number_path,
                    read_note, read_same, sha)

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
KEY_LINE = rf'{{"i":({NATURAL}),"key":"({HEX}{{64}})"}}\n'
LISTED = rf"({HEX}{{64}}) [ *](data/[!-~]+)\n"
PROOF = rf"c2sp\.org/tlog-proof@v1\nindex ({NATURAL})\n((?:{HASH}\n){{0,64}})((?s:\n.*))"
SHOWN = {"i": "i", "type": "k", "outcome": "o", "actor": "a", "account": "w", "platform": "p", "conversation": "c",
         "contact": "s", "decision": "d", "cause": "r"}  # what a line of messages.jsonl says of its leaf


def read_proof(data, where, i, leaf_hash):
    index, path, note = groups(PROOF, data)
    note, path = read_note(note[1:].encode(), where), [base64.b64decode(line) for line in path.split()]
    expect(int(index) == i < note.size, "is not the proof that its name says")
    expect(proved_root(leaf_hash, i, note.size, path) == note.root, "does not prove the leaf")
    return note


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
    with open(path, "rb", buffering=0) as file:
        for piece in iter(lambda: file.read(1 << 16), b""):
            hashed.update(piece)
    return hashed.hexdigest()


class Bag(Ledger):
    """Besides the ledger: the manifest, proofs, tiles, opened contents; or of the ledger only a selection."""

    def __init__(self, folder, pin):
        super().__init__(folder, pin)
        if (self.folder / "bagit.txt").is_file():
            self.read_manifest()
            self.folder /= "data"
        self.selected = {} if (self.folder / "selected.jsonl").exists() else None  # the hashes of those leaves
        self.roots = {}  # of a selection, by size: two notes of one size must not differ

    def judge(self, external):
        super().judge(external)
        self.read_proofs()
        self.read_tiles()
        self.read_content()
        self.check_strays("proofs/", lambda n: f"proofs/{n}.tlog-proof")
        if self.newest and self.complete:
            self.check_strays("tiles/", lambda _: "")

    def read_manifest(self):
        """RFC 8493: the manifest lists each file below data/ with its hash, and no other."""
        names = files_of(self.folder / "data")
        unlisted = {f"data/{name}" for name in names if os.path.isfile(os.path.join(self.folder, "data", name))}
        self.attempt("bagit.txt", read_same, (self.folder / "bagit.txt").read_bytes(), BAGIT)
        for line in self.lines("manifest-sha256.txt"):
            wanted, name = self.attempt("manifest-sha256.txt", groups, LISTED, line) or (None, None)
            if name in unlisted:
                unlisted.discard(name)
                same = self.attempt(name, file_hash, os.path.join(self.folder, name)) == wanted
                self.expect(same, TAMPERED, name, "is not the file that the manifest lists")
            elif name:
                self.expect(False, MISSING, name, "is listed in the manifest, once too often or without being there")
        for name in sorted(unlisted):
            self.expect(False, TAMPERED, name, "is not listed in the manifest")

    def read_leaves(self):
        if self.selected is None:
            return super().read_leaves()
        self.expect("leaves.jsonl" not in self.unread, TAMPERED, "leaves.jsonl", "stands beside a selection")
        self.firsts, self.keys = ([0], [self.pin]) if self.pin else ([], [])
        super().read_leaves()
        self.expect(0 in self.selected, MISSING, "leaf 0", "is not there, as in any selection")

    def leaves(self):
        """Of a selection each leaf says its index itself; they ascend."""
        if self.selected is None:
            yield from super().leaves()
            return
        for line in self.lines("selected.jsonl"):
            i = int((re.search(rb'"i":([0-9]{1,16})[,}]', line) or [0, -1])[1])
            if i >= self.size:
                yield i, line
            else:
                self.expect(False, TAMPERED, f"leaf {i}", "is out of its order, or says no index")

    def take_hash(self, i, leaf_hash):
        if self.selected is None:
            super().take_hash(i, leaf_hash)
        else:
            self.selected[i] = leaf_hash

    def size_of(self, signed):
        return self.size if self.selected is None else max(self.size, signed)

    def check_root(self, note, external):
        if self.selected is None:
            return super().check_root(note, external)
        known = note.size in self.roots or not external
        self.expect(known, MISSING, note.where, "cannot be compared: no checkpoint of its size is in the selection")
        same = self.roots.setdefault(note.size, note.root) == note.root
        self.expect(same, TAMPERED, note.where, "has another root than a note of the same size")

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
        whole = self.selected is None
        indices = itertools.count() if whole else self.selected
        lines = zip(indices, self.lines("leaves.jsonl" if whole else "selected.jsonl"))
        for i, line in lines:
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
