# SPDX-License-Identifier: Apache-2.0
"""Between the sandbox and the daemon: passes every request on, and keeps those that the daemon has taken."""

import http.client
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from .places import PATIENCE

OF_THE_CONNECTION = {"host", "connection", "content-length", "transfer-encoding"}


@dataclass(frozen=True)
class Webhook:
    """A signed request, to be posted byte for byte as often as one likes."""

    path: str
    headers: tuple  # pairs
    body: bytes

    def post(self, connection):
        """Gives the status; the connection stays open."""
        connection.request("POST", self.path, self.body, dict(self.headers))
        response = connection.getresponse()
        response.read()
        return response.status


class Recorder:
    """Listens on a port of its own until stopped; `taken` are the webhooks that were answered 200."""

    def __init__(self, daemon_url):
        self.taken, parts, recorder = [], urlsplit(daemon_url), self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.pass_on(b"")

            def do_POST(self):
                self.pass_on(self.rfile.read(int(self.headers["Content-Length"])))

            def pass_on(self, body):
                headers = tuple((n, v) for n, v in self.headers.items() if n.lower() not in OF_THE_CONNECTION)
                connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE)
                try:
                    connection.request(self.command, self.path, body, dict(headers))
                    response = connection.getresponse()
                    answer = response.read()
                finally:
                    connection.close()
                if self.command == "POST" and response.status == 200:
                    recorder.taken.append(Webhook(self.path, headers, body))
                self.send_response(response.status)
                self.send_header("Content-Type", response.headers.get("Content-Type", "text/plain"))
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(PATIENCE)
