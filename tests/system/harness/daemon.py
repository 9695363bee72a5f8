# SPDX-License-Identifier: Apache-2.0
"""posternd as a process: started, asked, killed, started again."""

import json
import os
import re
import signal
import subprocess
import time

from .places import BIN, PATIENCE, free_port, until

READY = "daemon.ready"


class Daemon:
    """One daemon in `folder`. Its ports stay the same from start to start."""

    def __init__(self, folder, brand):
        self.folder, self.brand = folder, brand
        self.port, self.admin_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin_url = f"http://127.0.0.1:{self.admin_port}"
        self.config, self.log_file = folder / "postern.toml", folder / "posternd.log"
        self.state, self.runtime = folder / "state", folder / "run"
        self.process = None
        self.read_from = 0  # where the log of the newest start begins
        brand.make_secrets(folder)
        self.write_config()

    @classmethod
    def beside(cls, other):
        """A second one with the other's state, on ports and with a log of its own."""
        second = cls(other.folder, other.brand)
        second.config, second.log_file = other.folder / "second.toml", other.folder / "second.log"
        second.write_config()
        other.write_config()
        return second

    def write_config(self):
        self.config.write_text(self.brand.configuration(self.port, self.admin_port), encoding="utf-8")

    def spawn(self):
        """Starts it and returns at once."""
        self.read_from = self.log_file.stat().st_size if self.log_file.exists() else 0
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [BIN / "posternd", "--config", self.config], stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def start(self):
        """Starts it and waits until all plugins are ready."""
        self.spawn()
        until(lambda: READY in self.log() or self.process.poll() is not None, "the daemon is ready", pause=0.01)
        assert self.process.poll() is None, f"the daemon ended with {self.process.returncode}:\n{self.log()}"
        return self

    def log(self, all=False):
        """What it has logged since its newest start, or since the first."""
        if not self.log_file.exists():
            return ""
        with open(self.log_file, "rb") as file:
            file.seek(0 if all else self.read_from)
            return file.read().decode("utf-8", "replace")

    def vkey(self):
        """The verifier key, printed when the ledger was made."""
        return re.search(r"ledger\.new: .* vkey=(\S+)", self.log(all=True))[1]

    def kill(self):
        """SIGKILL; gives the wall time after which it did nothing more."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(PATIENCE)
        return time.time()

    def stop(self):
        """SIGTERM; gives the exit code."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(PATIENCE)
                raise
        return self.process.returncode

    def ended(self):
        """Waits for it to end by itself; gives the exit code (negative: a signal)."""
        return self.process.wait(PATIENCE)

    def ctl(self, *arguments, fails=False):
        """posternctl --json; gives what it prints: an object, or a list of the lines'. `fails`: (exit code, text)."""
        made = subprocess.run(
            [BIN / "posternctl", "--socket", self.runtime, "--json", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        if fails:
            return made.returncode, made.stdout + made.stderr
        assert made.returncode == 0, f"posternctl {' '.join(map(str, arguments))}: {made.stdout}{made.stderr}"
        try:
            return json.loads(made.stdout or "[]")
        except json.JSONDecodeError:
            return [json.loads(line) for line in made.stdout.splitlines()]

    def plugins(self):
        """section -> what the status says of it"""
        return {each["section"]: each for each in self.ctl("status")["plugins"]}
