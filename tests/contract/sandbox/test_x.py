# SPDX-License-Identifier: Apache-2.0
"""X's twin: what it posts and takes, and what the plugin makes of it."""

import json
import os
import unittest
from pathlib import Path
from urllib.parse import urlencode

from codec import Codec
from harness import PNG, ROOT, SandboxTest, ask, form, until
from jsonschema import Draft202012Validator

SCENARIO = """
[account.acme-x]
platform = "x"
id = "1500000000000000001"
name = "Acme"
username = "acme"
webhook = "{gateway}/webhooks/x"
token = "user-token"
refresh_token = "refresh-1"
client_id = "client-1"
app_token = "app-token"
app_id = "28000001"
app_secret = "x-consumer-secret-Zz9"
consumer_key = "ckey"
token_secret = "tsec"
connect = true

[contact.rita]
name = "Rita L."
at = { acme-x = "1600000000000000002" }

[contact.tomas]
at = { acme-x = "1600000000000000003" }
"""
BRAND, RITA, TOMAS = "1500000000000000001", "1600000000000000002", "1600000000000000003"
PAIR = f"{BRAND}-{RITA}"
PLUGINS = Path(os.environ.get("POSTERN_PLUGINS", ROOT / "build" / "dev" / "plugins"))
EVENT = Draft202012Validator(json.loads((ROOT / "plugin-api/schema/event.schema.json").read_text(encoding="utf-8")))
KINDS = [
    {"say": "olá 😀 see https://a.example/b and https://c.example/d"},
    {"say": "an answer", "quick_reply": "opt_1"},
    {"say": "about your post", "referral": "2080765813578191303"},
    *({"send": kind, "say": "look"} for kind in ("image", "video", "gif", "location")),
    {"send": "share"},
    {"typing": True},
    {"read": True},
    {"brand_says": "I am Ana"},
    {"mention": "third email, no answer"},
    {"comment": "still nothing"},
    {"quote": "look at this"},
    {"remove_comment": True},
    {"follow": True},
    {"unfollow": True},
    {"block": True},
    {"unblock": True},
]
NEWER_KINDS = [{"encrypted": "only the two can read it"}, {"unknown": True}]


class XTest(SandboxTest):
    scenario = SCENARIO

    def say(self, contact="rita", **step):
        return self.sandbox.say(account="acme-x", contact=contact, wait=True, **step)["items"]

    def api(self, path, body=None, token="user-token", method=None, query=None):
        """(status, headers, answer)"""
        url = self.sandbox.urls["x"] + "/2/" + path + ("?" + urlencode(query) if query else "")
        headers = {"Authorization": f"Bearer {token}"}
        status, headers, answer = ask(url, method or ("GET" if body is None else "POST"), body, headers)
        return status, {name.lower(): value for name, value in headers.items()}, json.loads(answer)

    def send(self, text="ok", to=RITA, **fields):
        return self.api(f"dm_conversations/with/{to}/messages", {"text": text, **fields})

    def assert_refused(self, answer, status, words):
        found, _, body = answer
        self.assertEqual((found, body["status"]), (status, status), body)
        self.assertIn(words, body["detail"])

    def told(self):
        return [event for body in self.gateway.bodies() for event in ([body["data"]] if "data" in body else [])]


class Wire(XTest):
    def test_a_message_and_its_answer(self):
        self.say(say="where is my order?")
        event = self.told()[0]
        message = event["payload"]["direct_message_events"][0]
        self.assertEqual((event["event_type"], event["filter"]), ("dm.received", {"user_id": BRAND}))
        self.assertEqual(message["message_create"]["message_data"]["text"], "where is my order?")
        status, _, answer = self.send("On its way: https://a.example/b")
        self.assertEqual((status, answer["data"]["dm_conversation_id"]), (201, PAIR))
        echo = until(lambda: [e for e in self.told() if e["event_type"] == "dm.sent"])[0]
        message = echo["payload"]["direct_message_events"][0]
        self.assertEqual(message["id"], answer["data"]["dm_event_id"])
        self.assertRegex(message["message_create"]["message_data"]["text"], r"^On its way: https://t\.co/")
        until(lambda: [e for e in self.told() if e["event_type"] == "dm.read"])
        self.assertEqual(self.sandbox.get("judge")["unanswered"], 0)

    def test_who_may_be_written_to(self):
        self.assert_refused(self.send(), 403, "permission to DM")
        self.assertFalse(self.api(f"users/{RITA}")[2]["data"]["receives_your_dm"])
        self.say(follow=True)
        self.assertTrue(self.api(f"users/{RITA}")[2]["data"]["receives_your_dm"])
        self.assertEqual(self.send()[0], 201)
        self.say(block=True)
        self.assert_refused(self.send(), 403, "permission to DM")
        self.assertIn("Could not find", self.api("users/1")[2]["errors"][0]["detail"])

    def upload(self, content=PNG, category="dm_image", expect=200):
        body, type = form({"fields": {"media_category": category}, "file": {"name": "media"}}, content)
        headers = {"Content-Type": type, "Authorization": "Bearer user-token"}
        status, _, answer = ask(f"{self.sandbox.urls['x']}/2/media/upload", "POST", body, headers)
        self.assertEqual(status, expect, answer)
        return json.loads(answer)["data"]["id"] if status == 200 else None

    def test_images_alone_are_uploaded_in_one_piece(self):
        self.upload()
        self.upload(b"GIF89a" + bytes(9), expect=400)
        self.upload(PNG + bytes(5 << 20), expect=400)
        self.upload(category="dm_video", expect=400)

    def test_files_are_closed_to_all_but_the_account(self):
        self.say(send="image")
        payload = self.told()[-1]["payload"]["direct_message_events"][0]
        address = payload["message_create"]["message_data"]["attachment"]["media"]["media_url_https"]
        url = f"{self.sandbox.urls['x']}/2/dm_conversations/media/{address.partition('/dm/')[2]}"
        self.assertEqual(ask(url)[0], 401)
        proof = {"Authorization": "Bearer user-token"}
        status, _, content = ask(url, headers=proof)
        self.assertEqual((status, content[:3]), (200, b"\xff\xd8\xff"))
        self.assertEqual(ask(url + "x", headers=proof)[0], 404)

    def test_what_a_message_may_be(self):
        self.say(say="hi")
        self.assertEqual(self.send("x" * 10_000)[0], 201)
        self.assert_refused(self.send("x" * 10_001), 400, "max character limit")
        self.assert_refused(self.send(""), 400, "text or attachments")
        id = self.upload(category="dm_image")
        self.assertEqual(self.send("", attachments=[{"media_id": id}])[0], 201)
        self.assert_refused(self.send("", attachments=[{"media_id": id}, {"media_id": id}]), 400, "attachments")
        self.assert_refused(self.send("", attachments=[{"media_id": "7"}]), 400, "media IDs")
        id = self.upload(category="tweet_image")
        self.assert_refused(self.send("", attachments=[{"media_id": id}]), 400, "media IDs")
        self.assert_refused(self.api("users/me", token="x"), 401, "Unauthorized")
        self.assert_refused(self.api("users/me", token="app-token"), 403, "Application-Only")
        self.assert_refused(self.api("nothing"), 404, "Not Found")

    def test_a_post_is_answered_only_if_its_author_has_called(self):
        def reply(id, text="Sorry!"):
            return self.api("tweets", {"text": text, "reply": {"in_reply_to_tweet_id": id}})

        mention, comment, quote = (
            self.say(**step)[0]["key"] for step in ({"mention": "help"}, {"comment": "no mention"}, {"quote": "see"})
        )
        self.assertEqual(reply(mention)[0], 201)
        self.assertEqual(reply(quote)[0], 201)
        self.assert_refused(reply(comment), 403, "mentioned or otherwise engaged")
        self.assert_refused(reply("1"), 400, "deleted or not visible")
        self.assertEqual(reply(mention, "x" * 280)[0], 201)
        self.assertEqual(reply(mention, "https://a.example/" + "x" * 500)[0], 201)
        self.assert_refused(reply(mention, "語" * 141), 403, "too long")
        self.sandbox.do("option", account="acme-x", name="summoned", value=False)
        self.assertEqual(reply(comment)[0], 201)

    def test_groups_are_seen_in_polls_alone(self):
        self.sandbox.say(account="acme-x", contact="rita", join=True, group="1812345678901234567")
        item = self.say(say="anyone?", group="1812345678901234567")
        self.assertEqual(item, [])
        page = self.api("dm_events")[2]["data"]
        self.assertEqual([event["event_type"] for event in page], ["MessageCreate", "ParticipantsJoin"])
        self.assertEqual((page[0]["sender_id"], page[1]["participant_ids"]), (RITA, [RITA]))
        answer = self.api("dm_conversations/1812345678901234567/messages", {"text": "yes"})
        self.assertEqual((answer[0], answer[2]["data"]["dm_conversation_id"]), (201, "1812345678901234567"))
        made = {"conversation_type": "Group", "participant_ids": [RITA, TOMAS], "message": {"text": "welcome"}}
        self.assertEqual(self.api("dm_conversations", made)[0], 201)
        self.assert_refused(self.api("dm_conversations", {**made, "conversation_type": "group"}), 400, "Group")

    def test_pages(self):
        for number in range(3):
            self.say(say=f"number {number}")
        first = self.api("dm_events", query={"max_results": 2})[2]
        self.assertEqual([event["text"] for event in first["data"]], ["number 2", "number 1"])
        rest = self.api("dm_events", query={"max_results": 2, "pagination_token": first["meta"]["next_token"]})[2]
        self.assertEqual([event["text"] for event in rest["data"]], ["number 0"])
        self.assertNotIn("next_token", rest["meta"])

    def test_polls_are_few(self):
        answers = [self.api("dm_events") for _ in range(16)]
        self.assertEqual([status for status, _, _ in answers], [200] * 15 + [429])
        self.assertEqual(answers[14][1]["x-rate-limit-remaining"], "0")
        self.sandbox.do("clock", advance="15m")
        self.assertEqual(self.api("dm_events")[0], 200)

    def test_webhooks_and_subscriptions(self):
        hook = self.api("webhooks", token="app-token")[2]["data"][0]
        self.assertTrue(hook["valid"])
        again = self.api("webhooks", {"url": hook["url"]}, token="app-token")
        self.assert_refused(again, 400, "DuplicateUrlFailed")
        self.assert_refused(self.api("webhooks", {"url": "http://else.example/x"}, "app-token"), 400, "UrlValidation")
        self.assert_refused(self.api("webhooks"), 401, "Unauthorized")
        self.gateway.crc_secret = b"another"
        self.assertFalse(self.api(f"webhooks/{hook['id']}", {}, "app-token", "PUT")[2]["data"]["valid"])
        self.sandbox.say(account="acme-x", contact="rita", say="lost")
        self.assertEqual(self.told(), [])
        self.gateway.crc_secret = b"x-consumer-secret-Zz9"
        self.assertTrue(self.api(f"webhooks/{hook['id']}", {}, "app-token", "PUT")[2]["data"]["valid"])
        self.say(say="found")
        wanted = {"event_type": "dm.read", "filter": {"user_id": BRAND}, "tag": "t", "webhook_id": hook["id"]}
        self.assertEqual(self.api("activity/subscriptions", wanted)[0], 200)
        self.assert_refused(self.api("activity/subscriptions", wanted), 400, "DuplicateSubscription")

    def test_limits(self):
        self.say(say="hi")
        self.sandbox.do("option", account="acme-x", name="limits", value=True)
        self.assertEqual([self.send()[0] for _ in range(15)], [201] * 15)
        status, headers, _ = self.send()
        self.assertEqual((status, headers["x-rate-limit-limit"], headers["x-rate-limit-remaining"]), (429, "15", "0"))
        self.sandbox.do("clock", advance="15m")
        self.assertEqual(self.send()[0], 201)

    def test_tokens_expire_and_are_refreshed(self):
        self.say(say="hi")
        self.sandbox.do("option", account="acme-x", name="token_life", value="2h")
        self.assertEqual(self.send()[0], 201)
        self.sandbox.do("clock", advance="3h")
        self.assert_refused(self.send(), 401, "Unauthorized")
        form = {"grant_type": "refresh_token", "refresh_token": "refresh-1", "client_id": "client-1"}
        url, kind = self.sandbox.urls["x"] + "/2/oauth2/token", "application/x-www-form-urlencoded"
        status, _, answer = ask(url, "POST", urlencode(form).encode(), {"Content-Type": kind})
        issued = json.loads(answer)
        self.assertEqual((status, issued["token_type"], issued["expires_in"]), (200, "bearer", 7200))
        path = f"dm_conversations/with/{RITA}/messages"
        self.assertEqual(self.api(path, {"text": "ok"}, token=issued["access_token"])[0], 201)
        self.assertEqual(ask(url, "POST", urlencode(form).encode(), {"Content-Type": kind})[0], 400)

    def test_the_owner_withdraws_the_apps_leave(self):
        self.say(say="hi")
        self.say(revoke=True)
        self.assertEqual((self.told()[-1]["event_type"], self.told()[-1]["filter"]), ("oauth.revoke", {}))
        self.assert_refused(self.send(), 401, "Unauthorized")


class Checks(XTest):
    scenario = SCENARIO.replace("connect = true", 'connect = true\ncrc_every = "100ms"')

    def test_the_webhook_is_checked_again_and_again(self):
        checks = lambda: self.sandbox.records("handshake")
        until(lambda: len(checks()) >= 3)
        self.assertTrue(all(check["right"] for check in checks()))
        self.gateway.crc_secret = b"another"
        until(lambda: not self.api("webhooks", token="app-token")[2]["data"][0]["valid"])


@unittest.skipUnless((PLUGINS / "x.so").exists(), f"no plugins in {PLUGINS}: build them, or set POSTERN_PLUGINS")
class Plugin(XTest):
    kinds = KINDS + NEWER_KINDS

    def setUp(self):
        super().setUp()
        accounts = {"acme-x": {"id": BRAND, "token": True}}
        config = {"app_secret": True, "app_id": "28000001", "accounts": accounts}
        self.codec = Codec(PLUGINS / "x.so", config)
        self.addCleanup(self.codec.destroy)

    def decoded(self):
        events = []
        for _, _, headers, body in list(self.gateway.requests):
            events += self.codec.decode(body, {"method": "POST", "path": "/webhooks/x", "query": {}, "headers": {}})
        return events

    def test_every_kind(self):
        for name in ("echoes", "receipts"):
            self.sandbox.do("option", account="acme-x", name=name, value=False)
        self.say(say="hi")
        self.send("hello")
        for step in self.kinds:
            with self.subTest(step=step):
                self.gateway.requests.clear()
                items = self.say(**step)
                events = self.decoded()
                for event in events:
                    EVENT.validate(event)
                self.assertEqual([event["kind"] for event in events], [item["kind"] for item in items], events)
                self.assertEqual([e["account_key"] for e in events], [BRAND] * len(items))
                texts = {item["text"] for item in items} - {""}
                self.assertLessEqual(texts, {event.get("text") for event in events})

    def test_a_batch(self):
        self.sandbox.do("quirks", account="acme-x", quirks={"batch": 5, "batch_linger": 1})
        for step in ({"say": "one"}, {"typing": True}, {"say": "two", "wait": True}):
            self.sandbox.say(**{"account": "acme-x", "contact": "rita", **step})
        self.assertEqual(len(self.gateway.requests), 1)
        self.assertCountEqual([event["kind"] for event in self.decoded()], ["message", "typing", "message"])

    def test_who_has_written_for_the_brand(self):
        self.say(say="hi")
        self.send("by the API")
        self.say(brand_says="by hand")
        until(lambda: len([e for e in self.decoded() if e["kind"] == "echo"]) == 2)
        echoes = {e["text"]: e["from_app"] for e in self.decoded() if e["kind"] == "echo"}
        self.assertEqual(echoes, {"by the API": True, "by hand": False})

    def task(self, kind, **fields):
        return {"task": "ab" * 16, "kind": kind, "account": "acme-x", "account_key": BRAND, "options": {}, **fields}

    def do(self, task):
        """Carries a task out to its end, step by step; gives the last items."""
        request = self.codec.encode(task)
        for _ in range(25):
            token = "app-token" if request["auth"].get("credential") == "app_token" else "user-token"
            url = self.sandbox.urls["x"] + request["path"]
            url += "?" + urlencode(request["query"]) if "query" in request else ""
            proof = {"Authorization": f"Bearer {token}"}
            body = request.get("json")
            if "multipart" in request:
                body, proof["Content-Type"] = form(request["multipart"])
            status, headers, body = ask(url, request["method"], body, proof)
            items = self.codec.interpret(task, status, {n.lower(): v for n, v in headers.items()}, body)
            if "request" not in items[0]:
                return items
            request, task = items[0]["request"], {**task, "memo": items[0].get("memo")}
        raise AssertionError("too many steps")

    def part(self, thread=PAIR, visibility="private", **part):
        return self.do(self.task("part", thread=thread, visibility=visibility, part=part))[0]

    def test_parts(self):
        self.say(say="hi")
        self.assertEqual(self.part(text="hello")["outcome"], "sent")
        picture = {"type": "image", "url": "https://a.example/x.png"}
        self.assertEqual(self.part(attachment=picture)["outcome"], "sent")
        mention = self.say(mention="help")[0]["key"]
        public = {"thread": f"post:{mention}:{RITA}", "visibility": "public", "to_comment": mention}
        self.assertEqual(self.part(**public, text="Sorry!")["outcome"], "sent")
        self.assertEqual(self.part(**public, attachment=picture)["outcome"], "sent")
        comment = self.say(comment="no mention")[0]["key"]
        refused = self.part(**{**public, "to_comment": comment}, text="Sorry!")
        self.assertEqual((refused["outcome"], refused["class"]), ("failed", "permission"))
        reply = self.part(thread=f"post:{comment}:{RITA}", to_comment=comment, text="In private")
        self.assertEqual((reply["outcome"], reply["thread"]), ("sent", PAIR))
        self.say(block=True)
        refused = self.part(text="hello?")
        self.assertEqual((refused["outcome"], refused["class"]), ("failed", "permission"))

    def test_refusals(self):
        self.say(say="hi")
        script = ["rate_limit", "fail_before", "error 500", "error 403 This operation is not permitted.", "error 401"]
        self.sandbox.do("quirks", account="acme-x", quirks={"script": script, "retry_after": 7})
        outcomes = [self.part(text="hello") for _ in script]
        self.assertEqual([o["outcome"] for o in outcomes], ["retry", "retry", "unclear", "pause", "pause"])
        self.assertEqual([o.get("class") for o in outcomes], ["rate", "transient", None, "restricted", "auth"])
        self.assertIn(outcomes[0]["after"], range(1, 10))

    def test_look_ups(self):
        self.say(say="hi")
        profile = self.do(self.task("profile", sender=RITA))[1]["profile"]
        self.assertEqual(profile, {"name": "Rita L.", "handle": "rita", "extra": {"receives_your_dm": True}})
        self.assertEqual(self.do(self.task("check"))[1]["account"]["name"], "Acme")
        other = {**self.task("check"), "account_key": RITA}
        self.assertEqual(self.do(other)[0]["outcome"], "pause")

    def test_polls(self):
        for number in range(130):
            self.sandbox.say(account="acme-x", contact="rita", say=f"number {number}")
        self.sandbox.say(account="acme-x", contact="tomas", join=True, group="1812345678901234567")
        self.sandbox.say(account="acme-x", contact="tomas", say="anyone?", group="1812345678901234567")
        cursor, events = "", []
        for _ in range(3):
            items = self.do(self.task("poll", cursor=cursor, wait=50))
            events += [item["event"] for item in items if "event" in item]
            cursor = next((item["cursor"] for item in items if "cursor" in item), cursor)
        for event in events:
            EVENT.validate(event)
        wanted = [f"number {number}" for number in range(130)] + [None, "anyone?"]
        self.assertEqual([event.get("text") for event in events], wanted)
        self.assertEqual([(e["kind"], e["group"]) for e in events[-2:]], [("member", True), ("message", True)])

    def test_subscribing(self):
        url = self.api("webhooks", token="app-token")[2]["data"][0]["url"]
        task = self.task("subscribe", options={"webhook_url": url})
        self.assertEqual(self.do(task), [{"outcome": "done"}])
        self.assertEqual(self.do(task), [{"outcome": "done"}])
        other = self.task("subscribe", options={"webhook_url": url + "/other"})
        self.assertEqual(self.do(other), [{"outcome": "done"}])
        self.assertEqual(len(self.api("webhooks", token="app-token")[2]["data"]), 2)


class OlderEnvelope(Plugin):
    scenario = SCENARIO.replace("connect = true", 'connect = true\nenvelope = "account"')
    kinds = KINDS

    def test_chats_are_not_told(self):
        self.sandbox.say(account="acme-x", contact="rita", encrypted="secret")
        self.say(say="hi")
        self.assertEqual([event["kind"] for event in self.decoded()], ["message"])


if __name__ == "__main__":
    unittest.main()
