# SPDX-License-Identifier: Apache-2.0
"""Scenarios: conversations and their expectations, mistakes, keys, load."""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import unittest
from pathlib import Path

from harness import ACCOUNTS, LAUNCHER, Gateway, Sandbox, until


class Scenarios(unittest.TestCase):
    def play(self, steps, *arguments, bot=None):
        gateway = Gateway()
        self.addCleanup(gateway.stop)
        if bot:
            bot.gateway = gateway
            gateway.reply = bot
        sandbox = Sandbox(ACCOUNTS + steps, gateway.url, "--once", *arguments)
        self.addCleanup(sandbox.stop)
        if bot:
            bot.urls = sandbox.urls
        self.journal = sandbox.journal
        return sandbox.end()

    def test_a_conversation_is_printed_and_its_expectations_met(self):
        status, out, err = self.play(
            '[[step]]\nfrom = "rita"\nto = "acme-messenger"\nsay = "hello"\nwait_for_reply = "5s"\n'
            'matches = "You said: hello"\n',
            bot=EchoBot(),
        )
        self.assertEqual((status, err), (0, ""), out)
        self.assertIn("hello", out)
        self.assertIn("1 expectations met, 0 not", out)

    def test_a_missing_reply_is_named(self):
        status, out, _ = self.play(
            '[[step]]\nfrom = "rita"\nto = "acme-messenger"\nsay = "hello?"\nwait_for_reply = "300ms"\n'
        )
        self.assertEqual(status, 1)
        self.assertIn("Rita L. (acme-messenger) waited 0.3 s for a reply to say 'hello?' and got nothing", out)

    def test_a_misspelt_step_is_named(self):
        status, out, _ = self.play('[[step]]\nfrom = "rita"\nto = "acme-telegram"\nsay = "hello"\nreplyto = "last"\n')
        self.assertEqual(status, 1)
        self.assertIn("step 1: unknown replyto for telegram: known are", out)

    def test_silence_can_be_expected(self):
        steps = '[[step]]\nfrom = "rita"\nto = "acme-messenger"\nsay = "hello"\nno_reply_for = "500ms"\n'
        self.assertEqual(self.play(steps)[0], 0)
        self.assertEqual(self.play(steps, bot=EchoBot())[0], 1)

    def test_a_failed_handshake_is_explained(self):
        sandbox = Sandbox(ACCOUNTS.replace("postern-verify-7788", "another", 1), "http://127.0.0.1:9", "--once")
        self.addCleanup(sandbox.stop)
        sandbox.do("gateway", url=self.gateway_url())
        status, _, err = sandbox.end()
        self.assertEqual(status, 1)
        self.assertIn("acme-messenger cannot be connected", err)
        self.assertIn("is its verify_token the account's?", err)

    def gateway_url(self):
        gateway = Gateway()
        self.addCleanup(gateway.stop)
        return gateway.url

    def test_mistakes_in_a_scenario_are_named(self):
        for text, words in (
            ('[account.a]\nplatform = "myspace"', "platform must be one of"),
            ("[acount.a]\n", "unknown acount"),
            ('[contact.a]\nat = "nobody"', "no account 'nobody'"),
        ):
            with self.assertRaisesRegex(AssertionError, words):
                Sandbox(text)

    def test_keys_are_made_once_and_private(self):
        with tempfile.TemporaryDirectory() as directory:
            file = Path(directory) / "s.toml"
            file.write_text(
                '[account.a]\nplatform = "telegram"\nid = "77"\ntoken = { file = "token" }\n'
                'secret_token = { file = "s" }\n',
                encoding="utf-8",
            )
            keys = Path(directory) / "keys"
            command = [sys.executable, LAUNCHER, "keys", "--scenario", str(file), "--keys", str(keys)]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            token = (keys / "token").read_text(encoding="ascii")
            self.assertRegex(token, r"^77:[A-Za-z0-9_-]{35}$")
            self.assertEqual(os.stat(keys / "token").st_mode & 0o777, 0o600)
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            self.assertEqual((keys / "token").read_text(encoding="ascii"), token)

    def test_load_is_judged_from_the_journal_alone(self):
        load = '[load]\nrate = 200\ncount = 300\ncontacts = 7\nplatforms = ["messenger"]\nsettle = "3s"\n'
        status, out, _ = self.play(load, bot=EchoBot())
        self.assertEqual(status, 0, out)
        done = subprocess.run(
            [sys.executable, LAUNCHER, "judge", str(self.journal), "--json"], capture_output=True, check=True
        )
        report = json.loads(done.stdout)
        self.assertEqual(
            [report[name] for name in ("accepted", "answered", "unanswered", "duplicates")], [300, 300, 0, 0]
        )

    def test_a_forgetful_and_repetitive_bot_is_found_out(self):
        load = '[load]\nrate = 200\ncount = 60\ncontacts = 3\nplatforms = ["messenger"]\nsettle = "1s"\n'
        status, _, _ = self.play(load, bot=EchoBot(forgets=3, repeats=5))
        self.assertEqual(status, 1)
        done = subprocess.run(
            [sys.executable, LAUNCHER, "judge", str(self.journal), "--json"], capture_output=True, check=False
        )
        report = json.loads(done.stdout)
        self.assertEqual(
            (done.returncode, report["accepted"], report["unanswered"], report["duplicates"]), (1, 60, 20, 8)
        )


class EchoBot:
    """A bot that repeats what it is told; it can forget every n-th message and answer every n-th twice."""

    def __init__(self, forgets=0, repeats=0):
        self.forgets, self.repeats = forgets, repeats
        self.count = 0
        self.lock = threading.Lock()
        self.urls = None

    def __call__(self, path, body):
        until(lambda: self.urls)
        for entry in body["entry"]:
            for item in entry.get("messaging", []):
                if "message" in item and not item["message"].get("is_echo"):
                    self.answer(item)

    def answer(self, item):
        with self.lock:
            self.count += 1
            number = self.count
        if self.forgets and number % self.forgets == 0:
            return
        connection = http.client.HTTPConnection("127.0.0.1", int(self.urls["messenger"].split(":")[-1]), timeout=5)
        body = json.dumps({"recipient": item["sender"], "message": {"text": "You said: " + item["message"]["text"]}})
        for _ in range(2 if self.repeats and number % self.repeats == 0 else 1):
            connection.request(
                "POST", "/me/messages?access_token=page-token", body, {"Content-Type": "application/json"}
            )
            connection.getresponse().read()
        connection.close()


if __name__ == "__main__":
    unittest.main()
