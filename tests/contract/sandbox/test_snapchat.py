# SPDX-License-Identifier: Apache-2.0
"""Snapchat's twin: the bridge and Snap's API, and what the plugin makes of them."""

import base64
import hashlib
import hmac
import json
import unittest
import uuid
from datetime import datetime, timedelta

from harness import until
from plugin import PluginTest

PROFILE = "2f1d0c5a-0000-4000-8000-000000000001"
CREATOR = "9a7e0000-1111-4222-8333-000000000042"
KEY = b"postern-snapchat-bridge-key-0001"
SNAP = f"/v1/public_profiles/{PROFILE}/group_conversation"


class SnapchatTest(PluginTest):
    platform, key, token = "snapchat", PROFILE, "snap-token"
    secrets = ("bridge_secret",)
    options = {"answers": "bridge"}
    scenario = f"""
[account.acme-snapchat]
platform = "snapchat"
id = "{PROFILE}"
name = "Acme"
webhook = "{{gateway}}/webhooks/snapchat"
token = "snap-token"
app_secret = "whsec_{base64.b64encode(KEY).decode()}"
connect = true

[contact.rita]
at = {{ acme-snapchat = "rita-7" }}

[contact.carla]
creator = "{CREATOR}"
at = {{ acme-snapchat = "carla-8" }}
"""

    def thread(self, contact="rita"):
        self.gateway.requests.clear()
        self.say(contact, say="hi")
        return self.decoded()[0]["thread"]

    def applied(self):
        return [r for r in self.sandbox.records() if r["call"] == "send" and r["applied"]]

    def get(self, path, **query):
        status, _, body = self.ask({"method": "GET", "path": path, "query": query})
        return status, json.loads(body)

    def post(self, path, body):
        status, _, answer = self.ask({"method": "POST", "path": path, "json": body})
        return status, json.loads(answer)


class Bridge(SnapchatTest):
    def test_it_signs_as_standard_webhooks_has_it(self):
        self.say(say="olá 😀")
        _, _, headers, body = self.gateway.requests[-1]
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        mac = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
        self.assertEqual(headers["webhook-signature"], f"v1,{mac}")
        self.assertEqual(json.loads(body)["id"], headers["webhook-id"])

    def test_what_fails_comes_again_and_blocks_its_conversation(self):
        self.gateway.statuses = [503]
        self.sandbox.say(account="acme-snapchat", say="first")
        self.say(say="second")
        self.assertEqual([body["text"] for body in self.gateway.bodies()], ["first", "first", "second"])

    def test_an_answer_is_taken_once(self):
        self.say(say="hi")
        conversation = self.gateway.bodies()[-1]["conversation_id"]
        body = {"id": str(uuid.uuid4()), "conversation_id": conversation, "from": PROFILE, "type": "text", "text": "ok"}
        self.assertEqual(self.post("/messages", body)[0], 200)
        self.assertEqual(self.post("/messages", body)[0], 409)
        for change, status in (
            ({"id": "1"}, 400),
            ({"text": ""}, 400),
            ({"type": "snap"}, 400),
            ({"from": CREATOR}, 403),
            ({"conversation_id": CREATOR}, 404),
        ):
            self.assertEqual(self.post("/messages", {**body, "id": str(uuid.uuid4()), **change})[0], status, change)
        self.assertEqual(len(self.applied()), 1)


class Snap(SnapchatTest):
    def test_conversation_messages_send(self):
        status, answer = self.get(SNAP, creator_profile_id=CREATOR)
        self.assertEqual((status, answer["request_status"]), (200, "SUCCESS"))
        where = answer["conversation"]
        self.assertEqual(where["token"], f"SnapProfileId/{PROFILE}")
        one = {"type": "TEXT", "text_message": "Would you like to …", "message_id": str(uuid.uuid4())}
        status, answer = self.post(f"{SNAP}_messages", {**where, "group_conversation_messages": [one]})
        self.assertEqual(answer["group_conversation_messages"][0]["sub_request_status"], "SUCCESS")
        status, answer = self.get(f"{SNAP}_messages", **where, limit=50)
        ids = [i["group_conversation_message"]["message_id"] for i in answer["group_conversation_messages"]]
        self.assertEqual(ids, [one["message_id"]])
        long = {**one, "text_message": "x" * 1001}
        status, answer = self.post(f"{SNAP}_messages", {**where, "group_conversation_messages": [long]})
        self.assertEqual((status, answer["request_status"]), (200, "SUCCESS"))
        self.assertEqual(answer["group_conversation_messages"][0]["sub_request_status"], "ERROR")

    def test_refusals(self):
        self.assertEqual(self.get(SNAP, creator_profile_id=PROFILE)[0], 400)
        self.assertEqual(self.get(SNAP.replace(PROFILE, CREATOR))[0], 404)
        self.assertEqual(self.get(f"{SNAP}_messages", conversation_id="1", token="2")[0], 400)
        self.option("allowlisted", False)
        status, answer = self.get(SNAP, creator_profile_id=CREATOR)
        self.assertEqual((status, answer["request_status"]), (403, "ERROR"))


class Plugin(SnapchatTest):
    def test_every_kind(self):
        kinds = [
            {"say": "olá 😀"},
            {"say": "saved", "saved": True},
            {"send": "image", "say": "look"},
            {"send": "video", "saved": True},
            {"story_reply": "Love it"},
            {"brand_says": "I am Ana"},
            {"unknown": True},
        ]
        self.check_kinds(kinds)

    def test_what_is_not_saved_goes_away(self):
        self.say(say="secret")
        event = self.decoded()[0]
        expires = datetime.fromisoformat(event["expires_at"]) - datetime.fromisoformat(event["sent_at"])
        self.assertLess(abs(expires - timedelta(hours=24)), timedelta(seconds=30))
        self.gateway.requests.clear()
        self.say(send="image", say="look")
        self.say(send="image", say="keep it", saved=True)
        self.say(say="too late", ago="25h", expires="24h")
        unsaved, saved, late = self.decoded()
        self.assertNotIn("url", unsaved["attachments"][0])
        self.assertTrue(saved["attachments"][0]["url"].startswith("https://"))
        self.assertNotIn("ephemeral", saved)
        self.assertEqual((late.get("text"), late["extra"]), (None, {"expired": True}))

    def test_answers_through_the_bridge(self):
        thread = self.thread()
        sent = self.part(thread, text="olá 😀")
        self.assertEqual((sent["outcome"], sent["id"].replace("-", "")), ("sent", "ab" * 16))
        self.assertEqual(self.part(thread, text="olá 😀")["outcome"], "sent")
        self.assertEqual(len(self.applied()), 1, "the tool knows the id")
        self.assertEqual(self.part(self.thread("carla"), text="hello")["outcome"], "sent")

    def test_answers_to_creators_through_snap(self):
        thread = self.thread("carla")
        self.assertEqual(thread, f"creator:{CREATOR}")
        profile = {"answers": "profile"}
        self.script("fail_after")
        self.assertEqual(self.part(thread, options=profile, text="hello")["outcome"], "unclear")
        self.assertEqual(self.part(thread, options=profile, text="hello")["outcome"], "sent")
        self.assertEqual(len(self.applied()), 1, "it was looked for before it was sent again")
        self.assertEqual(self.part(self.thread(), options=profile, text="hello")["cannot"], "creator")
        self.assertEqual(self.part(thread, options={"answers": "app"}, text="hello")["cannot"], "app")
        self.option("allowlisted", False)
        self.assertEqual(self.part(thread, options=profile, text="hello")["class"], "restricted")

    def test_errors(self):
        fates = [
            ("rate_limit", "retry", "rate"),
            ("error 400 Bad", "failed", "invalid"),
            ("window_error", "failed", "gone"),
            ("error 403 Not yours", "pause", "restricted"),
            ("fail_before", "unclear", None),
            ("token_death", "pause", "auth"),
        ]
        thread, creator = self.thread(), self.thread("carla")
        self.check_fates(fates, lambda: self.part(thread, text="hello"))
        self.sandbox.do("token", account="acme-snapchat", alive=True)
        self.check_fates(fates, lambda: self.part(creator, options={"answers": "profile"}, text="hello"))
        self.assertEqual(self.applied(), [])


if __name__ == "__main__":
    unittest.main()
