# SPDX-License-Identifier: Apache-2.0
"""Handlers as external programs: what they say is what a test has planned for the event that bears its mark."""

import json
import os
import re
import threading
import time

import zmq

MARK = re.compile(r"#[0-9a-f]{8}\b")


class Speakers(threading.Thread):
    """Serves the sections of `sections` at the daemon's socket for hosts, until it is stopped."""

    def __init__(self, runtime, sections):
        super().__init__(daemon=True)
        self.endpoint, self.sections = f"ipc://{runtime}/hosts", sections
        self.plans = {}  # (mark, section) -> effects, taken once
        self.met = {}  # (account, platform's id of the sender, visibility) -> conversation
        self.told = {}  # (section, conversation) -> why the newest of what it wanted to say was refused
        self.over = threading.Event()

    def plan(self, mark, section, effects):
        self.plans[mark, section] = effects

    def run(self):
        sockets = {section: self.connect(section) for section in self.sections}
        poller = zmq.Poller()
        for socket in sockets.values():
            poller.register(socket, zmq.POLLIN)
        alive = time.monotonic() + 5
        while not self.over.is_set():
            ready = dict(poller.poll(100))
            if time.monotonic() > alive:  # who is silent for half a minute is taken for dead
                alive = time.monotonic() + 5
                for socket in sockets.values():
                    socket.send(b"ping")
            for section, socket in sockets.items():
                if socket in ready:
                    self.answer(section, socket, socket.recv_multipart())
        for socket in sockets.values():
            socket.send(b"bye")
            socket.close(500)

    def connect(self, section):
        socket = zmq.Context.instance().socket(zmq.DEALER)
        socket.connect(self.endpoint)
        about = {"plugin": f"org.example.{section}", "version": "1.0.0", "kind": "handler", "facts": {}}
        about["pid"] = os.getpid()
        socket.send_multipart([b"hello", b"1", f"handler.{section}".encode(), b"0", json.dumps(about).encode()])
        return socket

    def answer(self, section, socket, frames):
        if frames[0] == b"ping":
            return socket.send(b"pong")
        if frames[0] != b"call":
            return None
        _, call, _, _, event, context, _, _ = frames
        event, context = json.loads(event), json.loads(context)
        sender = event.get("sender", {}).get("id")
        self.met[context["account"], sender, context.get("visibility", "private")] = context["conversation"]
        if event["kind"] == "failed":
            self.told[section, context["conversation"]] = event["refusal"]
        effects = []
        for mark in MARK.findall(event.get("text", "")):
            effects += self.plans.pop((mark, section), [])
        return socket.send_multipart([b"done", call, b"0", *(json.dumps(each).encode() for each in effects)])

    def stop(self):
        self.over.set()
        self.join(5)
