# SPDX-License-Identifier: Apache-2.0
"""The ledger's own keys, as its operator handles them."""

import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import SystemTest, until  # noqa: E402
from harness.webhooks import messenger_body, post_messenger  # noqa: E402


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, timeout=60)
    return done.returncode, done.stdout


class Keys(SystemTest):
    def setUp(self):
        super().setUp()
        self.daemon = Daemon(self.folder, Brand(accounts=("acme-messenger",)))
        self.addCleanup(self.daemon.stop)
        self.daemon.start()

    def say(self, text, key):
        self.assertEqual(post_messenger(self.daemon, messenger_body(text, key))[0], 200)

    def test_the_signing_key_gives_way_when_somebody_asks_and_who_asked_is_on_record(self):
        genesis = self.daemon.ctl("keys", "status")["signing"]
        self.assertEqual((genesis["epoch"], genesis["vkey"]), (1, self.daemon.vkey()))
        seed = (self.daemon.state / "sign.key").read_text()
        self.say("hello", "m_1")
        second = self.daemon.ctl("keys", "rotate")
        self.say("hello again", "m_2")
        third = self.daemon.ctl("keys", "rotate")
        self.assertEqual((second["epoch"], third["epoch"]), (2, 3))
        self.assertEqual(len({genesis["vkey"], second["vkey"], third["vkey"]}), 3)
        self.assertNotEqual((self.daemon.state / "sign.key").read_text(), seed)
        self.assertFalse((self.daemon.state / "sign.key.next").exists())
        actor = self.daemon.ctl("whoami")["user"]
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.daemon.ctl("keys", "status")["signing"], third)
        self.assertEqual(self.daemon.ctl("audit", "verify", "--vkey", self.daemon.vkey())["epochs"], 3)
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.daemon.state) as ledger:
            rotations = ledger.leaves(["key.rotate"])
        self.assertEqual([(leaf["a"], leaf["vkey"]) for leaf in rotations],
                         [(actor, second["vkey"]), (actor, third["vkey"])])  # fmt: skip

    def test_a_new_kek_takes_over_and_no_older_copy_of_the_keys_opens(self):
        kek = self.folder / "kek.1"
        self.say("hello", "m_1")
        conversation = self.daemon.ctl("conversations")["conversations"][0]["conversation"]
        self.daemon.ctl("keys", "kek", "add", kek)
        code, said = self.daemon.ctl("keys", "kek", "drop", kek, fails=True)
        self.assertEqual(code, 69, said)  # it wraps with the old one still
        self.daemon.kill()
        copy = (self.daemon.state / "keys.db").read_bytes()
        self.daemon.start()
        self.say("hello again", "m_2")
        self.assertEqual(self.daemon.ctl("keys", "kek", "drop", "--wait", kek), {"kek": 2, "destroyed": 1})
        self.assertEqual([line[:2] for line in kek.read_text().splitlines()], ["2:"])
        self.assertEqual(sorted(path.name for path in self.folder.glob("kek.1*")), ["kek.1"])
        until(lambda: "keys.renewed" in self.daemon.log(), "the daemon says so")
        self.daemon.kill()
        self.daemon.start()
        self.say("and again", "m_3")
        listed = self.daemon.ctl("conversations")["conversations"]
        self.assertEqual([each["conversation"] for each in listed], [conversation])  # the contact is known still
        bodies = [record["body"]["text"] for record in self.daemon.ctl("show", conversation)["records"]
                  if record["type"] == "msg.in"]  # fmt: skip
        self.assertEqual(bodies, ["hello", "hello again", "and again"])
        self.assertEqual(self.daemon.ctl("keys", "status")["kek"], 2)
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.daemon.state) as ledger:
            self.assertEqual([leaf["q"] for leaf in ledger.leaves(["kek.rotate"])], [2])
        (self.daemon.state / "keys.db").write_bytes(copy)
        self.daemon.spawn()
        self.assertEqual(self.daemon.ended(), 66)
        self.assertIn("do not open", self.daemon.log())

    def test_an_officer_and_nobody_else_opens_the_copy_of_the_kek_until_it_gives_way(self):
        kek, opened = self.folder / "kek.1", {}
        for name in ("officer", "thief"):
            openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-days", "2",
                    "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.pem")  # fmt: skip
        digits = kek.read_text().strip()
        self.daemon.ctl("keys", "kek", "escrow", kek, self.folder / "officer.pem")
        first = self.folder / "kek.1.1.escrow"
        self.assertEqual(first.stat().st_mode & 0o777, 0o400)
        self.assertNotIn(digits.encode(), first.read_bytes())
        for name in ("officer", "thief"):
            opened[name] = openssl("cms", "-decrypt", "-inform", "PEM", "-inkey", self.folder / f"{name}.key",
                                   "-in", first)  # fmt: skip
        self.assertEqual(opened["officer"], (0, f"1:{digits}\n".encode()))
        self.assertFalse(opened["thief"][0] == 0 and digits.encode() in opened["thief"][1])
        code, said = self.daemon.ctl("keys", "kek", "add", kek, "--escrow", kek, fails=True)
        self.assertEqual((code, kek.read_text().strip()), (66, digits), said)  # no certificate: nothing is changed
        self.daemon.ctl("keys", "kek", "add", kek, "--escrow", self.folder / "officer.pem")
        self.daemon.kill()
        self.daemon.start()
        self.daemon.ctl("keys", "kek", "drop", "--wait", kek)
        second = self.folder / "kek.1.2.escrow"
        self.assertEqual(sorted(self.folder.glob("*.escrow*")), [second])
        newest = openssl("cms", "-decrypt", "-inform", "PEM", "-inkey", self.folder / "officer.key", "-in", second)
        self.assertEqual(newest, (0, kek.read_bytes()))

    def test_a_lost_signing_key_is_told_with_its_remedy(self):
        self.say("hello", "m_1")
        self.daemon.kill()
        (self.daemon.state / "sign.key").unlink()
        self.daemon.spawn()
        self.assertEqual(self.daemon.ended(), 66)
        self.assertIn("posternd --fork", self.daemon.log())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
