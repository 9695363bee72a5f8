# SPDX-License-Identifier: Apache-2.0
"""Webhooks that never come: the daemon asks the platform what was said, takes in once what it has not seen, answers it,
and has the gap on record."""

import sys
import time
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.places import until  # noqa: E402
from harness.platform import Platform, PlatformTest, instagram, messenger  # noqa: E402
from tiktok_test import TIKTOK  # noqa: E402
from x_test import RITA, x  # noqa: E402

EVERY_3_S = 'gaps = { every = "3s" }\n'


class GapsTest(PlatformTest):
    def lose(self, share):
        self.sandbox.do("quirks", account=self.account, quirks={"webhook_loss": share})

    def gaps(self):
        return self.daemon.ctl("gaps")["gaps"]

    def listed_at(self):
        return self.daemon.ctl("account", "list")[0].get("listed_at", "")

    def another_round(self):
        rounds = self.listed_at()
        until(lambda: self.listed_at() > rounds, "another round has ended")


class Late:
    def test_a_webhook_that_is_only_late_is_no_second_message(self):
        self.sandbox.do("quirks", account=self.account, quirks={"webhook_delay": 9})
        self.sandbox.do("say", account=self.account, contact="rita", say="slow")
        self.sandbox.answered("You said: slow")
        until(lambda: self.settled()["since_start"]["duplicates"] >= 1, "the webhook came after all")
        self.assertEqual(len(self.leaves("msg.in")), 1)


class OnTikTok(Late, GapsTest):
    def platform(self):
        return Platform(**TIKTOK, top=EVERY_3_S)

    def test_a_lost_message_is_found_once_and_answered(self):
        self.does(say="told")
        self.sandbox.answered("You said: told")
        self.lose(1)
        self.assertEqual(self.does(say="lost"), [], "no webhook was posted")
        self.add("bob")
        self.does("bob", say="lost as well, a stranger")
        self.sandbox.answered("You said: lost")
        self.sandbox.answered("You said: lost as well, a stranger")
        self.lose(0)
        self.does(say="told again")
        self.sandbox.answered("You said: told again")
        self.another_round()
        found = self.gaps()
        self.assertEqual([gap["account"] for gap in found], [self.account] * 2)
        self.assertTrue(all(0 <= gap["late"] < 60 for gap in found), found)
        self.assertIn("webhook.missed", self.daemon.log())
        self.assertEqual(self.daemon.ctl("audit", "verify")["verdict"], "ok")
        records = self.leaves("msg.in", "webhook.missed", "msg.out.sent")
        self.assertEqual(len([r for r in records if r["k"] == "msg.in"]), 4, "each message once")
        self.assertEqual(len([r for r in records if r["k"] == "msg.out.sent"]), 4)
        indices = {r["i"] for r in records if r["k"] == "msg.in"}
        self.assertEqual({r["r"] for r in records if r["k"] == "webhook.missed"} - indices, set())

    def test_what_was_said_while_nobody_was_here_is_found_after_a_start(self):
        self.does(say="before")
        self.sandbox.answered("You said: before")
        until(self.listed_at, "a round has ended")
        self.assertEqual(self.daemon.stop(), 0)
        self.lose(1)
        self.sandbox.do("say", account=self.account, contact="rita", say="into the void")
        time.sleep(2)
        self.daemon.start()
        self.sandbox.answered("You said: into the void")
        self.assertEqual(len(self.gaps()), 1)
        self.assertEqual(len(self.leaves("msg.in")), 2)

    def test_a_platform_that_does_not_say_is_named(self):
        self.sandbox.do("token", account=self.account, alive=False)
        until(lambda: "listing.failed" in self.daemon.log(), "it is logged")
        (account,) = self.daemon.ctl("account", "list")
        self.assertIn("40105", account["listing_error"])
        self.lose(1)
        self.does(say="meanwhile")
        self.sandbox.do("token", account=self.account, alive=True)
        self.sandbox.answered("You said: meanwhile")


class OnX(GapsTest):
    def platform(self):
        return x(top=EVERY_3_S)

    def add(self, contact, **fields):
        super().add(contact, id=RITA, open=True, **fields)

    def test_a_lost_message_is_found_once_and_answered(self):
        self.does(say="told")
        self.sandbox.answered("You said: told")
        self.lose(1)
        self.does(say="lost")
        self.sandbox.answered("You said: lost")
        self.another_round()
        self.assertEqual(len(self.gaps()), 1)
        self.assertEqual(len(self.leaves("msg.in", "msg.echo")), 2)


class OnMeta(Late):
    """What Messenger and Instagram have in common. A listing shows a tap as a message, under the tap's id, and its times
    are whole seconds: what was said in the account's first one counts as said before."""

    def setUp(self):
        super().setUp()
        time.sleep(1)

    def test_a_lost_message_is_found_once_and_answered(self):
        self.does(say="choose")
        self.sandbox.answered("Which size?")
        self.does(tap="Small")
        self.sandbox.answered("You said: Small")
        self.does(postback="size-m")
        self.sandbox.answered("You chose: size-m")
        self.lose(1)
        self.assertEqual(self.does(say="lost"), [], "no webhook was posted")
        self.sandbox.answered("You said: lost")
        self.does(send="image", say="and a picture")
        self.sandbox.answered("You said: and a picture")
        self.add("bob")
        self.does("bob", say="lost as well, a stranger")
        self.sandbox.answered("You said: lost as well, a stranger")
        self.lose(0)
        self.does(say="told again")
        self.sandbox.answered("You said: told again")
        self.another_round()
        self.another_round()
        self.assertEqual([gap["account"] for gap in self.gaps()], [self.account] * 3)
        records = [leaf["k"] for leaf in self.leaves("msg.in", "webhook.missed", "msg.out.sent", "msg.echo")]
        self.assertEqual(Counter(records), {"msg.in": 7, "msg.out.sent": 7, "webhook.missed": 3})

    def test_a_tap_that_is_only_late_is_no_second_message(self):
        self.sandbox.do("quirks", account=self.account, quirks={"webhook_delay": 9})
        self.sandbox.do("say", account=self.account, contact="rita", postback="size-m", title="Medium")
        self.sandbox.answered("You said: Medium")
        until(lambda: self.settled()["since_start"]["duplicates"] >= 1, "the webhook came after all")
        self.assertEqual(len(self.leaves("msg.in")), 1)

    def test_what_people_of_the_brand_wrote_is_not_taken_for_lost(self):
        self.does(say="hi")
        self.sandbox.answered("You said: hi")
        self.does(brand_says="I am Ana")
        self.another_round()
        self.another_round()
        self.assertEqual(self.gaps(), [])
        self.assertEqual(len(self.leaves("msg.in", "msg.echo")), 2)


class OnMessenger(OnMeta, GapsTest):
    def platform(self):
        return messenger(top=EVERY_3_S, policy="fast")


class OnInstagram(OnMeta, GapsTest):
    def platform(self):
        return instagram(top=EVERY_3_S, policy="fast")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
