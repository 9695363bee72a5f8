# SPDX-License-Identifier: Apache-2.0
"""Snapchat, played by the sandbox, against the whole daemon: the bridge's messages are on record and answered once,
through the bridge or through Snap's API, what has expired is not taken, and each class of errors leads where it belongs."""

import base64
import hashlib
import hmac
import json
import secrets
import sys
import time
import unittest
import uuid
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.ledger import Ledger  # noqa: E402
from harness.places import until  # noqa: E402
from harness.platform import Platform, PlatformTest  # noqa: E402
from harness.sandbox import ask  # noqa: E402

PROFILE = "2f1d0c5a-0000-4000-8000-000000000001"
CREATOR = "9a7e0000-1111-4222-8333-000000000042"
# What a person does, and which record it becomes.
STEPS = [
    ({"say": "where is my order?"}, "msg.in"),
    ({"say": "saved", "saved": True}, "msg.in"),
    ({"send": "image", "say": "look"}, "msg.in"),
    ({"send": "video", "saved": True}, "msg.in"),
    ({"story_reply": "Love it"}, "msg.in"),
    ({"brand_says": "I am Ana"}, "msg.echo"),
    ({"unknown": True}, "msg.in"),
]
ANSWERED = 5


class SnapchatTest(PlatformTest):
    answers = "bridge"

    def platform(self):
        return Platform(
            name="snapchat",
            id=PROFILE,
            section='bridge_secret = { file = "keys/snapchat-bridge" }',
            account=f'token = {{ file = "keys/snapchat-token" }}\nanswers = "{self.answers}"',
            account_options='settle = "1s"\n',
            twin='token = { file = "snapchat-token" }\nrefresh_token = { file = "snapchat-refresh" }\napp_secret = { file = "snapchat-bridge" }\n',
            keys={
                "snapchat-bridge": "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode(),
                **dict.fromkeys(f"snapchat-{name}" for name in ("token", "refresh", "client-id", "client-secret")),
            },
        )

    def applied(self):
        return [r for r in self.sandbox.journal() if r["type"] == "request" and r["call"] == "send" and r["applied"]]

    def paused(self):
        return next((a for a in self.daemon.ctl("account", "list") if a.get("paused")), None)


class Inbound(SnapchatTest):
    def test_every_kind_is_on_record_and_answered(self):
        for step, _ in STEPS:
            self.does(**step)
        until(lambda: len(self.applied()) == ANSWERED, "the messages are answered")
        self.settled()
        expected = Counter(kind for _, kind in STEPS)
        self.assertEqual(Counter(leaf["k"] for leaf in self.leaves(*expected)), expected)

    def test_a_message_that_comes_again_changes_nothing(self):
        self.sandbox.do("quirks", quirks={"duplicate": 1})
        steps = [step for step, _ in STEPS if "unknown" not in step]
        for step in steps:
            self.does(**step)
        until(lambda: self.status()["since_start"]["duplicates"] >= len(steps), "they came again")
        until(lambda: len(self.applied()) == ANSWERED, "the messages are answered")
        self.settled()
        self.assertEqual(len(self.applied()), ANSWERED)
        self.assertEqual(len(self.leaves("msg.in")), ANSWERED)

    def test_what_has_expired_is_nowhere(self):
        self.does(say="the secret of 4711", ago="25h", expires="24h")
        self.does(send="image", say="but this one may stay", raw={"media_url": "https://bridge.example/4712"})
        self.sandbox.answered("but this one may stay")
        self.settled()
        records = self.daemon.ctl("show", self.daemon.ctl("conversations")["conversations"][0]["conversation"])
        self.assertNotIn("4711", json.dumps(records))
        self.assertNotIn("4712", json.dumps(records))
        self.assertIn("but this one may stay", json.dumps(records))

    def test_a_text_is_erased_on_time_and_the_record_stays(self):
        self.does(say="the secret of 4711", expires="8s")
        self.does(say="this one may stay", saved=True)
        self.sandbox.answered("You said: this one may stay")
        self.assertEqual([self.text(message) for message in self.received()], ["the secret of 4711", "this one may stay"])
        until(lambda: self.status()["media"]["shredded"] == 1, "it has expired")
        self.check_erased("the secret of 4711")

    def test_what_may_be_seen_once_is_erased_when_its_handler_has_seen_it(self):
        self.does(say="the secret of 4712", view_once=True)
        self.sandbox.answered("You said: the secret of 4712")
        until(lambda: self.status()["media"]["shredded"] == 1, "it was seen")
        self.does(say="this one may stay", saved=True)
        self.check_erased("the secret of 4712")

    def received(self):
        (conversation,) = self.daemon.ctl("conversations")["conversations"]
        shown = self.daemon.ctl("show", conversation["conversation"])
        return [record for record in shown["records"] if record["type"] == "msg.in"]

    @staticmethod
    def text(message):
        return message["body"]["text"]

    def check_erased(self, text):
        """Of two messages the first is gone, on the disk as well; also after a start, and the ledger is whole."""
        for _ in "running", "started again":
            gone, kept = self.received()
            self.assertTrue(gone["erased"])
            self.assertNotIn(text, json.dumps(gone))
            self.assertEqual(self.text(kept), "this one may stay")
            code, told = self.daemon.ctl("audit", "verify", fails=True)
            bodies = json.loads(told)["bodies"]
            self.assertEqual((code, bodies["erased"], bodies["missing"], bodies["bad"]), (4, 1, 0, 0))
            self.assertEqual(self.daemon.stop(), 0)
            self.daemon.start()
        (purged,) = self.leaves("retention.purged")
        self.assertEqual((purged["d"], purged["from"]), ("expired", gone["index"]))
        with Ledger(self.daemon.state) as ledger:
            self.assertEqual(ledger.rows("SELECT blob FROM event WHERE i = ?", gone["index"]), [(None,)])

    def test_only_the_bridge_is_believed(self):
        self.assertEqual(self.post(), 200)
        self.assertEqual(self.post(at=int(time.time()) - 310), 403)
        self.assertEqual(self.post(at=int(time.time()) + 310), 403)
        self.assertEqual(self.post(key=b"another"), 403)
        self.assertEqual(self.post(claimed="another-id"), 403)
        self.settled()
        self.assertEqual(len(self.leaves("msg.in")), 1)

    def post(self, at=None, key=None, claimed=None):
        """A message signed by hand."""
        at, id = str(int(time.time()) if at is None else at), str(uuid.uuid4())
        person = {"id": "eve", "username": "eve"}
        body = {
            "id": id,
            "conversation_id": str(uuid.uuid4()),
            "from": person,
            "to": PROFILE,
            "type": "text",
            "text": "hi",
        }
        text = json.dumps(body).encode()
        secret = (self.folder / "keys" / "snapchat-bridge").read_text().removeprefix("whsec_")
        mac = hmac.new(key or base64.b64decode(secret), f"{id}.{at}.".encode() + text, hashlib.sha256).digest()
        headers = {"webhook-id": claimed or id, "webhook-timestamp": at}
        headers["webhook-signature"] = "v1,AAAA v1," + base64.b64encode(mac).decode()
        return ask(f"{self.daemon.url}/webhooks/snapchat", "POST", text, headers)[0]


class Errors(SnapchatTest):
    def test_what_waits_and_is_sent(self):
        self.script("rate_limit", "ok")
        self.does(say="hi")
        self.sandbox.answered("You said: hi")
        self.settled()
        leaves = self.leaves("msg.out.failed", "msg.out.sent")
        self.assertEqual([(leaf["o"], leaf.get("d")) for leaf in leaves], [("deferred", "rate"), ("ok", None)])

    def test_what_is_final_leaves_the_turn_waiting_for_a_person(self):
        for code, _ in (codes := [("404", "gone"), ("410", "gone"), ("400", "invalid")]):
            self.script(f"error {code}")
            self.does(say=f"code {code}")
            until(lambda: self.settled()["conversations"]["turns_waiting"] > 0, "the turn waits")
            self.does(brand_says="I answer in the app", saved=True)
            until(lambda: self.settled()["conversations"]["turns_waiting"] == 0, "the turn has ended")
        found = [leaf["d"].split(":")[0] for leaf in self.leaves("msg.out.failed")]
        self.assertEqual(found, [error_class for _, error_class in codes])

    def test_a_dead_token_pauses_the_account_and_loses_nothing(self):
        self.script("token_death")
        self.does(say="hi")
        until(self.paused, "a pause")
        self.assertEqual(self.paused()["pause_class"], "auth")
        self.sandbox.do("token", account=self.account, alive=True)
        self.daemon.ctl("account", "resume", self.account)
        self.sandbox.answered("You said: hi")
        self.settled()
        self.assertEqual(len(self.leaves("msg.out.sent")), 1)

    def test_what_is_unclear_is_sent_again_and_arrives_once(self):
        for fate in ("fail_after", "reset_after", "fail_before", "reset_before"):
            self.script(fate)
            self.does(say=f"then {fate}")
            self.sandbox.answered(f"You said: then {fate}")
        until(lambda: self.settled()["outbox"]["unknown"] == 0, "all is settled")
        self.assertEqual(set(Counter(r["text"] for r in self.applied()).values()), {1})
        self.assertEqual(len(self.leaves("msg.out.sent", "msg.out.reconciled")), 4)


class Creators(SnapchatTest):
    answers = "profile"

    def test_creators_are_answered_through_snaps_api_and_others_by_people(self):
        self.add("carla", creator=CREATOR)
        self.does("carla", say="about the campaign")
        record = self.sandbox.answered("You said: about the campaign")
        self.assertIn("/v1/public_profiles/", record["path"])
        self.does(say="I am no creator")
        until(lambda: self.settled()["conversations"]["turns_waiting"] == 1, "the turn waits for a person")
        self.assertEqual(len(self.applied()), 1)

    def test_what_is_unclear_is_looked_for_before_it_is_sent_again(self):
        self.add("carla", creator=CREATOR)
        for fate in ("fail_after", "reset_after", "reset_before"):
            self.script(fate)
            self.does("carla", say=f"then {fate}")
            self.sandbox.answered(f"You said: then {fate}")
        until(lambda: self.settled()["outbox"]["unknown"] == 0, "all is settled")
        self.assertEqual(set(Counter(r["text"] for r in self.applied()).values()), {1})

    def test_a_token_that_has_ended_is_refreshed(self):
        self.sandbox.do("token", account=self.account, alive=False)
        for name in ("client-id", "client-secret"):
            self.brand.section += f'\n{name.replace("-", "_")} = {{ file = "keys/snapchat-{name}" }}'
        self.brand.account += '\nrefresh_token = { file = "keys/snapchat-refresh" }'
        self.daemon.write_config()
        self.daemon.ctl("reload", "--wait")
        self.add("carla", creator=CREATOR)
        self.does("carla", say="hi")
        self.sandbox.answered("You said: hi")
        self.assertIsNone(self.paused())

    def test_without_the_allowlist_the_account_is_paused(self):
        self.sandbox.do("option", account=self.account, name="allowlisted", value=False)
        self.add("carla", creator=CREATOR)
        self.does("carla", say="hi")
        until(self.paused, "a pause")
        self.assertEqual(self.paused()["pause_class"], "restricted")
        self.sandbox.do("option", account=self.account, name="allowlisted", value=True)
        self.daemon.ctl("account", "resume", self.account)
        self.sandbox.answered("You said: hi")


class ByHand(SnapchatTest):
    answers = "app"

    def test_nothing_is_sent_and_the_app_ends_the_turn(self):
        self.does(say="hi")
        until(lambda: self.settled()["conversations"]["turns_waiting"] == 1, "the turn waits for a person")
        self.does(brand_says="I am Ana", saved=True)
        until(lambda: self.settled()["conversations"]["turns_waiting"] == 0, "the turn has ended")
        self.assertEqual(self.applied(), [])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
