#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The four states of a record's body, as both verifiers tell them: intact, shredded (gone, and a later leaf says so),
missing (gone, and none does), bad (not what was hashed, whatever covers it).

    states_test.py VERIFY_PY VERIFY_EXPORT AUDIT_VECTORS
"""
import contextlib, io, json, pathlib, shutil, subprocess, sys, tempfile, unittest

VERIFY, EXPORT, VECTORS = map(pathlib.Path, sys.argv[1:4])
GENESIS = (VECTORS / "ledger/vkey").read_text(encoding="utf-8").strip()
OK, TAMPERED, MISSING, ERASED = 0, 1, 2, 4

sys.dont_write_bytecode = True
sys.path.insert(0, str(VERIFY.parent))
import verify


class States(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.ledger = pathlib.Path(folder.name) / "ledger"
        shutil.copytree(VECTORS / "ledger", self.ledger, copy_function=shutil.copyfile)
        leaves = [json.loads(line) for line in (self.ledger / "leaves.jsonl").read_text(encoding="utf-8").splitlines()]
        with_body = [leaf["i"] for leaf in leaves if "h" in leaf]
        self.there = [i for i in with_body if self.body(i).exists()]
        self.erased = [i for i in with_body if not self.body(i).exists()]
        covers = {leaf["s"]: leaf["i"] for leaf in leaves if leaf["k"] == "subject.erased"}
        self.uncovered = [i for i in self.there if covers.get(leaves[i]["s"], -1) < i]

    def body(self, i):
        return self.ledger / "sealed" / f"{i:03}.psb"

    def judged(self, code, *said):
        """Both give this code, and name what is said."""
        ours = subprocess.run([str(EXPORT), str(self.ledger), "--vkey", GENESIS], capture_output=True, text=True, timeout=60)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            theirs = verify.main([str(self.ledger), "--vkey", GENESIS])
        for found, text in ((ours.returncode, ours.stdout), (theirs, out.getvalue())):
            self.assertEqual(found, code, text)
            for each in said:
                self.assertIn(each, text)

    def test_shredded_bodies_are_told_one_by_one_and_the_rest_is_intact(self):
        self.assertGreater(len(self.erased), 3)
        self.judged(ERASED, *(f"body of leaf {i}" for i in self.erased))

    def test_a_body_that_is_gone_and_that_nothing_covers_is_missing(self):
        self.assertGreater(len(self.uncovered), 3)
        for i in self.uncovered:
            with self.subTest(i):
                kept = self.body(i).read_bytes()
                self.body(i).unlink()
                self.judged(MISSING, f"body of leaf {i}")
                self.body(i).write_bytes(kept)

    def test_a_body_that_is_not_what_was_hashed_is_bad(self):
        for i in self.there:
            with self.subTest(i):
                kept = self.body(i).read_bytes()
                for at in (0, len(kept) // 2, len(kept) - 1):
                    self.body(i).write_bytes(kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1:])
                    self.judged(TAMPERED, f"leaf {i}")
                self.body(i).write_bytes(kept)

    def test_a_wrong_body_is_bad_also_where_the_record_is_covered(self):
        for i in self.erased:
            with self.subTest(i):
                self.body(i).write_bytes(self.body(self.there[0]).read_bytes())
                self.judged(TAMPERED, f"leaf {i}")
                self.body(i).unlink()


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
