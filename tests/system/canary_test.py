# SPDX-License-Identifier: Apache-2.0
"""Canaries: what must stay secret is planted everywhere it can come from, and looked for everywhere it must not go."""

import base64
import json
import sys
import time
import unittest
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import KEYS, Brand  # noqa: E402
from harness.places import until  # noqa: E402
from harness.sandbox import ask  # noqa: E402
from harness.served import ServedTest  # noqa: E402
from harness.webhooks import messenger_body, post_messenger  # noqa: E402

TEXT, NAME, CONTACT = "canary-text-7d1f0a", "Canaria Vogel-8c2e", "6999912345678901"
ACCOUNTS = ("acme-messenger", "acme-instagram", "acme-telegram")
HANDLERS = """[handler.hello]
plugin = "echo"
isolation = "process"
[handler.thrower]
plugin = "throws_in_handle"
isolation = "process"
"""


def forms(secret):
    """A secret as it could be written down."""
    raw = secret.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    yield quote(secret, safe="").encode()
    yield json.dumps(secret)[1:-1].encode()
    yield secret.encode("utf-16-le")
    for shift in range(3):  # base64 of a text that holds it, whatever stands before it
        inner = base64.b64encode(b"\0" * shift + raw)
        yield inner[4 if shift else 0 : -4]


class Canaries(ServedTest):
    def setUp(self):
        super().setUp()
        self.serve(
            Brand(
                top='log_level = "debug"\n',
                isolation={"messenger": "process"},
                handlers=HANDLERS,
                routes='[[route]]\naccounts = ["*"]\nhandlers = ["thrower", "hello"]\n',
            )
        )

    def secrets(self):
        names = (*KEYS, "telegram-token", "../kek.1")
        return {name: (self.folder / "keys" / name).read_text().strip() for name in names}

    def live(self):
        """Everything that may go wrong goes wrong, with canaries in it."""
        for account in ACCOUNTS:
            self.sandbox.do("contact", account=account, contact="canary", name=NAME, id=CONTACT)
            self.sandbox.say(account, "canary", f"{TEXT} of {account}", wait=True)
            self.sandbox.answered(f"{TEXT} of {account}")
        self.sandbox.do("quirks", quirks={"script": ["reset_after", "fail_before", "rate_limit"]})
        for account in ACCOUNTS:
            for number in range(3):
                self.sandbox.say(account, "canary", f"{TEXT} again {number}", wait=True)
        post_messenger(
            self.daemon, messenger_body(TEXT, "m_forged", CONTACT), "sha256=" + self.secrets()["meta-app-secret"]
        )
        post_messenger(self.daemon, messenger_body(TEXT, "m_broken", CONTACT)[:-9])
        until(lambda: self.daemon.ctl("quarantine", "list"), "the broken one is in quarantine")
        for account in ACCOUNTS:
            self.sandbox.do("token", account=account, alive=False)
            self.sandbox.say(account, "canary", f"{TEXT} with a dead token", wait=True)
        until(lambda: any("paused" in each for each in self.daemon.ctl("account", "list")), "an account is paused")
        time.sleep(0.5)

    def places(self):
        """name -> bytes of all that is written, shown or handed on."""
        yield "the log", self.daemon.log(all=True).encode()
        for method in (
            ("status",),
            ("account", "list"),
            ("quarantine", "list"),
            ("outbox", "list"),
            ("plugin", "list"),
        ):
            yield "posternctl " + " ".join(method), json.dumps(self.daemon.ctl(*method)).encode()
        for page in ("metrics", "readyz", "healthz"):
            yield page, ask(f"{self.daemon.admin_url}/{page}")[2]
        for section, plugin in self.daemon.plugins().items():
            for name in ("cmdline", "environ"):
                yield f"{name} of {section}", Path(f"/proc/{plugin['pid']}/{name}").read_bytes()
        yield from self.files()

    def files(self):
        for file in sorted(self.daemon.state.rglob("*")):
            if file.is_file() and file.name != "sign.key":
                yield file.name, file.read_bytes()

    def leaks(self, places, canaries):
        return [
            f"{what} in {where}"
            for where, content in places
            for what, secret in canaries.items()
            if any(form in content for form in forms(secret))
        ]

    def test_nothing_gets_out(self):
        self.live()
        contents = {"a message": TEXT, "a name": NAME, "a contact's id": CONTACT}
        everything = {**self.secrets(), **contents}
        self.assertEqual(self.leaks(self.places(), everything), [])
        planted = {
            name: value
            for name, value in contents.items()
            if any(form in self.sandbox.journal_file.read_bytes() for form in forms(value))
        }
        self.assertLessEqual({"a message", "a contact's id"}, set(planted), "the canaries did sing")
        self.daemon.kill()  # what the WAL holds is looked at, too
        self.assertEqual(self.leaks(self.files(), everything), [])
        self.daemon.start()
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(self.leaks([*self.files(), ("the log", self.daemon.log(all=True).encode())], everything), [])

    def test_a_secret_in_the_wrong_place_is_not_quoted(self):
        token = self.secrets()["messenger-token"]
        text = self.daemon.config.read_text().replace('{ file = "keys/messenger-token" }', f'"{token}"')
        self.daemon.config.write_text(text)
        code, said = self.daemon.ctl("reload", fails=True)
        self.assertEqual(code, 78, said)
        self.assertEqual(
            self.leaks([("the answer", said.encode()), ("the log", self.daemon.log().encode())], {"the token": token}),
            [],
        )


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
