# SPDX-License-Identifier: Apache-2.0
"""Reads a scenario file: accounts, contacts, quirks, steps, load."""

import tomllib
from dataclasses import dataclass, field

from .clock import seconds
from .keys import Keys, random_bot_token, random_secret
from .quirks import Quirks
from .world import Account, World

PLATFORMS = ("messenger", "instagram", "telegram", "tiktok", "whatsapp", "x", "linkedin", "snapchat")
TABLES = {"sandbox", "account", "contact", "quirks", "step", "load"}
ACCOUNT = {
    "platform",
    "id",
    "name",
    "username",
    "page_id",
    "login",
    "webhook",
    "token",
    "app_secret",
    "verify_token",
    "secret_token",
    "app_id",
    "app_name",
    "human_agent",
    "connect",
    "allowed_updates",
    "receipts",
    "echoes",
    "unsubscribe_after",
    "limits",
    "max_connections",
    "quirks",
    "access_allowed",
    "broadcasting",
    "refresh_token",
    "app_token",
    "consumer_key",
    "token_secret",
    "client_id",
    "envelope",
    "crc_every",
    "summoned",
    "polls",
    "token_life",
    "token_ends",
    "scopes",
    "clock_off",
    "comment_to_message",
    "comment_author",
    "waba_id",
    "phone",
    "templates",
    "marketing",
    "fail_later",
    "signature_form",
    "check_every",
    "oldest_version",
    "allowlisted",
}
SECRETS = ("app_secret", "verify_token", "secret_token", "refresh_token", "app_token", "token_secret", "consumer_key")
SANDBOX = {"port", "ports", "seed", "time_factor", "longest_pause", "connect_within"}
LOAD = {"rate", "count", "contacts", "accounts", "platforms", "text", "settle"}


@dataclass
class Scenario:
    world: World
    ports: dict  # listener's name -> port
    seed: int = 1
    time_factor: float = 60.0
    longest_pause: float | None = None  # seconds between two attempts of a webhook; with it they never end
    connect_within: float = 10.0  # seconds to wait for the gateway at start
    steps: list = field(default_factory=list)
    load: dict | None = None
    gateway: str = ""

    def webhook(self, account):
        return account.webhook.replace("{gateway}", self.gateway.rstrip("/"))


def load(path, keys_dir=None, gateway=""):
    """Reads and checks a scenario. Raises ValueError or OSError with what is wrong."""
    with open(path, "rb") as file:
        return parse(tomllib.load(file), keys_dir, gateway)


def parse(table, keys_dir=None, gateway=""):
    check_names(table, TABLES, "scenario")
    settings = table.get("sandbox", {})
    check_names(settings, SANDBOX, "[sandbox]")
    seed = settings.get("seed", 1)
    world = World()
    for name, entry in table.get("account", {}).items():
        world.accounts[name] = make_account(name, entry, table.get("quirks", {}), seed, Keys(keys_dir))
    for person, entry in table.get("contact", {}).items():
        add_contact(world, person, entry)
    if "load" in table:
        check_names(table["load"], LOAD, "[load]")
    used = dict.fromkeys(account.platform for account in world.accounts.values())
    ports = settings.get("ports") or ({"all": settings["port"]} if "port" in settings else dict.fromkeys(used, 0))
    return Scenario(
        world,
        ports,
        seed,
        float(settings.get("time_factor", 60)),
        seconds(settings["longest_pause"]) if "longest_pause" in settings else None,
        seconds(settings.get("connect_within", 10)),
        table.get("step", []),
        table.get("load"),
        gateway,
    )


def check_names(table, known, where):
    unknown = set(table) - known
    if unknown:
        raise ValueError(f"{where}: unknown {', '.join(sorted(unknown))}; known are {', '.join(sorted(known))}")


def make_account(name, entry, quirks, seed, keys):
    where = f"[account.{name}]"
    check_names(entry, ACCOUNT, where)
    if entry.get("platform") not in PLATFORMS:
        raise ValueError(f"{where}: platform must be one of {', '.join(PLATFORMS)}")
    if "id" not in entry:
        raise ValueError(f"{where}: id is missing (the platform's id of the account)")
    account = Account(name, entry["platform"], entry, Quirks(f"{seed}/{name}", {**quirks, **entry.get("quirks", {})}))
    make_token = random_secret if account.platform != "telegram" else lambda: random_bot_token(account.id)
    account.token = keys.resolve(entry.get("token", f"{name}-token"), f"{where} token", make_token)
    for secret in SECRETS:
        setattr(account, secret, keys.resolve(entry.get(secret, ""), f"{where} {secret}", random_secret))
    return account


def add_contact(world, person, entry):
    """`at` names the accounts a person writes to: a name, several, or a table of name = id."""
    at = entry.get("at", list(world.accounts))
    at = [at] if isinstance(at, str) else at
    for account in at:
        ids = {"id": at[account]} if isinstance(at, dict) else {}
        world.account(account).add_person(person, {**entry, **ids})
