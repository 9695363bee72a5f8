# SPDX-License-Identifier: Apache-2.0
"""What waits for a person: a message that can be taken back for a while, and one that a second person has to approve."""

import os
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.control import ask_as  # noqa: E402
from harness.served import ServedTest  # noqa: E402

DELAY = 3
SECOND_PERSON, GROUP = 61002, 61010
PACK = """platform = "{platform}"
version = "waiting"
source = "tests"
review_by = 2099-01-01
extends = "fast"

{rule}
source = "tests"
date = 2026-01-01
says = "It waits."
author = ["human"]
"""
RULES = {
    "messenger": f'[undo]\nid = "msgr.undo"\ndelay = "{DELAY}s"',
    "instagram": '[[approval]]\nid = "ig.approval"',
}


class Waiting(ServedTest):
    def setUp(self):
        super().setUp()
        for platform, rule in RULES.items():
            pack = self.folder / "policies" / platform / "waiting.toml"
            pack.parent.mkdir(parents=True, exist_ok=True)
            pack.write_text(PACK.format(platform=platform, rule=rule), encoding="utf-8")
        accounts = ("acme-messenger", "acme-instagram")
        self.serve(Brand(accounts=accounts, policy="waiting"), configure=self.configure)
        self.conversations = {}
        for account in accounts:
            self.sandbox.do("contact", account=account, contact="rita")
            self.sandbox.say(account, "rita", f"hello {account}")
            self.sandbox.answered(f"You said: hello {account}")
            listed = self.daemon.ctl("conversations", "--account", account)["conversations"]
            self.conversations[account] = listed[0]["conversation"]

    def configure(self):
        self.daemon.write_config()
        with open(self.daemon.config, "a", encoding="utf-8") as file:
            file.write(f'\n[roles]\nagent = ["{SECOND_PERSON}"]\n')

    def reply(self, account, text, state):
        said = self.daemon.ctl("reply", self.conversations[account], text)
        self.assertEqual(said["verdict"], "hold")
        listed = self.daemon.ctl("outbox", "list")
        part = next(each for each in listed if each["conversation"] == self.conversations[account])
        self.assertEqual(part["state"], state)
        return part["part"]

    def sent(self, text):
        return [record for record in self.sandbox.journal() if record["type"] == "request" and text in record["text"]]

    def test_a_message_can_be_taken_back_until_its_time_is_over(self):
        part = self.reply("acme-messenger", "I take this back", "held")
        self.daemon.ctl("outbox", "withdraw", part)
        before = time.monotonic()
        self.reply("acme-messenger", "This stays", "held")
        self.assertFalse(self.sent("This stays"))
        self.sandbox.answered("This stays")
        self.assertGreater(time.monotonic() - before, DELAY - 0.5)
        self.assertFalse(self.sent("I take this back"))

    def test_nothing_leaves_that_only_its_author_has_seen(self):
        if os.geteuid() != 0:
            self.skipTest("only root can be two users")
        self.folder.chmod(0o711)
        part = self.reply("acme-instagram", "A promise", "asks")
        code, said = self.daemon.ctl("outbox", "approve", part, fails=True)
        self.assertNotEqual(code, 0, said)
        self.daemon.kill()  # who has asked is known to the next one, too
        self.daemon.start()
        own = self.daemon.ctl("outbox", "approve", part, fails=True)
        self.assertNotEqual(own[0], 0, own)
        self.assertFalse(self.sent("A promise"))
        answers = ask_as(self.daemon.runtime, SECOND_PERSON, GROUP, [["outbox.approve", {"part": part}]])
        self.assertEqual(answers[0].get("result"), {"approved": 1}, answers)
        self.sandbox.answered("A promise")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
