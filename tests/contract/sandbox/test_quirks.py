# SPDX-License-Identifier: Apache-2.0
"""Signatures, quirks, and the repetition of webhooks."""

import http.client
import json
import sys
import threading
import time
import unittest

from harness import ACCOUNTS, ROOT, Sandbox, SandboxTest, ask, until

sys.path.insert(0, str(ROOT / "tools" / "sandbox"))

from postern_sandbox import signature  # noqa: E402

RITA = "6712345678901234"
DEAD = (http.client.RemoteDisconnected, ConnectionResetError, http.client.IncompleteRead)


class Vectors(unittest.TestCase):
    def test_signatures(self):
        vectors = json.loads((ROOT / "tests/data/platforms/test-vectors.json").read_text(encoding="utf-8"))
        checked = 0
        for vector in vectors:
            if vector["kind"] == "webhook-signature" and vector["platform"] in ("messenger", "instagram"):
                body = vector["body"].encode()
                headers = signature.meta_headers(vector["secret"], body)
                self.assertEqual(headers[vector["header"]], vector["value"])
                self.assertEqual(headers[vector["legacy_header"]], vector["legacy_value"])
                self.assertEqual(signature.meta_body(json.loads(body)), body)
                checked += 1
        self.assertEqual(checked, 2)

    def test_proof(self):
        proof = signature.appsecret_proof("meta-app-secret-1f2e3d", "TOK")
        self.assertEqual(proof, "e2bc003ba123c0acb0416c92edab18b9ef827fa4add7ab0cbbc824eec851b0e1")


class Answers(SandboxTest):
    def setUp(self):
        super().setUp()
        self.sandbox.say(say="hi", wait=True)
        self.sandbox.say(account="acme-telegram", start=True, wait=True)

    def quirks(self, account="acme-messenger", **quirks):
        self.sandbox.do("quirks", account=account, quirks=quirks)

    def send(self):
        return self.sandbox.graph(
            "/me/messages", {"recipient": {"id": RITA}, "message": {"text": "ok", "metadata": "p"}}
        )

    def last(self):
        return self.sandbox.records()[-1]

    def test_rate_limit_with_hints(self):
        self.quirks(script=["rate_limit"], retry_after=120)
        status, headers, body = self.send()
        self.assertEqual((status, body["error"]["code"]), (429, 613))
        usage = json.loads(headers["X-Business-Use-Case-Usage"])["104857600000001"][0]
        self.assertEqual((usage["estimated_time_to_regain_access"], headers["Retry-After"]), (2, "120"))
        self.assertEqual(self.send()[0], 200)
        self.quirks("acme-telegram", script=["rate_limit"], retry_after=3)
        status, headers, body = self.sandbox.bot("sendMessage", {"chat_id": 6000000001, "text": "x"})
        self.assertEqual((status, headers["Retry-After"], body["parameters"]["retry_after"]), (429, "3", 3))

    def test_failures_before_and_after_applying(self):
        self.quirks(script=["fail_before", "fail_after"])
        self.assertEqual((self.send()[0], self.last()["applied"]), (503, False))
        self.assertEqual(
            (
                ask(
                    self.sandbox.urls["messenger"] + "/me/messages?access_token=page-token",
                    "POST",
                    {"recipient": {"id": RITA}, "message": {"text": "ok"}},
                )[0],
                self.last()["applied"],
            ),
            (503, True),
        )

    def test_resets_before_and_after_applying(self):
        self.quirks(script=["reset_before", "reset_after", "ok"])
        for applied in (False, True):
            with self.assertRaises(DEAD):
                self.send()
            self.assertEqual((self.last()["applied"], self.last()["status"]), (applied, 0))
        self.assertEqual(self.send()[0], 200)
        texts = [m["text"] for m in self.sandbox.get("messages?account=acme-messenger&contact=rita")["messages"]]
        self.assertEqual(texts, ["hi", "ok", "ok"])
        self.assertEqual(self.sandbox.get("judge")["duplicates"], 1)

    def test_token_death_lasts_and_window_errors_do_not(self):
        self.quirks(script=["window_error", "token_death"])
        self.assert_error(self.send(), 10, 2018278)
        self.assert_error(self.send(), 190, 463)
        self.assert_error(self.send(), 190, 463)
        self.sandbox.do("token", account="acme-messenger", alive=True)
        self.assertEqual(self.send()[0], 200)

    def test_a_script_can_have_any_error_said(self):
        self.quirks(script=["error 100/2018109", "applied error 1/1357046", "error 368"])
        self.assert_error(self.send(), 100, 2018109)
        self.assertFalse(self.last()["applied"])
        self.assert_error(self.send(), 1, 1357046)
        self.assertTrue(self.last()["applied"])
        self.assert_error(self.send(), 368)
        self.quirks("acme-telegram", script=["error 400 Bad Request: failed to get HTTP URL content"])
        status, _, body = self.sandbox.bot("sendMessage", {"chat_id": 6000000001, "text": "x"})
        self.assertEqual((status, body["description"]), (400, "Bad Request: failed to get HTTP URL content"))

    def test_typing_does_not_use_up_a_script(self):
        self.quirks(script=["fail_before"], fail_before=1.0)
        typing = {"recipient": {"id": RITA}, "sender_action": "typing_on"}
        self.assertEqual(self.sandbox.graph("/me/messages", typing)[0], 200)
        self.assertEqual(self.send()[0], 503)
        self.assertEqual(self.sandbox.graph("/me/messages", typing)[0], 503)

    def test_slow_answers_are_applied_first(self):
        self.quirks(slow=1.0, slow_by=2.0)
        poll = threading.Thread(target=self.send)
        poll.start()
        until(lambda: self.sandbox.get("judge")["sends_applied"] == 1)
        self.assertTrue(poll.is_alive())
        poll.join(10)
        self.assertFalse(poll.is_alive())

    def test_echoes_are_lost_or_late(self):
        self.sandbox.do("option", account="acme-messenger", name="receipts", value=False)
        self.quirks(echo_loss=1.0)
        self.send()
        self.quirks(echo_loss=0, echo_delay=0.3)
        start = time.monotonic()
        self.send()
        self.arrived("messenger", 2)
        self.assertGreaterEqual(time.monotonic() - start, 0.3)
        self.assertEqual(len(self.gateway.bodies("messenger")), 2)

    def test_probabilities_follow_the_seed(self):
        outcomes = []
        for _ in range(2):
            sandbox = Sandbox(
                "[sandbox]\nseed = 7\n" + ACCOUNTS + "\n[quirks]\nfail_before = 0.5\n", self.gateway.url, "--quiet"
            )
            self.addCleanup(sandbox.stop)
            sandbox.connected()
            sandbox.do("option", account="acme-messenger", name="echoes", value=False)
            sandbox.do("option", account="acme-messenger", name="receipts", value=False)
            sandbox.say(say="hi", wait=True)
            body = {"recipient": {"id": RITA}, "message": {"text": "ok"}}
            outcomes.append([sandbox.graph("/me/messages", body)[0] for _ in range(12)])
        self.assertEqual(outcomes[0], outcomes[1])
        self.assertEqual(set(outcomes[0]), {200, 503})

    def test_unknown_quirks_are_refused(self):
        with self.assertRaises(AssertionError):
            self.quirks(rate_limt=1)


class Webhooks(SandboxTest):
    def quirks(self, **quirks):
        self.sandbox.do("quirks", account="acme-messenger", quirks=quirks)

    def texts(self):
        return [
            i["message"]["text"]
            for body in self.gateway.bodies("messenger")
            for e in body["entry"]
            for i in e["messaging"]
        ]

    def test_retries_until_accepted_with_the_same_bytes(self):
        self.gateway.statuses = [500, 503, 404]
        answer = self.sandbox.say(say="hi", wait=True)
        self.assertTrue(answer["items"][0]["accepted"])
        self.assertEqual(len({body for _, _, _, body in self.gateway.requests}), 1)
        self.assertEqual(
            [(r["attempt"], r["status"]) for r in self.sandbox.records("webhook")],
            [(1, 500), (2, 503), (3, 404), (4, 200)],
        )

    def test_duplicates(self):
        self.quirks(duplicate=1.0)
        self.sandbox.say(say="hi", wait=True)
        self.arrived("messenger", 2)
        self.assertEqual(self.texts(), ["hi", "hi"])
        self.assertEqual(self.sandbox.get("judge")["accepted"], 1)

    def test_batches(self):
        self.quirks(batch=20, batch_linger=0.3)
        for number in range(20):
            self.sandbox.say(say=f"n{number}")
        until(lambda: len(self.texts()) == 20)
        self.assertLess(len(self.gateway.requests), 5)
        self.assertTrue(any(len(e["messaging"]) > 1 for b in self.gateway.bodies() for e in b["entry"]))
        self.assertTrue(any(len(b["entry"]) > 1 for b in self.gateway.bodies()))

    def test_reordering(self):
        self.quirks(reorder=0.5)
        sent = [f"n{number}" for number in range(20)]
        for text in sent:
            self.sandbox.say(say=text)
        until(lambda: len(self.texts()) == 20)
        self.assertNotEqual(self.texts(), sent)
        self.assertEqual(sorted(self.texts()), sorted(sent))

    def test_delays(self):
        self.quirks(webhook_delay=[0.2, 0.3])
        start = time.monotonic()
        self.sandbox.say(say="hi", wait=True)
        self.assertGreaterEqual(time.monotonic() - start, 0.2)

    def test_telegram_drops_a_webhook_that_is_gone(self):
        self.gateway.statuses = [410] * 100000
        self.sandbox.say(account="acme-telegram", say="hi")
        until(lambda: len(self.gateway.requests) >= 3)
        self.assertNotEqual(self.sandbox.bot("getWebhookInfo")[2]["result"]["url"], "")
        self.sandbox.do("clock", advance="24m")  # 23 hours, compressed sixtyfold
        until(lambda: self.sandbox.bot("getWebhookInfo")[2]["result"]["url"] == "")

    def test_an_hour_of_failures_ends_the_subscription(self):
        self.sandbox.do("option", account="acme-messenger", name="unsubscribe_after", value="6s")  # compressed to 0.1 s
        self.gateway.statuses = [500] * 100
        self.sandbox.say(say="lost")
        until(lambda: not self.sandbox.get("state")["accounts"]["acme-messenger"]["subscribed"])
        self.gateway.statuses = []
        self.sandbox.say(say="dropped")
        until(
            lambda: [i["text"] for record in self.sandbox.records("dropped") for i in record["items"]][-1:]
            == ["dropped"]
        )
        self.sandbox.graph("/me/subscribed_apps")
        self.assertTrue(self.sandbox.say(say="back", wait=True)["items"][0]["accepted"])


if __name__ == "__main__":
    unittest.main()
