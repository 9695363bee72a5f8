# SPDX-License-Identifier: Apache-2.0
"""The brand that the tests serve: three accounts, as the daemon's configuration and as the sandbox's scenario."""

import secrets
from dataclasses import dataclass, field

from .places import FIXTURES, PLUGINS, ROOT, write_private

ACCOUNTS = {
    "acme-messenger": ("messenger", "104857600000001"),
    "acme-instagram": ("instagram", "17841400000000001"),
    "acme-telegram": ("telegram", "7000000001"),
}
# The platforms' rules, without their limits on the rate: load is to meet the daemon, not the policy.
FAST_POLICY = """platform = "{platform}"
version = "fast"
source = "tests"
review_by = 2099-01-01
extends = "2026-09"
"""
FAST_RATES = {
    "messenger": ["msgr.rate-account"],
    "instagram": ["ig.rate-account"],
    "telegram": ["tg.rate-account", "tg.rate-chat"],
}
FAST_RATE = """
[[rate]]
id = "{id}"
source = "tests"
date = 2026-01-01
says = "As fast as the tests like."
scope = "{scope}"
count = 10000
per = "1s"
applies = "all"
"""
KEYS = ("meta-app-secret", "meta-verify-token", "messenger-token", "instagram-token", "telegram-secret-token")


@dataclass
class Brand:
    """What goes into postern.toml. `platforms` holds more lines for a section [platform.NAME]."""

    accounts: tuple = tuple(ACCOUNTS)
    base_url: str = "http://127.0.0.1:9"  # of the sandbox; port 9 refuses
    isolation: dict = field(default_factory=dict)  # section -> "thread" or "process"
    policy: str = "fast"  # the pack of every account
    account_options: str = 'settle = "3s"\n'
    top: str = ""  # lines at the top level
    ledger: str = 'reserve = "1MiB"\n'
    limits: str = ""  # lines of [limits]
    outbound: str = "allow_http = true\n"
    platforms: str = ""  # more tables before the handlers
    handlers: str = '[handler.hello]\nplugin = "echo"\n'
    routes: str = '[[route]]\naccounts = ["*"]\nhandlers = ["hello"]\n'

    def make_secrets(self, folder):
        """Once; a restart finds the same ones."""
        if not (folder / "kek.1").exists():
            write_private(folder / "kek.1", secrets.token_hex(32))
            for name in KEYS:
                write_private(folder / "keys" / name, secrets.token_hex(16))
            write_private(folder / "keys" / "telegram-token", f"7000000001:{secrets.token_hex(17)}x")
        for platform, rates in FAST_RATES.items():
            rules = [FAST_RATE.format(id=id, scope="contact" if id.endswith("chat") else "account") for id in rates]
            file = folder / "policies" / platform / "fast.toml"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(FAST_POLICY.format(platform=platform) + "".join(rules))

    def configuration(self, port, admin_port):
        text = [
            f'name = "system.test"\nstate_dir = "state"\nruntime_dir = "run"\n'
            f'plugin_dirs = ["{PLUGINS}", "{FIXTURES}"]\npolicy_dirs = ["{ROOT}/config/policies", "policies"]\n'
            f'listen = "127.0.0.1:{port}"\nadmin_listen = "127.0.0.1:{admin_port}"\n{self.top}',
            f'[ledger]\nkek = {{ file = "kek.1" }}\n{self.ledger}',
            f"[limits]\n{self.limits}",
            f"[outbound]\n{self.outbound}",
        ]
        for platform in dict.fromkeys(ACCOUNTS[name][0] for name in self.accounts):
            text.append(f'[platform.{platform}]\nplugin = "{platform}"\nbase_url = "{self.base_url}"\n')
            if platform != "telegram":
                text.append(
                    'app_secret = { file = "keys/meta-app-secret" }\n'
                    'verify_token = { file = "keys/meta-verify-token" }\n'
                )
            if platform in self.isolation:
                text.append(f'isolation = "{self.isolation[platform]}"\n')
        for name in self.accounts:
            platform, id = ACCOUNTS[name]
            text.append(f'[account.{name}]\nplatform = "{platform}"\nid = "{id}"\npolicy = "{self.policy}"\n')
            text.append(self.account_options)
            text.append(f'token = {{ file = "keys/{platform}-token" }}\n')
            if platform == "telegram":
                text.append('secret_token = { file = "keys/telegram-secret-token" }\n')
        return "\n".join([*text, self.platforms, self.handlers, self.routes])

    def scenario(self, quirks="", time_factor=1200, seed=1):
        """The same accounts for the sandbox. A platform comes again soon, so that echoes are not late for `settle`."""
        text = [
            f"[sandbox]\nport = 0\ntime_factor = {time_factor}\nlongest_pause = 0.5\nseed = {seed}\n",
            f"[quirks]\n{quirks}",
        ]
        for name in self.accounts:
            platform, id = ACCOUNTS[name]
            hook = f"{{gateway}}/webhooks/{platform}" + (f"/{name}" if platform == "telegram" else "")
            text.append(
                f'[account.{name}]\nplatform = "{platform}"\nid = "{id}"\nname = "Acme"\nusername = "acme_bot"\n'
                f'webhook = "{hook}"\ntoken = {{ file = "{platform}-token" }}\nconnect = true\nreceipts = false\n'
                "unsubscribe_after = 0\n"
            )
            if platform == "telegram":
                text.append('secret_token = { file = "telegram-secret-token" }\n')
            else:
                text.append(
                    'app_secret = { file = "meta-app-secret" }\nverify_token = { file = "meta-verify-token" }\n'
                )
        return "\n".join(text)
