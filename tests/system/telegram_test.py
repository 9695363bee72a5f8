# SPDX-License-Identifier: Apache-2.0
"""Telegram against the real daemon: everything that can come in is put on record and answered, and what the Bot API
answers to a send leads to the right state of the part and of the account."""

import json
import sys
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.ledger import Ledger  # noqa: E402
from harness.places import until  # noqa: E402
from harness.platform import Platform, PlatformTest  # noqa: E402

# As docs/platforms/telegram.md has them: some kinds come only if they are asked for.
UPDATES = ["message", "edited_message", "callback_query", "message_reaction", "my_chat_member", "chat_member",
           "business_connection", "business_message", "edited_business_message", "deleted_business_messages",
           "news"]  # fmt: skip
GROUP, MOVED = "-4001", "-1001234567890"
# What the person does, the kind of the record, and what the handler says to it.
STEPS = [
    ({"start": "campaign-7"}, "msg.in", "You said: /start campaign-7"),
    ({"say": "hello"}, "msg.in", "You said: hello"),
    ({"say": "and this", "reply_to": "last"}, "msg.in", "You said: and this"),
    *(
        ({"send": kind}, "msg.in", "You said: nothing")
        for kind in ("photo", "video", "gif", "audio", "voice", "video_note", "document", "sticker", "location",
                     "venue", "contact", "dice", "poll")
    ),
    ({"send": ["photo", "video"], "say": "an album"}, "msg.in", "You said: an album"),
    ({"say": "choose"}, "msg.in", "Which size?"),
    ({"tap": "Large"}, "msg.in", "You chose: size-l"),
    ({"edit": "hello there"}, "msg.edit", ""),
    ({"react": "👍"}, "msg.reaction", ""),
    ({"unreact": True}, "msg.reaction", ""),
    ({"say": "for all", "group": GROUP}, "msg.in", "You said: for all"),
    ({"join": True, "group": GROUP}, "msg.other", ""),
    ({"leave": True, "group": GROUP}, "msg.other", ""),
    ({"connect_business": True, "business": "bc_1"}, "account.notice", ""),
    ({"say": "to the business", "business": "bc_1"}, "msg.in", "You said: to the business"),
    ({"unsend": True, "business": "bc_1"}, "msg.unsend", ""),
    ({"unknown": {"news": {"what": "nobody knows"}}}, "msg.in", ""),
    ({"block": True}, "consent.revoked", ""),
    ({"unblock": True}, "consent.granted", ""),
]  # fmt: skip


class Telegram(PlatformTest):
    maxDiff = None

    def platform(self):
        return Platform(
            name="telegram",
            id="7000000001",
            account='token = { file = "keys/telegram-token" }\nsecret_token = { file = "keys/telegram-secret-token" }',
            twin='token = { file = "telegram-token" }\nsecret_token = { file = "telegram-secret-token" }\n'
            f"allowed_updates = {json.dumps(UPDATES)}\n",
            hook="/webhooks/telegram/acme-telegram",
        )

    def answers(self):
        return Counter(r["text"] for r in self.sandbox.journal() if r["type"] == "request" and r["applied"] and r["text"])


class Inbound(Telegram):
    def test_every_kind_is_on_record_and_what_wants_an_answer_gets_one(self):
        expected, said = Counter(), Counter()
        for step, kind, answer in STEPS:
            with self.subTest(step=step):
                items = self.does(**step)
                expected[kind] += len(items)
                if answer:
                    said[answer] += 1
                    said["You said: nothing"] += len(items) - 1  # an album is a message for each picture
                    until(lambda: self.answers()[answer] == said[answer], f"{answer!r} is answered")
                self.settled()
        expected["msg.out.sent"] = sum(said.values())
        self.assertEqual(self.answers(), said)
        self.assertEqual(Counter(leaf["k"] for leaf in self.leaves(*expected)), expected)

    def test_an_update_that_comes_again_changes_nothing(self):
        self.sandbox.do("quirks", account=self.account, quirks={"duplicate": 1})
        for text in ("once", "once more"):
            self.does(say=text)
            self.sandbox.answered(f"You said: {text}")
        self.does(react="👍")
        until(lambda: self.status()["since_start"]["duplicates"] >= 3, "they came again")
        self.settled()
        expected = {"msg.in": 2, "msg.reaction": 1, "msg.out.sent": 2}
        self.assertEqual(Counter(leaf["k"] for leaf in self.leaves(*expected)), expected)

    def test_a_group_that_becomes_a_supergroup_is_the_same_conversation(self):
        self.does(say="before", group=GROUP)
        self.sandbox.answered("You said: before")
        self.does(migrate=MOVED, group=GROUP)
        self.does(say="after", group=MOVED)
        self.sandbox.answered("You said: after")
        self.settled()
        self.assertEqual(len({leaf["c"] for leaf in self.leaves("msg.in")}), 1)


class Outcomes(Telegram):
    def told(self, fate):
        """What befalls the answer to a message."""
        self.script(fate)
        self.does(say="hello")

    def test_rates_are_waited_for(self):
        self.sandbox.do("quirks", account=self.account, quirks={"retry_after": 1})
        self.told("rate_limit")
        self.sandbox.answered("You said: hello")
        self.settled()
        self.assertEqual([leaf["k"] for leaf in self.leaves("msg.out.failed", "msg.out.sent")][-1], "msg.out.sent")

    def test_what_is_unclear_is_left_to_a_person_and_not_sent_twice(self):
        for number, fate in enumerate(("reset_after", "fail_after"), 1):
            self.told(fate)
            until(lambda: self.status()["outbox"]["parked"] == 1, "it is parked")
            [part] = self.daemon.ctl("outbox", "list")
            self.assertEqual(part["state"], "parked")
            self.daemon.ctl("outbox", "resolve", part["part"], "sent")
            self.settled()
            self.assertEqual(self.answers()["You said: hello"], number)
        self.assertEqual(len(self.leaves("msg.out.unknown")), 2)

    def test_what_is_final_fails_with_its_reason_and_the_turn_waits(self):
        for fate, reason in (
            ("window_error", "permission"),
            ("error 400 Bad Request: chat not found", "gone"),
            ("error 400 Bad Request: message is too long", "invalid"),
        ):
            self.told(fate)
            # Not more than one message a second goes to a chat, so this one may have been held first.
            until(lambda: self.status()["conversations"]["turns_waiting"] == 1, f"the turn waits ({reason})")
            self.daemon.ctl("conversation", "close", self.daemon.ctl("conversations")["conversations"][0]["conversation"])
        failed = [leaf["d"].partition(":")[0] for leaf in self.leaves("msg.out.failed")]
        self.assertEqual(failed, ["permission", "gone", "invalid"])
        with Ledger(self.daemon.state) as ledger:
            self.assertEqual(ledger.outbox(), [])

    def test_a_dead_token_pauses_the_account_and_loses_nothing(self):
        self.told("token_death")
        until(lambda: self.status()["accounts"][0].get("pause_class") == "auth", "the account pauses")
        self.sandbox.do("token", account=self.account, alive=True)
        self.daemon.ctl("account", "resume", self.account)
        self.sandbox.answered("You said: hello")
        self.settled()
        self.assertEqual(self.answers()["You said: hello"], 1)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
