# SPDX-License-Identifier: Apache-2.0
"""What was decided is judged again by another pack, in the running daemon: the same one says the same, another one says
otherwise exactly where it should, and whoever has texts read for it stands in the record."""

import sys
import unittest
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.served import ServedTest  # noqa: E402

STRICT = """platform = "messenger"
version = "strict"
source = "tests"
review_by = 2099-01-01
extends = "fast"

[[phrases]]
id = "msgr.no-parrots"
source = "tests"
date = 2026-01-01
says = "Nobody is told what they have said."
words = ["you said: where"]
author = ["bot"]
"""


class Replay(ServedTest):
    def setUp(self):
        super().setUp()
        self.serve(Brand(accounts=("acme-messenger",)))
        self.sandbox.do("contact", account="acme-messenger", contact="rita")
        for text in ("Where is my order?", "Hello?", "Where are you?"):
            self.sandbox.say("acme-messenger", "rita", text)
            self.sandbox.answered(f"You said: {text}")
        self.conversation = self.daemon.ctl("conversations")["conversations"][0]["conversation"]
        self.daemon.ctl("reply", self.conversation, "It left this morning.")
        self.sandbox.answered("It left this morning.")

    def replay(self, pack, *more):
        return self.daemon.ctl("--config", str(self.daemon.config), "policy", "replay", "--pack", str(pack), *more)

    def test_another_pack_says_otherwise_exactly_where_it_should(self):
        same = self.replay("messenger/fast")
        self.assertEqual((same["decisions"], same["differ"], same["unreadable"]), (4, 0, 0), same)
        strict = self.folder / "strict.toml"
        strict.write_text(STRICT, encoding="utf-8")
        other = self.replay(strict)
        self.assertEqual((other["decisions"], other["differ"]), (4, 2), other)
        self.assertEqual([kind["count"] for kind in other["kinds"]], [2])
        for each in other["differences"]:
            self.assertEqual(each["conversation"], self.conversation)
            self.assertEqual(each["author"], "bot")
            self.assertEqual(each["was"], {"outcome": "allow", "rule": "msgr.window"})
            self.assertEqual(each["would_be"], {"outcome": "deny", "rule": "msgr.no-parrots"})
        self.assertEqual(self.replay(strict, "--account", "acme-instagram")["decisions"], 0)
        # After a restart, from the disk alone, and only the newest: the pages of what came before are read all the same.
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.replay(strict)["differ"], 2)
        since = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.sandbox.say("acme-messenger", "rita", "Where is it now?")
        self.sandbox.answered("You said: Where is it now?")
        late = self.replay(strict, "--since", since)
        self.assertEqual((late["decisions"], late["differ"]), (1, 1), late)
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.daemon.state) as ledger:
            reads = ledger.leaves(["access.read"])
        self.assertEqual(len([leaf for leaf in reads if "c" not in leaf]), 6)  # five replays, one list of conversations
        self.assertTrue(all(leaf["a"].startswith("user:") for leaf in reads))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
