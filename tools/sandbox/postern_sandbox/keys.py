# SPDX-License-Identifier: Apache-2.0
"""Secrets and tokens in a directory: made at first use, mode 0600, so that Postern can read the same files."""

import os
import secrets
from pathlib import Path


class Keys:
    """`directory` may be None; then a scenario may hold literal values only."""

    def __init__(self, directory):
        self.directory = Path(directory) if directory else None

    def resolve(self, value, what, make):
        """A literal value, or the content of `{ file = NAME }`; the file is made with `make()` if it is not there."""
        if not isinstance(value, dict):
            return str(value)
        name = value.get("file")
        if not name or set(value) != {"file"}:
            raise ValueError(f'{what}: expected text or {{ file = "NAME" }}')
        if self.directory is None:
            raise ValueError(f"{what} is in a file: say where with --keys DIR")
        path = self.directory / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(make())
        return path.read_text(encoding="ascii").strip()


def random_secret():
    return secrets.token_hex(16)


def random_bot_token(bot_id):
    """Shaped like Telegram's: the bot's id, a colon, 35 characters."""
    return f"{bot_id}:{secrets.token_urlsafe(27)[:35]}"
