# SPDX-License-Identifier: Apache-2.0
"""LinkedIn, played by the sandbox, against the whole daemon: every kind that comes in is on record, comments are answered
in public and once, and each class of errors leads where it belongs."""

import hashlib
import hmac
import json
import sys
import unittest
import uuid
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.places import until  # noqa: E402
from harness.platform import Platform, PlatformTest  # noqa: E402
from harness.sandbox import ask  # noqa: E402

PAGE = "urn:li:organization:1000"
LINKEDIN = {
    "name": "linkedin",
    "id": PAGE,
    "section": 'client_secret = { file = "keys/linkedin-client-secret" }',
    "account": 'token = { file = "keys/linkedin-token" }',
    "twin": 'token = { file = "linkedin-token" }\nrefresh_token = { file = "linkedin-refresh" }\napp_secret = { file = "linkedin-client-secret" }\n',
    "keys": dict.fromkeys(f"linkedin-{name}" for name in ("client-secret", "client-id", "token", "refresh")),
}
# What a member does, and which record it becomes.
STEPS = [
    ({"comment": "Is it waterproof?"}, "msg.in"),
    ({"comment": "of which nothing is told", "shape": "short"}, "msg.in"),
    ({"edit_comment": "Is it really?"}, "msg.edit"),
    ({"brand_says": "I am Ana"}, "msg.echo"),
    ({"remove_comment": True}, "msg.unsend"),
    ({"mention": "Thanks @Acme"}, "msg.in"),
    ({"react": "like"}, "msg.reaction"),
    ({"react": "like", "shape": "nobody"}, "account.notice"),
    ({"share": True}, "account.notice"),
]


class LinkedInTest(PlatformTest):
    def platform(self):
        return Platform(**LINKEDIN)

    def replies(self):
        return [r for r in self.sandbox.journal() if r["type"] == "request" and r["call"] == "comment" and r["applied"]]


class Inbound(LinkedInTest):
    def test_every_kind_is_on_record_and_comments_are_answered(self):
        self.sandbox.do("option", account=self.account, name="echoes", value=False)
        for step, _ in STEPS:
            self.does(**step)
        self.sandbox.answered("You wrote: Is it waterproof?")
        self.settled()
        self.assertEqual([r["decoded"]["actor"] for r in self.replies()], [PAGE] * 3)
        expected = Counter(kind for _, kind in STEPS)
        self.assertEqual(Counter(leaf["k"] for leaf in self.leaves(*expected)), expected)

    def test_both_signatures_are_taken_and_no_other(self):
        for form in ("documented", "prefixed"):
            self.sandbox.do("option", account=self.account, name="signature_form", value=form)
            self.does(comment=f"signed as {form}")
            self.sandbox.answered(f"You wrote: signed as {form}")
        body = b'{"type": "x"}'
        right = hmac.new(self.secret(), b"hmacsha256=" + body, hashlib.sha256).hexdigest()
        self.assertEqual(self.post(body, right), 200)
        self.assertEqual(self.post(body, right.upper()), 403)
        self.assertEqual(self.post(body, hmac.new(self.secret(), body, hashlib.sha256).hexdigest()), 403)
        self.assertEqual(self.post(body + b" ", right), 403)

    def test_the_check_is_answered_and_gives_nobody_a_signature(self):
        code = str(uuid.uuid4())
        status, headers, answer = ask(f"{self.daemon.url}/webhooks/linkedin?challengeCode={code}&applicationId=1")
        mac = hmac.new(self.secret(), code.encode(), hashlib.sha256).hexdigest()
        self.assertEqual((status, json.loads(answer)), (200, {"challengeCode": code, "challengeResponse": mac}))
        self.assertEqual(headers["content-type"], "application/json")
        for body in ("hmacsha256%3D%7B%22type%22%3A1%7D", "%7B%7D", "a%20b", ""):
            self.assertEqual(ask(f"{self.daemon.url}/webhooks/linkedin?challengeCode={body}")[0], 403)

    def secret(self):
        return (self.folder / "keys" / "linkedin-client-secret").read_bytes()

    def post(self, body, signature):
        headers = {"Content-Type": "application/json", "X-Li-Signature": signature}
        return ask(f"{self.daemon.url}/webhooks/linkedin", "POST", body, headers)[0]

    def test_a_webhook_that_comes_again_changes_nothing(self):
        # One that comes before the answer to its request settles the part and is no record of its own.
        self.sandbox.do("quirks", quirks={"duplicate": 1, "echo_delay": 0.5})
        for step, _ in STEPS:
            self.does(**step)
        until(lambda: self.status()["since_start"]["duplicates"] >= len(STEPS), "they came again")
        self.settled()
        self.assertEqual(len(self.replies()), 3)
        expected = Counter(kind for _, kind in STEPS) + Counter(["msg.echo"] * 3)  # of our own answers
        self.assertEqual(Counter(leaf["k"] for leaf in self.leaves(*expected)), expected)

    def test_many_in_one_request(self):
        self.sandbox.do("quirks", quirks={"batch": 10, "batch_linger": 0.2})
        for number in range(10):
            self.sandbox.do(
                "say",
                account=self.account,
                contact="rita",
                comment=f"number {number}",
                post=f"urn:li:activity:{number}",
            )
        for number in range(10):
            self.sandbox.answered(f"You wrote: number {number}")
        self.settled()
        self.assertEqual(len(self.replies()), 10)

    def test_another_pages_webhook_is_dropped(self):
        body = {"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": [{"notificationId": 1}]}
        body["notifications"][0] |= {"organizationalEntity": "urn:li:organization:2", "action": "SHARE"}
        text = json.dumps(body).encode()
        self.post(text, hmac.new(self.secret(), b"hmacsha256=" + text, hashlib.sha256).hexdigest())
        self.assertEqual(self.status()["since_start"]["dropped"], 1)


class Connecting(LinkedInTest):
    def test_the_subscription_is_made_by_hand_or_from_here(self):
        code, told = self.daemon.ctl("account", "connect", self.account, fails=True)
        found = json.loads(told)
        self.assertEqual(code, 69)
        self.assertEqual([step["outcome"] for step in found["steps"]], ["by hand", "done"])
        self.assertEqual((found["id"], found["name"]), (PAGE, "Acme"))
        self.assertEqual(len(found["missing"]), 1)
        self.assertIn("not configured: client_id, refresh_token; so nothing refreshes the token", found["missing"][0])
        self.brand.section += '\napplication = "400001"\nclient_id = { file = "keys/linkedin-client-id" }'
        self.brand.account += f'\nmember = "urn:li:person:ana"\nwebhook_url = "{self.daemon.url}/webhooks/linkedin"'
        self.brand.account += '\nrefresh_token = { file = "keys/linkedin-refresh" }'
        self.daemon.write_config()
        self.daemon.ctl("reload", "--wait")
        found = self.daemon.ctl("account", "connect", self.account)
        self.assertEqual([step["outcome"] for step in found["steps"]], ["done", "done"])
        self.assertTrue(found["well"])


class Errors(LinkedInTest):
    def test_what_waits_and_is_sent(self):
        self.script("rate_limit", "ok")
        self.does(comment="hi")
        self.sandbox.answered("You wrote: hi")
        self.settled()
        leaves = self.leaves("msg.out.failed", "msg.out.sent")
        self.assertEqual([(leaf["o"], leaf.get("d")) for leaf in leaves], [("deferred", "rate"), ("ok", None)])

    def test_what_is_final_leaves_the_turn_waiting(self):
        codes = [("403/100", "permission"), ("404", "gone"), ("400/100", "invalid"), ("422/101", "invalid")]
        for number, (code, _) in enumerate(codes, 1):
            self.script(f"error {code}")
            self.does(comment=f"code {code}", post=f"urn:li:activity:{number}")
            until(lambda: self.settled()["conversations"]["turns_waiting"] == number, "the turn waits for a person")
        found = [leaf["d"].split(":")[0] for leaf in self.leaves("msg.out.failed")]
        self.assertEqual(found, [error_class for _, error_class in codes])

    def test_a_dead_token_or_version_pauses_the_account_and_loses_nothing(self):
        self.script("token_death")
        self.does(comment="hi")
        until(self.paused, "a pause")
        self.assertEqual(self.paused()["pause_class"], "auth")
        self.sandbox.do("token", account=self.account, alive=True)
        self.daemon.ctl("account", "resume", self.account)
        self.sandbox.answered("You wrote: hi")
        self.sandbox.do("option", account=self.account, name="oldest_version", value="202610")
        self.does(comment="later", post="urn:li:activity:2")
        until(self.paused, "a pause")
        self.assertEqual(self.paused()["pause_class"], "configuration")
        self.sandbox.do("option", account=self.account, name="oldest_version", value="202511")
        self.daemon.ctl("account", "resume", self.account)
        self.sandbox.answered("You wrote: later")
        self.settled()
        self.assertEqual(len(self.leaves("msg.out.sent")), 2)

    def paused(self):
        return next((a for a in self.daemon.ctl("account", "list") if a.get("paused")), None)

    def test_a_token_that_has_died_is_refreshed(self):
        self.brand.section += '\nclient_id = { file = "keys/linkedin-client-id" }'
        self.brand.account += '\nrefresh_token = { file = "keys/linkedin-refresh" }'
        self.daemon.write_config()
        self.daemon.ctl("reload", "--wait")
        self.script("token_death")
        self.does(comment="hi")
        self.sandbox.answered("You wrote: hi")
        self.assertIsNone(self.paused())
        self.assertEqual([r["status"] for r in self.sandbox.journal() if r.get("call") == "refresh"], [200])

    def test_what_is_unclear_is_left_to_a_person_and_not_written_twice(self):
        # Its own notification, come before the answer, would tell by its words that it has arrived.
        self.sandbox.do("option", account=self.account, name="echoes", value=False)
        self.script("fail_after")
        self.does(comment="hi")
        until(lambda: self.settled()["outbox"]["parked"] == 1, "it is parked")
        self.assertEqual(len(self.replies()), 1)
        self.assertEqual(len(self.leaves("msg.out.unknown")), 1)

    def test_a_private_reply_is_not_to_be_had(self):
        self.does(comment="answer me in private")
        until(lambda: self.settled()["conversations"]["turns_waiting"] == 1, "the turn waits for a person")
        self.assertEqual(self.replies(), [])
        (failed,) = self.leaves("msg.out.failed")
        self.assertIn("private", failed["d"])

    def test_a_reply_that_is_too_long_is_refused_by_policy(self):
        self.does(comment="x" * 1245)
        until(lambda: self.settled()["since_start"]["refused"] == 1, "policy has refused")
        self.assertEqual([leaf["d"].split(":")[0] for leaf in self.leaves("policy.refuse")], ["deny/li.comment"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
