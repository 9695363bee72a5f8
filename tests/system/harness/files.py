# SPDX-License-Identifier: Apache-2.0
"""Somebody's server, which holds files for whoever has the address, over TLS."""

import http.server
import ssl
import subprocess
import threading

CANARY = b"canary-3f9a1c77"
PICTURE = b"GIF89a" + CANARY + bytes(range(256)) * 4000  # a megabyte: more than one piece of an answer
MOVES = {"/moved": "/picture", "/inside": "https://10.0.0.1/"}
BODIES = {
    "/picture": PICTURE,
    "/small.png": b"\x89PNG\r\n\x1a\n" + CANARY + bytes(range(256)) * 40,
    "/page": b"<!DOCTYPE html><p>This link has expired",
    "/large": b"GIF89a" + bytes(3 << 20),
}


class FileServer:
    def __init__(self, folder):
        self.certificate, key = authority(folder)
        self.asked = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.asked = self.asked
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"https://localhost:{self.server.server_address[1]}"

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked.append(self.path)
        if self.path in MOVES:
            return self.answer(302, b"", Location=MOVES[self.path])
        body = BODIES.get(self.path)
        if self.path.startswith("/said/"):  # a picture that holds these words
            body = b"GIF89a" + self.path.removeprefix("/said/").encode() + bytes(1000)
        self.answer(200 if body else 404, body or b"")

    def answer(self, status, body, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def authority(folder):
    """A certificate for this machine that vouches for itself; gives (certificate, key)."""
    certificate, key = folder / "local-ca.pem", folder / "local-ca.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=local", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    return certificate, key
