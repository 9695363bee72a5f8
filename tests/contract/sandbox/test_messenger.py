# SPDX-License-Identifier: Apache-2.0
"""Messenger: the round trip, the Send API's refusals, comments, receipts."""

import hashlib
import hmac
import json
import unittest
from urllib.parse import urlencode

from harness import SandboxTest, ask, until

RITA = "6712345678901234"
TEXT = {"messaging_type": "RESPONSE", "recipient": {"id": RITA}}


def text(words, **fields):
    return {**TEXT, "message": {"text": words}, **fields}


class RoundTrip(SandboxTest):
    def test_text_is_signed_and_its_answer_comes_back_as_an_echo(self):
        self.sandbox.say(say="Olá, where is order 4711? https://a.example/b", wait=True)
        _, _, headers, raw = self.gateway.requests[-1]
        key = b"meta-app-secret-1f2e3d"
        self.assertEqual(headers["X-Hub-Signature-256"], "sha256=" + hmac.new(key, raw, hashlib.sha256).hexdigest())
        self.assertEqual(headers["X-Hub-Signature"], "sha1=" + hmac.new(key, raw, hashlib.sha1).hexdigest())
        self.assertIn(rb"Ol\u00e1", raw)
        self.assertIn(rb"https:\/\/a.example\/b", raw)
        body = text("On its way", message={"text": "On its way", "metadata": "ab" * 16})
        status, _, answer = self.sandbox.graph("/v25.0/me/messages", body)
        self.assertEqual((status, answer["recipient_id"]), (200, RITA))
        until(lambda: len(self.gateway.bodies()) >= 4)
        items = [body["entry"][0]["messaging"][0] for body in self.gateway.bodies()[1:4]]
        echo, delivery, read = (next(i for i in items if kind in i) for kind in ("message", "delivery", "read"))
        self.assertEqual(
            echo["message"],
            {
                "is_echo": True,
                "mid": answer["message_id"],
                "app_id": 1517776481860111,
                "metadata": "ab" * 16,
                "text": "On its way",
            },
        )
        self.assertEqual(echo["recipient"]["id"], RITA)
        self.assertEqual(delivery["delivery"]["mids"], [answer["message_id"]])
        self.assertGreater(read["read"]["watermark"], 10**12)

    def test_form_with_json_strings_and_token_in_the_header(self):
        self.sandbox.say(say="hi", wait=True)
        form = urlencode({"recipient": json.dumps({"id": RITA}), "message": json.dumps({"text": "ok"})}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Authorization": "Bearer page-token"}
        for path in ("/me/messages", "/v6.0/104857600000001/messages"):
            status, _, _ = ask(self.sandbox.urls["messenger"] + path, "POST", form, headers)
            self.assertEqual(status, 200)

    def test_journal_tells_what_was_asked_and_applied(self):
        self.sandbox.say(say="hi", wait=True)
        self.sandbox.graph("/me/messages", text("ok", message={"text": "ok", "metadata": "p1"}))
        self.sandbox.graph("/me/messages", text("ö" * 2001))
        good, bad = self.sandbox.records()
        self.assertEqual((good["applied"], good["part"], good["status"]), (True, "p1", 200))
        self.assertEqual((bad["applied"], bad["status"]), (False, 400))
        self.assertNotIn("page-token", self.sandbox.journal.read_text(encoding="utf-8"))
        lines = self.sandbox.journal.read_text(encoding="utf-8").splitlines()
        self.assertEqual([json.loads(line)["n"] for line in lines], list(range(1, len(lines) + 1)))
        self.assertIn(bad["n"], range(1, len(lines) + 1))


class Refusals(SandboxTest):
    def setUp(self):
        super().setUp()
        self.sandbox.say(say="hi", wait=True)

    def send(self, words="ok", **fields):
        return self.sandbox.graph("/me/messages", text(words, **fields))

    def test_tokens(self):
        self.assert_error(self.sandbox.graph("/me/messages", text("x"), token=""), 104)
        self.assert_error(self.sandbox.graph("/me/messages", text("x"), token="wrong"), 190)
        self.assert_error(self.sandbox.graph("/me/messages", text("x"), token="ig-token"), 190)
        self.sandbox.do("token", account="acme-messenger", alive=False)
        self.assert_error(self.send(), 190, 463)
        self.sandbox.do("token", account="acme-messenger", alive=True)
        self.assertEqual(self.send()[0], 200)

    def test_appsecret_proof(self):
        good = hmac.new(b"meta-app-secret-1f2e3d", b"page-token", hashlib.sha256).hexdigest()
        self.assertEqual(self.sandbox.graph(f"/me/messages?appsecret_proof={good}", text("x"))[0], 200)
        self.assert_error(self.sandbox.graph("/me/messages?appsecret_proof=00", text("x")), 100)

    def test_length_counts_code_points(self):
        self.assertEqual(self.send("😀" * 2000)[0], 200)
        self.assert_error(self.send("x" * 2001), 100)
        self.assert_error(self.send(""), 100, 2018034)
        self.assert_error(self.send(message={"text": "x", "metadata": "m" * 1001}), 100)

    def test_people(self):
        self.assert_error(self.send(recipient={"id": "1"}), 100, 2018001)
        self.sandbox.say(block=True)
        self.assert_error(self.send(), 551, 1545041)
        self.sandbox.say(unblock=True)
        self.sandbox.say(handover="pass")
        self.assert_error(self.send(), 10, 2018300)

    def test_window_and_human_agent(self):
        human = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        self.assert_error(self.send(**human), 100, 2018276)
        self.sandbox.do("option", account="acme-messenger", name="human_agent", value=True)
        self.sandbox.do("clock", advance="23h")
        self.assertEqual(self.send()[0], 200)
        self.sandbox.do("clock", advance="2h")
        self.assert_error(self.send(), 10, 2018278)
        self.assert_error(
            self.sandbox.graph("/me/messages", {"recipient": {"id": RITA}, "sender_action": "typing_on"}), 10, 2018278
        )
        self.assertEqual(self.send(**human)[0], 200)
        self.sandbox.do("clock", advance="6d")
        self.assert_error(self.send(**human), 10, 2018278)

    def test_what_does_not_open_the_window(self):
        self.sandbox.do("clock", advance="25h")
        for step in ({"comment": "hello?"}, {"read": True}, {"brand_says": "hi"}):
            self.sandbox.say(**step)
            self.assert_error(self.send(), 10, 2018278)
        self.sandbox.say(postback="GET_STARTED")
        self.assertEqual(self.send()[0], 200)

    def test_tags_quick_replies_and_mixed_content(self):
        for tag in ("ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE", "CONFIRMED_EVENT_UPDATE"):
            self.assert_error(self.send(messaging_type="MESSAGE_TAG", tag=tag), 100, 1893061)
        reply = {"content_type": "text", "title": "Yes", "payload": "Y"}
        self.assertEqual(self.send(message={"text": "?", "quick_replies": [reply] * 13})[0], 200)
        self.assert_error(self.send(message={"text": "?", "quick_replies": [reply] * 14}), 100)
        self.assert_error(self.send(message={"text": "?", "quick_replies": [{**reply, "title": "x" * 21}]}), 100)
        image = {"type": "image", "payload": {"url": "https://a.example/x.png"}}
        self.assertEqual(self.send(message={"attachment": image})[0], 200)
        self.assert_error(self.send(message={"text": "x", "attachment": image}), 100)


class Comments(SandboxTest):
    def comment(self, **fields):
        return self.sandbox.say(comment="Still no parcel!", wait=True, **fields)["items"][0]["key"]

    def private_reply(self, comment):
        return self.sandbox.graph("/me/messages", {"recipient": {"comment_id": comment}, "message": {"text": "Sorry!"}})

    def test_one_private_reply_for_a_comment(self):
        id = self.comment()
        change = self.gateway.bodies()[0]["entry"][0]
        self.assertLess(change["time"], 10**12)
        self.assertEqual(change["changes"][0]["value"]["comment_id"], id)
        status, _, answer = self.private_reply(id)
        self.assertEqual((status, answer["recipient_id"]), (200, RITA))
        self.assert_error(self.private_reply(id), 100)
        self.assert_error(self.sandbox.graph("/me/messages", text("more")), 10, 2018278)

    def test_a_comment_is_too_old_after_seven_days(self):
        self.assert_error(self.private_reply(self.comment(ago="169h")), 100)
        self.assertEqual(self.private_reply(self.comment(ago="167h"))[0], 200)

    def test_by_post_id(self):
        self.comment(post="104857600000001_77")
        body = {"recipient": {"post_id": "104857600000001_77"}, "message": {"text": "Sorry!"}}
        self.assertEqual(self.sandbox.graph("/me/messages", body)[2]["recipient_id"], RITA)

    def test_public_reply_and_hide(self):
        id = self.comment()
        status, _, answer = self.sandbox.graph(f"/v25.0/{id}/comments", {"message": "We are looking into it"})
        self.assertEqual(status, 200)
        own = self.arrived("messenger", 2)[1]["entry"][0]["changes"][0]["value"]
        self.assertEqual(
            (own["comment_id"], own["from"]["id"], own["parent_id"]), (answer["id"], "104857600000001", id)
        )
        self.assertEqual(self.sandbox.graph(f"/{id}", {"is_hidden": True})[2], {"success": True})
        self.assert_error(self.sandbox.graph("/123_456/comments", {"message": "x"}), 100, 33)
        self.assert_error(self.sandbox.graph(f"/{id}/replies", {"message": "x"}), 2500)


class LookUps(SandboxTest):
    def test_a_lost_webhook_is_still_in_the_list_with_its_files(self):
        self.sandbox.do("quirks", account="acme-messenger", quirks={"webhook_loss": 1})
        self.sandbox.say(send="image", say="look", url="https://scontent.example/1")
        self.sandbox.say(send="file")
        self.sandbox.say(send="share", url="https://e.example/")
        self.assertEqual(self.gateway.bodies(), [])
        fields = "updated_time,messages.limit(20){id,created_time,from,to,message,attachments,shares}"
        (thread,) = self.sandbox.graph(f"/me/conversations?platform=messenger&fields={fields}", method="GET")[2]["data"]
        shared, file, look = thread["messages"]["data"]
        self.assertEqual((look["message"], look["to"]["data"][0]["id"]), ("look", "104857600000001"))
        (image,) = look["attachments"]["data"]
        self.assertEqual((image["mime_type"], image["image_data"]["url"]), ("image/jpeg", "https://scontent.example/1"))
        self.assertIn("file_url", file["attachments"]["data"][0])
        self.assertEqual(shared["shares"]["data"][0]["link"], "https://e.example/")

    def test_profile_conversations_and_messages(self):
        self.sandbox.say(say="hi", wait=True)
        sent = self.sandbox.graph("/me/messages", text("ok"))[2]["message_id"]
        profile = self.sandbox.graph(f"/{RITA}?fields=first_name,last_name,locale", method="GET")[2]
        self.assertEqual(profile, {"first_name": "Rita", "last_name": "L.", "locale": "pt_PT", "id": RITA})
        fields = "participants,messages{id,message,from}"
        listed = self.sandbox.graph(f"/me/conversations?platform=messenger&fields={fields}", method="GET")[2]["data"]
        self.assertEqual([m["message"] for m in listed[0]["messages"]["data"]], ["ok", "hi"])
        self.assertEqual(listed[0]["messages"]["data"][0]["id"], sent)
        self.assertEqual(self.sandbox.graph(f"/{sent}?fields=message", method="GET")[2]["message"], "ok")
        self.assert_error(self.sandbox.graph("/m_nothing", method="GET"), 100, 33)

    def test_subscribed_apps(self):
        path = "/104857600000001/subscribed_apps"
        self.assertEqual(self.sandbox.graph(path + "?subscribed_fields=messages,feed")[2], {"success": True})
        listed = self.sandbox.graph(path, method="GET")[2]["data"][0]
        self.assertEqual(listed["subscribed_fields"], ["messages", "feed"])
        self.sandbox.say(postback="NOT_SUBSCRIBED")
        self.sandbox.say(say="subscribed", wait=True)
        self.assertEqual(len(self.gateway.bodies()), 1)
        self.sandbox.graph("/me/messages", text("no echo, no receipts: neither is subscribed"))
        dropped = until(lambda: len(self.sandbox.records("dropped")) == 4 and self.sandbox.records("dropped"))
        self.assertEqual([r["items"][0]["kind"] for r in dropped], ["postback", "echo", "receipt", "receipt"])


class Kinds(SandboxTest):
    def test_every_kind_arrives_in_the_shape_of_its_sheet(self):
        self.sandbox.say(say="hi", wait=True)
        self.sandbox.graph(
            "/me/messages",
            text(
                "?",
                message={"text": "?", "quick_replies": [{"content_type": "text", "title": "Yes", "payload": "Q_YES"}]},
            ),
        )
        steps = [
            ({"tap": "Yes"}, lambda i: i["message"]["quick_reply"] == {"payload": "Q_YES"}),
            (
                {"send": ["image", "voice"]},
                lambda i: [a["type"] for a in i["message"]["attachments"]] == ["image", "audio"],
            ),
            ({"send": "location"}, lambda i: "long" in i["message"]["attachments"][0]["payload"]["coordinates"]),
            ({"send": "share"}, lambda i: i["message"]["attachments"][0]["payload"] is None),
            (
                {"send": "sticker"},
                lambda i: i["message"]["attachments"][0]["payload"]["sticker_id"] == "369239263222822",
            ),
            ({"say": "quoting", "reply_to": "last"}, lambda i: i["message"]["reply_to"]["mid"].startswith("m_")),
            ({"edit": "quoted"}, lambda i: i["message_edit"]["num_edit"] == "1"),
            ({"postback": "GET_STARTED", "title": "Get Started"}, lambda i: i["postback"]["payload"] == "GET_STARTED"),
            ({"react": "❤"}, lambda i: i["reaction"]["reaction"] == "love"),
            ({"unreact": True}, lambda i: i["reaction"]["action"] == "unreact" and "emoji" not in i["reaction"]),
            ({"delivered": True}, lambda i: "timestamp" not in i and i["delivery"]["mids"]),
            ({"refer": {"ref": "r"}}, lambda i: i["referral"]["ref"] == "r"),
            ({"optin": "news"}, lambda i: i["optin"]["type"] == "notification_messages"),
            ({"optout": "news"}, lambda i: i["optin"]["notification_messages_status"] == "STOP_NOTIFICATIONS"),
            ({"plugin_optin": "PASS"}, lambda i: i["sender"] == {"user_ref": i["optin"]["user_ref"]}),
            ({"policy": "block"}, lambda i: i["policy_enforcement"]["action"] == "block"),
            ({"brand_says": "I am Ana"}, lambda i: i["message"]["is_echo"] and "app_id" not in i["message"]),
            ({"unknown": True}, lambda i: set(i) == {"sender", "recipient", "timestamp"}),
            ({"unknown": {"hologram": {"a": 1}}}, lambda i: i["hologram"] == {"a": 1}),
            ({"handover": "pass"}, lambda i: i["pass_thread_control"]["previous_owner_app_id"] == "1517776481860111"),
        ]
        for step, fits in steps:
            self.sandbox.say(wait=True, **step)
            found = [
                i
                for body in self.gateway.bodies()
                for e in body["entry"]
                for i in e.get("messaging", [])
                if safely(fits, i)
            ]
            self.assertTrue(found, step)
        self.sandbox.say(postback="P", wait=True)
        standby = self.gateway.bodies()[-1]["entry"][0]["standby"][0]
        self.assertNotIn("payload", standby["postback"])
        self.sandbox.say(mention="Look at @Acme", wait=True)
        self.assertEqual(self.gateway.bodies()[-1]["entry"][0]["changes"][0]["field"], "mention")
        for step, verb in (({"like": True}, "add"), ({"unlike": True}, "remove")):
            self.sandbox.say(wait=True, **step)
            value = self.gateway.bodies()[-1]["entry"][0]["changes"][0]["value"]
            self.assertEqual((value["item"], value["verb"]), ("like", verb))
            self.assertNotIn("post_id", value)


def safely(fits, item):
    try:
        return fits(item)
    except (KeyError, TypeError, IndexError):
        return False


if __name__ == "__main__":
    unittest.main()
