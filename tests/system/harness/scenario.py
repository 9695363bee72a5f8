# SPDX-License-Identifier: Apache-2.0
"""The scenarios of policy/: what a contact does, what three authors then try to send, and what becomes of it. This is
their form, and how they become accounts of one daemon and of one sandbox. policy/README.md says what the keys mean."""

import re
import secrets
import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from pathlib import Path

from .brand import Brand
from .places import ROOT, write_private

FOLDER = Path(__file__).resolve().parents[1] / "policy"
AUTHORS = ("handler", "agent", "campaign")
META = 'app_secret = {{ file = "{0}meta-app-secret" }}\nverify_token = {{ file = "{0}meta-verify-token" }}\n'
# id of the first account; lines of the section and of the sandbox's account
PLATFORMS = {
    "messenger": (104857600000100, META),
    "instagram": (17841400000000100, META),
    "whatsapp": (220000000000100, META),
    "x": (1500000000000000100, 'app_secret = {{ file = "{0}x-consumer-secret" }}\napp_id = "28000001"\n'),
}


@dataclass
class Scenario:
    name: str
    kind: str
    about: str
    steps: list = field(default_factory=list)  # what the contact does first
    platform: str = "messenger"
    pack: dict = field(default_factory=dict)  # rules of the account, besides or instead of the platform's
    instead: dict = field(default_factory=dict)  # with --prove, where a pack must have a rule of the kind
    text: str = "A word to you"
    effect: dict = field(default_factory=lambda: {"effect": "send"})
    learn: list = field(default_factory=list)  # what a handler does at the contact's first step
    rounds: int = 1  # so many messages; only the last one is judged
    at_once: bool = False  # in one answer of a handler
    others: bool = False  # those before it have the same text and go to other contacts
    public: bool = False
    private: bool = False  # what is said goes to the private conversation, whatever the contact did in public
    of_content: bool = False  # explain, which is asked without a message, cannot know it
    rule: str = ""
    handler: dict = field(default_factory=dict)
    agent: dict = field(default_factory=dict)
    campaign: dict = field(default_factory=dict)
    account_lines: str = ""
    number: int = 0

    @property
    def account(self):
        return f"scenario-{self.name}"

    @property
    def id(self):
        return str(PLATFORMS[self.platform][0] + self.number)

    @property
    def section(self):
        """X registers a URL once, whoever's it is; so each account has a section, and with it a URL, of its own."""
        return self.account if self.platform == "x" else self.platform

    @property
    def answers(self):
        """Is it said in answer to the contact's last step, and not on a handler's own account?"""
        return self.effect["effect"] != "send"

    @property
    def in_public(self):
        return self.among_others and self.effect["effect"] != "private_reply"

    @property
    def among_others(self):
        """Is the conversation the one below a post?"""
        return not self.private and any("comment" in step for step in self.steps)

    def rule_of(self, id):
        """A rule of the scenario's own, or of the platform's pack."""
        base = tomllib.loads((ROOT / "config/policies" / self.platform / "2026-09.toml").read_text("utf-8"))
        for pack in (self.pack, base):
            for found in pack.values():
                for rule in found if isinstance(found, list) else [found]:
                    if isinstance(rule, dict) and rule["id"] == id:
                        return whole(rule)
        raise KeyError(id)

    def expected(self, author):
        found = getattr(self, author)
        found = {"outcome": found} if isinstance(found, str) else found
        return {"rule": self.rule, **found}


def night():
    """A part of the day that has begun an hour ago and ends in two."""
    now = datetime.now(timezone.utc)
    return f"{now - timedelta(hours=1):%H:%M}-{now + timedelta(hours=2):%H:%M}"


def today():
    return f"{datetime.now(timezone.utc):%Y-%m-%dT00:00:00.000Z}"


def scenarios():
    found = []
    for number, path in enumerate(sorted(FOLDER.glob("*.toml"))):
        table = tomllib.loads(path.read_text("utf-8").replace("{night}", night()).replace("{today}", today()))
        found.append(Scenario(name=path.stem, number=number, **table))
    return found


def toml(value):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return value.isoformat() if isinstance(value, date) else str(value)


def whole(rule):
    return {"source": "The scenarios", "date": date(2026, 9, 1), "says": f"The rule {rule['id']}.", **rule}


def rules(pack):
    """The pack's rules as TOML. What every rule has to say may be left out of a scenario."""
    lines = []
    for kind, found in pack.items():
        for rule in found if isinstance(found, list) else [found]:
            lines.append(f"[[{kind}]]" if isinstance(found, list) else f"[{kind}]")
            lines += [f"{name} = {toml(value)}" for name, value in whole(rule).items()]
    return "\n".join(lines) + "\n"


def without(text, kind):
    """A pack's text without its rules of a kind."""
    sections = re.split(r"^(?=\[)", text, flags=re.MULTILINE)
    return "".join(each for each in sections if not re.match(rf"\[\[?{kind}\]", each))


class Stage(Brand):
    """One daemon for all: each scenario has an account and a pack of its own. With `prove` each pack lacks the kind of
    rule that its scenario is about."""

    def __init__(self, found, prove, user):
        super().__init__(accounts=())
        self.found, self.prove = found, prove
        self.handlers = "".join(
            f'[handler.{author}]\nisolation = "external"\nuser = "{user}"\nauthor = "{as_}"\n'
            for author, as_ in (("handler", "bot"), ("campaign", "campaign"))
        )
        self.routes = '[[route]]\naccounts = ["*"]\nkinds = ["message", "comment", "postback", "follow", "like", "failed"]\n'
        self.routes += 'handlers = ["handler", "campaign"]\n'

    def make_secrets(self, folder):
        if not (folder / "kek.1").exists():
            write_private(folder / "keys" / "x-consumer-secret", secrets.token_hex(16))
            for scenario in self.found:
                write_private(folder / "keys" / f"{scenario.account}-token", secrets.token_hex(16))
        super().make_secrets(folder)
        for scenario in self.found:
            self.write_pack(folder / "policies" / scenario.platform, scenario)

    def write_pack(self, folder, scenario):
        folder.mkdir(parents=True, exist_ok=True)
        base, own = "2026-09", dict(scenario.pack)
        if self.prove:
            own.pop(scenario.kind, None)
            own |= scenario.instead
            base = f"{scenario.name}-base"
            text = (ROOT / "config/policies" / scenario.platform / "2026-09.toml").read_text("utf-8")
            text = text.replace('version = "2026-09"', f'version = "{base}"')
            (folder / f"{base}.toml").write_text(without(text, scenario.kind), "utf-8")
        head = f'platform = "{scenario.platform}"\nversion = "{scenario.name}"\nsource = "The scenarios"\n'
        head += f'review_by = 2099-01-01\nextends = "{base}"\n'
        (folder / f"{scenario.name}.toml").write_text(head + rules(own), "utf-8")

    def configuration(self, port, admin_port):
        text = ""
        for section, platform in sorted({(scenario.section, scenario.platform) for scenario in self.found}):
            text += f'[platform.{section}]\nplugin = "{platform}"\nbase_url = "{self.base_url}"\n'
            text += PLATFORMS[platform][1].format("keys/")
        for scenario in self.found:
            text += (
                f'[account.{scenario.account}]\nplatform = "{scenario.section}"\nid = "{scenario.id}"\n'
                f'policy = "{scenario.name}"\nsettle = "3s"\ntoken = {{ file = "keys/{scenario.account}-token" }}\n'
            )
            if scenario.platform == "whatsapp":
                text += f'waba_id = "{int(scenario.id) + 1000000}"\n'
        self.platforms = text
        return super().configuration(port, admin_port)

    def scenario(self, **_):
        text = "[sandbox]\nport = 0\ntime_factor = 1200\nlongest_pause = 0.5\nseed = 1\n"
        for scenario in self.found:
            text += (
                f'[account.{scenario.account}]\nplatform = "{scenario.platform}"\nid = "{scenario.id}"\n'
                f'name = "Acme"\nusername = "acme"\nwebhook = "{{gateway}}/webhooks/{scenario.section}"\n'
                f'connect = true\ntoken = {{ file = "{scenario.account}-token" }}\nhuman_agent = true\n'
                f'unsubscribe_after = 0\n{PLATFORMS[scenario.platform][1].format("")}'
            )
            if scenario.platform == "whatsapp":
                text += f'waba_id = "{int(scenario.id) + 1000000}"\n'
        return text
