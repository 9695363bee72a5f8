# SPDX-License-Identifier: Apache-2.0
"""The judge's counting, record by record."""

import sys
import unittest

from harness import ROOT

sys.path.insert(0, str(ROOT / "tools" / "sandbox"))

from postern_sandbox import judge  # noqa: E402


class Verdicts(unittest.TestCase):
    def setUp(self):
        self.judge = judge.Judge()

    def webhook(self, item, text, status=200, contact="1", kind="message"):
        self.judge.feed(
            {
                "type": "webhook",
                "account": "a",
                "status": status,
                "t": "2026-01-01T00:00:00.100Z",
                "items": [
                    {
                        "item": item,
                        "kind": kind,
                        "key": f"m{item}",
                        "contact": contact,
                        "text": text,
                        "made": "2026-01-01T00:00:00.000Z",
                    }
                ],
            }
        )

    def send(self, text, applied=True, contact="1", part=None, t="2026-01-01T00:00:00.250Z"):
        self.judge.feed(
            {
                "type": "request",
                "call": "send",
                "account": "a",
                "contact": contact,
                "text": text,
                "part": part,
                "applied": applied,
                "t": t,
            }
        )

    def counts(self, *names):
        return [self.judge.report()[name] for name in names]

    def test_only_accepted_messages_count(self):
        self.webhook(1, "x #t000000000001", status=503)
        self.webhook(2, "y #t000000000002")
        self.webhook(2, "y #t000000000002")
        self.webhook(3, "echo", kind="echo")
        self.assertEqual(self.counts("posted", "accepted", "unanswered"), [2, 1, 1])

    def test_an_answer_before_the_200_counts(self):
        self.webhook(1, "x #t000000000001", status=0)
        self.send("re #t000000000001")
        self.webhook(1, "x #t000000000001")
        self.assertEqual(
            self.counts("answered", "unanswered", "answer_ms"), [1, 0, {"p50": 250.0, "p90": 250.0, "p99": 250.0}]
        )

    def test_what_was_not_applied_is_no_answer(self):
        self.webhook(1, "x #t000000000001")
        self.send("re #t000000000001", applied=False)
        self.assertEqual(self.counts("answered", "sends_applied", "sends_not_applied"), [0, 0, 1])

    def test_twice_by_token_and_by_part(self):
        self.webhook(1, "x #t000000000001")
        self.send("re #t000000000001", part="p1")
        self.send("re #t000000000001", part="p2")
        self.send("plain", part="p3")
        self.send("plain", part="p3")
        self.send("plain", part="p4")
        self.assertEqual(self.counts("duplicates"), [2])

    def test_wrong_person_and_wrong_order(self):
        for number in (1, 2):
            self.webhook(number, f"x #t00000000000{number}")
        self.send("re #t000000000002")
        self.send("re #t000000000001")
        self.send("re #t000000000001", contact="2")
        self.assertEqual(self.counts("misdirected", "reordered"), [1, 1])
        self.assertFalse(judge.is_clean(self.judge.report()))

    def test_without_a_token_a_later_send_answers(self):
        self.webhook(1, "hello")
        self.assertEqual(self.counts("unanswered"), [1])
        self.send("hi", t="2025-12-31T23:59:59.000Z")
        self.assertEqual(self.counts("unanswered"), [1])
        self.send("hi")
        self.assertEqual(self.counts("unanswered"), [0])


if __name__ == "__main__":
    unittest.main()
