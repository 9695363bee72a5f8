# SPDX-License-Identifier: Apache-2.0
"""Rubbish from outside and mistakes from inside: refused, kept or named, and never the end of the daemon."""

import json
import os
import socket
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import BIN, PATIENCE, SystemTest, until, write_private  # noqa: E402
from harness.sandbox import ask  # noqa: E402
from harness.webhooks import messenger_body, post_messenger, signature  # noqa: E402

BRITTLE = """[platform.brittle]
plugin = "aborts_in_decode"
isolation = "process"
base_url = "http://127.0.0.1:9"
secret_token = { file = "keys/meta-verify-token" }
[account.acme-brittle]
platform = "brittle"
id = "1"
"""


class Webhooks(SystemTest):
    def setUp(self):
        super().setUp()
        self.daemon = Daemon(self.folder, Brand(platforms=BRITTLE))
        self.addCleanup(self.daemon.stop)
        self.daemon.start()

    def tearDown(self):
        """Whatever came, the daemon is well and takes the next message."""
        self.assertEqual(post_messenger(self.daemon, messenger_body("are you well?", "m_well"))[0], 200)
        self.assertEqual(ask(f"{self.daemon.admin_url}/readyz")[0], 200)

    def quarantine(self):
        return self.daemon.ctl("quarantine", "list")

    def received(self):
        return self.daemon.ctl("status")["since_start"]["received"]

    def test_unsigned_and_forged_bodies_are_refused_and_leave_no_trace(self):
        body = messenger_body("let me in", "m_1")
        good = signature(self.daemon, body)
        bad = (
            "sha256=" + "0" * 64,
            good[:-1] + ("0" if good[-1] != "0" else "1"),
            good[:-2],
            good + "00",
            "sha1=" + good[7:],
            good[7:],
            good.upper(),
            "sha256=",
        )
        for signed in (False, *bad):
            self.assertEqual(post_messenger(self.daemon, body, signed)[0], 403, signed)
        self.assertEqual(post_messenger(self.daemon, body + b" ", good)[0], 403, "signed is what came, to the byte")
        self.assertEqual(self.received(), 0)
        self.assertEqual(self.quarantine(), [])

    def test_requests_that_are_none(self):
        base = self.daemon.url
        self.assertEqual(ask(f"{base}/webhooks/nobody", "POST", b"{}")[0], 404)
        self.assertEqual(ask(f"{base}/webhooks/messenger", "DELETE")[0], 405)
        self.assertEqual(
            ask(f"{base}/webhooks/messenger?hub.mode=subscribe&hub.verify_token=x&hub.challenge=1")[0], 403
        )
        body = messenger_body("cut off", "m_1")
        head = (
            f"POST /webhooks/messenger HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: {signature(self.daemon, body)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        for sent in (head + body[:-1], head[:40], b"\x16\x03\x01\x02\x00" + os.urandom(200), b"\r\n" * 10_000):
            with socket.create_connection(("127.0.0.1", self.daemon.port), PATIENCE) as connection:
                try:
                    connection.sendall(sent)
                    connection.shutdown(socket.SHUT_WR)
                    answer = connection.recv(4096)
                except ConnectionError:
                    answer = b""
            self.assertNotIn(b" 200 ", answer)
        self.assertEqual(self.received(), 0)

    def test_more_than_3_mib_are_refused_with_413(self):
        body = messenger_body("x" * (3 << 20), "m_1")
        self.assertEqual(post_messenger(self.daemon, body)[0], 413)
        self.assertEqual(self.received(), 0)

    def test_a_signed_body_that_cannot_be_decoded_is_kept_raw_and_answered_200(self):
        bodies = {
            "cut off": messenger_body("half", "m_1")[:-20],
            "no UTF-8": messenger_body("umlaut", "m_2").replace(b"umlaut", b"\xfc\xff\xc0"),
            "nested": b'{"object":"page","entry":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
            "nothing": b"",
            "no JSON": b"<xml/>",
        }
        for number, (what, body) in enumerate(bodies.items(), 1):
            self.assertEqual(post_messenger(self.daemon, body)[0], 200, what)
            listed = self.quarantine()
            self.assertEqual(len(listed), number, what)
            self.assertEqual(listed[-1]["kind"], "unknown")
            self.assertIn("decode failed three times", listed[-1]["reason"])
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.daemon.state) as ledger:
            kept = [leaf for leaf in ledger.leaves(["plugin.quarantined"]) if leaf.get("d") == "undecodable"]
            self.assertEqual(len(kept), len(bodies))
            self.assertTrue(all(leaf["n"] > 0 for leaf in kept), "the raw body is there, sealed")
        self.daemon.start()
        self.assertEqual(len(self.quarantine()), len(bodies), "a restart keeps it")

    def test_a_key_that_comes_twice_is_decided_once(self):
        body = messenger_body("one", "m_1").replace(b'"text": "one"', b'"text": "one", "text": "two"')
        self.assertEqual(post_messenger(self.daemon, body)[0], 200)
        self.assertEqual(self.received() + len(self.quarantine()), 1)
        self.assertEqual(post_messenger(self.daemon, body)[0], 200)
        self.assertEqual(self.received() + len(self.quarantine()), 1, "and is the same event when it comes again")

    def test_a_body_that_crashes_the_codec_is_put_aside_at_the_third_try(self):
        headers = {"X-Brittle-Token": (self.folder / "keys" / "meta-verify-token").read_text()}
        url, body = f"{self.daemon.url}/webhooks/brittle", json.dumps(["hello", "abort"]).encode()
        answers = []
        for _ in range(3):
            until(
                lambda: self.daemon.plugins()["platform.brittle"]["state"] in ("ready", "degraded"), "the codec is back"
            )
            answers.append(ask(url, "POST", body, headers)[0])
        self.assertEqual(answers, [503, 503, 200])
        listed = until(self.quarantine, "it is in quarantine")
        self.assertIn("decode crashed three times", listed[0]["reason"])
        self.assertEqual(listed[0]["account"], "acme-brittle")
        self.assertIsNone(self.daemon.process.poll())
        until(lambda: self.daemon.plugins()["platform.brittle"]["state"] in ("ready", "degraded"), "the codec is back")
        self.assertEqual(ask(url, "POST", b'["well"]', headers)[0], 200)


class Mistakes(SystemTest):
    """What a person does wrong is said with its place and a remedy, and an exit code that a service manager knows."""

    def setUp(self):
        super().setUp()
        self.brand = Brand()
        self.daemon = Daemon(self.folder, self.brand)
        self.addCleanup(self.daemon.stop)

    def refused(self, code, *words):
        self.daemon.spawn()
        self.assertEqual(self.daemon.ended(), code, self.daemon.log())
        for word in words:
            self.assertIn(word, self.daemon.log())

    def line_of(self, text):
        lines = self.daemon.config.read_text().splitlines()
        return f"postern.toml:{next(n for n, line in enumerate(lines, 1) if text in line)}:"

    def test_a_wrong_configuration(self):
        self.brand.top = 'log_level = "loud"\nlisten_at = "x"\n'
        self.daemon.write_config()
        self.refused(78, self.line_of("log_level"), self.line_of("listen_at"), "expected one of debug")
        self.assertFalse(self.daemon.state.exists(), "nothing was made")

    def test_a_route_to_nowhere(self):
        self.brand.routes = '[[route]]\naccounts = ["*"]\nhandlers = ["helo"]\n'
        self.daemon.write_config()
        self.refused(78, self.line_of("[[route]]"), 'no handler "helo"')

    def test_a_file_that_is_no_toml(self):
        self.daemon.config.write_text("name = \n")
        self.refused(78, "postern.toml:1:")

    def test_no_file(self):
        self.daemon.config.unlink()
        self.refused(78, "postern.toml")

    def test_a_secret_that_is_not_there_or_that_others_may_read(self):
        key = self.folder / "keys" / "messenger-token"
        key.rename(key.with_name("moved"))
        self.refused(78, self.line_of("messenger-token"), "cannot open")
        write_private(key, "a-token")
        key.chmod(0o644)
        self.refused(78, self.line_of("messenger-token"), "chmod 600")

    def test_plugins_that_are_none(self):
        for name, word in (
            ("is_of_another_major", "another major version"),
            ("has_no_symbol", "postern_plugin_v1"),
            ("is_not_elf", "shared object"),
            ("is_cut_off", "shared object"),
            ("is_nowhere", "looked for"),
            ("messenger", "expected a handler"),
        ):
            with self.subTest(name):
                self.brand.handlers = f'[handler.hello]\nplugin = "{name}"\n'
                self.daemon.write_config()
                self.refused(78, self.line_of("[handler.hello]"), word)

    def test_a_second_daemon_on_the_same_state(self):
        self.daemon.start()
        second = Daemon.beside(self.daemon)
        second.spawn()
        self.assertEqual(second.ended(), 69, second.log())
        self.assertIn(f"another daemon, process {self.daemon.process.pid}, holds", second.log())
        self.assertIsNone(self.daemon.process.poll())
        self.assertEqual(post_messenger(self.daemon, messenger_body("still there?", "m_1"))[0], 200)

    def test_a_second_daemon_on_the_same_port(self):
        self.daemon.start()
        folder = self.folder / "other"
        folder.mkdir(mode=0o700)
        other = Daemon(folder, Brand())
        other.port = self.daemon.port
        other.write_config()
        other.spawn()
        self.assertEqual(other.ended(), 69, other.log())
        self.assertIn(str(self.daemon.port), other.log())

    def test_loose_modes(self):
        self.daemon.start()
        self.assertEqual(self.daemon.stop(), 0)
        for name in (".", "ledger.db", "keys.db", "sign.key"):
            with self.subTest(name):
                file = self.daemon.state / name
                mode = file.stat().st_mode & 0o777
                self.assertEqual(mode & 0o077, 0, f"it is made as {mode:o}")
                file.chmod(mode | 0o040)
                self.refused(77, "chmod")
                file.chmod(mode)
        self.daemon.start()

    def test_check_config_says_the_same_and_changes_nothing(self):
        def check():
            made = subprocess.run(
                [BIN / "posternd", "--check-config", "--config", self.daemon.config],
                capture_output=True,
                text=True,
                timeout=PATIENCE,
            )
            return made.returncode, made.stdout + made.stderr

        self.assertEqual(check()[0], 0)
        self.brand.top = 'log_level = "loud"\n'
        self.daemon.write_config()
        code, text = check()
        self.assertEqual(code, 78)
        self.assertIn(self.line_of("log_level"), text)
        self.assertFalse(self.daemon.state.exists())


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
