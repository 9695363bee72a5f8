# SPDX-License-Identifier: Apache-2.0
"""TikTok's twin: what it posts and takes, and what the plugin makes of it."""

import hashlib
import hmac
import json
import os
import unittest
from pathlib import Path
from urllib.parse import urlencode

from codec import Codec
from harness import ROOT, SandboxTest, ask, form, until

SCENARIO = """
[account.acme-tiktok]
platform = "tiktok"
id = "-000m4JHbrand"
name = "Acme"
username = "acmebrand"
webhook = "{gateway}/webhooks/tiktok"
token = "act.1"
refresh_token = "rft.1"
app_id = "7600000000000000001"
app_secret = "tiktok-app-secret-55aa"
comment_to_message = true
connect = true

[contact.rita]
name = "Rita L."
username = "rita.l"
at = { acme-tiktok = "+ZMM6I2kBFMYfuEh" }

[contact.eva]
region = "eea"
at = { acme-tiktok = "+EvaEva2kBFMYfu" }
"""
BRAND, RITA = "-000m4JHbrand", "+ZMM6I2kBFMYfuEh"
BUSINESS = "/open_api/v1.3/business/"
PLUGINS = Path(os.environ.get("POSTERN_PLUGINS", ROOT / "build" / "dev" / "plugins"))


class TikTokTest(SandboxTest):
    scenario = SCENARIO

    def say(self, contact="rita", **step):
        return self.sandbox.say(account="acme-tiktok", contact=contact, wait=True, **step)["items"]

    def told(self, event):
        """The inner documents of the webhooks so far."""
        bodies = self.gateway.bodies("/webhooks/tiktok")
        return [json.loads(body["content"]) for body in bodies if body["event"] == event]

    def api(self, path, body=None, token="act.1", method=None, query=None):
        url = self.sandbox.urls["tiktok"] + path + ("?" + urlencode(query) if query else "")
        status, _, answer = ask(url, method or ("POST" if body else "GET"), body, {"Access-Token": token})
        self.assertEqual(status, 200, "an error, too, is HTTP 200")
        return json.loads(answer)

    def post(self, what, code=0, token="act.1", **fields):
        answer = self.api(BUSINESS + what, {"business_id": BRAND, **fields}, token)
        self.assertEqual(answer["code"], code, answer)
        return answer["data"]

    def send(self, code=0, conversation=None, **fields):
        conversation = conversation or self.told("im_receive_msg")[-1]["conversation_id"]
        fields = {"recipient_type": "CONVERSATION", "recipient": conversation, **fields}
        return self.post("message/send/", code, **fields)

    def text(self, body, code=0, **fields):
        return self.send(code, message_type="TEXT", text={"body": body}, **fields)


class Webhooks(TikTokTest):
    def test_the_signature_covers_time_and_body(self):
        self.say(say="olá 😀")
        _, _, headers, body = self.gateway.requests[-1]
        parts = dict(part.split("=", 1) for part in headers["TikTok-Signature"].split(","))
        mac = hmac.new(b"tiktok-app-secret-55aa", parts["t"].encode() + b"." + body, hashlib.sha256)
        self.assertEqual(parts["s"], mac.hexdigest())
        envelope = json.loads(body)
        self.assertEqual(envelope["user_openid"], BRAND)
        self.assertLess(envelope["create_time"], 10**10, "seconds")
        inner = json.loads(envelope["content"])
        self.assertGreater(inner["timestamp"], 10**12, "milliseconds")
        self.assertEqual((inner["type"], inner["text"]["body"]), ("text", "olá 😀"))

    def test_of_people_in_the_eea_nearly_nothing_is_told(self):
        self.say("eva", say="secret")
        (told,) = self.told("im_receive_msg_eu")
        self.assertEqual(set(told), {"to", "to_user", "timestamp"})

    def test_without_messages_from_everybody_none_is_told(self):
        self.sandbox.do("option", account="acme-tiktok", name="access_allowed", value=False)
        self.assertEqual(self.say(say="hi"), [])

    def test_a_failure_is_repeated(self):
        self.gateway.statuses = [500, 500]
        self.say(say="hi")
        self.assertEqual(len(self.told("im_receive_msg")), 3)

    def test_a_request_has_one_event_whatever_is_asked_for(self):
        self.sandbox.do("quirks", account="acme-tiktok", quirks={"batch": 5})
        for number in range(5):
            self.say(say=f"number {number}")
        self.assertEqual(len(self.told("im_receive_msg")), 5)

    def test_a_lost_webhook_is_still_in_the_list(self):
        self.say(say="first")
        conversation = self.told("im_receive_msg")[0]["conversation_id"]
        self.sandbox.do("quirks", quirks={"webhook_loss": 1})
        self.assertEqual(self.say(say="lost"), [])
        query = {"business_id": BRAND, "conversation_id": conversation}
        listed = self.api(BUSINESS + "message/content/list/", query=query)["data"]["messages"]
        self.assertEqual([m["text"]["body"] for m in listed], ["first", "lost"])
        self.assertEqual(len(self.told("im_receive_msg")), 1)

    def test_comments_ids_are_numbers_of_19_digits(self):
        self.say(comment="Is it waterproof?")
        _, _, _, body = self.gateway.requests[-1]
        told = json.loads(json.loads(body)["content"])
        self.assertGreater(told["comment_id"], 2**53)
        self.assertNotEqual(int(float(told["comment_id"])), told["comment_id"])


class Api(TikTokTest):
    def test_errors_are_codes(self):
        self.say(say="hi")
        self.text("no such conversation", 40007, conversation="u5+/no==")
        self.text("x" * 6001, 40002)
        self.send(40002, message_type="TEXT", text={"body": "a"}, image={"media_id": "b"})
        self.send(40002, message_type="SENDER_ACTION", sender_action="DANCE")
        self.send(40002, message_type="IMAGE", image={"media_id": "v-unknown"})
        self.post("message/send/", 40105, token="dead")
        self.post("message/send/", 40104, token="")
        self.assertEqual(self.api(BUSINESS + "message/send", {"business_id": BRAND})["code"], 40006, "no slash")

    def test_a_plus_has_to_be_escaped(self):
        self.say(say="hi")
        conversation = self.told("im_receive_msg")[0]["conversation_id"]
        self.assertIn("+", conversation)
        path = f"{BUSINESS}message/content/list/?business_id={BRAND}&conversation_id="
        self.assertEqual(self.api(path + conversation)["code"], 40002)
        self.assertEqual(self.api(path + conversation.replace("+", "%2B"))["code"], 0)

    def test_ten_messages_after_the_first_and_none_without_one(self):
        self.say(say="hi")
        for number in range(10):
            self.text(f"n{number}")
        self.text("n10", 40064)
        self.say(say="go on")
        for number in range(12):
            self.text(f"m{number}")
        self.sandbox.do("clock", advance="49h")
        for number in range(3):
            self.text(f"after silence {number}")
        self.text("a fourth", 40064)

    def test_an_echo_may_be_a_colleagues(self):
        self.say(say="hi")
        self.assertTrue(self.text("by the API")["message"]["message_id"])
        self.say(brand_says="by hand")
        until(lambda: len(self.told("im_send_msg")) == 2)
        self.assertEqual({m["message_tag"]["source"] for m in self.told("im_send_msg")}, {"API", "APP"})
        until(lambda: self.told("im_mark_read_msg"))

    def test_a_card_and_its_tap(self):
        self.say(say="hi")
        buttons = [{"type": "REPLY", "title": "Small", "id": "size-s"}]
        card = {"type": "QA_BUTTON_CARD", "title": "Which size?", "buttons": buttons}
        self.send(message_type="TEMPLATE", template=card)
        self.send(40002, message_type="TEMPLATE", template={**card, "title": "x" * 41})
        self.send(40002, message_type="TEMPLATE", template={**card, "buttons": buttons * 4})
        self.say(tap="Small")
        told = self.told("im_receive_msg")[-1]
        self.assertEqual((told["type"], told["text"]["body"]), ("text", "Small"))
        self.assertEqual(told["reply_source_payload"]["reply_source_unique_id"], "size-s")

    def test_images_are_uploaded_and_downloaded_in_two_steps(self):
        self.say(send="image")
        told = self.told("im_receive_msg")[-1]
        asked = {"conversation_id": told["conversation_id"], "message_id": told["message_id"]}
        asked |= {"media_id": told["image"]["media_id"], "media_type": "IMAGE"}
        url = self.post("message/media/download/", **asked)["download_url"]
        self.assertEqual(ask(url)[0], 403)
        self.assertEqual(ask(url, headers={"x-user": "act.1"})[0], 200)

    def test_comments_are_answered_below_the_video(self):
        self.say(comment="Is it waterproof?")
        told = self.told("comment.update")[-1]
        named = {"comment_id": str(told["comment_id"]), "video_id": str(told["video_id"])}
        self.post("comment/reply/create/", **named, text="Yes!")
        self.post("comment/reply/create/", 40002, **named, text="x" * 151)
        self.post("comment/reply/create/", 40002, comment_id=named["comment_id"], text="Yes!")
        self.post("comment/hide/", **named, action="HIDE")
        actions = until(lambda: len(self.told("comment.update")) == 4 and self.told("comment.update"))
        self.assertEqual([a["comment_action"] for a in actions][1:], ["insert", "set_to_public", "set_to_hidden"])

    def test_only_a_comment_that_was_picked_is_answered_in_private(self):
        self.say(high_intent="How much?")
        told = self.told("im_receive_high_intent_comment")[-1]
        reply = {"reply_type": "COMMENT_REPLY", "comment_reply": {"comment_id": told["comment_id"]}}
        self.post("message/send/", message_type="TEXT", text={"body": "20 €"}, direct_reply=reply)
        self.post("message/send/", 40064, message_type="TEXT", text={"body": "again"}, direct_reply=reply)

    def test_a_refresh_token_is_good_for_once(self):
        asked = {"client_id": "7600000000000000001", "client_secret": "tiktok-app-secret-55aa"}
        asked |= {"grant_type": "refresh_token", "refresh_token": "rft.1"}
        path = "/open_api/v1.3/tt_user/oauth2/refresh_token/"
        fresh = self.api(path, asked)["data"]
        self.assertEqual(self.api(path, asked)["code"], 40105)
        self.assertEqual(self.api(path, {**asked, "refresh_token": fresh["refresh_token"]})["code"], 0)
        self.post("message/send/", 40105, token="act.1")

    def test_a_webhook_can_be_registered(self):
        url = self.gateway.url + "/elsewhere"
        asked = {"app_id": "7600000000000000001", "secret": "tiktok-app-secret-55aa"}
        asked |= {"event_type": "DIRECT_MESSAGE", "callback_url": url}
        self.assertEqual(self.api(BUSINESS + "webhook/update/", {**asked, "secret": "wrong"})["code"], 40001)
        self.assertEqual(self.api(BUSINESS + "webhook/update/", asked)["code"], 0)
        self.say(say="hi")
        self.assertTrue(self.gateway.bodies("/elsewhere"))


STEPS = [
    {"say": "olá 😀"},
    {"say": "quoting", "reply_to": "own"},
    {"send": "image"},
    {"send": "video"},
    {"send": "sticker"},
    {"send": "emoji"},
    {"send": "share_post"},
    {"send": "share_post_without_embed"},
    {"send": "telepathy"},
    {"react": "❤", "to_message": "own"},
    {"unreact": True, "to_message": "own"},
    {"read": True},
    {"refer": {"ref": "autumn"}},
    {"comment": "Is it waterproof?"},
    {"remove_comment": True},
    {"high_intent": "How much?"},
    {"mention": "@acmebrand!"},
    {"mention": "@acmebrand!", "shape": "brand_mention.video"},
    {"brand_says": "I am Ana"},
    {"automation": True},
    {"unknown": True},
]


@unittest.skipUnless((PLUGINS / "tiktok.so").exists(), f"no plugins in {PLUGINS}: build them, or set POSTERN_PLUGINS")
class Plugin(TikTokTest):
    def setUp(self):
        super().setUp()
        self.codec = Codec(PLUGINS / "tiktok.so", {"app_secret": True})
        self.addCleanup(self.codec.destroy)

    def test_every_kind_is_understood(self):
        for contact, step in [("rita", step) for step in STEPS] + [("eva", {"say": "secret"})]:
            with self.subTest(step=step):
                self.gateway.requests.clear()
                items = self.say(contact, **step)
                events = [e for _, _, _, body in self.gateway.requests for e in self.codec.decode(body, {})]
                self.assertEqual([e["kind"] for e in events], [item["kind"] for item in items], events)

    def run_task(self, **task):
        """What the courier does: encode, ask, interpret."""
        task = {"task": "ab" * 16, "account": "acme-tiktok", "account_key": BRAND, "options": {}, **task}
        return self.carry_out(task, self.codec.encode(task))

    def carry_out(self, task, request):
        if "cannot" in request:
            return [request]
        url = self.sandbox.urls["tiktok"] + request["path"]
        url += "?" + urlencode(request["query"]) if "query" in request else ""
        body, proof = request.get("json"), {"Access-Token": "act.1"}
        if "multipart" in request:
            body, proof["Content-Type"] = form(request["multipart"])
        status, headers, body = ask(url, request["method"], body, proof)
        items = self.codec.interpret(task, status, {name.lower(): value for name, value in headers.items()}, body)
        return self.carry_out({**task, "memo": items[0]["memo"]}, items[0]["request"]) if "memo" in items[0] else items

    def part(self, thread, visibility="private", **part):
        return self.run_task(kind="part", thread=thread, visibility=visibility, part=part)[0]["outcome"]

    def test_every_part_is_taken(self):
        self.say(say="hi")
        thread = self.told("im_receive_msg")[-1]["conversation_id"]
        mine = self.told("im_receive_msg")[-1]["message_id"]
        self.say(comment="Is it waterproof?")
        comment = self.told("comment.update")[-1]
        public = f"comment:{comment['video_id']}:{RITA}"
        self.say(send="image")
        media_id = self.told("im_receive_msg")[-1]["image"]["media_id"]
        choices = [{"title": "Small", "payload": "s"}, {"title": "x" * 40, "payload": "l"}]
        for part in (
            {"text": "olá 😀"},
            {"text": "quoting", "reply_to": mine},
            {"text": "?", "quick_replies": choices[:1]},
            {"text": "?", "quick_replies": choices},
            {"action": "typing"},
            {"action": "seen"},
            {"attachment": {"type": "image", "url": "", "id": media_id}},
            {"attachment": {"type": "image", "url": "https://a.example/x.png"}},
            {"attachment": {"type": "share", "url": "https://www.tiktok.com/@acme/video/7412345678901234567"}},
        ):
            self.assertEqual(self.part(thread, **part), "sent", part)
        to = str(comment["comment_id"])
        self.assertEqual(self.part(public, "public", text="Yes!", to_comment=to), "sent")
        self.assertEqual(self.part(public, "public", action="hide", to_comment=to), "sent")

    def test_a_private_reply_opens_a_conversation(self):
        self.say(high_intent="How much?")
        to = self.told("im_receive_high_intent_comment")[-1]["comment_id"]
        self.assertEqual(self.part(f"comment::{RITA}", text="20 €", to_comment=to), "sent")

    def test_a_person_has_a_name(self):
        self.say(say="hi")
        thread = self.told("im_receive_msg")[-1]["conversation_id"]
        found = self.run_task(kind="profile", thread=thread, sender=RITA)
        self.assertEqual(found, [{"outcome": "done"}, {"profile": {"name": "Rita L."}}])

    def test_a_list_has_what_webhooks_told(self):
        """Round after round until no cursor is left; the same keys as the webhooks' events."""
        self.say(say="one")
        self.say(brand_says="by hand")
        self.text("by the API")
        told = [e for _, _, _, body in list(self.gateway.requests) for e in self.codec.decode(body, {})]
        cursor, listed = "", []
        for _ in range(10):
            outcome, *found = self.run_task(kind="list", cursor=cursor, since="2026-01-01T00:00:00.000Z")
            self.assertEqual(outcome, {"outcome": "done"})
            listed += [item["event"] for item in found if "event" in item]
            cursor = next((item["cursor"] for item in found if "cursor" in item), "")
            if not cursor:
                break
        self.assertEqual(cursor, "")
        self.assertEqual([e["kind"] for e in listed], ["message", "echo"])
        self.assertLessEqual({e["key"] for e in listed}, {e["key"] for e in told if "key" in e})


if __name__ == "__main__":
    unittest.main()
