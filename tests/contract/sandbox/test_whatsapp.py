# SPDX-License-Identifier: Apache-2.0
"""WhatsApp's twin: what it posts and takes, what becomes of what it accepted, and what the plugin makes of it."""

import json
import os
import unittest
from pathlib import Path

from codec import Codec
from harness import ROOT, SandboxTest, ask, until

NUMBER, WABA, ANA, UNA = "220000000000001", "330000000000001", "351910000001", "PT.13491208655302741918"
PART = "0123456789abcdef0123456789abcdef"
SCENARIO = f"""
[account.acme-whatsapp]
platform = "whatsapp"
id = "{NUMBER}"
waba_id = "{WABA}"
name = "Acme"
webhook = "{{gateway}}/webhooks/whatsapp"
token = "wa-token"
app_secret = "meta-app-secret-1f2e3d"
verify_token = "postern-verify-7788"
connect = true
marketing = ["sale"]
templates = {{ order_update = 1, sale = 0 }}

[contact.ana]
name = "Ana"
at = {{ acme-whatsapp = "{ANA}" }}

[contact.una]
username = "una.w"
at = {{ acme-whatsapp = "{UNA}" }}
"""
PLUGINS = Path(os.environ.get("POSTERN_PLUGINS", ROOT / "build" / "dev" / "plugins"))


class WhatsAppTest(SandboxTest):
    scenario = SCENARIO

    def say(self, contact="ana", **step):
        return self.sandbox.say(account="acme-whatsapp", contact=contact, wait=True, **step)["items"]

    def values(self, place):
        """The values of all changes that hold something at a place."""
        changes = [c for body in self.gateway.bodies("/webhooks/whatsapp") for c in body["entry"][0]["changes"]]
        return [change["value"] for change in changes if place in change["value"]]

    def last(self):
        return self.values("messages")[-1]["messages"][-1]

    def statuses(self, count=1):
        def told():
            found = [status for value in self.values("statuses") for status in value["statuses"]]
            return found if len(found) >= count else None

        return until(told)

    def graph(self, path, body=None, method="POST", token="wa-token"):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        status, _, answer = ask(self.sandbox.urls["whatsapp"] + path, method, body, headers)
        return status, json.loads(answer)

    def post(self, code=None, to=ANA, **fields):
        """Sends a message and expects it to be accepted, or an error's code."""
        body = {"messaging_product": "whatsapp", "to": to, "biz_opaque_callback_data": PART, **fields}
        status, answer = self.graph(f"/v25.0/{NUMBER}/messages", {k: v for k, v in body.items() if v is not None})
        self.assertEqual(status < 400, code is None, answer)
        if code is None:
            return answer
        self.assertEqual(answer["error"]["code"], code, answer)
        self.assertTrue(answer["error"]["error_data"]["details"])
        return answer

    def text(self, text="hi", **fields):
        return self.post(type="text", text={"body": text}, **fields)


class Inbound(WhatsAppTest):
    def test_people_with_and_without_numbers(self):
        self.say(say="oi")
        self.assertEqual((self.last()["from"], "from_user_id" in self.last()), (ANA, False))
        self.assertEqual(self.values("messages")[-1]["metadata"]["phone_number_id"], NUMBER)
        self.assertEqual(self.values("messages")[-1]["contacts"], [{"profile": {"name": "Ana"}, "wa_id": ANA}])
        self.say("una", say="olá")
        self.assertEqual((self.last()["from_user_id"], "from" in self.last()), (UNA, False))
        self.assertEqual(self.values("messages")[-1]["contacts"][0]["profile"]["username"], "una.w")
        self.assertIsInstance(self.last()["timestamp"], str)

    def test_kinds(self):
        self.say(say="oi")
        self.text()
        for step, type, fits in [
            ({"send": "image", "say": "Look"}, "image", lambda m: m["image"]["caption"] == "Look"),
            ({"send": "voice"}, "audio", lambda m: m["audio"]["voice"] is True),
            ({"send": "file"}, "document", lambda m: m["document"]["filename"]),
            ({"send": "location"}, "location", lambda m: m["location"]["latitude"] == 38.7),
            ({"send": "contact"}, "contacts", lambda m: m["contacts"][0]["name"]),
            ({"send": "order"}, "order", lambda m: m["order"]["product_items"]),
            ({"send": "flow"}, "interactive", lambda m: m["interactive"]["nfm_reply"]["response_json"]),
            ({"say": "yes", "reply_to": "last"}, "text", lambda m: m["context"]["id"]),
            ({"say": "hi", "referral": {"ctwa_clid": "A"}}, "text", lambda m: m["referral"]["source_id"]),
            ({"react": "❤️"}, "reaction", lambda m: m["reaction"]["emoji"]),
            ({"unreact": "last"}, "reaction", lambda m: "emoji" not in m["reaction"]),
            ({"edit": "better"}, "edit", lambda m: m["edit"]["message"]["text"]["body"] == "better"),
            ({"unsend": True}, "revoke", lambda m: m["revoke"]["original_message_id"]),
            ({"unsupported": True}, "unsupported", lambda m: m["errors"][0]["code"] == 131051),
            ({"say": "all", "group": "Y2Fw"}, "text", lambda m: m["group_id"] == "Y2Fw"),
            ({"change_number": "351910000009"}, "system", lambda m: m["system"]["wa_id"] == "351910000009"),
        ]:
            with self.subTest(step):
                self.say(**step)
                self.assertEqual(self.last()["type"], type)
                self.assertTrue(fits(self.last()))

    def test_preferences_echoes_groups_and_notices_have_fields_of_their_own(self):
        self.say(optout=True)
        self.assertEqual(self.values("user_preferences")[0]["user_preferences"][0]["value"], "stop")
        self.say(brand_says="On its way")
        self.assertEqual(self.values("message_echoes")[0]["message_echoes"][0]["to"], ANA)
        self.say(join="Y2Fw")
        self.say(leave="Y2Fw")
        self.assertEqual(self.values("groups")[0]["groups"][0]["added_participants"], [{"wa_id": ANA}])
        self.assertEqual(self.values("groups")[1]["groups"][0]["removed_participants"], [{"wa_id": ANA}])
        self.say(notice={"field": "message_template_status_update", "event": "PAUSED"})
        self.assertEqual(self.values("event")[0], {"event": "PAUSED"})

    def test_a_batch_is_one_body(self):
        self.sandbox.do("quirks", account="acme-whatsapp", quirks={"batch": 1000, "batch_linger": 0.5})
        for number in range(300):
            self.sandbox.say("acme-whatsapp", "ana" if number % 2 else "una", say=str(number))
        until(lambda: sum(len(value["messages"]) for value in self.values("messages")) == 300)
        self.assertLess(len(self.gateway.bodies("/webhooks/whatsapp")), 6)


class Outbound(WhatsAppTest):
    def setUp(self):
        super().setUp()
        self.say(say="oi")

    def test_an_accepted_text_is_followed_by_its_statuses(self):
        answer = self.text("Olá")
        self.assertEqual(answer["contacts"], [{"input": ANA, "wa_id": ANA}])
        statuses = self.statuses(3)
        self.assertEqual([status["status"] for status in statuses], ["sent", "delivered", "read"])
        self.assertEqual({status["biz_opaque_callback_data"] for status in statuses}, {PART})
        self.assertEqual({status["id"] for status in statuses}, {answer["messages"][0]["id"]})

    def test_to_a_user_id(self):
        self.say("una", say="oi")
        self.text(to=None, recipient=UNA)
        self.assertEqual(self.statuses(1)[0]["recipient_user_id"], UNA)
        self.text(to=None, recipient="351910000001", code=131009)

    def test_the_number_wins_over_the_user_id(self):
        self.say("una", say="oi")
        self.text("for Ana", recipient=UNA)
        heard = [m["text"] for m in self.sandbox.get("messages?account=acme-whatsapp&contact=ana")["messages"]]
        self.assertEqual(heard, ["oi", "for Ana"])

    def test_forms(self):
        button = {"type": "reply", "reply": {"id": "y", "title": "Yes"}}
        rows = [{"id": str(n), "title": f"Row {n}"} for n in range(11)]
        body = {"text": "Which?"}

        def interactive(type, **action):
            return {"type": "interactive", "interactive": {"type": type, "body": body, "action": action}}

        for fields, code in [
            ({"type": "text", "text": {"body": "x" * 4097}}, 131009),
            ({"type": "text"}, 131008),
            ({"type": "text", "text": {"body": "x"}, "to": None}, 131008),
            ({"type": "text", "text": {"body": "x"}, "messaging_product": "sms"}, 100),
            ({"type": "image", "image": {"link": "https://e.example/a.png", "caption": "A"}}, None),
            ({"type": "image", "image": {}}, 131008),
            ({"type": "document", "document": {"link": "ftp://e.example"}}, 131009),
            ({"type": "sticker", "sticker": {"id": "1"}}, None),
            (interactive("button", buttons=[button]), None),
            (interactive("button", buttons=[button] * 2), 131009),
            (interactive("button", buttons=[button] * 4), 131009),
            (interactive("list", button="Choose", sections=[{"rows": rows[:10]}]), None),
            (interactive("list", button="Choose", sections=[{"rows": rows}]), 131009),
            (interactive("list", sections=[{"rows": rows[:1]}]), 131009),
            ({"type": "location", "location": {"latitude": 1.5, "longitude": 2.5}}, None),
            ({"type": "hologram", "hologram": {"a": 1}}, 100),
        ]:
            with self.subTest(fields):
                self.post(code, **fields)

    def test_choices_can_be_tapped(self):
        reply = {"id": "y", "title": "Yes"}
        action = {"buttons": [{"type": "reply", "reply": reply}]}
        self.post(type="interactive", interactive={"type": "button", "body": {"text": "Sure?"}, "action": action})
        self.say(tap="Yes")
        self.assertEqual(self.last()["interactive"], {"type": "button_reply", "button_reply": reply})

    def test_templates(self):
        def template(name, *parameters):
            body = [{"type": "body", "parameters": [{"type": "text", "text": text} for text in parameters]}]
            return {"name": name, "language": {"code": "en_US"}, "components": body}

        self.post(type="template", template=template("order_update", "4711"))
        self.post(132000, type="template", template=template("order_update"))
        self.post(132001, type="template", template=template("nothing"))
        self.sandbox.do("clock", advance="25h")
        self.post(type="template", template=template("order_update", "4712"))
        self.say(optout=True)
        self.post(type="template", template=template("sale"))
        failed = until(lambda: [s for s in self.statuses() if s["status"] == "failed"])
        self.assertEqual([error["code"] for error in failed[0]["errors"]], [131050])

    def test_reactions_read_marks_and_typing(self):
        own = self.last()["id"]
        self.post(type="reaction", reaction={"message_id": own, "emoji": "👍"})
        for more in ({}, {"typing_indicator": {"type": "text"}}):
            answer = self.post(status="read", message_id=own, to=None, biz_opaque_callback_data=None, **more)
            self.assertEqual(answer, {"success": True})
        self.post(131009, status="read", message_id="wamid.nothing", to=None)

    def test_what_fails_later(self):
        self.text(to="351910000077")
        self.assertEqual(self.statuses()[0]["errors"][0]["code"], 131026)
        self.sandbox.do("option", account="acme-whatsapp", name="fail_later", value=[131042])
        self.text()
        until(lambda: [s["errors"][0]["code"] for s in self.statuses() if s["status"] == "failed"] == [131026, 131042])
        self.sandbox.do("clock", advance="25h")
        self.text()
        until(lambda: [s for s in self.statuses() if s.get("errors", [{}])[0].get("code") == 131047])

    def test_limits(self):
        self.sandbox.do("option", account="acme-whatsapp", name="limits", value=True)
        for _ in range(45):
            self.text()
        self.text(code=131056)

    def test_scripted_fates(self):
        self.sandbox.do(
            "quirks",
            account="acme-whatsapp",
            quirks={"script": ["rate_limit", "fail_before", "error 131031", "fail_after"]},
        )
        self.text(code=130429)
        self.text(code=131016)
        self.text(code=131031)
        self.assertEqual(ask(*self.raw())[0], 503)
        self.assertEqual(self.statuses()[0]["status"], "sent")

    def raw(self):
        body = {"messaging_product": "whatsapp", "to": ANA, "type": "text", "text": {"body": "x"}}
        path = f"{self.sandbox.urls['whatsapp']}/v25.0/{NUMBER}/messages"
        return path, "POST", body, {"Authorization": "Bearer wa-token"}


class Media(WhatsAppTest):
    def test_the_address_wants_the_token_and_lives_for_five_minutes(self):
        self.say(send="image")
        id = self.last()["image"]["id"]
        self.assertEqual(self.graph(f"/v25.0/{id}", method="GET", token="wrong")[0], 401)
        status, about = self.graph(f"/v25.0/{id}", method="GET")
        self.assertEqual((status, about["id"], about["mime_type"]), (200, id, "image/jpeg"))
        self.assertEqual(ask(about["url"])[0], 401)
        headers = {"Authorization": "Bearer wa-token"}
        status, got, data = ask(about["url"], headers=headers)
        self.assertEqual((status, got["Content-Type"], len(data)), (200, "image/jpeg", about["file_size"]))
        self.sandbox.do("clock", advance="6m")
        self.assertEqual(ask(about["url"], headers=headers)[0], 404)

    def test_subscription(self):
        self.assertEqual(self.graph(f"/v25.0/{WABA}/subscribed_apps")[1], {"success": True})
        self.assertEqual(self.graph(f"/v25.0/{NUMBER}?fields=id", method="GET")[1]["id"], NUMBER)


@unittest.skipUnless((PLUGINS / "whatsapp.so").exists(), "the plugin cannot be loaded here")
class Plugin(WhatsAppTest):
    """What the plugin sends is taken, and what is posted is understood."""

    def setUp(self):
        super().setUp()
        self.codec = Codec(PLUGINS / "whatsapp.so", {"app_secret": True, "verify_token": True})
        self.addCleanup(self.codec.destroy)

    def part(self, thread, **part):
        task = {"task": PART, "kind": "part", "account": "acme-whatsapp", "account_key": NUMBER, "thread": thread}
        return {**task, "options": {}, "visibility": "private", "part": part}

    def test_parts_are_taken(self):
        self.say(say="oi")
        message = self.last()["id"]
        self.say("una", say="oi")
        replies = [{"title": title, "payload": title} for title in "ABCD"]
        for thread in (ANA, UNA):
            for part in [
                {"text": "Olá 😀"},
                {"text": "Which?", "quick_replies": replies[:2]},
                {"text": "Which?", "quick_replies": replies},
                {"template": {"name": "order_update", "language": "pt_PT", "parameters": ["4711"]}},
                {"attachment": {"type": "image", "url": "https://e.example/a.png", "title": "A"}},
                {"attachment": {"type": "location", "latitude": "1.5", "longitude": "2.5"}},
                {"action": "react", "emoji": "👍", "reply_to": message},
                {"action": "typing", "reply_to": message},
                {"action": "seen", "reply_to": message},
            ]:
                with self.subTest(part):
                    task = self.part(thread, **part)
                    request = self.codec.encode(task)
                    status, answer = self.graph(request["path"], request["json"])
                    outcome = self.codec.interpret(task, status, {}, answer)[0]
                    self.assertEqual(outcome["outcome"], "sent", answer)

    def test_all_that_is_posted_is_understood(self):
        self.say(say="oi")
        self.text()
        for step in [
            *({"send": kind} for kind in ("image", "video", "audio", "voice", "sticker", "file", "location", "contact")),
            {"send": "order"},
            {"react": "❤️"},
            {"edit": "x"},
            {"unsend": True},
            {"unsupported": True},
            {"unknown": {"a": 1}},
            {"optout": True},
            {"brand_says": "x"},
            {"join": "Y2Fw"},
            {"say": "x", "group": "Y2Fw"},
            {"leave": "Y2Fw"},
            {"change_number": "351910000009"},
        ]:
            self.say(**step)
        self.say("una", change_number="351910000010")
        self.statuses(3)
        kinds = set()
        for body in self.gateway.bodies("/webhooks/whatsapp"):
            for event in self.codec.decode(body, {}):
                self.assertNotEqual(event["kind"], "unknown", body)
                self.assertEqual(event["account_key"], NUMBER)
                kinds.add(event["kind"])
        wanted = {"message", "reaction", "edit", "unsend", "receipt", "optout", "echo", "member", "moved"}
        self.assertEqual(kinds, wanted)


del WhatsAppTest  # it has no tests of its own
if __name__ == "__main__":
    unittest.main()
