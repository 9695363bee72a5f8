# SPDX-License-Identifier: Apache-2.0
"""The daemon's control socket (docs/protocol.md): questions, one after another."""

import itertools

import zmq

from .places import PATIENCE


class Refused(Exception):
    """The daemon's error: `code`, `message` and `data` as it gave them."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.code, self.message, self.data = error["code"], error["message"], error.get("data", {})


class Control:
    def __init__(self, runtime):
        self.socket = zmq.Context.instance().socket(zmq.REQ)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.setsockopt(zmq.RCVTIMEO, int(PATIENCE * 1000))
        self.socket.connect(f"ipc://{runtime}/control")
        self.ids = itertools.count(1)

    def ask(self, method, **params):
        self.socket.send_json({"jsonrpc": "2.0", "id": next(self.ids), "method": method, "params": params})
        answer = self.socket.recv_json()
        if "error" in answer:
            raise Refused(answer["error"])
        return answer["result"]

    def leaves(self, after):
        """All records after that one."""
        found = []
        while True:
            page = self.ask("audit.tail", after=after, count=200)
            found += page["leaves"]
            if not page["leaves"] or page["leaves"][-1]["i"] >= page["last"]:
                return found
            after = page["leaves"][-1]["i"]

    def last(self):
        return self.ask("audit.tail", count=1)["last"]

    def close(self):
        self.socket.close(0)
