# SPDX-License-Identifier: Apache-2.0
"""LinkedIn's twin: what it posts and takes, and what the plugin makes of it."""

import hashlib
import hmac
import json
import unittest

from harness import until
from plugin import PluginTest

PAGE = "urn:li:organization:1000"
SECRET = b"li-client-secret-31"
HEADERS = {"LinkedIn-Version": "202609", "X-Restli-Protocol-Version": "2.0.0"}


class LinkedInTest(PluginTest):
    platform, key, token = "linkedin", PAGE, "li-token"
    secrets = ("client_secret",)
    config = {"application": "400001"}
    scenario = f"""
[account.acme-linkedin]
platform = "linkedin"
id = "{PAGE}"
name = "Acme"
webhook = "{{gateway}}/webhooks/linkedin"
token = "li-token"
app_secret = "{SECRET.decode()}"
connect = true

[contact.rita]
at = {{ acme-linkedin = "zLqTygBP8S" }}
"""

    def comment(self, text="Is it waterproof?", **step):
        """What the plugin understands of a new comment."""
        self.gateway.requests.clear()
        self.say(comment=text, **step)
        return self.decoded()[0]

    def answer(self, event, text="Yes!"):
        return self.part(event["thread"], "public", text=text, to_comment=event["platform_id"])

    def post(self, target, body, **headers):
        request = {"method": "POST", "path": f"/rest/socialActions/{target}/comments", "json": body}
        return self.ask({**request, "headers": {**HEADERS, **headers}})


class Webhooks(LinkedInTest):
    def signed(self):
        _, _, headers, body = self.gateway.requests[-1]
        return headers["X-LI-Signature"], body

    def test_both_signatures(self):
        self.say(comment="one")
        value, body = self.signed()
        self.assertEqual(value, hmac.new(SECRET, b"hmacsha256=" + body, hashlib.sha256).hexdigest())
        self.option("signature_form", "prefixed")
        self.say(comment="two")
        value, body = self.signed()
        self.assertEqual(value, "hmacsha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest())

    def test_ten_in_a_request(self):
        self.sandbox.do("quirks", quirks={"batch": 10, "batch_linger": 0.3})
        for number in range(12):
            self.sandbox.say(account="acme-linkedin", comment=f"number {number}")
        until(lambda: sum(len(body["notifications"]) for body in self.gateway.bodies()) == 12)
        self.assertEqual(len(self.gateway.bodies()), 2)
        self.assertEqual(len({event["key"] for event in self.decoded()}), 12)

    def test_the_webhook_is_checked(self):
        (check,) = self.sandbox.records("handshake")
        self.assertTrue(check["right"])
        self.gateway.challenge_secret = b"another"
        self.assertIn("security challenge", self.sandbox.do("connect")["problems"]["acme-linkedin"])

    def test_what_has_failed_comes_again(self):
        self.gateway.statuses = [503]
        first, second = self.say(comment="again"), self.gateway.bodies()
        self.assertTrue(first[0]["accepted"])
        self.assertEqual(second[0], second[1])


class Revalidation(LinkedInTest):
    scenario = LinkedInTest.scenario.replace("connect = true", "connect = true\ncheck_every = 0.1")

    def test_three_failures_block_the_webhook(self):
        self.say(comment="before")
        self.gateway.challenge_secret = b"another"
        until(lambda: self.sandbox.records("notice"))
        self.sandbox.say(account="acme-linkedin", comment="after")
        until(lambda: self.sandbox.records("dropped"))
        self.assertEqual(len(self.gateway.bodies()), 1)


class Api(LinkedInTest):
    def assert_refused(self, answer, status, words):
        self.assertEqual(answer[0], status, answer)
        self.assertIn(words, json.loads(answer[2])["message"])

    def test_a_comment_and_its_refusals(self):
        target = self.comment()["platform_id"]
        activity = target.split("(")[1].split(",")[0]
        body = {"actor": PAGE, "object": activity, "message": {"text": "Yes!"}, "parentComment": target}
        status, headers, answer = self.post(target, body)
        self.assertEqual((status, json.loads(answer)["id"]), (201, headers["x-restli-id"]))
        self.assert_refused(self.post(target, {**body, "actor": "urn:li:organization:1"}), 403, "permissions")
        self.assert_refused(self.post(target, {**body, "message": {"text": "x" * 1251}}), 400, "length")
        self.assert_refused(self.post(target, {**body, "message": {}}), 400, "length")
        self.assert_refused(self.post(target, {**body, "object": "urn:li:activity:1"}), 400, "parentComment")
        self.assert_refused(self.post("urn:li:comment:(urn:li:activity:1,2)", body), 404, "entity")
        self.assert_refused(self.post(target, body, **{"LinkedIn-Version": "202401"}), 426, "not active")
        self.assert_refused(self.post(target, body, **{"LinkedIn-Version": ""}), 400, "version")
        self.assert_refused(self.post(target, body, **{"X-Restli-Protocol-Version": "1.0"}), 400, "Syntax")
        self.assert_refused(self.ask({"method": "GET", "path": "/rest/people/1", "headers": HEADERS}), 404, "resource")
        status, _, _ = self.ask({"method": "GET", "path": "/rest/organizations/1000", "headers": HEADERS})
        self.assertEqual(status, 200)

    def test_there_are_two_levels(self):
        self.assertEqual(self.answer(self.comment())["outcome"], "sent")
        below = self.comment("below yours", reply_to="last")
        self.assertEqual(below["comment"]["parent_id"].split("(")[1].split(",")[0], below["comment"]["post_id"])
        refused = self.answer(below)
        self.assertEqual((refused["outcome"], refused["class"]), ("failed", "invalid"))


class Plugin(LinkedInTest):
    def test_every_kind(self):
        kinds = [
            {"comment": "olá 😀 https://a.example/b"},
            {"edit_comment": "olá!"},
            {"brand_says": "I am Ana"},
            {"remove_comment": True},
            {"mention": "Thanks @Acme"},
            {"mention": "in a photo", "shape": "photo"},
            {"react": "like"},
            {"react": "like", "shape": "nobody"},
            {"share": True},
            {"unknown": True},
        ]
        self.check_kinds(kinds)
        short = self.comment("of which no text is told", shape="short")
        self.assertNotIn("text", short)
        self.assertTrue(short["platform_id"].startswith("urn:li:comment:(urn:li:activity:"))

    def test_answers_are_taken_and_come_back(self):
        event = self.comment()
        sent = self.answer(event, "olá 😀")
        self.assertEqual(sent["outcome"], "sent")
        until(lambda: [e for e in self.decoded() if e["kind"] == "echo"])
        echo = next(e for e in self.decoded() if e["kind"] == "echo")
        self.assertEqual((echo["platform_id"], echo["text"], echo["direction"]), (sent["id"], "olá 😀", "out"))
        self.gateway.requests.clear()
        self.say(mention="Thanks @Acme")
        self.assertEqual(self.answer(self.decoded()[0], "You are welcome")["outcome"], "sent")
        shown = self.sandbox.get("messages?account=acme-linkedin&contact=rita")["messages"]
        self.assertEqual([m["text"] for m in shown if m["direction"] == "out"], ["olá 😀", "You are welcome"])

    def test_what_cannot_be_done(self):
        event = self.comment()
        self.assertEqual(self.part(event["thread"], text="hi", to_comment=event["platform_id"])["cannot"], "private")
        self.assertEqual(self.part(event["thread"], "public", text="hi")["cannot"], "comment")

    def test_connecting_an_account(self):
        hook = {"member": "urn:li:person:ana", "webhook_url": f"{self.gateway.url}/webhooks/linkedin"}
        self.assertEqual(self.run_task("subscribe", hook), {"outcome": "done"})
        elsewhere = self.run_task("subscribe", {**hook, "webhook_url": "https://elsewhere.example"})
        self.assertEqual((elsewhere["outcome"], elsewhere["class"]), ("failed", "invalid"))
        self.assertEqual(self.run_task("subscribe")["cannot"], "task")
        self.assertEqual(self.run_task("check"), {"outcome": "done"})

    def test_errors(self):
        event = self.comment()
        fates = [
            ("rate_limit", "retry", "rate"),
            ("error 400/100 Bad", "failed", "invalid"),
            ("error 404 Gone", "failed", "gone"),
            ("window_error", "failed", "permission"),
            ("error 426 Sunset", "pause", "configuration"),
            ("fail_after", "unclear", None),
            ("fail_before", "unclear", None),
            ("token_death", "pause", "auth"),
        ]
        self.check_fates(fates, lambda: self.answer(event))
        self.sandbox.do("token", account="acme-linkedin", alive=True)
        self.option("oldest_version", "202610")
        self.script("ok")
        self.assertEqual(self.answer(event)["class"], "configuration")


if __name__ == "__main__":
    unittest.main()
