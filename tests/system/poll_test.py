# SPDX-License-Identifier: Apache-2.0
"""An account that fetches its messages (`poll = true`): the cursor is committed with what came, so a kill in between
loses nothing and repeats nothing."""

import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import SystemTest, until  # noqa: E402
from harness.sandbox import Sandbox  # noqa: E402

ACCOUNT = "acme-telegram"
CONTACTS = ("rita", "bob", "eve")
KILLS = 6


class Poll(SystemTest):
    def setUp(self):
        super().setUp()
        self.brand = Brand(accounts=(ACCOUNT,), account_options='poll = true\nunknown = "resend"\n')
        self.daemon = Daemon(self.folder, self.brand)
        self.sandbox = Sandbox(self.folder, self.brand.scenario(), self.daemon.url)
        self.addCleanup(self.sandbox.stop)
        self.brand.base_url = self.sandbox.url
        self.daemon.write_config()
        self.addCleanup(self.daemon.stop)
        self.daemon.start()
        for contact in CONTACTS:
            self.sandbox.do("contact", account=ACCOUNT, contact=contact)

    def received(self):
        """Messages on record, in the order in which they came."""
        with Ledger(self.daemon.state) as ledger:
            return ledger.leaves(["msg.in"])

    def test_messages_come_and_a_kill_loses_and_repeats_nothing(self):
        said = []
        for round in range(KILLS):
            for number in range(8):
                said.append(f"round {round} number {number}")
                self.sandbox.say(ACCOUNT, CONTACTS[number % len(CONTACTS)], said[-1])
            time.sleep(0.03 * round)  # at another instant each time: before, amid and after the poll's answer
            self.daemon.kill()
            self.daemon.start()
        for text in said:
            self.sandbox.answered(f"You said: {text}")
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(len(self.received()), len(said))

    def test_a_clean_end_and_a_reload_keep_the_place(self):
        self.sandbox.say(ACCOUNT, "rita", "before")
        self.sandbox.answered("You said: before")
        for _ in range(3):
            self.daemon.ctl("reload", "--wait")  # no second poll beside the first
        self.sandbox.say(ACCOUNT, "rita", "after the reload")
        self.sandbox.answered("You said: after the reload")
        self.assertNotIn("poll.refused", self.daemon.log())
        self.assertEqual(self.daemon.stop(), 0)
        self.sandbox.say(ACCOUNT, "rita", "while nobody was here")
        self.daemon.start()
        self.sandbox.answered("You said: while nobody was here")
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(len(self.received()), 3)

    def test_an_account_whose_bot_has_a_webhook_is_told_so_and_not_asked_at_once_again(self):
        self.sandbox.say(ACCOUNT, "rita", "before")
        self.sandbox.answered("You said: before")
        self.sandbox.connect()  # somebody sets a webhook for the same bot
        until(lambda: "poll.refused" in self.daemon.log(), "the refusal is logged")
        time.sleep(3)
        refusals = [line for line in self.daemon.log().splitlines() if "poll.refused" in line]
        self.assertEqual(len(refusals), 1, refusals)
        self.assertIn("a webhook is set", refusals[0])
        self.assertIn(ACCOUNT, refusals[0])
        self.assertEqual(self.daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
