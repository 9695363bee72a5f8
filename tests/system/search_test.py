# SPDX-License-Identifier: Apache-2.0
"""What was said is found by its words; the index shows none of them on disk, and goes with whom it is about."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from canary_test import forms  # noqa: E402
from harness.brand import Brand  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import until  # noqa: E402
from harness.served import ServedTest  # noqa: E402

ACCOUNT = "acme-messenger"
ON = 'reserve = "1MiB"\nsearch = true\n'
CANARY = "Kanarienvogel-4711"


class Search(ServedTest):
    def begin(self, ledger=ON):
        self.serve(Brand(accounts=(ACCOUNT,), ledger=ledger))
        for contact, words in (("rita", f"Wo ist mein {CANARY}?"), ("nora", "GRÜSSE vom Bodensee")):
            self.sandbox.do("contact", account=ACCOUNT, contact=contact)
            self.sandbox.say(ACCOUNT, contact, words, wait=True)
            self.sandbox.answered(f"You said: {words}")

    def find(self, *words, **options):
        narrowed = [text for name, value in options.items() for text in (f"--{name}", value)]
        return self.daemon.ctl("search", *words, *narrowed)["found"]

    def traces(self, secrets):
        """Of these in the index, as it lies on disk."""
        files = list(self.daemon.state.glob("search.db*"))
        self.assertIn(self.daemon.state / "search.db", files)
        found = []
        for file in files:
            content = file.read_bytes()
            found += [(file.name, secret) for secret in secrets for form in forms(secret) if form in content]
        return found

    def test_words_are_found_and_each_search_is_on_record(self):
        self.begin()
        found = self.find("kanarienvogel")
        self.assertEqual([each["side"] for each in found], ["brand", "contact"])
        self.assertEqual(found[1]["text"], f"Wo ist mein {CANARY}?")
        rita, conversation = found[1]["contact"], found[1]["conversation"]
        self.assertEqual(len(self.find("grüsse", "boden")), 2)
        self.assertEqual(self.find("grüsse", "boden", contact=rita), [])
        self.assertEqual(len(self.find("mein", contact=rita)), 2)
        self.assertEqual(self.find("mein", account="another"), [])
        self.assertEqual(self.find("mein", until="2026-01-01T00:00:00Z"), [])
        self.assertEqual(self.find("mein", tag="vip"), [])
        self.assertEqual(self.find('"ist mein"', since="2026-01-01T00:00:00Z")[-1]["conversation"], conversation)
        first = self.daemon.ctl("search", "mein", "--limit", "1")
        self.assertGreaterEqual(len(first["found"]), 1)
        self.assertEqual(self.daemon.ctl("search", "?!", fails=True)[0], 64)
        self.assertEqual(self.traces([CANARY, CANARY.lower(), "kanarienvogel", "bodensee", "Bodensee"]), [])
        self.daemon.stop()
        with Ledger(self.daemon.state) as ledger:
            reads = ledger.leaves(["access.read"])
        self.assertEqual(len(reads), 10)
        self.assertEqual(len([leaf for leaf in reads if leaf.get("s") == rita]), 2)

    def test_who_is_erased_is_found_no_more_and_leaves_no_page(self):
        self.begin()
        rita = self.find("kanarienvogel")[-1]["contact"]
        page = lambda: bytes.fromhex(rita) in (self.daemon.state / "search.db").read_bytes()  # noqa: E731
        self.assertTrue(page())
        self.daemon.ctl("contact", "erase", rita)
        self.assertEqual(self.find("kanarienvogel"), [])
        until(lambda: not page(), "the pages are gone")
        self.assertEqual(len(self.find("bodensee")), 2)

    def test_a_kill_anywhere_loses_nothing_of_it(self):
        self.begin()
        for number in range(6):
            self.sandbox.say(ACCOUNT, "rita", f"Nummer{number} ist da", wait=True)
            self.daemon.kill()
            self.daemon.start()
        until(lambda: len(self.find("ist", "da")) >= 12, "all of it is found")
        numbers = {each["text"] for each in self.find("ist", "da") if each["side"] == "contact"}
        self.assertEqual(len(numbers), 6)

    def test_without_it_there_is_no_file_and_the_answer_says_how(self):
        self.begin(ledger='reserve = "1MiB"\n')
        code, text = self.daemon.ctl("search", "mein", fails=True)
        self.assertEqual(code, 66)
        self.assertIn("search = true", text)
        self.assertFalse((self.daemon.state / "search.db").exists())
        for ledger, there in ((ON, True), ('reserve = "1MiB"\n', False)):
            self.daemon.stop()
            self.brand.ledger = ledger
            self.daemon.write_config()
            self.daemon.start()
            self.assertEqual((self.daemon.state / "search.db").exists(), there)
            if there:
                until(lambda: len(self.find("mein")) == 2, "what was said before is found, too")


if __name__ == "__main__":
    unittest.main()
