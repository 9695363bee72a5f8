# SPDX-License-Identifier: Apache-2.0
"""Files that contacts send: fetched over TLS, kept sealed, handed out on record, and shredded when they are taken back."""

import hashlib
import json
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.files import CANARY, PICTURE, FileServer  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import BIN, until  # noqa: E402
from harness.served import ServedTest  # noqa: E402

class Media(ServedTest):
    def begin(self, policy="store", accounts=("acme-messenger", "acme-instagram"), limits="", local=True):
        self.server = FileServer(self.folder)
        self.addCleanup(self.server.stop)
        self.files = self.server.url
        self.serve(
            Brand(
                accounts=accounts,
                account_options=f'media = "{policy}"\n',
                limits=limits,
                outbound=f'ca_file = "{self.server.certificate}"\n' + ("allow_local = true\n" if local else ""),
            )
        )
        for account in accounts:
            self.sandbox.do("contact", account=account, contact="rita")

    def send(self, path, account="acme-instagram", kind="image"):
        items = self.sandbox.do(
            "say", account=account, contact="rita", send=kind, url=self.files + path, say="look", wait=True
        )["items"]
        self.assertTrue(all(item["accepted"] for item in items))

    def records(self, type, account="acme-instagram"):
        """The records of that type in the account's only conversation, as `show` gives them."""
        for conversation in self.daemon.ctl("conversations", "--account", account)["conversations"]:
            shown = self.daemon.ctl("show", conversation["conversation"], "--limit", "200")
            return [record for record in shown["records"] if record["type"] == type]
        return []

    def media(self, count=1, account="acme-instagram"):
        """Waits until so many files have had their end."""
        return until(
            lambda: (found := self.records("msg.media", account)) and len(found) >= count and found,
            lambda: f"{count} files are settled; {self.daemon.log()[-2000:]}",
        )

    def kept(self):
        folder = self.daemon.state / "media"
        return sorted(folder.iterdir()) if folder.exists() else []

    def leaves(self, *kinds):
        self.daemon.stop()
        with Ledger(self.daemon.state) as ledger:
            return ledger.leaves(kinds)

    def test_a_picture_is_kept_sealed_and_handed_out_on_record(self):
        self.begin()
        self.send("/moved")
        (record,) = self.media()
        self.assertEqual((record["outcome"], record["decision"]), ("ok", "store"))
        self.assertEqual(record["body"]["mime"], "image/gif")
        self.assertEqual(record["count"], len(PICTURE))
        self.assertEqual(self.server.asked, ["/moved", "/picture"])

        self.assertEqual(len(self.kept()), 1)
        for file in [path for path in self.folder.rglob("*") if path.is_file()]:
            self.assertNotIn(CANARY, file.read_bytes(), file)
        out = self.folder / "out.gif"
        told = self.daemon.ctl("media", "get", record["index"], "--out", out)
        self.assertEqual(out.read_bytes(), PICTURE)
        self.assertEqual(told["sha256"], hashlib.sha256(PICTURE).hexdigest())
        self.assertEqual(out.stat().st_mode & 0o777, 0o600)
        # It was on record, durably, before it was handed over: a kill now takes nothing away.
        self.daemon.kill()
        with Ledger(self.daemon.state) as ledger:
            reads = [leaf for leaf in ledger.leaves(("access.read",)) if leaf.get("r") == record["index"]]
        self.assertEqual(len(reads), 1)
        self.assertTrue(reads[0]["a"].startswith("user:"))

        self.daemon.start()
        code, text = self.daemon.ctl("media", "get", record["index"], "--out", out, fails=True)
        self.assertEqual(code, 73, text)  # never over a file that is there
        code, text = self.daemon.ctl("media", "get", record["cause"], "--out", self.folder / "other", fails=True)
        self.assertEqual(code, 66, text)
        self.assertFalse((self.folder / "other").exists())
        self.assertEqual(self.daemon.ctl("audit", "verify")["code"], 0)

    def test_an_unsend_takes_message_and_file_away_and_the_record_stays(self):
        self.begin()
        self.send("/picture")
        (record,) = self.media()
        self.sandbox.do("say", account="acme-instagram", contact="rita", unsend=True, wait=True)
        until(lambda: not self.kept(), "the file is gone")
        message = self.records("msg.in")[0]
        self.assertTrue(message["erased"])
        self.assertNotIn("body", message)
        self.assertTrue(self.records("msg.media")[0]["erased"])
        code, text = self.daemon.ctl("audit", "verify", fails=True)
        bodies = json.loads(text)["bodies"]
        self.assertEqual((code, bodies["erased"], bodies["missing"], bodies["bad"]), (4, 2, 0, 0))
        code, text = self.daemon.ctl("media", "get", record["index"], "--out", self.folder / "x", fails=True)
        self.assertEqual(code, 66, text)

        purged = self.leaves("retention.purged")
        self.assertEqual([leaf["from"] for leaf in purged], [message["index"], record["index"]])
        self.daemon.start()  # and the ledger opens, judged whole
        self.assertEqual(self.daemon.ctl("audit", "verify", fails=True)[0], 4)

    def test_what_is_no_picture_or_too_large_or_leads_inside_is_not_kept(self):
        self.begin(limits='media_size = "2MiB"\n')
        reasons = {"/page": "other-type", "/large": "too-large", "/gone": "gone", "/inside": "refused"}
        for number, (path, reason) in enumerate(reasons.items(), 1):
            self.send(path)
            record = self.media(number)[-1]
            self.assertEqual((record["outcome"], record["decision"]), ("failed", reason), path)
        self.assertEqual(self.kept(), [])
        self.assertEqual(self.daemon.ctl("status")["media"]["failed"], len(reasons))

    def test_of_a_hash_only_the_hash_is_kept_and_of_a_link_nothing_is_fetched(self):
        self.begin(policy="hash")
        self.send("/picture")
        (record,) = self.media()
        self.assertEqual(record["body"]["sha256"], hashlib.sha256(PICTURE).hexdigest())
        self.assertEqual(self.kept(), [])
        self.brand.account_options = 'media = "link"\n'
        self.daemon.write_config()
        self.daemon.ctl("reload", "--wait")
        asked = len(self.server.asked)
        self.send("/picture", account="acme-messenger")
        until(lambda: self.records("msg.out.sent", "acme-messenger"), "the message is answered")
        self.assertEqual(len(self.server.asked), asked)
        self.assertEqual(self.records("msg.media", "acme-messenger"), [])

    def test_a_file_without_an_address_is_found_by_the_codec(self):
        self.begin(accounts=("acme-telegram",))
        self.sandbox.do("say", account="acme-telegram", contact="rita", send="voice", wait=True)
        (record,) = self.media(account="acme-telegram")
        self.assertEqual((record["outcome"], record["decision"]), ("ok", "store"), self.daemon.log()[-2000:])
        self.assertEqual(record["body"]["mime"], "audio/ogg")
        self.daemon.ctl("media", "get", record["index"], "--out", self.folder / "voice")
        self.assertTrue((self.folder / "voice").read_bytes().startswith(b"OggS"))

    def test_a_kill_while_files_are_fetched_loses_none(self):
        self.begin()
        for _ in range(5):
            self.send("/picture")
        self.daemon.kill()
        self.daemon.start()
        found = self.media(5)
        self.assertEqual([record["outcome"] for record in found], ["ok"] * 5)
        self.assertEqual(len(self.kept()), 5)

    def test_without_the_permission_nothing_leads_to_this_machine(self):
        self.begin(local=False)
        self.send("/picture")
        (record,) = self.media()
        self.assertEqual((record["outcome"], record["decision"]), ("failed", "refused"))
        self.assertEqual(self.server.asked, [])

    def test_the_permission_is_refused_beside_a_real_platform(self):
        self.begin()
        self.daemon.stop()
        self.brand.base_url = "https://graph.facebook.com"
        self.daemon.write_config()
        checked = subprocess.run(
            [BIN / "posternd", "--config", self.daemon.config, "--check-config"], capture_output=True, text=True
        )
        self.assertEqual(checked.returncode, 78, checked.stderr)
        self.assertIn("allow_local", checked.stderr)


if __name__ == "__main__":
    unittest.main()
