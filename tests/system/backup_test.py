# SPDX-License-Identifier: Apache-2.0
"""Back up under load, go on, lose the machine, start on the old copy: it is noticed, and nothing is sent twice, as the
sandbox's journal tells. What a backup must not show, and what a restore must refuse."""

import base64
import hashlib
import os
import shutil
import sqlite3
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from canary_test import forms  # noqa: E402
from harness.brand import Brand  # noqa: E402
from harness.judge import Messages  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import until  # noqa: E402
from harness.served import ServedTest  # noqa: E402

ACCOUNT, CONTACTS = "acme-messenger", 12
SLOW = {"answer_delay": [0.8, 1.2], "echo_delay": [1.0, 1.4]}  # seconds: at any moment some parts are on their way, and others wait behind them
FAST = {"answer_delay": 0, "echo_delay": 0}
NEWER = "Written after the restore"


class Backups(ServedTest):
    def begin(self, **brand):
        self.serve(Brand(accounts=(ACCOUNT,), account_options='settle = "2s"\nanswer_within = "1h"\n', **brand))

    def messages(self):
        return Messages(self.sandbox.journal())

    def settled(self):
        """Nothing waits any more: all that was asked is answered."""
        until(lambda: not self.messages().unanswered(), "everybody is answered", 60, 0.2)
        until(lambda: self.daemon.ctl("status")["outbox"]["sending"] == 0, "nothing is on its way")

    def restore(self, folder, *options):
        """In place of the state, which goes aside."""
        self.daemon.state.rename(self.folder / "lost")
        return self.daemon.ctl("restore", folder, "--to", self.daemon.state, "--vkey", self.daemon.vkey(), *options)

    def copied(self, folder, sql):
        database = sqlite3.connect(f"file:{folder / 'data' / 'ledger.db'}?mode=ro&immutable=1", uri=True)
        try:
            return database.execute(sql).fetchall()
        finally:
            database.close()

    def test_an_old_copy_is_noticed_and_sends_nothing_twice(self):
        self.begin()
        self.sandbox.do("load", rate=20, count=0, contacts=CONTACTS)
        until(lambda: len(self.messages().applied) >= 20, "the load runs")
        self.sandbox.do("quirks", quirks=SLOW)
        until(lambda: self.daemon.ctl("status")["outbox"]["sending"] >= 3, "parts are on their way")
        folder = self.folder / "backup"
        made = self.daemon.ctl("backup", folder, "--with-signing-key")
        self.assertGreater(made["records"], 60)
        (waiting,) = self.copied(folder, "SELECT count(*) FROM outbox")[0]
        self.assertGreater(waiting, 0, "nothing was on its way at the time of the backup")
        time.sleep(2)  # life goes on, and all of it will be lost
        self.sandbox.do("load", stop=True)
        self.sandbox.do("quirks", quirks=FAST)
        self.settled()
        before = self.messages().applied
        self.assertEqual([token for token, count in before.items() if count > 1], [])
        self.daemon.kill()

        told = self.restore(folder)
        self.assertEqual((told["records"], told["signing_key"]), (made["records"], True))
        self.daemon.start()
        self.assertIn("ledger.restored", self.daemon.log())
        parked = self.daemon.ctl("outbox", "list")
        self.assertEqual(len(parked), waiting)
        self.assertEqual({part["state"] for part in parked}, {"parked"})
        # What is new is handled; and an echo that comes of it says nothing of what was sent in the life that was lost.
        self.sandbox.do("contact", account=ACCOUNT, contact="nora")
        self.sandbox.say(ACCOUNT, "nora", NEWER)
        self.sandbox.answered(f"You said: {NEWER}")
        time.sleep(4)  # twice `settle`
        self.assertEqual(self.messages().applied, before, "something was sent again")

        # The way forward: a person says what became of a part, and answers who waits.
        for part in parked:
            self.daemon.ctl("outbox", "resolve", part["part"], "sent")
        self.assertEqual(self.daemon.ctl("outbox", "list"), [])
        for each in self.daemon.ctl("conversations", "--waiting")["conversations"]:
            self.daemon.ctl("conversation", "close", each["conversation"])
        self.assertEqual(self.daemon.ctl("conversations", "--waiting")["conversations"], [])
        self.sandbox.say(ACCOUNT, "load-0001", f"{NEWER}, too")
        self.sandbox.answered(f"You said: {NEWER}, too")
        self.assertEqual(self.messages().applied, before)
        self.daemon.stop()
        self.daemon.start()
        self.assertNotIn("ledger.restored", self.daemon.log())
        self.assertEqual(self.daemon.ctl("audit", "verify", "--vkey", self.daemon.vkey())["code"], 0)
        self.daemon.stop()
        with Ledger(self.daemon.state) as ledger:
            (noticed,) = ledger.leaves(["audit.restored"])
            unknown = [leaf for leaf in ledger.leaves(["msg.out.unknown"]) if leaf.get("d") == "restored"]
        self.assertEqual(noticed["q"], made["records"])
        self.assertEqual(len(unknown), waiting)

    def test_one_that_was_killed_while_it_noticed_notices_again(self):
        self.begin()
        self.sandbox.do("contact", account=ACCOUNT, contact="rita")
        self.sandbox.do("quirks", quirks={"answer_delay": 5, "echo_delay": 5})
        self.sandbox.say(ACCOUNT, "rita", "Before")
        until(lambda: self.daemon.ctl("status")["outbox"]["sending"] == 1, "the answer is on its way")
        self.daemon.ctl("backup", self.folder / "backup", "--with-signing-key")
        self.sandbox.do("quirks", quirks=FAST)
        self.sandbox.answered("You said: Before")
        self.daemon.kill()
        self.restore(self.folder / "backup")
        for pause in (0, 0.05, 0.1, 0.2, 0.4):
            self.daemon.spawn()
            time.sleep(pause)
            self.daemon.kill()
        self.daemon.start()
        self.assertEqual([part["state"] for part in self.daemon.ctl("outbox", "list")], ["parked"])
        said = [record for record in self.sandbox.journal() if record["type"] == "request" and record["applied"]
                and "You said: Before" in record["text"]]  # fmt: skip
        self.assertEqual(len(said), 1)

    def test_a_backup_is_on_record_and_opens_to_nobody_without_the_key(self):
        self.begin()
        self.sandbox.do("contact", account=ACCOUNT, contact="canary", name="Canaria Vogel-8c2e", id="6999912345678901")
        self.sandbox.say(ACCOUNT, "canary", "canary-00000-text", wait=True)
        self.sandbox.answered("You said: canary-00000-text")
        folder = self.folder / "backup"
        made = self.daemon.ctl("backup", folder)
        self.assertEqual((made["signing_key"], made["kek"]), (False, 1))
        kek = (self.folder / "kek.1").read_text()
        for file in folder.rglob("*"):
            self.assertEqual(file.stat().st_mode & 0o077, 0, file)
            if not file.is_file():
                continue
            self.assertNotIn(file.name, ("sign.key", "kek.1", "ledger.db-wal"))
            content = file.read_bytes()
            for secret in ("Canaria Vogel-8c2e", "6999912345678901", "canary-00000-text", kek):
                self.assertFalse(any(form in content for form in forms(secret)), f"{secret} in {file.name}")
            self.assertNotIn(bytes.fromhex(kek), content, file.name)
        code, text = self.daemon.ctl("backup", folder, fails=True)
        self.assertEqual(code, 73, text)
        self.assertIn("never overwritten", text)
        self.daemon.stop()
        with Ledger(self.daemon.state) as ledger:
            done = [(leaf["o"], leaf["d"]) for leaf in ledger.leaves(["backup.created"])]
        self.assertEqual(done, [("unknown", "without-signing-key"), ("ok", "without-signing-key"),
                                ("unknown", "without-signing-key"), ("failed", "without-signing-key")])  # fmt: skip

        # Without the signing key nobody can go on in its name: a start says so.
        told = self.restore(folder)
        self.assertFalse(told["signing_key"])
        self.daemon.spawn()
        self.assertEqual(self.daemon.ended(), 66)
        self.assertIn("restore sign.key", self.daemon.log())
        # With the one that the machine still had it starts.
        shutil.rmtree(self.daemon.state)
        self.daemon.ctl("restore", folder, "--to", self.daemon.state, "--sign-key", self.folder / "lost" / "sign.key")
        self.daemon.start()

    def test_damage_is_found_and_nothing_is_overwritten(self):
        self.begin()
        self.sandbox.do("contact", account=ACCOUNT, contact="rita")
        self.sandbox.say(ACCOUNT, "rita", "Hello", wait=True)
        self.sandbox.answered("You said: Hello")
        folder = self.folder / "backup"
        self.daemon.ctl("backup", folder, "--with-signing-key")
        self.daemon.stop()
        vkey = self.daemon.vkey()
        self.assertEqual(self.daemon.ctl("backup", "verify", folder, "--vkey", vkey)["code"], 0)
        self.assertEqual(self.daemon.ctl("backup", "verify", folder, "--vkey", vkey)["code"], 0, "looking changed it")
        name, key = vkey.split("+")[0], b"\1" + bytes(32)
        id = hashlib.sha256(name.encode() + b"\n" + key).hexdigest()[:8]
        other = f"{name}+{id}+{base64.b64encode(key).decode()}"
        self.assertEqual(self.daemon.ctl("backup", "verify", folder, "--vkey", other, fails=True)[0], 3)

        code, text = self.daemon.ctl("restore", folder, "--to", self.daemon.state, fails=True)
        self.assertEqual(code, 73)
        self.assertIn("never overwritten", text)
        wrong = self.folder / "wrong.key"
        wrong.write_text("0" * 64 + "\n")
        wrong.chmod(0o400)
        code, text = self.daemon.ctl("restore", folder, "--to", self.folder / "new", "--sign-key", wrong, fails=True)
        self.assertEqual(code, 73)
        self.assertIn("not the one of this backup", text)

        for name in ("ledger.db", "keys.db", "vkey", "sign.key"):
            with self.subTest(file=name):
                bad = self.folder / f"bad-{name}"
                shutil.copytree(folder, bad)
                path = bad / "data" / name
                path.chmod(0o600)
                content = bytearray(path.read_bytes())
                content[len(content) // 2] ^= 1
                path.write_bytes(content)
                self.assertEqual(self.daemon.ctl("backup", "verify", bad, "--vkey", vkey, fails=True)[0], 1)
                code, text = self.daemon.ctl("restore", bad, "--to", self.folder / "new", fails=True)
                self.assertEqual(code, 1)
                self.assertIn(f"data/{name}", text)
        self.assertFalse((self.folder / "new").exists())
        self.assertFalse((self.folder / "new.partial").exists())
        os.remove(folder / "bagit.txt")  # as of one that was not finished
        self.assertEqual(self.daemon.ctl("backup", "verify", folder, fails=True)[0], 66)


if __name__ == "__main__":
    unittest.main()
