# SPDX-License-Identifier: Apache-2.0
"""A daemon's sockets without a daemon, and posternctl as a process."""

import json
import os
import pathlib
import subprocess
import tempfile
import threading
import unittest

import zmq

POSTERNCTL = os.environ["POSTERNCTL"]
SOURCE = pathlib.Path(os.environ["POSTERN_SOURCE"])
PATIENCE = 30


class Refusal(Exception):
    """What a method answers instead of a result."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code, self.message = code, message


class Server:
    """Answers on `control` by a table of methods: a value, or a function of the params. Publishes on `events`."""

    def __init__(self, folder, methods):
        self.methods, self.asked = methods, []
        self.context = zmq.Context()
        self.control = self.context.socket(zmq.ROUTER)
        self.control.bind(f"ipc://{folder}/control")
        self.events = self.context.socket(zmq.XPUB)
        self.events.bind(f"ipc://{folder}/events")
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def serve(self):
        while not self.ending.is_set():
            if not self.control.poll(20):
                continue
            *envelope, body = self.control.recv_multipart()
            request = json.loads(body)
            self.asked.append((request["method"], request.get("params", {})))
            answer = self.answer(request)
            if answer is not None:
                self.control.send_multipart([*envelope, json.dumps(answer).encode()])

    def answer(self, request):
        answer = {"jsonrpc": "2.0", "id": request["id"]}
        method = self.methods.get(request["method"], Refusal(-32601, "no such method"))
        try:
            result = method(request.get("params", {})) if callable(method) else method
            if isinstance(result, Refusal):
                raise result
            return None if result is NotImplemented else {**answer, "result": result}
        except Refusal as refusal:
            return {**answer, "error": {"code": refusal.code, "message": refusal.message}}

    def subscriber(self):
        """Waits until somebody subscribes."""
        assert self.events.poll(PATIENCE * 1000), "nobody subscribes"
        return self.events.recv()

    def publish(self, topic, number, event):
        self.events.send_multipart([topic.encode(), str(number).encode(), json.dumps(event).encode()])

    def close(self):
        self.ending.set()
        self.thread.join()
        self.control.close(0)
        self.events.close(0)
        self.context.term()


class Case(unittest.TestCase):
    methods = {}

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="postern-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.server = Server(self.folder, dict(self.methods))
        self.addCleanup(self.server.close)

    def run_tool(self, *arguments, code=0, **more):
        """Standard output of posternctl, asked of this server; it must end with the code."""
        done = run(*arguments, environment={"POSTERN_RUNTIME_DIR": self.folder}, **more)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done.stdout if code == 0 else done.stderr


def environment_with(more):
    kept = {name: value for name, value in os.environ.items() if name not in ("POSTERN_RUNTIME_DIR", "NO_COLOR")}
    return {**kept, "TZ": "UTC", **more}


def run(*arguments, environment=None, **more):
    return subprocess.run([POSTERNCTL, *map(str, arguments)], capture_output=True, text=True, timeout=PATIENCE,
                          env=environment_with(environment or {}), **more)
