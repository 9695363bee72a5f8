# SPDX-License-Identifier: Apache-2.0
"""posternd as it is shipped, with one Messenger account and a platform that says yes to everything."""

import hashlib
import hmac
import http.client
import http.server
import itertools
import json
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time

POSTERND = os.environ["POSTERND"]
SOURCE = pathlib.Path(os.environ["POSTERN_SOURCE"])
PATIENCE = 30
SECRET = "meta-app-secret-1f2e3d"

CONFIG = """
name = "test"
state_dir = "state"
runtime_dir = "run"
policy_dirs = ["{source}/config/policies"]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
[ledger]
kek = {{ file = "kek.1" }}
[outbound]
allow_http = true
allow_local = true
[platform.messenger]
plugin = "messenger"
base_url = "http://127.0.0.1:{port}"
app_secret = {{ file = "app_secret" }}
verify_token = {{ file = "app_secret" }}
[account.acme]
platform = "messenger"
id = "104857600000001"
token = {{ file = "app_secret" }}
[handler.echo]
plugin = "echo"
[[route]]
accounts = ["*"]
handlers = ["echo"]
"""


class Platform(http.server.BaseHTTPRequestHandler):
    """Graph's Send API: each message gets an id."""

    numbers = itertools.count(1)
    sent = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.sent.append(body)
        answer = json.dumps({"recipient_id": "1", "message_id": f"m_out_{next(self.numbers)}"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments):
        pass


class Daemon:
    def __init__(self, distrusted=()):
        self.folder = tempfile.TemporaryDirectory(prefix="postern-")
        self.path = pathlib.Path(self.folder.name)
        self.platform = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Platform)
        threading.Thread(target=self.platform.serve_forever, daemon=True).start()
        for name, text in (("kek.1", "5a" * 32), ("app_secret", SECRET),
                           ("postern.toml", CONFIG.format(source=SOURCE, port=self.platform.server_address[1]))):
            (self.path / name).write_text(text)
            (self.path / name).chmod(0o600)
        (self.path / "state").mkdir(0o700)
        (self.path / "state/crashed-plugins").write_text("".join(section + "\n" for section in distrusted))
        self.config, self.runtime_dir = self.path / "postern.toml", self.path / "run"
        self.log = self.path / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([POSTERND, "--config", self.config], stderr=log)
        self.until(lambda: "daemon.ready" in self.log.read_text())
        self.port = int(re.search(r"daemon\.started.* port=(\d+)", self.log.read_text())[1])

    def until(self, true):
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if value := true():
                return value
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise AssertionError("waited in vain\n" + self.log.read_text())

    def write(self, sender, mid, text):
        """A person writes."""
        now = int(time.time() * 1000)
        body = json.dumps({"object": "page", "entry": [{"id": "104857600000001", "time": now, "messaging": [{
            "sender": {"id": sender}, "recipient": {"id": "104857600000001"}, "timestamp": now,
            "message": {"mid": mid, "text": text}}]}]}).encode()
        signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        connection.request("POST", "/webhooks/messenger", body, {"X-Hub-Signature-256": signature})
        status = connection.getresponse().status
        connection.close()
        assert status == 200, status

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.platform.shutdown()
        self.platform.server_close()
        self.folder.cleanup()
