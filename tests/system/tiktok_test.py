# SPDX-License-Identifier: Apache-2.0
"""TikTok, played by the sandbox, against the whole daemon: every kind that comes in is on record and answered once, and
each class of errors leads where it belongs."""

import hashlib
import hmac
import json
import sys
import time
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.places import until  # noqa: E402
from harness.platform import Platform, PlatformTest  # noqa: E402
from harness.sandbox import ask  # noqa: E402

BRAND = "-000m4JHbrand"
TIKTOK = {
    "name": "tiktok",
    "id": BRAND,
    "section": 'app_secret = { file = "keys/tiktok-app-secret" }',
    "account": 'token = { file = "keys/tiktok-token" }',
    "twin": 'token = { file = "tiktok-token" }\napp_secret = { file = "tiktok-app-secret" }\n'
    "comment_to_message = true\nreceipts = false\n",
    "keys": {"tiktok-app-secret": None, "tiktok-token": None},
    "account_options": 'settle = "2s"\n',
}
# What a contact does, and which record it becomes.
STEPS = [
    ({"say": "olá 😀"}, "msg.in"),
    ({"say": "quoting", "reply_to": "own"}, "msg.in"),
    ({"send": "image"}, "msg.in"),
    ({"send": "video"}, "msg.in"),
    ({"send": "sticker"}, "msg.in"),
    ({"send": "emoji"}, "msg.in"),
    ({"send": "share_post"}, "msg.in"),
    ({"send": "telepathy"}, "msg.in"),
    ({"react": "❤", "to_message": "own"}, "msg.reaction"),
    ({"unreact": True, "to_message": "own"}, "msg.reaction"),
    ({"read": True}, "msg.read"),
    ({"refer": {"ref": "autumn"}}, "msg.other"),
    ({"comment": "Is it waterproof?"}, "msg.in"),
    ({"remove_comment": True}, "msg.unsend"),
    ({"mention": "@acmebrand!"}, "msg.in"),
    ({"brand_says": "I am Ana"}, "msg.echo"),
    ({"automation": True}, "account.notice"),
    ({"unknown": True}, "msg.in"),
]


class TikTokTest(PlatformTest):
    def platform(self):
        return Platform(**TIKTOK)


class Inbound(TikTokTest):
    def test_every_kind_is_on_record(self):
        self.add("eva", region="eea")
        self.play()
        self.does("eva", say="of whom nothing is told")
        self.settled()
        # Of Eva; and that our answer to the comment is shown.
        expected = Counter(kind for _, kind in STEPS) + Counter(["account.notice"] * 2)
        self.check_counts(self.leaves(*expected), expected)

    def test_what_asks_is_answered_and_nothing_else(self):
        self.does(say="where is my order?")
        self.sandbox.answered("You said: where is my order?")
        self.does(say="choose")
        self.sandbox.answered("Which size?")
        self.does(tap="Small")
        self.sandbox.answered("You chose: size-s")
        self.does(comment="Is it waterproof?")
        self.sandbox.answered("You wrote: Is it waterproof?")
        self.add("bob")
        self.does("bob", high_intent="How much, in private?")
        self.sandbox.answered("You asked: How much, in private?")
        for step in ({"read": True}, {"react": "❤"}, {"brand_says": "by hand"}, {"automation": True}):
            self.does(**step)
        self.settled()
        sent = [r for r in self.sandbox.journal() if r["type"] == "request" and r["call"] in ("send", "comment")]
        self.assertEqual([r["applied"] for r in sent], [True] * 5)
        self.assertEqual(len(self.leaves("msg.out.sent")), 5)

    def test_our_own_words_come_back_and_are_not_recorded_twice(self):
        self.does(say="hi")
        self.sandbox.answered("You said: hi")
        self.does(comment="nice")
        self.sandbox.answered("You wrote: nice")
        until(lambda: len([i for i in self.posted() if i["kind"] == "echo"]) >= 2, "both came back")
        self.settled()
        self.assertEqual(self.leaves("msg.echo"), [])

    def posted(self):
        return [item for r in self.sandbox.journal() if r["type"] == "webhook" for item in r["items"]]

    def test_a_webhook_that_comes_again_changes_nothing(self):
        self.sandbox.do("quirks", quirks={"duplicate": 1})
        self.play(without="unknown")  # what nobody can name cannot be recognised either
        until(lambda: self.settled()["since_start"]["duplicates"] >= len(STEPS) - 1, "all came again")
        expected = Counter(kind for step, kind in STEPS if "unknown" not in step) + Counter(["account.notice"])
        self.check_counts(self.leaves(*expected), expected)

    def play(self, without=None):
        """All steps; a comment is answered before it is taken back."""
        for step, _ in STEPS:
            if without not in step:
                self.does(**step)
            if "comment" in step:
                self.sandbox.answered("You wrote: " + step["comment"])

    def check_counts(self, leaves, expected):
        """Receipts and echoes of ours share a leaf if they come in one batch, so of these there is any number."""
        found = Counter(leaf["k"] for leaf in leaves)
        self.assertGreaterEqual(found.pop("msg.read"), 1)
        self.assertEqual(found, expected - Counter(["msg.read"]))

    def test_another_accounts_webhook_is_dropped(self):
        self.post({"user_openid": "-000somebodyelse", "event": "im_receive_msg", "content": "{}"})
        self.assertEqual(self.status()["since_start"]["received"], 0)
        self.assertEqual(self.status()["since_start"]["dropped"], 1)

    def post(self, body, at=None, status=200):
        """A webhook signed by hand at a time in seconds."""
        text = json.dumps(body).encode()
        at = int(time.time()) if at is None else at
        key = (self.folder / "keys" / "tiktok-app-secret").read_bytes()
        mac = hmac.new(key, f"{at}.".encode() + text, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "Tiktok-Signature": f"s={mac},t={at}"}
        self.assertEqual(ask(f"{self.daemon.url}/webhooks/tiktok", "POST", text, headers)[0], status)

    def test_an_old_signature_is_worth_nothing(self):
        body = {"user_openid": BRAND, "event": "im_receive_msg", "content": "{}"}
        self.post(body, int(time.time()) - 290)
        self.post(body, int(time.time()) - 310, 403)
        self.post(body, int(time.time()) + 310, 403)


class Errors(TikTokTest):
    def test_what_waits_and_is_sent(self):
        self.script("error 40100", "error 51065", "ok")
        self.does(say="hi")
        self.sandbox.answered("You said: hi")
        self.settled()
        leaves = self.leaves("msg.out.failed", "msg.out.sent")
        self.assertEqual([leaf["o"] for leaf in leaves], ["deferred", "deferred", "ok"])
        self.assertEqual([leaf.get("d") for leaf in leaves[:2]], ["rate", "transient"])

    def test_what_is_final_leaves_the_turn_waiting(self):
        for code, error_class in ((40064, "window"), (40001, "permission"), (40002, "invalid"), (40007, "gone")):
            self.script(f"error {code}")
            self.does(say=f"code {code}")
            until(lambda: self.settled()["conversations"]["turns_waiting"] > 0, "the turn waits")
            self.script("ok")
            self.does(brand_says=f"a person answers {code}")  # so that the next one begins from nothing
            until(lambda: self.settled()["conversations"]["turns_waiting"] == 0, "the turn has ended")
        found = [leaf.get("d") for leaf in self.leaves("msg.out.failed")]
        self.assertEqual(found, ["window:40064", "permission:40001", "invalid:40002", "gone:40007"])

    def test_a_dead_token_pauses_the_account_and_loses_nothing(self):
        self.script("token_death")
        self.does(say="hi")
        account = until(
            lambda: next((a for a in self.daemon.ctl("account", "list") if a.get("paused")), None), "a pause"
        )
        self.assertEqual(account["name"] if "name" in account else account["account"], self.account)
        self.sandbox.do("token", account=self.account, alive=True)
        self.daemon.ctl("account", "resume", self.account)
        self.sandbox.answered("You said: hi")
        self.settled()
        self.assertEqual(len(self.leaves("msg.out.sent")), 1)

    def test_what_is_unclear_is_settled_by_its_echo(self):
        for fate in ("reset_after", "fail_after"):
            self.script(fate)
            self.does(say=f"then {fate}")
            self.sandbox.answered(f"You said: then {fate}")
        until(lambda: self.settled()["outbox"]["unknown"] == 0, "the echoes have settled it")
        kinds = Counter(leaf["k"] for leaf in self.leaves("msg.out.sent", "msg.out.reconciled", "msg.echo"))
        self.assertEqual(sum(kinds.values()), 2, kinds)
        sent = [r for r in self.sandbox.journal() if r["type"] == "request" and r["call"] == "send" and r["applied"]]
        self.assertEqual(len(sent), 2, "nothing was sent twice")

    def test_what_is_unclear_and_has_not_arrived_is_sent_again_once_a_later_one_came_back(self):
        self.add("bob")
        self.script("reset_before")
        self.does(say="first")
        until(lambda: self.status()["outbox"]["unknown"] == 1, "it is unclear")
        self.does("bob", say="later")
        self.sandbox.answered("You said: later")
        self.sandbox.answered("You said: first")
        self.settled()
        sent = [r for r in self.sandbox.journal() if r["type"] == "request" and r["call"] == "send" and r["applied"]]
        self.assertEqual(Counter(r["text"] for r in sent), {"You said: first": 1, "You said: later": 1})

    def test_after_48_hours_nothing_is_sent(self):
        self.does(say="long ago", ago="49h")
        until(lambda: self.settled()["since_start"]["refused"] == 1, "policy has refused")
        self.assertEqual([leaf["d"].split(":")[0] for leaf in self.leaves("policy.refuse")], ["deny/tt.window"])


class Account(PlatformTest):
    """What the account's owner has to do, and what is done for them."""

    def platform(self):
        more = {
            "section": TIKTOK["section"] + '\napp_id = { file = "keys/tiktok-app-id" }',
            "account": TIKTOK["account"] + '\nrefresh_token = { file = "keys/tiktok-refresh-token" }\n'
            'webhook_url = "https://dm.example/webhooks/tiktok"',
            "twin": TIKTOK["twin"] + 'refresh_token = { file = "tiktok-refresh-token" }\n',
            "keys": {**TIKTOK["keys"], "tiktok-app-id": "7600000000000000001", "tiktok-refresh-token": None},
        }
        return Platform(**{**TIKTOK, **more})

    def called(self, name):
        return [r for r in self.sandbox.journal() if r["type"] == "request" and r["call"] == name]

    def test_tokens_are_refreshed_and_the_webhook_is_registered(self):
        until(lambda: self.called("refresh"), "the token is refreshed: nobody has told how old it is")
        self.does(say="with the new token")
        self.sandbox.answered("You said: with the new token")
        answer = self.daemon.ctl("account", "connect", self.account)
        self.assertEqual([step["outcome"] for step in answer["steps"]], ["done", "done"], answer)
        self.assertEqual(len(self.called("webhook")), 2, "messages, and comments")
        secret = (self.folder / "keys" / "tiktok-app-secret").read_text()
        self.assertNotIn(secret, self.daemon.log())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
