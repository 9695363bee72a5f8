# SPDX-License-Identifier: Apache-2.0
"""The platforms: tools/sandbox as a process, driven over its control API."""

import http.client
import json
import subprocess
import sys
from urllib.parse import urlsplit

from .places import BIN, PATIENCE, read_lines, until


def ask(url, method="GET", body=None, headers=None):
    """One HTTP request; gives (status, headers with names in lower case, body)."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
    try:
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body, headers or {})
        response = connection.getresponse()
        return response.status, {name.lower(): value for name, value in response.getheaders()}, response.read()
    finally:
        connection.close()


class Sandbox:
    """`scenario` is TOML text; the keys are those of the daemon's folder. It connects when told to."""

    def __init__(self, folder, scenario, gateway):
        self.journal_file = folder / "journal.jsonl"
        file = folder / "scenario.toml"
        file.write_text(scenario, encoding="utf-8")
        self.errors = open(folder / "sandbox.log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-B",
                BIN / "postern-sandbox",
                "--scenario",
                file,
                "--gateway",
                gateway,
                "--hold",
                "--quiet",
                "--keys",
                folder / "keys",
                "--journal",
                self.journal_file,
            ],
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )
        self.read_to = 0
        first = self.process.stdout.readline()
        if not first:
            self.stop()
            raise AssertionError((folder / "sandbox.log").read_text())
        ready = json.loads(first)
        self.url, self.control = next(iter(ready["urls"].values())), ready["control"]

    def do(self, action, **fields):
        status, _, body = ask(f"{self.control}/{action}", "POST", json.dumps(fields))
        assert status == 200, body
        return json.loads(body)

    def get(self, name):
        return json.loads(ask(f"{self.control}/{name}")[2])

    def connect(self):
        """Handshakes and setWebhook, once the daemon is up."""
        problems = self.do("connect")["problems"]
        assert not problems, problems

    def say(self, account, contact, text, **fields):
        return self.do("say", account=account, contact=contact, say=text, **fields)

    def journal(self):
        return read_lines(self.journal_file)

    def fresh(self):
        """What has come to the journal since the last call."""
        with open(self.journal_file, "rb") as file:
            file.seek(self.read_to)
            text = file.read()
        whole = text[: text.rfind(b"\n") + 1]
        self.read_to += len(whole)
        return [json.loads(line) for line in whole.splitlines()]

    def answered(self, text, patience=PATIENCE):
        """Waits until something that holds `text` was sent and applied; gives the journal's record."""

        def found():
            for record in self.journal():
                if record["type"] == "request" and record["applied"] and text in record["text"]:
                    return record
            return None

        return until(found, f"{text!r} is answered", patience)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.errors.close()
