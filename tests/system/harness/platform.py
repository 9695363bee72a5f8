# SPDX-License-Identifier: Apache-2.0
"""One platform alone: an account of it for the daemon and for the sandbox, and a test that has both running."""

import secrets
from dataclasses import dataclass, field

from .brand import Brand
from .ledger import Ledger
from .places import until, write_private
from .served import ServedTest


@dataclass
class Platform(Brand):
    """The account is called acme-<name>. `keys` are files of secrets beside the configuration; None: made up."""

    accounts: tuple = ()  # none of the brand's own
    name: str = ""
    id: str = ""
    section: str = ""  # lines of [platform.NAME] beside plugin and base_url
    account: str = ""  # lines of [account.acme-NAME] beside platform and id
    twin: str = ""  # lines of the account in the scenario beside platform, id and webhook
    keys: dict = field(default_factory=dict)
    hook: str = ""  # the webhook's path; empty: /webhooks/NAME
    policy: str = "2026-09"
    handlers: str = '[handler.hello]\nplugin = "answers_all"\n'

    def make_secrets(self, folder):
        if not (folder / "kek.1").exists():
            for name, value in self.keys.items():
                write_private(folder / "keys" / name, value or secrets.token_hex(16))
        super().make_secrets(folder)

    def configuration(self, port, admin_port):
        self.platforms = (
            f'[platform.{self.name}]\nplugin = "{self.name}"\nbase_url = "{self.base_url}"\n{self.section}\n'
            f'[account.acme-{self.name}]\nplatform = "{self.name}"\nid = "{self.id}"\npolicy = "{self.policy}"\n'
            f"{self.account_options}{self.account}\n"
        )
        return super().configuration(port, admin_port)

    def scenario(self, quirks="", time_factor=1200, seed=1):
        hook = self.hook or f"/webhooks/{self.name}"
        return (
            f"[sandbox]\nport = 0\ntime_factor = {time_factor}\nlongest_pause = 0.5\nseed = {seed}\n"
            f"[quirks]\n{quirks}\n"
            f'[account.acme-{self.name}]\nplatform = "{self.name}"\nid = "{self.id}"\nname = "Acme"\n'
            f'username = "acme"\nwebhook = "{{gateway}}{hook}"\nconnect = true\n{self.twin}\n'
        )


META_SECRETS = 'app_secret = {{ file = "{0}meta-app-secret" }}\nverify_token = {{ file = "{0}meta-verify-token" }}\n'


def meta(name, id, **more):
    """Messenger or Instagram."""
    given = {
        "section": META_SECRETS.format("keys/"),
        "account": f'token = {{ file = "keys/{name}-token" }}',
        "twin": f'token = {{ file = "{name}-token" }}\n{META_SECRETS.format("")}receipts = false',
    }
    return Platform(name=name, id=id, **{**given, **more})


def messenger(**more):
    return meta("messenger", "104857600000001", **more)


def instagram(**more):
    return meta("instagram", "17841400000000001", **more)


def telegram(**more):
    tokens = 'token = {{ file = "{0}telegram-token" }}\nsecret_token = {{ file = "{0}telegram-secret-token" }}'
    given = {"account": tokens.format("keys/"), "twin": tokens.format(""), "hook": "/webhooks/telegram/acme-telegram"}
    return Platform(name="telegram", id="7000000001", **{**given, **more})


class PlatformTest(ServedTest):
    """A daemon and a sandbox that are connected, afresh for each test. The handler is the fixture answers_all."""

    def platform(self):
        raise NotImplementedError

    def setUp(self):
        super().setUp()
        brand = self.platform()
        self.account = f"acme-{brand.name}"
        self.serve(brand)
        self.add("rita")

    def add(self, contact, **fields):
        self.sandbox.do("contact", account=self.account, contact=contact, **fields)

    def does(self, contact="rita", **step):
        """The contact does it, and the webhook was answered 200. Gives the items that went out."""
        items = self.sandbox.do("say", account=self.account, contact=contact, wait=True, **step)["items"]
        for item in items:
            self.assertTrue(item["accepted"], item)
        return items

    def script(self, *fates):
        """What befalls the next messages of the brand."""
        self.sandbox.do("quirks", account=self.account, quirks={"script": list(fates)})

    def status(self):
        return self.daemon.ctl("status")

    def settled(self):
        """Waits until nothing is on its way, in either direction, and gives the status."""

        def quiet():
            if self.sandbox.get("state")["accounts"][self.account]["pending"]:
                return None
            status = self.status()
            outbox, talk = status["outbox"], status["conversations"]
            busy = outbox["queued"] + outbox["sending"] + talk["handling"] + talk["events_waiting"]
            return None if busy else status

        return until(quiet, "nothing is on its way")

    def leaves(self, *kinds):
        """What is on record, after a clean end."""
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.daemon.state) as ledger:
            return ledger.leaves(kinds or None)
