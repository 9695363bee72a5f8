# SPDX-License-Identifier: Apache-2.0
"""X against the real daemon: everything that can come in is put on record and answered, and what X answers to a send
leads to the right state of the part and of the account."""

import base64
import hashlib
import hmac
import json
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.ledger import Ledger  # noqa: E402
from harness.places import until  # noqa: E402
from harness.platform import Platform, PlatformTest  # noqa: E402
from harness.sandbox import ask  # noqa: E402

BRAND, RITA = "1500000000000000001", "1600000000000000002"
GROUP = "1812345678901234567"
KEYS = dict.fromkeys(("x-token", "x-consumer-secret", "x-consumer-key", "x-token-secret"))


def x(**more):
    given = {
        "section": 'app_secret = { file = "keys/x-consumer-secret" }\napp_id = "28000001"',
        "account": 'token = { file = "keys/x-token" }',
        "twin": 'token = { file = "x-token" }\napp_secret = { file = "x-consumer-secret" }\napp_id = "28000001"',
    }
    return Platform(name="x", id=BRAND, keys=KEYS, **{**given, **more})


class XTest(PlatformTest):
    def platform(self):
        return x()

    def add(self, contact, **fields):
        super().add(contact, **{"id": RITA, "open": True, **fields} if contact == "rita" else fields)

    def sent(self, text):
        return self.sandbox.answered(text)

    def deliver(self, payload, uuid, type="dm.received", secret=None):
        """Posts an activity as X would; gives the status."""
        body = json.dumps(
            {"data": {"event_uuid": uuid, "filter": {"user_id": BRAND}, "event_type": type, "payload": payload}}
        ).encode()
        key = (secret or (self.folder / "keys" / "x-consumer-secret").read_text()).encode()
        mac = "sha256=" + base64.b64encode(hmac.new(key, body, hashlib.sha256).digest()).decode()
        return ask(f"{self.daemon.url}/webhooks/x", "POST", body, {"x-twitter-webhooks-signature": mac})[0]


class Inbound(XTest):
    def test_every_kind_is_recorded_and_what_wants_an_answer_gets_one(self):
        self.does(say="where is my order? https://a.example/1")
        self.sent("You said: where is my order? https://a.example/1")
        self.does(send="image", say="look")
        self.sent("You said: look")
        self.does(encrypted="secret")
        self.sent("You said: nothing")
        mention = self.does(mention="help")[0]["key"]
        self.assertIn(mention, json.dumps(self.sent("You wrote: @acme help")["decoded"]))
        self.does(comment="@acme still waiting")
        self.sent("You wrote: @acme still waiting")
        self.does(comment="@acme please in private")
        self.assertIn("dm_conversations/with", self.sent("You asked: @acme please in private")["path"])
        self.does(quote="see what they did")
        self.sent("You wrote: see what they did")
        for step in ("typing", "read", "remove_comment", "follow", "unfollow", "unknown"):
            self.does(**{step: True})
        self.does(brand_says="I am Ana")
        self.does(block=True)
        self.does(unblock=True)
        self.settled()
        kinds = {leaf["k"] for leaf in self.leaves()}
        wanted = {"msg.in", "msg.out.sent", "msg.unsend", "msg.other", "msg.echo", "account.notice", "msg.read"}
        self.assertLessEqual(wanted | {"consent.revoked", "consent.granted"}, kinds)

    def test_a_redelivery_has_no_effect(self):
        self.sandbox.do("quirks", account=self.account, quirks={"duplicate": 1})
        self.does(say="once")
        self.does(mention="once more")
        self.sent("You said: once")
        self.sent("You wrote: @acme once more")
        self.settled()
        leaves = self.leaves("msg.in", "msg.out.sent")
        self.assertEqual([leaf["k"] for leaf in leaves].count("msg.in"), 2)
        self.assertEqual([leaf["k"] for leaf in leaves].count("msg.out.sent"), 2)

    def test_a_reply_told_as_a_mention_too_is_one(self):
        reply = {"id": "2080765813578191400", "text": "@acme hello", "author_id": RITA, "in_reply_to_user_id": BRAND}
        reply["conversation_id"] = "2080765813578191303"
        self.assertEqual(self.deliver(reply, "1", "post.mention.create"), 200)
        self.assertEqual(self.deliver(reply, "-2", "post.reply.create"), 200)
        self.settled()
        self.assertEqual(len(self.leaves("msg.in")), 1)

    def test_what_is_not_x_is_refused(self):
        self.assertEqual(self.deliver({"direct_message_events": []}, "1", secret="another"), 403)
        self.assertEqual(ask(f"{self.daemon.url}/webhooks/x?crc_token=%7B%22data%22%7D")[0] // 100, 4)

    def test_the_echo_of_our_own_answer_is_no_news_and_a_colleagues_is(self):
        self.does(say="hello")
        self.sent("You said: hello")
        until(lambda: [r for r in self.sandbox.journal() if r["type"] == "webhook" and "echo" in json.dumps(r)], "echo")
        self.does(brand_says="I am Ana")
        self.settled()
        self.assertEqual(len(self.leaves("msg.echo")), 1)


class Outcomes(XTest):
    def told(self, *fates):
        """What befalls the answers to as many messages."""
        self.script(*fates)
        self.does(say="hello")

    def test_rates_and_overload_are_tried_again(self):
        self.told("rate_limit", "fail_before")
        self.sent("You said: hello")
        self.settled()
        self.assertEqual([leaf["k"] for leaf in self.leaves("msg.out.failed", "msg.out.sent")][-1], "msg.out.sent")

    def test_an_echo_settles_what_was_unclear(self):
        for fate in ("reset_after", "applied error 500"):
            self.told(fate)
        self.settled()
        until(lambda: not self.status()["outbox"]["unknown"], "the echoes have settled it")
        applied = [r for r in self.sandbox.journal() if r["type"] == "request" and r["call"] == "send" and r["applied"]]
        self.assertEqual(len(applied), 2)
        kinds = [leaf["k"] for leaf in self.leaves("msg.out.unknown", "msg.out.reconciled", "msg.out.sent")]
        self.assertEqual(len([k for k in kinds if k != "msg.out.unknown"]), 2)

    def test_what_cannot_be_sent_fails_with_a_reason(self):
        self.told("error 403 You do not have permission to DM one or more participants.")
        self.settled()
        self.does(comment="no call for the brand")
        self.settled()
        failed = self.leaves("msg.out.failed")
        self.assertEqual([leaf["d"].partition(":")[0] for leaf in failed], ["permission", "permission"])
        with Ledger(self.daemon.state) as ledger:
            self.assertEqual(ledger.outbox(), [])

    def test_the_account_pauses_and_goes_on(self):
        for fate, word in (
            ("token_death", "auth"),
            ("error 403 This operation is not permitted.", "restricted"),
            ("error 403/326 To protect our users this account is temporarily locked.", "restricted"),
            ("error 402 Credits are used up", "configuration"),
        ):
            self.told(fate)
            paused = until(lambda: self.paused(), f"the account pauses ({word})")
            self.assertEqual(paused, word)
            self.sandbox.do("token", account=self.account, alive=True)
            self.daemon.ctl("account", "resume", self.account)
            self.sent("You said: hello")
            self.settled()

    def paused(self):
        accounts = {account["account"]: account for account in self.status()["accounts"]}
        return accounts[self.account].get("pause_class")


class Signed(XTest):
    """OAuth 1.0a: the sandbox computes each signature itself, and takes a nonce once."""

    def platform(self):
        account = ['auth = "oauth1"\npoll = true'] + [
            f'{name} = {{ file = "keys/x-{name.replace("_", "-")}" }}'
            for name in ("token", "token_secret", "consumer_key", "consumer_secret")
        ]
        twin = (
            'token = { file = "x-token" }\napp_secret = { file = "x-consumer-secret" }\n'
            'token_secret = { file = "x-token-secret" }\nconsumer_key = { file = "x-consumer-key" }\n'
            "polls = 900"
        )
        return x(account="\n".join(account), twin=twin)

    def test_messages_replies_and_polls_are_signed(self):
        self.does(say="hello & good-bye ü")
        self.sent("You said: hello & good-bye ü")
        self.does(mention="help")
        self.sent("You wrote: @acme help")
        self.sandbox.do("say", account=self.account, contact="rita", group=GROUP, say="anyone?")
        self.sent("You said: anyone?")


class OAuth2(XTest):
    """OAuth 2: where tokens last for seconds, they are refreshed halfway."""

    life = "8s"

    def platform(self):
        made = x()
        made.keys = {**KEYS, "x-refresh": None, "x-client": "client-1", "x-app-token": None}
        made.section += '\nclient_id = { file = "keys/x-client" }\nclient_secret = { file = "keys/x-consumer-secret" }'
        made.account += '\nrefresh_token = { file = "keys/x-refresh" }\napp_token = { file = "keys/x-app-token" }'
        made.twin += '\nrefresh_token = { file = "x-refresh" }\nclient_id = "client-1"'
        made.twin += f'\ntoken_life = "{self.life}"'
        made.twin += '\napp_token = { file = "x-app-token" }'
        return made

    def refreshed(self):
        return len([record for record in self.sandbox.journal() if record.get("call") == "refresh"])


class Tokens(OAuth2):
    def test_tokens_are_refreshed_and_outlive_the_daemon(self):
        until(lambda: self.refreshed() >= 2, "the token is refreshed twice")
        self.does(say="with the third token")
        self.sent("You said: with the third token")
        time.sleep(0.5)  # what was given is on disk; killed in between, the account would wait for a person
        self.daemon.kill()
        self.daemon.start()
        seen = self.refreshed()
        until(lambda: self.refreshed() > seen, "the token is refreshed once more")
        self.does(say="after a crash")
        self.sent("You said: after a crash")


class Connected(OAuth2):
    life = "2h"

    def test_an_account_is_connected(self):
        # The configured token, whose end nobody has told, is refreshed at once.
        until(lambda: self.status()["accounts"][0].get("token_ends", "") > "2026", "the daemon knows its new token's end")
        told = self.daemon.ctl("account", "connect", self.account)
        self.assertEqual([step["outcome"] for step in told["steps"]], ["by hand", "done"])
        self.brand.account += f'\nwebhook_url = "{self.daemon.url}/webhooks/x"'
        self.daemon.write_config()
        self.daemon.ctl("reload", "--wait")
        told = self.daemon.ctl("account", "connect", self.account)
        self.assertEqual([step["outcome"] for step in told["steps"]], ["done", "done"], told)
        self.assertEqual((told["well"], told["id"], told["name"]), (True, BRAND, "Acme"))


class Polled(XTest):
    """Groups are seen in polls alone; a webhook and a poll of the same message are one."""

    def platform(self):
        return x(
            account='token = { file = "keys/x-token" }\npoll = true',
            twin='token = { file = "x-token" }\napp_secret = { file = "x-consumer-secret" }\npolls = 900',
        )

    def test_a_group_is_read_and_answered(self):
        for step in ({"join": True}, {"say": "anyone?"}, {"leave": True}):
            self.sandbox.do("say", account=self.account, contact="rita", group=GROUP, **step)
        self.assertIn(f"dm_conversations/{GROUP}/", self.sent("You said: anyone?")["path"])
        self.does(say="and alone")
        self.sent("You said: and alone")
        until(lambda: self.status()["outbox"]["sending"] == 0, "all is sent")
        leaves = self.leaves("msg.in", "msg.other")
        self.assertEqual([leaf["k"] for leaf in leaves].count("msg.in"), 2)
        self.assertEqual([leaf["k"] for leaf in leaves].count("msg.other"), 2)


if __name__ == "__main__":
    unittest.main()
