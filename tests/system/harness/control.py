# SPDX-License-Identifier: Apache-2.0
"""The daemon's control socket (docs/protocol.md): questions, one after another."""

import itertools
import json
import os
import subprocess

import zmq

from .places import PATIENCE

# Runs as the local user: asks each in turn, and prints the codes of the errors, null where there was none.
ASKING = """
import json, sys, zmq
socket = zmq.Context().socket(zmq.REQ)
socket.linger, socket.rcvtimeo = 0, 60000
socket.connect("ipc://" + sys.argv[1])
answers = []
for number, (method, params) in enumerate(json.load(sys.stdin)):
    socket.send_json({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
    answers.append(socket.recv_json())
print(json.dumps(answers))
"""


def ask_as(runtime, uid, gid, questions):
    """Asks as another local user, who is in the daemon's group; gives the answers. Only root can."""
    made = subprocess.run(
        ["/usr/bin/python3", "-c", ASKING, str(runtime / "control")],
        input=json.dumps(questions), capture_output=True, text=True, timeout=PATIENCE,
        user=uid, group=gid, extra_groups=[os.getegid()],
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout)


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
