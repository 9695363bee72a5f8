# SPDX-License-Identifier: Apache-2.0
"""Tokens that end: refreshed ahead, once, with what nobody else has; and what a kill in between leaves."""

import base64
import hashlib
import hmac
import http.server
import json
import secrets
import sys
import threading
import unittest
from pathlib import Path
from urllib.parse import parse_qs

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import PATIENCE, SystemTest, until, write_private  # noqa: E402
from harness.platform import Platform as Alone  # noqa: E402
from harness.platform import PlatformTest  # noqa: E402
from harness.sandbox import Sandbox, ask  # noqa: E402

ACCOUNT, CLIENT = "acme-rotates", "client-77"


class Platform(http.server.ThreadingHTTPServer):
    """Takes messages from who shows a token that holds, and gives new tokens for a refresh token, once."""

    daemon_threads = True

    def __init__(self, app_secret):
        super().__init__(("127.0.0.1", 0), Handler)
        self.app_secret = app_secret
        self.lock = threading.Lock()
        self.access, self.refresh = set(), None
        self.lasts = 3600
        self.sent, self.asked, self.spent, self.ever = [], 0, 0, set()
        self.answering = threading.Event()  # cleared: new tokens are made and their answer is held back
        self.answering.set()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def issue(self):
        """A person logs the account in: (access token, refresh token)."""
        with self.lock:
            return self._issue()

    def _issue(self):
        access, self.refresh = "at-" + secrets.token_hex(12), "rt-" + secrets.token_hex(12)
        self.access.add(access)
        self.ever |= {access, self.refresh}
        return access, self.refresh

    def exchange(self, authorization, form):
        basic = base64.b64encode(f"{CLIENT}:{self.app_secret}".encode()).decode()
        with self.lock:
            self.asked += 1
            if authorization != "Basic " + basic:
                return 401, {"error": "invalid_client"}
            if form != {"grant_type": ["refresh_token"], "refresh_token": [self.refresh]}:
                self.spent += 1  # a real platform takes this for theft and ends the whole login
                return 400, {"error": "invalid_grant"}
            access, refresh = self._issue()
        self.answering.wait(PATIENCE)
        return 200, {"access_token": access, "refresh_token": refresh, "expires_in": self.lasts}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with self.server.lock:
            good = self.headers.get("Authorization", "").removeprefix("Bearer ") in self.server.access
        return self.answer(200 if good else 401, {"id": "4711"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        authorization = self.headers.get("Authorization", "")
        if self.path == "/token":
            return self.answer(*self.server.exchange(authorization, parse_qs(body.decode())))
        with self.server.lock:
            if authorization.removeprefix("Bearer ") not in self.server.access:
                return self.answer(401, {})
            self.server.sent.append(json.loads(body)["text"])
        return self.answer(200, {})

    def answer(self, status, value):
        text = json.dumps(value).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
        except OSError:
            pass  # who asked is dead

    def log_message(self, *_):
        pass


class Tokens(SystemTest):
    def setUp(self):
        super().setUp()
        self.app_secret = secrets.token_hex(16)
        self.platform = Platform(self.app_secret)
        self.addCleanup(self.platform.server_close)
        self.addCleanup(self.platform.shutdown)
        write_private(self.folder / "keys" / "app-secret", self.app_secret)
        write_private(self.folder / "keys" / "client-id", CLIENT)
        self.log_in()
        brand = Brand(
            accounts=(),
            top='log_level = "debug"\n',
            platforms=f"""[platform.rotates]
plugin = "rotates_tokens"
isolation = "process"
base_url = "http://127.0.0.1:{self.platform.server_address[1]}"
app_secret = {{ file = "keys/app-secret" }}
[account.{ACCOUNT}]
platform = "rotates"
id = "4711"
policy = "fast"
token = {{ file = "keys/token" }}
refresh_token = {{ file = "keys/refresh-token" }}
client_id = {{ file = "keys/client-id" }}
""",
        )
        self.daemon = Daemon(self.folder, brand)
        self.addCleanup(self.daemon.stop)
        self.said = 0

    def log_in(self):
        access, refresh = self.platform.issue()
        write_private(self.folder / "keys" / "token", access)
        write_private(self.folder / "keys" / "refresh-token", refresh)

    def say(self, text):
        self.said += 1
        body = json.dumps([{"account": "4711", "from": "rita", "id": f"m{self.said}", "text": text}]).encode()
        signature = hmac.new(self.app_secret.encode(), body, hashlib.sha256).hexdigest()
        status, _, _ = ask(f"{self.daemon.url}/webhooks/rotates", "POST", body, {"X-Signature": signature})
        self.assertEqual(status, 200)

    def answered(self, text):
        until(lambda: f"You said: {text}" in self.platform.sent, lambda: f"{text!r} is answered: {self.account()}")

    def account(self):
        return self.daemon.ctl("account", "list")[0]

    def refreshed(self, times):
        until(lambda: self.platform.asked == times and "token_ends" in self.account(), "the token is refreshed")

    def metrics(self):
        return ask(f"{self.daemon.admin_url}/metrics")[2].decode()

    def assert_no_leak(self):
        """Neither a token that ever was nor the application's secret lies anywhere in clear."""
        files = [file for file in self.daemon.state.rglob("*") if file.is_file() and file.name != "sign.key"]
        places = {file.name: file.read_bytes() for file in files}
        places["the log"] = self.daemon.log(all=True).encode()
        for token in (*self.platform.ever, self.app_secret):
            for name, content in places.items():
                self.assertNotIn(token.encode(), content, name)

    def test_a_token_is_refreshed_ahead_of_its_end_and_kept(self):
        self.platform.access.clear()  # what is configured has died; the refresh token holds
        self.daemon.start()
        self.refreshed(1)
        self.say("one")
        self.answered("one")
        self.assertIn(f'postern_account_paused{{account="{ACCOUNT}"}} 0', self.metrics())
        self.assertIn(f'postern_token_end_timestamp_seconds{{account="{ACCOUNT}"}}', self.metrics())
        for stop in (self.daemon.stop, self.daemon.kill):
            stop()
            self.daemon.start()
            self.say(f"after {stop.__name__}")
            self.answered(f"after {stop.__name__}")
        self.assertEqual(self.platform.asked, 1, "what was issued outlives a start")
        self.daemon.ctl("reload", "--wait")
        self.say("after reload")
        self.answered("after reload")
        self.assertEqual(self.daemon.stop(), 0)
        self.assert_no_leak()
        with Ledger(self.daemon.state) as ledger:
            self.assertEqual(len(ledger.leaves(["secret.rotated"])), 1)

    def test_short_tokens_are_refreshed_again_and_again(self):
        self.platform.lasts = 3
        self.daemon.start()
        until(lambda: self.platform.asked >= 4, "four refreshes")
        self.assertEqual(self.platform.spent, 0)
        self.say("still here")
        self.answered("still here")

    def test_a_token_that_dies_early_holds_the_outbox_until_it_is_refreshed(self):
        self.daemon.start()
        self.refreshed(1)
        self.daemon.stop()
        self.daemon.start()
        self.platform.access.clear()
        self.say("who is there")
        self.answered("who is there")
        self.assertEqual((self.platform.asked, self.platform.spent), (2, 0))
        self.platform.access.clear()  # and again at once: that is no matter of refreshing
        self.say("and now")
        until(lambda: "paused" in self.account(), "the account is paused")
        self.assertEqual(self.account()["pause_class"], "auth")
        self.assertIn(f'postern_account_paused{{account="{ACCOUNT}"}} 1', self.metrics())
        self.assertEqual(self.platform.asked, 2)
        self.assertEqual(self.daemon.ctl("status")["outbox"]["queued"], 1, "nothing failed")

    def test_a_kill_between_the_answer_and_its_commit_waits_for_a_person(self):
        self.platform.answering.clear()
        self.platform.access.clear()
        self.daemon.start()
        until(lambda: self.platform.asked == 1, "new tokens are made")
        self.daemon.kill()
        self.platform.answering.set()
        for _ in range(3):
            self.daemon.start()
            account = self.account()
            self.assertEqual(account["pause_class"], "auth")
            self.assertIn("log the account in again", account["paused"])
            self.daemon.kill()
        self.daemon.start()
        self.say("is anybody there")
        self.daemon.ctl("account", "resume", ACCOUNT)  # does no harm, and no good
        until(lambda: "paused" in self.account(), "the platform refuses the old token")
        self.assertEqual((self.platform.asked, self.platform.spent), (1, 0), "what may be spent is not shown again")
        self.log_in()
        self.daemon.ctl("reload", "--wait")
        self.daemon.ctl("account", "resume", ACCOUNT)
        self.answered("is anybody there")
        self.refreshed(2)
        self.assertNotIn("token_trouble", self.account())
        self.assertEqual(self.daemon.stop(), 0)
        self.assert_no_leak()

    def connect(self):
        code, text = self.daemon.ctl("account", "connect", ACCOUNT, fails=True)
        self.assertEqual(code, 69, text)
        return json.loads(text)

    def test_connect_checks_the_token_and_says_what_is_missing(self):
        brand = self.daemon.brand
        brand.platforms = brand.platforms.replace('client_id = { file = "keys/client-id" }\n', "")
        self.daemon.write_config()
        self.daemon.start()
        told = self.connect()
        self.assertFalse(told["well"])
        self.assertEqual(told["id"], "4711")
        self.assertEqual([step["step"] for step in told["steps"]], ["subscribe", "check"])
        self.assertEqual(told["steps"][1]["outcome"], "done")
        self.assertIn("a webhook, which this platform does not have", told["missing"])
        self.assertTrue(any("client_id" in each for each in told["missing"]), told)
        self.platform.access.clear()
        self.assertEqual(self.connect()["steps"][1]["outcome"], "refused")
        self.assertEqual(self.account()["pause_class"], "auth")
        code, _ = self.daemon.ctl("account", "connect", "acme-nobody", fails=True)
        self.assertEqual(code, 66)
        self.assertEqual(self.platform.asked, 0)
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.daemon.state) as ledger:
            self.assertEqual(len(ledger.leaves(["account.connected"])), 2)

    def test_a_refusal_is_told_and_not_repeated(self):
        write_private(self.folder / "keys" / "refresh-token", "rt-of-yesterday")
        self.daemon.start()
        until(lambda: "token.refused" in self.daemon.log(), "the refusal is told")
        self.assertIn("invalid_grant", self.account()["token_trouble"])
        self.say("the token still holds")
        self.answered("the token still holds")
        self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.platform.asked, 1)


class OnX(PlatformTest):
    """The sandbox's X, whose tokens live some seconds here, and whose refresh tokens can be used once."""

    def platform(self):
        keys = {"x-token": None, "x-consumer-secret": None, "x-refresh-token": None, "x-client-id": CLIENT}
        return Alone(
            name="x",
            id="1500000000000000001",
            keys=keys,
            section='app_secret = { file = "keys/x-consumer-secret" }\nclient_id = { file = "keys/x-client-id" }\n'
            'client_secret = { file = "keys/x-consumer-secret" }',
            account='token = { file = "keys/x-token" }\nrefresh_token = { file = "keys/x-refresh-token" }',
            twin='token = { file = "x-token" }\napp_secret = { file = "x-consumer-secret" }\n'
            f'refresh_token = {{ file = "x-refresh-token" }}\nclient_id = "{CLIENT}"\ntoken_life = "4s"',
        )

    def add(self, contact, **fields):
        super().add(contact, id="1600000000000000002", open=True, **fields)

    def refreshes(self):
        return [each["status"] for each in self.sandbox.journal()
                if each["type"] == "request" and each["path"] == "POST /2/oauth2/token"]

    def test_tokens_of_seconds_are_refreshed_and_kills_show_nothing_twice(self):
        until(lambda: len(self.refreshes()) >= 3, "it is refreshed again and again")
        self.does(say="still there?")
        self.sandbox.answered("You said: still there?")
        for number in range(6):
            seen = len(self.refreshes())
            until(lambda: len(self.refreshes()) > seen or "paused" in self.account_now(), "the next one")
            self.daemon.kill()  # just when new tokens are on their way, or have come
            self.daemon.start()
        self.assertEqual(set(self.refreshes()), {200}, "what was spent is never shown again")
        account = self.account_now()
        if "paused" in account:
            self.assertIn("log the account in again", account["paused"])

    def account_now(self):
        return self.daemon.ctl("account", "list")[0]


class OnMeta(SystemTest):
    """account connect, against the sandbox's Messenger and Instagram."""

    def test_connect_subscribes_and_tells_what_the_token_may(self):
        brand = Brand(accounts=("acme-messenger", "acme-instagram"))
        daemon = Daemon(self.folder, brand)
        scenario = brand.scenario().replace('platform = "messenger"', 'platform = "messenger"\ntoken_ends = 1900000000')
        sandbox = Sandbox(self.folder, scenario, daemon.url)
        self.addCleanup(sandbox.stop)
        brand.base_url = sandbox.url
        daemon.write_config()
        self.addCleanup(daemon.stop)
        daemon.start()
        told = daemon.ctl("account", "connect", "acme-messenger")
        self.assertTrue(told["well"], told)
        self.assertEqual([step["outcome"] for step in told["steps"]], ["done", "done"])
        self.assertIn("pages_messaging", told["scopes"])
        self.assertEqual(told["token_ends"], "2030-03-17T17:46:40.000Z")
        self.assertTrue(daemon.ctl("account", "connect", "acme-instagram")["well"])
        ends = {each["account"]: each.get("token_ends") for each in daemon.ctl("account", "list")}
        self.assertEqual(ends["acme-messenger"], told["token_ends"])
        sandbox.do("token", account="acme-messenger", alive=False)
        code, text = daemon.ctl("account", "connect", "acme-messenger", fails=True)
        self.assertEqual((code, json.loads(text)["steps"][1]["outcome"]), (69, "refused"))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
