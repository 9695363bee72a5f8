#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The handler that WIRE.md shows, taken from there, run against a broker's socket.

usage: wire_test.py plugin-api/WIRE.md
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import zmq

WIRE = pathlib.Path(sys.argv.pop()).read_text("utf-8")
(HANDLER,) = re.findall(r"```python\n(.*?)```", WIRE, re.DOTALL)


class WireTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="postern-wire-")
        self.addCleanup(folder.cleanup)
        context = zmq.Context()
        self.addCleanup(context.destroy, 0)
        self.socket = context.socket(zmq.ROUTER)
        endpoint = f"ipc://{folder.name}/hosts"
        self.socket.bind(endpoint)
        self.host = subprocess.Popen([sys.executable, "-c", HANDLER, endpoint, "handler.shout"])
        self.addCleanup(self.host.wait)
        self.addCleanup(self.host.kill)

    def receive(self):
        self.assertTrue(self.socket.poll(20_000), "the handler is silent")
        self.peer, *frames = self.socket.recv_multipart()
        return frames

    def ask(self, *frames):
        self.socket.send_multipart([self.peer, *frames])
        return self.receive()

    def test_the_example_speaks_the_protocol(self):
        verb, version, section, epoch, about = self.receive()
        self.assertEqual((verb, version, section, epoch), (b"hello", b"1", b"handler.shout", b"0"))
        self.assertEqual(json.loads(about)["kind"], "handler")
        self.socket.send_multipart([self.peer, b"welcome"])

        def handle(number, event):
            now = b"1767225600000000"
            return self.ask(b"call", number, b"handle", now, json.dumps(event).encode(), b"{}", b"{}", b"{}")

        verb, number, flow, effect = handle(b"7", {"kind": "message", "text": "hello"})
        self.assertEqual((verb, number, flow), (b"done", b"7", b"1"))
        self.assertEqual(json.loads(effect), {"effect": "reply", "text": "HELLO"})
        self.assertEqual(handle(b"8", {"kind": "reaction"}), [b"done", b"8", b"0"])
        self.assertEqual(self.ask(b"ping"), [b"pong"])
        self.assertEqual(self.ask(b"bye"), [b"bye"])
        self.assertEqual(self.host.wait(10), 0)


if __name__ == "__main__":
    unittest.main()
