# SPDX-License-Identifier: Apache-2.0
"""A real ledger, exported and tampered with in every way: posternctl and tools/verify.py must notice, and agree."""

import contextlib
import io
import json
import os
import random
import re
import subprocess
import sys
import unittest

from daemon import PATIENCE, SOURCE, Daemon
from server import POSTERNCTL, run

sys.path.insert(0, str(SOURCE / "tools"))
import verify

MESSAGES, CONTACTS = 40, 7
MUTANTS = int(os.environ.get("POSTERN_MUTANTS", "800"))
SEED = int(os.environ.get("POSTERN_SEED", "1"))
TAMPERED, MISSING, UNSIGNED = 1, 2, 3


class Mutator:
    """Changes of an export, whose files are given as bytes by their names, with the checkpoint of an earlier export.
    Each says which exit codes it may lead to."""

    def __init__(self, files, earlier, seed):
        self.files, self.earlier, self.draw = files, earlier, random.Random(seed)
        self.lines = files["leaves.jsonl"].splitlines(keepends=True)
        self.bodies = sorted(name for name in files if name.startswith("sealed/"))

    def flipped(self, name):
        data = bytearray(self.files[name])
        data[self.draw.randrange(len(data))] ^= 1 << self.draw.randrange(8)
        return {name: bytes(data)}

    def rows(self, change):
        """The leaves after a change of the list of them."""
        lines = list(self.lines)
        change(lines, self.draw.randrange(len(lines)), self.draw.randrange(len(lines)))
        return {"leaves.jsonl": b"".join(lines)}

    def bit_of_a_leaf(self):
        return self.flipped("leaves.jsonl"), {TAMPERED}

    def bit_of_the_checkpoint(self):
        return self.flipped("checkpoint"), {TAMPERED, UNSIGNED}  # unsigned: another key's name or id

    def letter_of_a_value(self):
        """The leaf stays well formed, mostly."""
        data = bytearray(self.files["leaves.jsonl"])
        at = self.draw.choice([match.start() for match in re.finditer(rb"[0-9a-f](?=[0-9a-f\",])", data)])
        data[at] = self.draw.choice([letter for letter in b"0123456789abcdef" if letter != data[at]])
        return {"leaves.jsonl": bytes(data)}, {TAMPERED}

    def row_deleted(self):
        return self.rows(lambda lines, at, _: lines.pop(at if at + 1 < len(lines) else 0)), {TAMPERED}

    def rows_swapped(self):
        def swap(lines, one, other):
            other = other if other != one else one - 1
            lines[one], lines[other] = lines[other], lines[one]

        return self.rows(swap), {TAMPERED}

    def row_duplicated(self):
        return self.rows(lambda lines, at, _: lines.insert(at, lines[at])), {TAMPERED}

    def row_inserted(self):
        """A copy of another row, with the number that it must have at its place."""
        def insert(lines, at, other):
            lines.insert(at, json_line({**json.loads(lines[other]), "i": at}))

        return self.rows(insert), {TAMPERED}

    def row_appended(self):
        last = json.loads(self.lines[-1])
        return self.rows(lambda lines, *_: lines.append(json_line({**last, "i": len(lines)}, without="hn"))), {UNSIGNED}

    def rows_renumbered(self):
        """A row is taken out, and those after it close the gap."""
        def cut(lines, at, _):
            del lines[at]
            for i in range(at, len(lines)):
                lines[i] = json_line({**json.loads(lines[i]), "i": i})

        return self.rows(cut), {TAMPERED, MISSING}  # missing: it was the last

    def tail_cut(self):
        def cut(lines, at, _):
            del lines[at:]

        return self.rows(cut), {MISSING}

    def tail_cut_within_a_row(self):
        data = self.files["leaves.jsonl"]
        ends = [at for at in (self.draw.randrange(1, len(data)) for _ in range(9)) if data[at - 1:at] != b"\n"]
        return {"leaves.jsonl": data[:ends[0]]}, {TAMPERED}

    def signature_dropped(self):
        if self.draw.random() < 0.2:
            return {"checkpoint": None}, {UNSIGNED}
        body = self.files["checkpoint"].split(b"\n\n")[0]
        return {"checkpoint": body + b"\n\n"}, {UNSIGNED}

    def checkpoint_gone_back(self):
        return {"checkpoint": self.earlier}, {UNSIGNED}

    def body_changed(self):
        return self.flipped(self.draw.choice(self.bodies)), {TAMPERED}

    def bodies_swapped(self):
        one, other = self.draw.sample(self.bodies, 2)
        return {one: self.files[other], other: self.files[one]}, {TAMPERED}

    def body_removed(self):
        return {self.draw.choice(self.bodies): None}, {MISSING}

    def body_cut(self):
        name = self.draw.choice(self.bodies)
        return {name: self.files[name][:self.draw.randrange(len(self.files[name]))]}, {TAMPERED}

    def body_of_no_leaf(self):
        bare = [i for i, line in enumerate(self.lines) if b'"h":' not in line] + [len(self.lines)]
        return {f"sealed/{self.draw.choice(bare):03}.psb": self.files[self.draw.choice(self.bodies)]}, {TAMPERED}

    KINDS = (bit_of_a_leaf, bit_of_a_leaf, bit_of_the_checkpoint, bit_of_the_checkpoint, letter_of_a_value, row_deleted,
             rows_swapped, row_duplicated, row_inserted, row_appended, rows_renumbered, tail_cut,
             tail_cut_within_a_row, signature_dropped, checkpoint_gone_back, body_changed, bodies_swapped, body_removed,
             body_cut, body_of_no_leaf)

    def mutant(self, number):
        """What it is, the files that it changes (None: not there), and the codes that it may get."""
        kind = self.KINDS[number % len(self.KINDS)]
        return kind.__name__, *kind(self)


def json_line(leaf, without=""):
    leaf = {key: value for key, value in leaf.items() if key not in set(without)}
    return json.dumps(leaf, sort_keys=True, separators=(",", ":")).encode() + b"\n"


class Tampering(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.addClassCleanup(cls.daemon.close)
        cls.ask("audit", "export", str(cls.daemon.path / "earlier"))
        cls.earlier = (cls.daemon.path / "earlier/data/checkpoint").read_bytes()
        for number in range(MESSAGES):
            cls.daemon.write(f"67123456789012{number % CONTACTS:02}", f"m_{number}", f"question {number}")
        cls.daemon.until(lambda: cls.ask("status")["since_start"]["sent"] == MESSAGES)
        bag = cls.daemon.path / "export"
        cls.key = cls.ask("audit", "export", str(bag))["vkey"]
        cls.folder = bag / "data"  # the manifest would find all of it; here the ledger itself has to
        cls.clean = {str(path.relative_to(cls.folder)): path.read_bytes()
                     for path in cls.folder.rglob("*") if path.is_file()}

    @classmethod
    def ask(cls, *arguments):
        done = run("--json", *arguments, environment={"POSTERN_RUNTIME_DIR": str(cls.daemon.runtime_dir)})
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def put(self, files):
        for name, data in files.items():
            path = self.folder / name
            path.unlink(missing_ok=True)
            if data is not None:
                path.write_bytes(data)

    def codes(self):
        """Of posternctl and of verify.py, which work at the same time, and what the two say."""
        command = [POSTERNCTL, "audit", "verify", self.folder, "--vkey", self.key]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as tool:
            with contextlib.redirect_stdout(io.StringIO()) as said:
                independent = verify.main([str(self.folder), "--vkey", self.key])
            theirs, _ = tool.communicate(timeout=PATIENCE)
        return tool.returncode, independent, f"{theirs}---- verify.py\n{said.getvalue()}"

    def test_both_find_the_ledger_well(self):
        self.assertGreater(len(self.clean["leaves.jsonl"].splitlines()), 3 * MESSAGES)
        self.assertGreaterEqual(sum(name.startswith("sealed/") for name in self.clean), 3 * MESSAGES)
        self.assertEqual(self.codes()[:2], (0, 0))

    def test_both_notice_every_tampering(self):
        mutator, seen = Mutator(self.clean, self.earlier, SEED), set()
        for number in range(MUTANTS):
            kind, changed, allowed = mutator.mutant(number)
            self.put(changed)
            tool, independent, said = self.codes()
            self.put({name: self.clean.get(name) for name in changed})
            with self.subTest(kind, seed=SEED, number=number):
                self.assertEqual(tool, independent, said)
                self.assertIn(tool, allowed, said)
            seen.add(tool)
        self.assertEqual(seen, {TAMPERED, MISSING, UNSIGNED})
        self.assertEqual(self.codes()[:2], (0, 0))  # all is put back: what was noticed was the tampering


if __name__ == "__main__":
    unittest.main()
