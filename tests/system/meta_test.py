# SPDX-License-Identifier: Apache-2.0
"""Messenger and Instagram against the real daemon: everything that can come in is put on record and answered, and what
Meta answers to a send leads to the right state of the part and of the account."""

import sys
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.ledger import Ledger  # noqa: E402
from harness.places import until  # noqa: E402
from harness.platform import Platform, PlatformTest  # noqa: E402

SECRETS = 'app_secret = { file = "%smeta-app-secret" }\nverify_token = { file = "%smeta-verify-token" }\n'


def meta(name, id):
    return Platform(
        name=name,
        id=id,
        section=SECRETS % ("keys/", "keys/"),
        account=f'token = {{ file = "keys/{name}-token" }}',
        twin=f'token = {{ file = "{name}-token" }}\n' + SECRETS % ("", ""),
    )


class Meta(PlatformTest):
    maxDiff = None
    """What both do alike."""

    # What the person does, the kind of the record, and what the handler says to it.
    STEPS = [
        ({"say": "hello"}, "msg.in", "You said: hello"),
        ({"say": "and this", "reply_to": "last"}, "msg.in", "You said: and this"),
        ({"send": "image"}, "msg.in", "You said: nothing"),
        ({"send": ["video", "audio", "file"], "say": ""}, "msg.in", "You said: nothing"),
        ({"postback": "START"}, "msg.in", "You chose: START"),
        ({"say": "choose"}, "msg.in", "Which size?"),
        ({"tap": "Large"}, "msg.in", "You said: Large"),
        ({"react": "love"}, "msg.reaction", ""),
        ({"unreact": True}, "msg.reaction", ""),
        ({"edit": "hello there"}, "msg.edit", ""),
        ({"read": True}, "msg.read", ""),
        ({"comment": "nice!"}, "msg.in", "You wrote: nice!"),
        ({"comment": "in private, please"}, "msg.in", "You asked: in private, please"),
        ({"refer": {"ref": "campaign-7"}}, "msg.other", ""),
        ({"optin": "news"}, "consent.granted", ""),
        ({"brand_says": "I am Ana"}, "msg.echo", ""),
        ({"unknown": {"what": "nobody knows"}}, "msg.in", ""),
    ]
    OWN = []
    LAST = [
        ({"optout": "news"}, "consent.revoked", ""),
        ({"handover": "take"}, "msg.other", ""),  # another app speaks from here on
    ]

    def test_every_kind_is_on_record_and_what_wants_an_answer_gets_one(self):
        self.sandbox.do("option", account=self.account, name="echoes", value=False)
        expected, said = Counter(), Counter()
        for step, kind, answer in self.STEPS + self.OWN + self.LAST:
            with self.subTest(step=step):
                items = self.does(**step)
                expected[kind] += len(items)
                if answer:
                    said[answer] += len(items)
                    until(lambda: self.answers()[answer] == said[answer], f"{answer!r} is answered")
                self.settled()
        expected["msg.out.sent"] = sum(said.values())
        self.assertEqual(self.answers(), said)
        recorded = Counter(leaf["k"] for leaf in self.leaves(*expected))
        # People read when they like, and several such events may share a record.
        self.assertGreater(recorded.pop("msg.read"), 0)
        del expected["msg.read"]
        self.assertEqual(recorded, expected)

    def answers(self):
        return Counter(r["text"] for r in self.sandbox.journal() if r["type"] == "request" and r["applied"] and r["text"])

    def test_a_webhook_that_comes_again_changes_nothing(self):
        self.sandbox.do("option", account=self.account, name="echoes", value=False)
        self.sandbox.do("quirks", account=self.account, quirks={"duplicate": 1})
        steps = [({"say": "once"}, "You said: once"), ({"comment": "once more"}, "You wrote: once more"),
                 ({"postback": "START"}, "You chose: START"), ({"react": "love"}, "")]  # fmt: skip
        for step, answer in steps:
            self.does(**step)
            if answer:
                self.sandbox.answered(answer)
        until(lambda: self.status()["since_start"]["duplicates"] >= len(steps), "they came again")
        self.settled()
        expected = {"msg.in": 3, "msg.reaction": 1, "msg.out.sent": 3}
        self.assertEqual(Counter(leaf["k"] for leaf in self.leaves(*expected)), expected)

    def told(self, *fates):
        """What befalls the answers to as many messages."""
        self.script(*fates)
        self.does(say="hello")

    def test_rates_and_what_passes_are_tried_again(self):
        for number, fate in enumerate(("rate_limit", "error 613", "error 1200", "error 10/2018300"), 1):
            self.told(fate)
            until(lambda: self.answers()["You said: hello"] == number, f"{fate} is tried again")
            self.settled()
        self.assertEqual(len(self.leaves("msg.out.sent", "msg.out.reconciled")), 4)

    def test_an_echo_settles_what_was_unclear(self):
        for fate in ("reset_after", "applied error 1/1357046", "fail_after"):
            self.told(fate)
        self.settled()
        until(lambda: not self.status()["outbox"]["unknown"], "the echoes have settled it")
        applied = [r for r in self.sandbox.journal() if r["type"] == "request" and r["call"] == "send" and r["applied"]]
        self.assertEqual(len(applied), 3)
        kinds = [leaf["k"] for leaf in self.leaves("msg.out.unknown", "msg.out.reconciled", "msg.out.sent")]
        self.assertEqual(len([kind for kind in kinds if kind != "msg.out.unknown"]), 3)

    def test_what_is_final_fails_with_its_reason_and_the_turn_waits(self):
        for fate, reason in (
            ("window_error", "window"),
            ("error 551", "permission"),
            ("error 100/2018109", "invalid"),
            ("error 100/33", "gone"),
        ):
            self.told(fate)
            self.settled()
            self.assertEqual(self.status()["conversations"]["turns_waiting"], 1, reason)
            self.daemon.ctl("conversation", "close", self.daemon.ctl("conversations")["conversations"][0]["conversation"])
        failed = [leaf["d"].partition(":")[0] for leaf in self.leaves("msg.out.failed")]
        self.assertEqual(failed, ["window", "permission", "invalid", "gone"])
        with Ledger(self.daemon.state) as ledger:
            self.assertEqual(ledger.outbox(), [])

    def test_the_account_pauses_and_goes_on(self):
        for fate, word in (
            ("token_death", "auth"),
            ("error 190/463", "auth"),
            ("error 368", "restricted"),
            ("error 2/2018344", "configuration"),
        ):
            self.told(fate)
            paused = until(self.paused, f"the account pauses ({word})")
            self.assertEqual(paused, word)
            self.sandbox.do("token", account=self.account, alive=True)
            self.daemon.ctl("account", "resume", self.account)
            self.sandbox.answered("You said: hello")
            self.settled()

    def paused(self):
        accounts = {account["account"]: account for account in self.status()["accounts"]}
        return accounts[self.account].get("pause_class")


class Messenger(Meta):
    OWN = [
        ({"send": "sticker"}, "msg.in", "You said: nothing"),
        ({"send": "location"}, "msg.in", "You said: nothing"),
        ({"send": "reel"}, "msg.in", "You said: nothing"),
        ({"send": "appointment"}, "msg.in", "You said: nothing"),
        ({"delivered": True}, "msg.read", ""),
        ({"mention": "look at @Acme"}, "msg.in", ""),
        ({"edit_comment": "very nice!"}, "msg.edit", ""),
        ({"remove_comment": True}, "msg.unsend", ""),
        ({"policy": "block"}, "account.notice", ""),
    ]

    def platform(self):
        return meta("messenger", "104857600000001")


class Instagram(Meta):
    OWN = [
        ({"story_reply": "what a story"}, "msg.in", "You said: what a story"),
        ({"send": "story_mention"}, "msg.in", "You said: nothing"),
        ({"send": "ig_reel"}, "msg.in", "You said: nothing"),
        ({"send": "like_heart"}, "msg.in", "You said: nothing"),
        ({"send": "ephemeral"}, "msg.in", "You said: nothing"),
        ({"unsupported": True}, "msg.in", "You said: nothing"),
        ({"mention": "look at @acme"}, "msg.in", "You wrote: "),
        ({"unsend": True}, "msg.unsend", ""),
    ]

    def platform(self):
        return meta("instagram", "17841400000000001")


def load_tests(loader, tests, pattern):
    """Without the class that has no platform."""
    return unittest.TestSuite(loader.loadTestsFromTestCase(each) for each in (Messenger, Instagram))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
