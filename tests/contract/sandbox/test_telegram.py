# SPDX-License-Identifier: Apache-2.0
"""Telegram: webhook and getUpdates, sending, refusals, updates of every kind."""

import json
import threading
import unittest
from urllib.parse import urlencode

from harness import ACCOUNTS, SandboxTest, ask, until
from test_messenger import safely

RITA = 6000000001


class Telegram(SandboxTest):
    def say(self, **fields):
        return self.sandbox.say(account="acme-telegram", **{"wait": True, **fields})["items"]

    def send(self, text="ok", **fields):
        return self.sandbox.bot("sendMessage", {"chat_id": RITA, "text": text, **fields})

    def assert_refused(self, answer, code, words):
        status, _, body = answer
        self.assertEqual((status, body["ok"], body["error_code"]), (code, False, code), body)
        self.assertIn(words, body["description"])

    def updates(self):
        return self.gateway.bodies("telegram")

    def test_update_bears_the_secret_and_the_answer_arrives(self):
        self.say(start=True)
        _, path, headers, _ = self.gateway.requests[-1]
        self.assertEqual(path, "/webhooks/telegram/acme-telegram")
        self.assertEqual(headers["X-Telegram-Bot-Api-Secret-Token"], "tg_secret-AZ09")
        message = self.updates()[0]["message"]
        self.assertEqual(
            (message["text"], message["chat"]["id"], message["from"]["language_code"]), ("/start", RITA, "pt")
        )
        self.assertEqual(message["entities"], [{"type": "bot_command", "offset": 0, "length": 6}])
        status, _, answer = self.send("Olá")
        self.assertEqual(
            (status, answer["ok"], answer["result"]["text"], answer["result"]["message_id"]), (200, True, "Olá", 2)
        )

    def test_form_and_multipart(self):
        self.say(start=True)
        form = urlencode(
            {"chat_id": RITA, "text": "form", "reply_markup": json.dumps({"keyboard": [["Yes"]]})}
        ).encode()
        status, _, _ = self.sandbox.bot("sendMessage", form, {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(status, 200)
        parts = b"".join(
            b'--XX\r\nContent-Disposition: form-data; name="%s"%s\r\n\r\n%s\r\n' % part
            for part in (
                (b"chat_id", b"", str(RITA).encode()),
                (b"photo", b'; filename="a.png"', b"PNG!"),
                (b"caption", b"", b"look"),
            )
        )
        _, _, answer = self.sandbox.bot(
            "sendPhoto", parts + b"--XX--\r\n", {"Content-Type": "multipart/form-data; boundary=XX"}
        )
        file = self.sandbox.bot("getFile", {"file_id": answer["result"]["photo"][0]["file_id"]})[2]["result"]
        url = f"{self.sandbox.urls['telegram']}/file/bot7000000001:TEST-token/{file['file_path']}"
        self.assertEqual((answer["result"]["caption"], ask(url)[2]), ("look", b"PNG!"))

    def test_refusals(self):
        self.assert_refused(self.send(), 403, "can't initiate conversation")
        self.say(start=True)
        self.assert_refused(self.sandbox.bot("sendMessage", {"chat_id": 1, "text": "x"}), 400, "chat not found")
        self.assert_refused(self.send(""), 400, "message text is empty")
        self.assertEqual(self.send("x" * 4096)[0], 200)
        self.assert_refused(self.send("x" * 4097), 400, "message is too long")
        self.assertEqual(self.send("😀" * 2048)[0], 200)
        self.assert_refused(self.send("😀" * 2049), 400, "message is too long")
        self.assert_refused(self.send("<b>x", parse_mode="HTML"), 400, "can't parse entities")
        self.assert_refused(self.send("a.b", parse_mode="MarkdownV2"), 400, "can't parse entities")
        self.assertEqual(self.send("<b>x</b>", parse_mode="HTML")[2]["result"]["text"], "x")
        self.assert_refused(
            self.sandbox.bot("sendPhoto", {"chat_id": RITA, "photo": "nonsense"}), 400, "wrong file identifier"
        )
        photo = {"chat_id": RITA, "photo": "https://a.example/x.png", "caption": "x" * 1025}
        self.assert_refused(self.sandbox.bot("sendPhoto", photo), 400, "caption is too long")
        self.assert_refused(self.sandbox.bot("getMe", token="1:wrong"), 401, "Unauthorized")
        self.assert_refused(self.sandbox.bot("noSuchMethod"), 404, "Not Found")
        self.say(block=True)
        self.assertEqual(self.updates()[-1]["my_chat_member"]["new_chat_member"]["status"], "kicked")
        self.assert_refused(self.send(), 403, "blocked by the user")
        self.say(unblock=True)
        self.assertEqual(self.send()[0], 200)
        self.sandbox.do("contact", account="acme-telegram", contact="rita", deactivated=True)
        self.assert_refused(self.send(), 403, "user is deactivated")

    def test_other_methods(self):
        self.say(start=True)
        self.assertEqual(self.sandbox.bot("getMe")[2]["result"]["username"], "acme_bot")
        id = self.send("one")[2]["result"]["message_id"]
        edit = {"chat_id": RITA, "message_id": id, "text": "two"}
        self.assertEqual(self.sandbox.bot("editMessageText", edit)[2]["result"]["text"], "two")
        self.assert_refused(self.sandbox.bot("editMessageText", edit), 400, "message is not modified")
        self.assertTrue(self.sandbox.bot("sendChatAction", {"chat_id": RITA, "action": "typing"})[2]["result"])
        reaction = {"chat_id": RITA, "message_id": 1, "reaction": [{"type": "emoji", "emoji": "👍"}]}
        self.assertTrue(self.sandbox.bot("setMessageReaction", reaction)[2]["result"])
        self.assertTrue(self.sandbox.bot("deleteMessage", {"chat_id": RITA, "message_id": id})[2]["result"])
        self.assert_refused(self.sandbox.bot("deleteMessage", {"chat_id": RITA, "message_id": id}), 400, "not found")

    def test_limits(self):
        self.say(start=True)
        self.sandbox.do("option", account="acme-telegram", name="limits", value=True)
        self.assertEqual(self.send()[0], 200)
        self.assert_refused(self.send(), 429, "retry after 1")

    def test_a_group_is_answered_in_the_group(self):
        item = self.say(say="anyone?", group="-1001")[0]
        self.assertEqual(item["contact"], "-1001")
        self.assertEqual(self.sandbox.bot("sendMessage", {"chat_id": -1001, "text": "yes"})[0], 200)
        self.assertEqual(self.sandbox.get("judge")["unanswered"], 0)
        self.say(block=True, group="-1001")
        self.assert_refused(
            self.sandbox.bot("sendMessage", {"chat_id": -1001, "text": "x"}), 403, "kicked from the group"
        )

    def test_buttons(self):
        self.say(start=True)
        self.send("Order?", reply_markup={"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]})
        self.say(tap="Yes")
        query = self.updates()[-1]["callback_query"]
        self.assertEqual((query["data"], query["message"]["text"]), ("y", "Order?"))
        self.assertTrue(self.sandbox.bot("answerCallbackQuery", {"callback_query_id": query["id"]})[2]["result"])
        self.assert_refused(
            self.sandbox.bot("answerCallbackQuery", {"callback_query_id": query["id"]}), 400, "query is too old"
        )
        self.send("Size?", reply_markup={"keyboard": [[{"text": "L"}]], "one_time_keyboard": True})
        self.say(tap="L")
        self.assertEqual(self.updates()[-1]["message"]["text"], "L")

    def test_kinds(self):
        self.say(start=True)
        self.send("hello")
        for step, fits in [
            (
                {"send": "photo", "say": "look"},
                lambda u: u["message"]["photo"][-1]["file_id"] and u["message"]["caption"],
            ),
            ({"send": ["photo", "video"]}, lambda u: u["message"]["media_group_id"]),
            ({"send": "gif"}, lambda u: u["message"]["animation"] and u["message"]["document"]),
            ({"send": "voice"}, lambda u: u["message"]["voice"]["file_size"]),
            ({"send": "location"}, lambda u: u["message"]["location"]["latitude"]),
            ({"say": "yes", "reply_to": "last"}, lambda u: u["message"]["reply_to_message"]["text"] == "hello"),
            ({"edit": "no"}, lambda u: u["edited_message"]["edit_date"]),
            ({"say": "hi", "group": "-1001"}, lambda u: u["message"]["chat"]["type"] == "supergroup"),
            ({"join": True, "group": "-5"}, lambda u: u["message"]["new_chat_members"]),
            ({"migrate": "-1005", "group": "-5"}, lambda u: u["message"]["migrate_to_chat_id"] == -1005),
            ({"connect_business": True}, lambda u: u["business_connection"]["is_enabled"]),
            ({"say": "b", "business": "bc_1"}, lambda u: u["business_message"]["business_connection_id"] == "bc_1"),
            ({"unsend": True}, lambda u: u["deleted_business_messages"]["message_ids"]),
            ({"unknown": {"telepathy": {"a": 1}}}, lambda u: u["telepathy"] == {"a": 1}),
        ]:
            self.say(**step)
            self.assertTrue([u for u in self.updates() if safely(fits, u)], step)
        self.assert_refused(
            self.sandbox.bot("sendMessage", {"chat_id": -5, "text": "x"}), 400, "upgraded to a supergroup"
        )
        ids = [u["update_id"] for u in self.updates()]
        self.assertEqual(ids, list(range(ids[0], ids[0] + len(ids))))

    def test_reactions_come_only_to_those_who_ask(self):
        self.say(start=True)
        self.send("hello")
        self.assertEqual(self.say(react="👍"), [])
        url = self.gateway.url + "/webhooks/telegram/acme-telegram"
        self.sandbox.bot("setWebhook", {"url": url, "allowed_updates": ["message", "message_reaction"]})
        self.say(react="❤")
        self.assertEqual(self.updates()[-1]["message_reaction"]["new_reaction"], [{"type": "emoji", "emoji": "❤"}])
        self.assertNotIn("X-Telegram-Bot-Api-Secret-Token", self.gateway.requests[-1][2])

    def test_a_failing_update_blocks_its_chat_and_keeps_the_order(self):
        self.gateway.statuses = [500, 503, 200]
        for number in range(4):
            self.say(say=f"n{number}", wait=False)
        until(lambda: len(self.updates()) >= 6)
        self.assertEqual([u["message"]["text"] for u in self.updates()], ["n0", "n0", "n0", "n1", "n2", "n3"])
        self.assertIn("503", self.sandbox.bot("getWebhookInfo")[2]["result"]["last_error_message"])

    def test_an_answer_that_names_a_method_is_carried_out(self):
        self.gateway.answer = json.dumps({"method": "sendMessage", "chat_id": RITA, "text": "by webhook"}).encode()
        self.say(start=True)
        until(lambda: [r for r in self.sandbox.records() if r["path"] == "webhook answer" and r["applied"]])


class Polling(SandboxTest):
    scenario = ACCOUNTS.replace("connect = true", "connect = false")

    def updates(self, **fields):
        return self.sandbox.bot("getUpdates", fields)[2]["result"]

    def say(self, text):
        self.sandbox.say(account="acme-telegram", say=text)

    def test_offset_confirms(self):
        for text in ("a", "b", "c"):
            self.say(text)
        first = until(lambda: len(self.updates()) == 3 and self.updates())
        self.assertEqual([u["message"]["text"] for u in first], ["a", "b", "c"])
        rest = self.updates(offset=first[1]["update_id"] + 1)
        self.assertEqual([u["message"]["text"] for u in rest], ["c"])
        self.assertEqual(self.sandbox.get("judge")["accepted"], 2)

    def test_long_poll_ends_when_something_comes(self):
        found = []
        poll = threading.Thread(target=lambda: found.extend(self.updates(timeout=20)))
        poll.start()
        self.say("late")
        poll.join(5)
        self.assertEqual([u["message"]["text"] for u in found], ["late"])

    def test_conflict_with_a_webhook_and_back(self):
        self.sandbox.bot("setWebhook", {"url": self.gateway.url + "/hook"})
        status, _, answer = self.sandbox.bot("getUpdates")
        self.assertEqual((status, answer["error_code"]), (409, 409))
        self.gateway.statuses = [500] * 1000
        self.say("undelivered")
        until(lambda: self.gateway.requests)
        self.sandbox.bot("deleteWebhook")
        until(lambda: [u["message"]["text"] for u in self.updates()] == ["undelivered"])


if __name__ == "__main__":
    unittest.main()
