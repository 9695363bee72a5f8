# SPDX-License-Identifier: Apache-2.0
"""A contact is erased: canaries of theirs are planted wherever content goes, and afterwards nothing opens them, whoever
has the keys; what was said with others is as it was. POSTERN_FULL plants 10,000."""

import base64
import hashlib
import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from canary_test import forms  # noqa: E402
from harness.brand import Brand  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import BIN, ROOT, until  # noqa: E402
from harness.served import ServedTest  # noqa: E402
from harness.webhooks import messenger_body, post_messenger  # noqa: E402

MANY = 10_000 if os.environ.get("POSTERN_FULL") else 300
CANARY, OTHER = "6999912345678901", "6700000000000002"  # what the platform calls them
NAME = "Canaria Vogel-8c2e"


def root_of(leaf, proof):
    """The root that a tlog-proof gives a leaf, and the root of its checkpoint (RFC 6962, 2.1.1)."""
    head, note = proof.split("\n\n", 1)
    index, path = int(head.split("\n")[1].split()[1]), [base64.b64decode(line) for line in head.split("\n")[2:]]
    origin, size, root = note.split("\n")[:3]
    node, last = hashlib.sha256(b"\0" + leaf.encode()).digest(), int(size) - 1
    for side in path:
        if index % 2 == 1 or index == last:
            node = hashlib.sha256(b"\1" + side + node).digest()
            while index % 2 == 0 and index > 0:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + side).digest()
        index, last = index >> 1, last >> 1
    return node, base64.b64decode(root)


class Erasure(ServedTest):
    def begin(self, **brand):
        self.serve(Brand(accounts=("acme-messenger",), top='log_level = "debug"\n', **brand))

    def say(self, text, mid, sender=CANARY):
        self.assertEqual(post_messenger(self.daemon, messenger_body(text, mid, sender))[0], 200)

    def plant(self, count):
        for number in range(count):
            self.say(f"canary-{number:05}-text", f"m_canary_{number}")
            if number % 10 == 0:
                self.say(f"other-{number}", f"m_other_{number}", OTHER)

    def rows(self, name, sql, *values):
        """Of a database of the daemon, which must not run."""
        database = sqlite3.connect(f"file:{self.daemon.state / name}?mode=ro", uri=True)
        try:
            return database.execute(sql, values).fetchall()
        finally:
            database.close()

    def pseudonym(self, sender_of="canary-"):
        """The contact whose messages hold that text."""
        for listed in self.daemon.ctl("conversations")["conversations"]:
            shown = self.daemon.ctl("show", listed["conversation"], "--limit", "50")
            if any(sender_of in json.dumps(record.get("body", "")) for record in shown["records"]):
                return listed["contact"], listed["conversation"]
        raise AssertionError("nobody has said that")

    def judge(self):
        """What verify.py and the daemon say; they must agree."""
        code, text = self.daemon.ctl("audit", "verify", fails=True)
        verdict = json.loads(text)
        self.daemon.stop()
        with Ledger(self.daemon.state) as ledger:
            ledger.export(self.folder / f"export-{time.monotonic_ns()}")
            folder = sorted(self.folder.glob("export-*"))[-1]
        made = subprocess.run(
            [sys.executable, "-B", ROOT / "tools" / "verify.py", folder, "--vkey", self.daemon.vkey()],
            capture_output=True, text=True,
        )  # fmt: skip
        self.assertEqual(made.returncode, code, made.stdout + made.stderr)
        return code, verdict["bodies"]

    def gone(self, contact):
        """Nothing of the contact is left in any file, to nobody who has all keys; the daemon has stopped."""
        subject = bytes.fromhex(contact)
        leaves = [(i, json.loads(leaf), blob) for i, leaf, blob in self.rows("ledger.db", "SELECT i, leaf, blob FROM event")]
        theirs = [(leaf, blob) for _, leaf, blob in leaves if leaf.get("s") == contact]
        self.assertGreater(len(theirs), 0)
        self.assertEqual([leaf["i"] for leaf, blob in theirs if blob is not None], [])
        for table in ("contact", "conversation"):
            column = "id" if table == "contact" else "contact"
            (row,) = self.rows("ledger.db", f"SELECT count(*), count(doc) FROM {table} WHERE {column} = ?", subject)
            self.assertGreater(row[0], 0)
            self.assertEqual(row[1], 0, table)
        self.assertEqual(self.rows("ledger.db", "SELECT count(*) FROM state WHERE contact = ?", subject), [(0,)])
        self.assertEqual(self.rows("ledger.db", "SELECT count(*) FROM erasure"), [(0,)])
        self.assertEqual(self.rows("keys.db", "SELECT count(*) FROM subject WHERE sid = ?", subject), [(0,)])
        names = [bytes.fromhex(leaf["c"]) for leaf, _ in theirs if "c" in leaf]
        for id in {subject, *names}:
            self.assertEqual(self.rows("keys.db", "SELECT count(*) FROM identity WHERE id = ?", id), [(0,)])
        for file in self.daemon.state.rglob("*"):
            if not file.is_file() or file.name == "sign.key":
                continue
            content = file.read_bytes()
            for secret in (NAME, CANARY, "canary-00000-text", "canary-00001-text"):
                self.assertFalse(any(form in content for form in forms(secret)), f"{secret} in {file.name}")
            if file.name.startswith("keys.db"):
                self.assertNotIn(subject, content, file.name)
        log = self.daemon.log(all=True).encode()
        for secret in (NAME, CANARY, "canary-0"):
            self.assertNotIn(secret.encode(), log)
        return len([leaf for leaf, _ in theirs if "h" in leaf])

    def test_canaries_of_every_kind_are_nowhere(self):
        self.begin(
            handlers='[handler.hello]\nplugin = "echo"\n[handler.thrower]\nplugin = "throws_in_handle"\n',
            routes='[[route]]\naccounts = ["*"]\nhandlers = ["thrower", "hello"]\n',
            isolation={"messenger": "process"},
        )
        self.sandbox.do("contact", account="acme-messenger", contact="canary", name=NAME, id=CANARY)
        self.sandbox.say("acme-messenger", "canary", "canary-00000-text of the sandbox", wait=True)
        self.plant(20 if MANY == 300 else 200)
        until(lambda: len(self.daemon.ctl("quarantine", "list")) >= 10, "handlers have failed on them")
        self.sandbox.do("quirks", quirks={"script": ["reset_after", "fail_before", "rate_limit"]})
        for number in range(3):
            self.sandbox.say("acme-messenger", "canary", f"canary-0000{number}-text again", wait=True)
        contact, conversation = self.pseudonym()
        sealed = len([r for r in self.daemon.ctl("show", conversation, "--limit", "200")["records"] if "body" in r])
        self.assertGreater(sealed, 20)
        told = self.daemon.ctl("contact", "erase", CANARY, "--account", "acme-messenger", "--via", "mail",
                               "--reason", f"{NAME} wrote a letter")  # fmt: skip
        self.assertEqual((told["state"], told["contact"]), ("erased", contact))
        self.assertEqual((self.daemon.state / "ledger.db-wal").stat().st_size, 0)
        shown = self.daemon.ctl("show", conversation, "--limit", "200")
        self.assertNotIn("canary-", json.dumps(shown))
        self.assertNotIn(NAME, json.dumps(self.daemon.ctl("conversations")))
        self.assertTrue(all(each["conversation"] != conversation for each in self.daemon.ctl("quarantine", "list")))

        proof = self.daemon.ctl("contact", "erase", contact)
        self.assertEqual((proof["state"], proof["record"]), ("erased", told["record"]))
        code, bodies = self.judge()
        with_body = self.gone(contact)
        self.assertEqual((code, bodies["erased"], bodies["missing"], bodies["bad"]), (4, with_body, 0, 0))
        self.assertEqual(told["bodies"], with_body)
        self.assertGreater(bodies["intact"], 0)
        with Ledger(self.daemon.state) as ledger:
            (request,) = ledger.leaves(("subject.erase.requested",))
            (erased,) = ledger.leaves(("subject.erased",))
            lines = json.dumps(ledger.leaves())
        self.assertEqual((request["d"], erased["r"], erased["o"], erased["q"]), ("mail", request["i"], "ok", with_body))
        self.assertNotIn("letter", lines)

    def test_the_receipt_proves_the_erasure_and_who_writes_again_is_somebody_new(self):
        self.begin()
        self.plant(5)
        contact, conversation = self.pseudonym()
        receipt = self.folder / "receipt.tlog-proof"
        made = subprocess.run(
            [BIN / "posternctl", "--socket", self.daemon.runtime, "contact", "erase", contact, "--receipt", receipt],
            capture_output=True, text=True,
        )  # fmt: skip
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        leaf = receipt.with_name(receipt.name + ".leaf").read_text()
        self.assertEqual((json.loads(leaf)["k"], json.loads(leaf)["s"]), ("subject.erased", contact))
        reached, signed = root_of(leaf, receipt.read_text())
        self.assertEqual(reached, signed)
        self.assertNotEqual(root_of(leaf.replace(contact, contact[::-1]), receipt.read_text())[0], signed)

        self.say("canary-00000-text", "m_canary_0")  # the platform repeats itself
        self.say("canary-new-text", "m_canary_new")
        again, other = self.pseudonym("canary-new")
        self.assertNotEqual((again, other), (contact, conversation))
        shown = json.dumps(self.daemon.ctl("show", other, "--limit", "50"))
        self.assertNotIn("canary-00000", shown)

    def test_a_kill_anywhere_leaves_what_nobody_can_read_and_the_start_goes_on(self):
        self.begin()
        chance = random.Random(5)
        for life in range(2):
            sender = str(int(CANARY) + life + 1)
            for number in range(1_200 if MANY > 300 else 300):
                self.say(f"canary-{life}-{number}", f"m_{life}_{number}", sender)
            self.say("other", f"m_other_{life}", OTHER)
            contact, _ = self.pseudonym(f"canary-{life}-")
            asking = threading.Thread(target=self.daemon.ctl, args=("--timeout", "2", "contact", "erase", contact), kwargs={"fails": True})
            asking.start()
            time.sleep(chance.uniform(0.0, 0.15))
            self.daemon.kill()
            asking.join()
            with Ledger(self.daemon.state) as ledger:
                asked = ledger.leaves(("subject.erase.requested",), newest=3_000)
            self.daemon.start()
            if not any(leaf["s"] == contact for leaf in asked):
                self.daemon.ctl("contact", "erase", contact)
            until(lambda: self.erased(contact), "the erasure has gone on")
            code, bodies = self.judge()
            self.assertEqual((code, bodies["missing"], bodies["bad"]), (4, 0, 0))
            self.gone(contact)
            self.daemon.start()
        self.assertIn("other", json.dumps(self.daemon.ctl("show", self.pseudonym("other")[1])))

    def erased(self, contact):
        """Each lot has a record of its own; the last one alone is `ok`."""
        newest = self.daemon.ctl("audit", "tail", "-n", "200")
        return any((leaf["k"], leaf["o"], leaf.get("s")) == ("subject.erased", "ok", contact) for leaf in newest)

    def test_many_canaries_are_gone_in_two_seconds(self):
        self.begin(handlers="", routes="")
        self.plant(MANY)
        contact, _ = self.pseudonym()
        began = time.monotonic()
        told = self.daemon.ctl("contact", "erase", contact)
        took = time.monotonic() - began
        print(f"{told['bodies']} bodies erased in {took:.2f} s")
        self.assertGreaterEqual(told["bodies"], MANY)
        self.assertLess(took, 2.0 * float(os.environ.get("POSTERN_SLOW", "3")))
        code, bodies = self.judge()
        self.assertEqual((code, bodies["erased"], bodies["missing"], bodies["bad"]), (4, told["bodies"], 0, 0))
        self.assertEqual(bodies["intact"], MANY // 10)
        self.assertEqual(self.gone(contact), told["bodies"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
