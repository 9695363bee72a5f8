# SPDX-License-Identifier: Apache-2.0
"""Where the programs under test are, and small help that every test needs."""

import contextlib
import json
import os
import random
import shutil
import socket
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("POSTERN_BUILD", ROOT / "build" / "dev"))
BIN = BUILD / "bin"
PLUGINS = BUILD / "plugins"
FIXTURES = BUILD / "fixtures"
PATIENCE = float(os.environ.get("POSTERN_PATIENCE", "30"))  # seconds; sanitizers and busy machines want more


def until(true, what, patience=PATIENCE, pause=0.02):
    """Waits until `true()` is true and gives its value; an AssertionError that says `what` (a text, or a function that
    gives one) otherwise."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        value = true()
        if value:
            return value
        time.sleep(pause)
    raise AssertionError(f"waited {patience:g} s in vain until {what() if callable(what) else what}")


def free_port():
    """A port that nobody listens at, below those that the kernel gives to connections: a daemon that is restarted
    must get it back."""
    for port in random.sample(range(20000, 32000), 200):
        with contextlib.closing(socket.socket()) as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError("no port is free")


def write_private(path, text):
    """A file that its owner alone may read, as the daemon wants its secrets."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)


def read_lines(path):
    """The whole lines of a file of JSON lines, as objects."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


class SystemTest(unittest.TestCase):
    """A folder of its own for each test; kept, and named, if the test fails and POSTERN_KEEP is set."""

    def setUp(self):
        self.folder = Path(tempfile.mkdtemp(prefix="postern-"))
        self.folder.chmod(0o700)
        self.addCleanup(self._clear)

    def _clear(self):
        if os.environ.get("POSTERN_KEEP"):
            print(f"kept: {self.folder}")
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
