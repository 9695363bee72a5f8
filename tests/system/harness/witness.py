# SPDX-License-Identifier: Apache-2.0
"""postern-witness as a process, and where a daemon's checkpoints go besides."""

import re
import socket
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .places import BIN, PATIENCE, free_port, until
from .sandbox import ask

PROGRAM = BIN / "postern-witness"


class Witness:
    """One witness in `folder`; its port and its memory stay the same from start to start."""

    def __init__(self, folder, name="witness.test/w1"):
        self.folder, self.port = folder, free_port()
        folder.mkdir()
        self.url = f"http://127.0.0.1:{self.port}"
        made = subprocess.run([PROGRAM, "keygen", name, folder / "key"], capture_output=True, text=True, timeout=PATIENCE)
        assert made.returncode == 0, made.stderr
        self.vkey = made.stdout.strip()
        self.process = None

    def start(self, *vkeys):
        """Knows these ledgers, and those of its earlier lives."""
        with open(self.folder / "logs", "a", encoding="utf-8") as file:
            file.writelines(f"{vkey}\n" for vkey in vkeys)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", "--key", self.folder / "key", "--state", self.folder / "state"]
                + ["--logs", self.folder / "logs", "--listen", f"127.0.0.1:{self.port}"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until(self.listens, "the witness listens")
        return self

    def listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)

    def seen(self):
        """The note that it shows of the only ledger that it knows, or None."""
        for file in self.folder.joinpath("state").iterdir():
            if re.fullmatch("[0-9a-f]{64}", file.name):
                status, _, body = ask(f"{self.url}/{file.name}/checkpoint")
                return body.decode() if status == 200 else None
        return None

    def size(self):
        note = self.seen()
        return int(note.split("\n")[1]) if note else 0

    def section(self):
        return f'[[witness]]\nurl = "{self.url}"\nvkey = "{self.vkey}"\n'


class Listener:
    """Takes what is posted, and datagrams; keeps both."""

    def __init__(self):
        posted = self.posted = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802
                posted.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/checkpoints"
        self.datagrams = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.syslog = f"udp:127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        threading.Thread(target=self.hear, daemon=True).start()

    def hear(self):
        while True:
            try:
                self.datagrams.append(self.socket.recv(65536).decode())
            except OSError:
                return

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
