# SPDX-License-Identifier: Apache-2.0
"""WhatsApp against the real daemon: everything that can come in is put on record and answered, and what WhatsApp answers
to a send, or tells of it later, leads to the right state of the part, its turn and the account."""

import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.ledger import Ledger  # noqa: E402
from harness.places import until  # noqa: E402
from harness.platform import Platform, PlatformTest  # noqa: E402
from harness.sandbox import ask  # noqa: E402
from harness.webhooks import signature  # noqa: E402

NUMBER, WABA, ANA, UNA = "220000000000001", "330000000000001", "351910000001", "PT.13491208655302741918"
SECRETS = 'app_secret = {{ file = "{0}meta-app-secret" }}\nverify_token = {{ file = "{0}meta-verify-token" }}\n'


# Policy lets a text out for 90 days, so that WhatsApp itself has to refuse it.
LATE = """platform = "whatsapp"
version = "late"
extends = "2026-09"

[[window]]
id = "wa.window"
source = "a test"
date = 2026-09-01
says = "A business may write for 90 days."
author = ["bot"]
length = "90d"
"""


class WhatsAppTest(PlatformTest):
    policy = "2026-09"

    def platform(self):
        pack = self.folder / "policies" / "whatsapp" / "late.toml"
        pack.parent.mkdir(parents=True)
        pack.write_text(LATE)
        return Platform(
            policy=self.policy,
            name="whatsapp",
            id=NUMBER,
            account_options='settle = "1s"\n',
            keys={"whatsapp-token": None},
            section=SECRETS.format("keys/"),
            account=f'waba_id = "{WABA}"\ntoken = {{ file = "keys/whatsapp-token" }}\n',
            twin=f'waba_id = "{WABA}"\ntoken = {{ file = "whatsapp-token" }}\n{SECRETS.format("")}',
        )

    def add(self, contact, **fields):
        super().add(contact, **{"id": ANA, **fields} if contact == "rita" else fields)

    def sent(self, text):
        return self.sandbox.answered(text)

    def records(self, *kinds):
        return [leaf["k"] for leaf in self.leaves(*kinds)]

    def option(self, name, value):
        self.sandbox.do("option", account=self.account, name=name, value=value)


class Inbound(WhatsAppTest):
    def test_every_kind_is_recorded_and_what_wants_an_answer_gets_one(self):
        self.does(say="where is my order?")
        answer = self.sent("You said: where is my order?")
        self.assertEqual((answer["decoded"]["to"], len(answer["part"])), (ANA, 32))
        self.does(send="image", say="look")
        self.sent("You said: look")
        self.does(say="choose")
        self.sent("Which size?")
        self.does(tap="Small")
        self.sent("You said: Small")
        for kind in ("voice", "file", "location", "contact", "order"):
            self.does(send=kind)
        self.does(unsupported=True)
        self.does(unknown=True)
        for step in ({"react": "❤️"}, {"unreact": "last"}, {"edit": "better"}, {"unsend": True}, {"optin": True}):
            self.does(**step)
        self.does(optout=True)
        self.does(brand_says="I am Ana")
        self.does(notice={"field": "message_template_status_update", "event": "PAUSED"})
        self.settled()
        kinds = set(self.records())
        wanted = {"msg.in", "msg.out.sent", "msg.edit", "msg.unsend", "msg.reaction", "msg.echo", "msg.read"}
        self.assertLessEqual(wanted | {"consent.revoked", "consent.granted", "account.notice"}, kinds)

    def test_a_person_without_a_number_is_answered_by_user_id(self):
        self.add("una", id=UNA)
        self.does("una", say="olá")
        asked = self.sent("You said: olá")["decoded"]
        self.assertEqual((asked["recipient"], "to" in asked), (UNA, False))

    def test_a_new_number_is_the_same_conversation(self):
        self.does(say="one")
        self.sent("You said: one")
        self.does(change_number="351910000009")
        self.does(say="two")
        self.assertEqual(self.sent("You said: two")["decoded"]["to"], "351910000009")
        self.settled()
        messages = self.leaves("msg.in")
        self.assertEqual(len({leaf["c"] for leaf in messages}), 1)
        self.assertEqual(len({leaf["s"] for leaf in messages}), 1)

    def test_a_group_is_one_conversation_of_several_people(self):
        self.add("bo", id="351910000002")
        for contact in ("rita", "bo"):
            self.does(contact, join="Y2Fw")
            self.does(contact, say=f"I am {contact}", group="Y2Fw")
            asked = self.sent(f"You said: I am {contact}")["decoded"]
            self.assertEqual((asked["to"], asked["recipient_type"]), ("Y2Fw", "group"))
        self.does("rita", react="👍", group="Y2Fw")
        shown = self.shown()
        self.assertEqual([person["name"] for person in shown["participants"]], ["Rita", "Bo"])
        said = [r["body"]["sender"]["name"] for r in shown["records"] if r["type"] in ("msg.in", "msg.reaction")]
        self.assertEqual(said, ["Rita", "Bo", "Rita"])
        self.does("bo", leave="Y2Fw")
        self.assertEqual([person["name"] for person in self.shown()["participants"]], ["Rita"])
        self.settled()
        messages = self.leaves("msg.in")
        self.assertEqual(len({leaf["c"] for leaf in messages}), 1)
        self.assertEqual(len({leaf["s"] for leaf in messages}), 2)

    def shown(self):
        """The conversation, as `posternctl show` has it; nothing of it is on its way."""
        self.settled()
        conversation = self.daemon.ctl("conversations")["conversations"][0]["conversation"]
        return self.daemon.ctl("show", conversation)

    def test_a_redelivery_has_no_effect(self):
        self.sandbox.do("quirks", account=self.account, quirks={"duplicate": 1})
        for text in ("once", "twice"):
            self.does(say=text)
            self.sent(f"You said: {text}")
        self.settled()
        kinds = self.records("msg.in", "msg.out.sent")
        self.assertEqual((kinds.count("msg.in"), kinds.count("msg.out.sent")), (2, 2))

    def test_a_batch_of_a_thousand_is_taken_in_one_piece(self):
        metadata = {"display_phone_number": "15550100001", "phone_number_id": NUMBER}
        messages = [
            {
                "from": f"3519200{number:05}",
                "id": f"wamid.{number}",
                "timestamp": "1767225700",
                "type": "text",
                "text": {"body": f"number {number} " + "x" * 2000},
            }
            for number in range(1000)
        ]
        value = {"messaging_product": "whatsapp", "metadata": metadata, "messages": messages}
        entry = [{"id": WABA, "changes": [{"field": "messages", "value": value}]}]
        body = json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode()
        self.assertGreater(len(body), 2_000_000)
        headers = {"X-Hub-Signature-256": signature(self.daemon, body)}
        for _ in range(2):
            self.assertEqual(ask(f"{self.daemon.url}/webhooks/whatsapp", "POST", body, headers)[0], 200)
        self.assertEqual(ask(f"{self.daemon.url}/webhooks/whatsapp", "POST", body + b" ", headers)[0], 403)
        until(lambda: self.status()["conversations"]["in_memory"] >= 1000, "all are there")
        self.assertEqual(len(self.leaves("msg.in")), 1000)


class Outcomes(WhatsAppTest):
    def told(self, *fates):
        self.script(*fates)
        self.does(say="hello")

    def paused(self):
        accounts = {account["account"]: account for account in self.status()["accounts"]}
        return accounts[self.account].get("pause_class")

    def test_what_passes_is_tried_again(self):
        self.told("rate_limit", "error 131056", "fail_before")
        self.sent("You said: hello")
        self.settled()
        self.assertEqual(self.records("msg.out.failed", "msg.out.sent"), ["msg.out.failed"] * 3 + ["msg.out.sent"])

    def test_what_is_final_fails_with_its_reason(self):
        codes = {131026: "gone", 131047: "window", 131050: "permission", 132001: "invalid", 131009: "invalid"}
        for code in codes:
            self.told(f"error {code}")
            self.settled()
        self.assertEqual(self.status()["conversations"]["turns_waiting"], len(codes))
        reasons = [leaf["d"] for leaf in self.leaves("msg.out.failed")]
        self.assertEqual(reasons, [f"{word}:{code}" for code, word in codes.items()])
        with Ledger(self.daemon.state) as ledger:
            self.assertEqual(ledger.outbox(), [])

    def test_the_account_pauses_and_goes_on(self):
        for fate, word in (("token_death", "auth"), ("error 131031", "restricted"), ("error 131042", "configuration")):
            self.told(fate)
            self.assertEqual(until(self.paused, f"the account pauses ({word})"), word)
            self.sandbox.do("token", account=self.account, alive=True)
            self.daemon.ctl("account", "resume", self.account)
            self.sent("You said: hello")
            self.settled()

    def test_a_status_settles_what_was_unclear(self):
        for fate in ("reset_after", "fail_after", "applied error 1"):
            self.told(fate)
            self.settled()
        until(lambda: not self.status()["outbox"]["unknown"], "the statuses have settled it")
        applied = [r for r in self.sandbox.journal() if r["type"] == "request" and r["call"] == "send" and r["applied"]]
        self.assertEqual(len(applied), 3)
        kinds = self.records("msg.out.unknown", "msg.out.reconciled", "msg.out.sent")
        self.assertEqual(len([kind for kind in kinds if kind != "msg.out.unknown"]), 3)

    def test_without_a_status_nothing_is_sent_twice(self):
        self.sandbox.do("quirks", account=self.account, quirks={"echo_loss": 1, "receipt_loss": 1})
        self.told("reset_after")
        until(lambda: self.status()["outbox"]["unknown"], "it is unclear")
        self.does(say="and again")
        self.sandbox.do("quirks", account=self.account, quirks={"echo_loss": 0})
        until(lambda: self.status()["outbox"]["parked"], "it is left to a person")
        self.sent("You said: and again")
        hellos = [r for r in self.sandbox.journal() if r["type"] == "request" and r["text"] == "You said: hello"]
        self.assertEqual(len(hellos), 1)

    def test_what_was_accepted_and_failed_later_sets_its_turn_waiting_again(self):
        self.option("fail_later", [131026, 131042])
        self.does(say="hello")
        until(lambda: self.status()["conversations"]["turns_waiting"] == 1, "the turn waits again")
        self.assertIsNone(self.paused())
        self.does(say="hello again")
        self.assertEqual(until(self.paused, "the account pauses"), "configuration")
        failed = self.leaves("msg.out.failed")
        self.assertEqual([leaf["d"] for leaf in failed], ["gone:131026", "configuration:131042"])
        self.assertTrue(all("r" in leaf for leaf in failed))


class Templates(WhatsAppTest):
    def setUp(self):
        super().setUp()
        self.option("templates", {"order_update": 1})

    def test_after_a_day_a_template_is_sent_and_a_text_is_not(self):
        self.does(say="hello", ago="25h")
        self.does(say="a template", ago="25h")
        asked = self.sent("[order_update] 4711")["decoded"]
        self.assertEqual(asked["template"]["language"], {"code": "en_US"})
        self.assertEqual(self.settled()["conversations"]["turns_waiting"], 1)
        verdicts = [leaf["d"].split(":")[0] for leaf in self.leaves("policy.refuse", "msg.out.intent")]
        self.assertEqual(verdicts, ["deny/wa.window", "allow/wa.template"])

    def test_a_person_sends_one_as_well(self):
        self.does(say="quiet", ago="25h")
        self.settled()
        conversation = self.daemon.ctl("conversations")["conversations"][0]["conversation"]
        code, said = self.daemon.ctl("reply", conversation, "Sorry, late", fails=True)
        self.assertEqual(code, 77, said)
        form = ("--template", "order_update", "--language", "en_US")
        self.assertEqual(self.daemon.ctl("reply", conversation, "4711", *form)["rule"], "wa.template")
        self.sent("[order_update] 4711")

    def test_a_template_is_tried_again_as_one(self):
        self.script("fail_before", "rate_limit")
        self.does(say="a template", ago="25h")
        self.sent("[order_update] 4711")
        self.settled()
        self.assertEqual(self.records("msg.out.failed", "msg.out.sent"), ["msg.out.failed"] * 2 + ["msg.out.sent"])


class LateText(WhatsAppTest):
    policy = "late"

    def test_whatsapp_refuses_a_text_and_takes_a_template(self):
        self.option("templates", {"order_update": 1})
        self.does(say="hello", ago="25h")
        until(lambda: self.status()["conversations"]["turns_waiting"] == 1, "the text is refused")
        self.does(say="a template", ago="25h")
        self.sent("[order_update] 4711")
        self.settled()
        self.assertEqual([leaf["d"] for leaf in self.leaves("msg.out.failed")], ["window:131047"])


if __name__ == "__main__":
    unittest.main()
