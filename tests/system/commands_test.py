# SPDX-License-Identifier: Apache-2.0
"""What an agent asks for holds across the daemon's death, and for conversations that it has no longer in memory."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.served import ServedTest  # noqa: E402

NOBODY = "0" * 32


class Commands(ServedTest):
    def setUp(self):
        super().setUp()
        self.serve(Brand(accounts=("acme-messenger",)))
        self.sandbox.do("contact", account="acme-messenger", contact="rita")
        self.sandbox.say("acme-messenger", "rita", "Where is my order?")
        self.sandbox.answered("You said: Where is my order?")
        self.conversation = self.daemon.ctl("conversations")["conversations"][0]["conversation"]

    def shown(self, text):
        return sum(
            record["type"] == "request" and record["applied"] and text in record["text"]
            for record in self.sandbox.journal()
        )

    def test_a_command_that_is_asked_again_after_a_kill_is_not_done_again(self):
        asked = ("reply", self.conversation, "It left this morning.", "--id", "own-1")
        first = self.daemon.ctl(*asked)
        self.sandbox.answered("It left this morning.")
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.daemon.ctl(*asked), first)
        self.daemon.ctl("reply", self.conversation, "Anything else?", "--id", "own-2")
        self.sandbox.answered("Anything else?")  # whatever left before it has left
        self.assertEqual(self.shown("It left this morning."), 1)

    def test_a_conversation_that_is_not_in_memory_is_reached(self):
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.assertEqual(self.daemon.ctl("status")["conversations"]["in_memory"], 0)
        self.assertEqual(self.daemon.ctl("policy", "explain", self.conversation)["outcome"], "allow")
        self.daemon.ctl("reply", self.conversation, "Here I am again.")
        self.sandbox.answered("Here I am again.")
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.assertEqual(self.daemon.ctl("conversation", "close", self.conversation)["declined"], 0)
        for verb in (("policy", "explain", NOBODY), ("reply", NOBODY, "hello"), ("conversation", "close", NOBODY)):
            code, said = self.daemon.ctl(*verb, fails=True)
            self.assertEqual(code, 66, said)
            self.assertIn("no such conversation", said)
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.daemon.state) as ledger:
            closed = ledger.leaves(["conversation.closed"])
        self.assertEqual([leaf["c"] for leaf in closed], [self.conversation])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
