# SPDX-License-Identifier: Apache-2.0
"""Postern's platform plugins against the sandbox: they understand what it posts, and it takes what they send."""

import json
import os
import unittest
from pathlib import Path
from urllib.parse import urlencode

from codec import Codec
from harness import ROOT, SandboxTest, ask, until
from jsonschema import Draft202012Validator

PLUGINS = Path(os.environ.get("POSTERN_PLUGINS", ROOT / "build" / "dev" / "plugins"))
SCHEMA = json.loads((ROOT / "plugin-api/schema/event.schema.json").read_text(encoding="utf-8"))
EVENT = Draft202012Validator(SCHEMA)
TOKENS = {"messenger": "page-token", "instagram": "ig-token", "telegram": "7000000001:TEST-token"}
IDS = {"messenger": "104857600000001", "instagram": "17841400000000001", "telegram": "7000000001"}
RITA = {"messenger": "6712345678901234", "instagram": "991234567890123", "telegram": "6000000001"}
COMMON = [
    {"say": "olá 😀 https://a.example/b"},
    {"say": "quoting", "reply_to": "last"},
    {"send": ["image", "video"], "say": "look"},
    {"send": "voice"},
    {"send": "file"},
    {"edit": "corrected"},
    {"unknown": {"telepathy": {"a": 1}}},
]
META = [
    {"postback": "START", "title": "Start"},
    {"react": "❤"},
    {"unreact": True},
    {"read": True},
    {"refer": {"ref": "r"}},
    {"optin": "news"},
    {"optout": "news"},
    {"brand_says": "I am Ana"},
    {"comment": "never arrived"},
    {"mention": "look @acme"},
    {"handover": "request"},
    {"unknown": True},
    {"say": "standby", "standby": True},
]
KINDS = {
    "messenger": [
        *COMMON,
        *META,
        *({"send": kind} for kind in ("sticker", "old_sticker", "location", "share", "post", "reel", "appointment")),
        {"delivered": True},
        {"policy": "block"},
        {"edit_comment": "arrived"},
        {"remove_comment": True},
    ],
    "instagram": [
        *COMMON,
        *META,
        *(
            {"send": kind}
            for kind in ("share", "ig_post", "ig_reel", "ig_story", "story_mention", "like_heart", "ephemeral")
        ),
        {"story_reply": "Love it"},
        {"unsupported": True},
        {"unsend": True},
        {"comment": "flat", "shape": "flat"},
    ],
    "telegram": [
        *COMMON,
        *({"send": kind} for kind in ("gif", "audio", "sticker", "location", "contact", "video_note", "venue", "dice")),
        {"postback": "y"},
        {"say": "in a group", "group": "-1001"},
        {"join": True, "group": "-5"},
        {"migrate": "-1005", "group": "-5"},
        {"say": "business", "business": "bc_1"},
        {"unsend": True},
        {"connect_business": True},
        {"block": True},
        {"unblock": True},
    ],
}


@unittest.skipUnless(
    (PLUGINS / "messenger.so").exists(), f"no plugins in {PLUGINS}: build them, or set POSTERN_PLUGINS"
)
class Codecs(SandboxTest):
    def setUp(self):
        super().setUp()
        self.codecs = {}
        for platform, id in IDS.items():
            secrets = {} if platform == "telegram" else {"app_secret": True, "verify_token": True}
            accounts = {f"acme-{platform}": {"id": id, "token": True, "secret_token": True}}
            self.codecs[platform] = Codec(PLUGINS / f"{platform}.so", {**secrets, "accounts": accounts})
            self.addCleanup(self.codecs[platform].destroy)

    # Inbound

    def decoded(self, platform):
        """The events of all webhooks so far."""
        account = {"account": "acme-telegram"} if platform == "telegram" else {}
        events = []
        for method, path, headers, body in list(self.gateway.requests):
            if platform in path:
                lower = {name.lower(): value for name, value in headers.items()}
                meta = {"method": method, "path": path, "query": {}, "headers": lower, **account}
                events += [event.get("event", event) for event in self.codecs[platform].decode(body, meta)]
        return events

    def check_kinds(self, platform):
        for name in ("echoes", "receipts"):
            self.sandbox.do("option", account=f"acme-{platform}", name=name, value=False)
        self.say(platform, say="hi")
        self.send(platform, text="hello")
        for step in KINDS[platform]:
            with self.subTest(step=step):
                self.gateway.requests.clear()
                items = self.say(platform, **step)["items"]
                events = self.decoded(platform)
                for event in events:
                    EVENT.validate(event)
                self.assertEqual([event["kind"] for event in events], [item["kind"] for item in items], events)
                texts = {item["text"] for item in items if item["kind"] in ("message", "comment", "edit")} - {""}
                self.assertLessEqual(texts, {event.get("text") for event in events})

    def test_messenger_kinds(self):
        self.check_kinds("messenger")

    def test_instagram_kinds(self):
        self.check_kinds("instagram")

    def test_telegram_kinds(self):
        self.check_kinds("telegram")

    def test_an_echo_brings_the_part_back(self):
        for platform in ("messenger", "instagram"):
            self.say(platform, say="hi")
            outcome = self.send(platform, text="hello")
            until(lambda: [e for e in self.decoded(platform) if e["kind"] == "echo"])
            echo = next(e for e in self.decoded(platform) if e["kind"] == "echo")
            self.assertEqual((echo["part"], echo["platform_id"], echo["from_app"]), ("ab" * 16, outcome["id"], True))

    # Outbound

    def say(self, platform, **step):
        return self.sandbox.say(account=f"acme-{platform}", wait=True, **step)

    def task(self, platform, part, thread=None, **fields):
        return {
            "task": "ab" * 16,
            "kind": "part",
            "account": f"acme-{platform}",
            "account_key": IDS[platform],
            "options": {},
            "thread": thread or RITA[platform],
            "visibility": "private",
            "part": part,
            **fields,
        }

    def run_task(self, platform, task):
        """What the courier does: encode, ask, interpret, as often as it takes."""
        codec = self.codecs[platform]
        request = codec.encode(task)
        for _ in range(8):
            if "cannot" in request:
                return [request]
            found = codec.interpret(task, *self.ask(platform, request))
            if "request" not in found[0]:
                return found
            request, task = found[0]["request"], {**task, "memo": found[0].get("memo", {})}
        raise AssertionError("too many steps")

    def ask(self, platform, request):
        token, query, headers = TOKENS[platform], dict(request.get("query", {})), dict(request.get("headers", {}))
        path, auth = request["path"], request.get("auth", {})
        if auth.get("as") == "bearer":
            headers["Authorization"] = "Bearer " + token
        elif auth.get("as") == "query":
            query[auth["name"]] = token
        elif auth.get("as") == "path":
            path = path.replace("{token}", token)
        body = request.get("json")
        if "form" in request:
            body, headers["Content-Type"] = urlencode(request["form"]).encode(), "application/x-www-form-urlencoded"
        url = self.sandbox.urls[platform] + path + ("?" + urlencode(query) if query else "")
        status, answer_headers, answer = ask(url, request["method"], body, headers)
        return status, {name.lower(): value for name, value in answer_headers.items()}, answer

    def send(self, platform, thread=None, **part):
        return self.run_task(platform, self.task(platform, part, thread))[0]

    def script(self, platform, *fates):
        self.sandbox.do("quirks", account=f"acme-{platform}", quirks={"script": list(fates)})

    def test_parts_are_sent(self):
        picture = {"type": "image", "url": "https://a.example/x.png"}
        for platform in IDS:
            first = self.say(platform, say="hi")["items"][0]["key"]
            for part in (
                {"text": "olá 😀"},
                {"text": "?", "quick_replies": [{"title": "Yes", "payload": "y"}]},
                {"attachment": picture},
                {"action": "typing"},
                {"action": "react", "emoji": "❤", "reply_to": first},
                {"text": "quoted", "reply_to": first},
            ):
                with self.subTest(platform=platform, part=part):
                    self.assertEqual(self.send(platform, **part).get("outcome"), "sent")
            shown = self.sandbox.get(f"messages?account=acme-{platform}&contact=rita")["messages"]
            self.assertEqual([m["text"] for m in shown], ["hi", "olá 😀", "?", "", "quoted"])
            self.assertEqual(shown[2]["choices"][0]["title"], "Yes")

    def test_comments_are_answered(self):
        for platform in ("messenger", "instagram"):
            comment = self.say(platform, comment="never arrived")["items"][0]["key"]
            thread = next(e for e in self.decoded(platform) if e["kind"] == "comment")["thread"]
            outcome = self.send(platform, thread, text="Sorry!", to_comment=comment)
            self.assertEqual((outcome["outcome"], outcome["thread"]), ("sent", RITA[platform]))
            self.assertEqual(self.send(platform, thread, text="Again", to_comment=comment)["outcome"], "failed")
            public = self.task(
                platform, {"text": "Please see your messages", "to_comment": comment}, thread, visibility="public"
            )
            self.assertEqual(self.run_task(platform, public)[0]["outcome"], "sent")
            hide = self.task(platform, {"action": "hide", "to_comment": comment}, thread, visibility="public")
            self.assertEqual(self.run_task(platform, hide)[0]["outcome"], "sent")

    def test_refusals_are_understood(self):
        for platform in IDS:
            self.say(platform, say="hi")
            bad = "error 400 Bad Request: message is too long" if platform == "telegram" else "error 100"
            unclear = "error 500" if platform == "telegram" else "applied error 1/1357046"
            for fate, outcome, kind in (
                ("rate_limit", "retry", "rate"),
                ("window_error", "failed", None),
                (bad, "failed", "invalid"),
                (unclear, "unclear", None),
                ("fail_after", "unclear", None),
                ("token_death", "pause", "auth"),
            ):
                with self.subTest(platform=platform, fate=fate):
                    self.script(platform, fate)
                    found = self.send(platform, text="x")
                    self.assertEqual(found["outcome"], outcome, found)
                    if kind:
                        self.assertEqual(found["class"], kind, found)
                    self.assertNotIn(TOKENS[platform], json.dumps(found))

    def test_window_and_strangers(self):
        for platform in ("messenger", "instagram"):
            self.assertEqual(self.send(platform, text="x")["class"], "window")
            self.say(platform, say="hi")
            self.sandbox.do("option", account=f"acme-{platform}", name="human_agent", value=True)
            self.sandbox.do("clock", advance="25h")
            self.assertEqual(self.send(platform, text="x")["class"], "window")
            self.assertEqual(self.send(platform, text="x", tag="human_agent")["outcome"], "sent")
            self.assertEqual(self.send(platform, "1", text="x")["outcome"], "failed")

    def test_a_subscription_brings_everything(self):
        for platform in ("messenger", "instagram"):
            task = {**self.task(platform, None), "kind": "subscribe"}
            self.assertEqual(self.run_task(platform, task)[0], {"outcome": "done"})
            self.say(platform, say="hi")
            self.send(platform, text="hello")
            for step in KINDS[platform]:
                self.sandbox.say(account=f"acme-{platform}", **step)
        self.assertEqual(self.sandbox.records("dropped"), [])

    def test_profiles(self):
        for platform in IDS:
            self.say(platform, say="hi")
            if "profile" in self.codecs[platform].facts["traits"]["tasks"]:
                task = {**self.task(platform, None), "kind": "profile", "sender": RITA[platform]}
                profile = next(item["profile"] for item in self.run_task(platform, task) if "profile" in item)
                self.assertTrue(profile["name"].startswith("Rita"), profile)


if __name__ == "__main__":
    unittest.main()
