# SPDX-License-Identifier: Apache-2.0
"""Runs the sandbox as a process of its own, and a small gateway that takes its webhooks and can answer them."""

import base64
import hashlib
import hmac
import http.client
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

ROOT = Path(__file__).resolve().parents[3]
LAUNCHER = os.environ.get("POSTERN_SANDBOX", str(ROOT / "tools" / "sandbox" / "postern-sandbox"))
PATIENCE = 10.0

ACCOUNTS = """
[account.acme-messenger]
platform = "messenger"
id = "104857600000001"
name = "Acme"
webhook = "{gateway}/webhooks/messenger"
token = "page-token"
app_secret = "meta-app-secret-1f2e3d"
verify_token = "postern-verify-7788"
connect = true

[account.acme-instagram]
platform = "instagram"
id = "17841400000000001"
username = "acme"
webhook = "{gateway}/webhooks/instagram"
token = "ig-token"
app_secret = "meta-app-secret-1f2e3d"
verify_token = "postern-verify-7788"
connect = true

[account.acme-telegram]
platform = "telegram"
id = "7000000001"
username = "acme_bot"
webhook = "{gateway}/webhooks/telegram/acme-telegram"
token = "7000000001:TEST-token"
secret_token = "tg_secret-AZ09"
connect = true

[contact.rita]
name = "Rita L."
locale = "pt_PT"
at = { acme-messenger = "6712345678901234", acme-instagram = "991234567890123", acme-telegram = "6000000001" }
"""


def until(true, patience=PATIENCE):
    """Waits until `true()` is true and gives its value; fails the test otherwise."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        value = true()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError("waited in vain")


def ask(url, method="GET", body=None, headers=None):
    """One HTTP request; gives (status, headers, body bytes)."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    headers = dict(headers or {})
    if isinstance(body, dict):
        body, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
    try:
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body, headers)
        response = connection.getresponse()
        return response.status, dict(response.getheaders()), response.read()
    finally:
        connection.close()


PNG = b"\x89PNG\r\n\x1a\n" + bytes(100) + b"end"


def form(multipart, content=PNG):
    """What the daemon makes of a request's multipart form and its file: the body and its type."""
    file = multipart["file"]["name"]
    parts = [f'name="{name}"\r\n\r\n{value}'.encode() for name, value in multipart["fields"].items()]
    parts.append(f'name="{file}"; filename="file.png"\r\nContent-Type: image/png\r\n\r\n'.encode() + content)
    body = b"".join(b"--b0\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + b"--b0--\r\n"
    return body, "multipart/form-data; boundary=b0"


class Gateway:
    """Takes webhooks on a free port. `statuses` are answered first, then 200; `reply` is called with each body."""

    def __init__(self):
        self.requests = []  # (method, path, headers, body)
        self.statuses = []
        self.answer = b""
        self.reply = None
        self.crc_secret = b"x-consumer-secret-Zz9"
        self.challenge_secret = b"li-client-secret-31"
        gateway = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                asked = dict(parse_qsl(urlsplit(self.path).query))
                if "challenge" in asked:  # TikTok's proves nothing but that somebody is there
                    return self.send(200, asked["challenge"].encode())
                if "crc_token" in asked:
                    mac = hmac.new(gateway.crc_secret, asked["crc_token"].encode(), hashlib.sha256).digest()
                    answer = {"response_token": "sha256=" + base64.b64encode(mac).decode()}
                    return self.send(200, json.dumps(answer).encode())
                if code := asked.get("challengeCode"):
                    mac = hmac.new(gateway.challenge_secret, code.encode(), hashlib.sha256).hexdigest()
                    return self.send(200, json.dumps({"challengeCode": code, "challengeResponse": mac}).encode())
                good = asked.get("hub.verify_token") == "postern-verify-7788"
                self.send(200 if good else 403, asked["hub.challenge"].encode() if good else b"")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                gateway.requests.append(("POST", self.path, dict(self.headers.items()), body))
                status = gateway.statuses.pop(0) if gateway.statuses else 200
                if status == 200 and gateway.reply:
                    gateway.reply(self.path, json.loads(body))
                self.send(status, gateway.answer)

            def send(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                pass  # The sandbox ends while a webhook is on its way: that is no failure of the gateway.

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def bodies(self, path=""):
        return [json.loads(body) for _, where, _, body in self.requests if path in where]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Sandbox:
    """The sandbox under test. `scenario` is TOML text."""

    def __init__(self, scenario, gateway="http://127.0.0.1:9", *arguments):
        self.directory = tempfile.TemporaryDirectory()
        self.journal = Path(self.directory.name) / "journal.jsonl"
        file = Path(self.directory.name) / "scenario.toml"
        file.write_text(scenario, encoding="utf-8")
        self.process = subprocess.Popen(
            [
                sys.executable,
                LAUNCHER,
                "--scenario",
                str(file),
                "--gateway",
                gateway,
                "--journal",
                str(self.journal),
                *arguments,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        first = self.process.stdout.readline()
        if not first:
            error = self.process.communicate()[1]
            self.stop()
            raise AssertionError(error)
        ready = json.loads(first)
        self.urls, self.control = ready["urls"], ready["control"]

    def do(self, action, /, **fields):
        status, _, body = ask(f"{self.control}/{action}", "POST", fields)
        assert status == 200, body
        return json.loads(body)

    def get(self, name):
        return json.loads(ask(f"{self.control}/{name}")[2])

    def say(self, account="acme-messenger", contact="rita", **fields):
        return self.do("say", account=account, contact=contact, **fields)

    def records(self, type="request"):
        return [record for record in self.get("journal")["records"] if record["type"] == type]

    def connected(self):
        """Waits until the accounts are connected and the steps have been played."""
        until(lambda: self.get("state")["steps"] is not None)

    def graph(self, path, body=None, method="POST", token="page-token", platform="messenger", headers=None):
        query = ("&" if "?" in path else "?") + f"access_token={token}" if token else ""
        status, headers, body = ask(self.urls[platform] + path + query, method, body, headers)
        return status, headers, json.loads(body)

    def bot(self, method, body=None, headers=None, token="7000000001:TEST-token"):
        status, headers, body = ask(f"{self.urls['telegram']}/bot{token}/{method}", "POST", body, headers)
        return status, headers, json.loads(body)

    def end(self):
        """Waits for the process; gives (exit status, stdout, stderr)."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.communicate(timeout=PATIENCE)
        self.process.stdout.close()
        self.process.stderr.close()
        self.directory.cleanup()


class SandboxTest(unittest.TestCase):
    """A gateway and a sandbox that is connected to it, afresh for each test."""

    scenario = ACCOUNTS

    def setUp(self):
        self.gateway = Gateway()
        self.addCleanup(self.gateway.stop)
        self.sandbox = Sandbox(self.scenario, self.gateway.url, "--quiet")
        self.addCleanup(self.sandbox.stop)
        self.sandbox.connected()

    def arrived(self, path, count=1):
        """The bodies of the webhooks of a path, once there are at least `count`."""
        until(lambda: len(self.gateway.bodies(path)) >= count)
        return self.gateway.bodies(path)

    def assert_error(self, answer, code, subcode=None):
        status, _, body = answer
        self.assertGreaterEqual(status, 400)
        self.assertEqual((body["error"]["code"], body["error"].get("error_subcode")), (code, subcode), body)
