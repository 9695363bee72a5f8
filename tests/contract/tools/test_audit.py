# SPDX-License-Identifier: Apache-2.0
"""posternctl audit: an export's verdict and exit code, the live record's, and the tail."""

import csv
import io
import json
import pathlib
import shutil
import tempfile
import unittest

from server import SOURCE, Case, Refusal, run

VECTORS = SOURCE / "tests/data/audit-vectors"
KEY = (VECTORS / "ledger/vkey").read_text().strip()


class Offline(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.ledger = pathlib.Path(folder.name) / "ledger"
        shutil.copytree(VECTORS / "ledger", self.ledger, copy_function=shutil.copyfile)

    def verify(self, *arguments):
        done = run("audit", "verify", self.ledger, "--json", *arguments)
        if done.returncode < 64:
            self.assertEqual(json.loads(done.stdout)["code"], done.returncode)
        return done

    def test_what_is_well_and_partly_erased(self):
        done = self.verify("--vkey", KEY)
        self.assertEqual(done.returncode, 4)
        self.assertEqual(json.loads(done.stdout)["verdict"], "erased")

    def test_the_key_may_be_in_a_file(self):
        self.assertEqual(self.verify("--vkey", VECTORS / "ledger/vkey").returncode, 4)

    def test_without_a_key_nobody_vouches(self):
        self.assertEqual(self.verify().returncode, 3)

    def test_a_changed_record(self):
        path = self.ledger / "leaves.jsonl"
        path.write_bytes(path.read_bytes().replace(b'"o":"ok"', b'"o":"no"', 1))
        self.assertEqual(self.verify("--vkey", KEY).returncode, 1)
        said = run("audit", "verify", self.ledger, "--vkey", KEY).stdout
        self.assertTrue(said.startswith("tampered: "), said)
        self.assertIn("leaf ", said)

    def test_a_missing_body(self):
        body = next(path for path in sorted((self.ledger / "sealed").rglob("*.psb")))
        body.unlink()
        done = self.verify("--vkey", KEY)
        self.assertEqual(done.returncode, 2, done.stdout)

    def test_a_checkpoint_from_elsewhere(self):
        note = self.ledger / "checkpoint"
        self.assertEqual(self.verify("--vkey", KEY, "--external", note).returncode, 4)
        # Who has seen more than there is knows that the end was cut off.
        leaves = self.ledger / "leaves.jsonl"
        lines = leaves.read_bytes().splitlines(keepends=True)
        kept = pathlib.Path(self.ledger.parent) / "kept"
        shutil.copyfile(note, kept)
        leaves.write_bytes(b"".join(lines[:-3]))
        self.assertIn(self.verify("--vkey", KEY, "--external", kept).returncode, (1, 2))

    def test_a_stray_file_whose_name_is_no_text(self):
        (self.ledger / "sealed" / b"\xff\x1b[2J".decode("utf-8", "surrogateescape")).write_bytes(b"x")
        done = self.verify("--vkey", KEY)
        self.assertIn(done.returncode, (1, 2, 4), done.stderr)
        self.assertNotIn("\x1b", run("audit", "verify", self.ledger, "--vkey", KEY).stdout)

    def test_wrong_usage(self):
        for arguments in (["/nonexistent"], [self.ledger, "--vkey", "a+b"], [self.ledger, "--vkey", KEY, "--external", "/dev/null"]):
            self.assertEqual(run("audit", "verify", *arguments).returncode, 64)


VERDICT = {"code": 1, "verdict": "tampered", "leaves": 43, "size": 43, "epochs": 2,
           "bodies": {"intact": 8, "erased": 6, "missing": 0, "bad": 1}, "found": {"tampered": 1},
           "findings": [{"code": 1, "where": "leaf 17", "what": "is not what was hashed"}], "clock_steps": [], "bounds": []}


def leaf(i):
    return {"a": "plugin:org.postern.echo@1.0.0", "i": i, "k": "msg.out.intent", "o": "ok", "t": 1767225600000000 + i,
            "w": "acme", "d": "allow/x:1"}


class Live(Case):
    methods = {"audit.verify": VERDICT, "audit.export": {"directory": "/x", "records": 9, "size": 43, "vkey": "v+1+x"}}

    def test_the_daemon_verifies_its_own(self):
        said = run("audit", "verify", environment={"POSTERN_RUNTIME_DIR": self.folder})
        self.assertEqual(said.returncode, 1)
        self.assertIn("leaf 17  is not what was hashed\n", said.stdout)
        self.assertIn("8 intact, 6 erased, 0 missing, 1 bad", said.stdout)

    def test_a_pinned_key_travels(self):
        run("audit", "verify", "--vkey", KEY, environment={"POSTERN_RUNTIME_DIR": self.folder})
        self.assertEqual(self.server.asked, [("audit.verify", {"vkey": KEY})])

    def test_an_export_goes_where_we_are(self):
        self.run_tool("audit", "export", "somewhere/new", cwd=self.folder)
        self.assertEqual(self.server.asked, [("audit.export", {"directory": self.folder + "/somewhere/new"})])

    def test_tail(self):
        self.server.methods["audit.tail"] = {"size": 3, "last": 2, "leaves": [leaf(1), leaf(2)]}
        said = self.run_tool("audit", "tail", "-n", "2")
        self.assertEqual(self.server.asked, [("audit.tail", {"count": 2})])
        self.assertRegex(said.splitlines()[0], r"^ +1  2026-01-01 00:00:00  msg\.out\.intent +ok +echo +acme allow/x:1$")
        self.assertEqual([json.loads(line) for line in self.run_tool("audit", "tail", "--json").splitlines()], [leaf(1), leaf(2)])

    def test_follow_asks_for_what_comes_after(self):
        pages = iter([{"size": 3, "last": 2, "leaves": [leaf(1), leaf(2)]}, {"size": 3, "last": 2, "leaves": []},
                      {"size": 4, "last": 3, "leaves": [leaf(3)]}])
        # The end of the pages is an error: so the tool ends.
        self.server.methods["audit.tail"] = lambda params: next(pages, None) or self.end()
        done = run("audit", "tail", "-f", "--json", environment={"POSTERN_RUNTIME_DIR": self.folder})
        self.assertEqual([json.loads(line)["i"] for line in done.stdout.splitlines()], [1, 2, 3])
        self.assertEqual([params.get("after") for _, params in self.server.asked], [None, 2, 2, 3])

    def test_the_log_of_requests_is_read_to_its_end(self):
        first = {"request": 8, "requested_at": "2026-01-01T00:00:00.000Z", "nature": "erase", "via": "=mail", "contact": "8c1d0007",
                 "account": "acme", "answered_at": "2026-01-01T00:01:00.000Z", "answer": "deferred", "basis": "hold/41", "record": 9}
        second = {"request": 12, "requested_at": "2026-01-02T00:00:00.000Z", "nature": "access", "via": "web", "contact": "9b1e0007", "account": "acme"}
        self.server.methods["audit.requests"] = lambda params: (
            {"requests": [second]} if params.get("after") == 8 else {"requests": [first], "next": 8})  # fmt: skip
        said = self.run_tool("audit", "requests", "--since", "2026-01-01T00:00:00Z", "--json")
        self.assertEqual(json.loads(said), {"requests": [first, second]})
        self.assertEqual(self.server.asked[1], ("audit.requests", {"since": "2026-01-01T00:00:00Z", "after": 8}))
        rows = list(csv.reader(io.StringIO(self.run_tool("audit", "requests", "--csv"), newline="")))
        self.assertEqual(rows[0][:6], ["requested_at", "nature", "via", "answered_at", "answer", "basis"])
        self.assertEqual(rows[1], ["2026-01-01T00:00:00.000Z", "erase", "'=mail", "2026-01-01T00:01:00.000Z", "deferred",
                                   "hold/41", "8c1d0007", "acme", "8", "9"])  # fmt: skip
        self.assertEqual(rows[2][3:6], ["", "", ""])
        table = self.run_tool("audit", "requests").splitlines()
        self.assertEqual(len(table), 3)
        self.assertIn("not yet", table[2])

    @staticmethod
    def end():
        raise Refusal(-32005, "enough")


if __name__ == "__main__":
    unittest.main()
