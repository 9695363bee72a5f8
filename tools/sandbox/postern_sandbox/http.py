# SPDX-License-Identifier: Apache-2.0
"""A small HTTP/1.1 server and client over asyncio streams: just what the platforms and their webhooks need."""

import asyncio
import json
import socket
import struct
import traceback
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote, urlsplit

MAX_HEAD = 64 * 1024
MAX_BODY = 60 * 1024 * 1024  # Telegram takes uploads of 50 MB.
IDLE_SECONDS = 120
REASONS = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Payload Too Large",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
}


class BadMessage(Exception):
    """The peer does not speak HTTP/1.1 as we understand it."""


class Reset(Exception):
    """A handler raises this to have the connection reset (RST) instead of answered."""


@dataclass
class Request:
    method: str
    path: str
    query: dict
    headers: dict  # names in lower case
    body: bytes

    def json(self):
        return json.loads(self.body)


@dataclass
class Response:
    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)

    @classmethod
    def of_json(cls, value, status=200, headers=None):
        body = json.dumps(value).encode()
        return cls(status, body, {"Content-Type": "application/json; charset=UTF-8", **(headers or {})})

    def json(self):
        return json.loads(self.body)


def parse_head(head):
    """The first line and the headers (lower-case names) of a message's head."""
    lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines[1:]:
        if line:
            name, colon, value = line.partition(":")
            if not colon:
                raise BadMessage("a header line without a colon")
            headers[name.lower()] = value.strip()
    return lines[0], headers


async def read_body(reader, headers, until_close=False):
    if "chunked" in headers.get("transfer-encoding", ""):
        return await read_chunks(reader)
    if "content-length" in headers:
        length = int(headers["content-length"])
        if length > MAX_BODY:
            raise BadMessage("body too large")
        return await reader.readexactly(length)
    return await reader.read(MAX_BODY) if until_close else b""


async def read_chunks(reader):
    body = bytearray()
    while True:
        size = int((await reader.readline()).split(b";")[0], 16)
        if size + len(body) > MAX_BODY:
            raise BadMessage("body too large")
        if size == 0:
            while (await reader.readline()).strip():
                pass  # Trailers say nothing that matters here.
            return bytes(body)
        body += await reader.readexactly(size)
        await reader.readexactly(2)


def reset(writer):
    """Closes with a TCP reset, as a crashing server or a cut line would."""
    sock = writer.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


class Server:
    """Serves one loopback port; `handle(request)` is a coroutine that returns a Response or raises Reset."""

    def __init__(self, handle):
        self.handle = handle
        self.server = None
        self.tasks = set()

    async def start(self, host, port):
        self.server = await asyncio.start_server(self._accept, host, port, limit=MAX_HEAD, backlog=512)
        return self.server.sockets[0].getsockname()[1]

    async def stop(self):
        self.server.close()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    def _accept(self, reader, writer):
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _serve(self, reader, writer):
        try:
            while await self._serve_one(reader, writer):
                pass
        except (BadMessage, ValueError, asyncio.LimitOverrunError):
            writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        except (ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            pass  # The client went away, or said nothing for too long.
        finally:
            writer.close()

    async def _serve_one(self, reader, writer):
        async with asyncio.timeout(IDLE_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
        first, headers = parse_head(head[:-4])
        method, target, _ = first.split(" ", 2)
        if headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        async with asyncio.timeout(IDLE_SECONDS):
            body = await read_body(reader, headers)
        url = urlsplit(target)
        request = Request(method, unquote(url.path), dict(parse_qsl(url.query, keep_blank_values=True)), headers, body)
        try:
            response = await self.handle(request)
        except Reset:
            reset(writer)
            return False
        except Exception:
            traceback.print_exc()  # A mistake of the sandbox's: it must be seen, and must not end the sandbox.
            response = Response(500, b"the sandbox made a mistake; its standard error says which")
        keep = headers.get("connection", "").lower() != "close"
        writer.write(render_response(response, keep))
        await writer.drain()
        return keep


def render_response(response, keep):
    lines = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    lines += [f"Content-Length: {len(response.body)}", "Connection: " + ("keep-alive" if keep else "close"), "", ""]
    return "\r\n".join(lines).encode("latin-1") + response.body


class Client:
    """Sends requests to http:// URLs and keeps connections for reuse (at most `kept` for a host)."""

    def __init__(self, kept=64):
        self.kept = kept
        self.idle = {}

    async def request(self, method, url, headers=None, body=b"", timeout=10.0):
        """One attempt. Raises OSError or TimeoutError without an answer; ValueError for a URL that is not http://."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError(f"cannot post to {url!r}: the sandbox speaks http:// only, to a gateway on this machine")
        target = (parts.path or "/") + ("?" + parts.query if parts.query else "")
        head = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
        head += [f"{name}: {value}" for name, value in (headers or {}).items()]
        data = "\r\n".join(head + ["", ""]).encode("latin-1") + body
        async with asyncio.timeout(timeout):
            return await self._exchange((parts.hostname, parts.port or 80), data)

    async def _exchange(self, peer, data):
        idle = self.idle.setdefault(peer, [])
        while idle:
            connection = idle.pop()
            try:
                return await self._attempt(peer, connection, data)
            except (OSError, EOFError):
                continue  # The peer closed the connection while it was idle: the platforms, too, go on with a new one.
        try:
            return await self._attempt(peer, await asyncio.open_connection(*peer, limit=MAX_HEAD), data)
        except EOFError as error:
            raise ConnectionResetError("closed without an answer") from error

    async def _attempt(self, peer, connection, data):
        reader, writer = connection
        done = False
        try:
            writer.write(data)
            await writer.drain()
            first, headers = parse_head((await reader.readuntil(b"\r\n\r\n"))[:-4])
            response = Response(int(first.split(" ", 2)[1]), b"", headers)
            closes = headers.get("connection", "").lower() == "close"
            response.body = await read_body(reader, headers, until_close=closes)
            done = not closes and len(self.idle[peer]) < self.kept
            return response
        finally:
            if done:
                self.idle[peer].append(connection)
            else:
                writer.close()

    def close(self):
        for connections in self.idle.values():
            for _, writer in connections:
                writer.close()
        self.idle.clear()
