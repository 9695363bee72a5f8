#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A tool for Postern in Python: docs/protocol.md is all that it knows. Needs pyzmq (Debian: python3-zmq).

    tool.py RUNTIME_DIR status
    tool.py RUNTIME_DIR waiting
    tool.py RUNTIME_DIR follow [TOPIC [COUNT]]
"""
import itertools
import json
import sys

import zmq


class Postern:
    """Asks on the control socket, one question at a time."""

    def __init__(self, runtime_dir, patience=5.0):
        self.socket = zmq.Context.instance().socket(zmq.REQ)
        self.socket.setsockopt(zmq.LINGER, 0)  # a daemon that is not there must not keep us
        self.socket.setsockopt(zmq.RCVTIMEO, int(patience * 1000))
        self.socket.connect(f"ipc://{runtime_dir}/control")
        self.ids = itertools.count(1)

    def ask(self, method, **params):
        self.socket.send_json({"jsonrpc": "2.0", "id": next(self.ids), "method": method, "params": params})
        try:
            answer = self.socket.recv_json()
        except zmq.Again:
            sys.exit("no answer: is posternd running, and is this its runtime_dir?")
        if "error" in answer:
            sys.exit(f"{method}: {answer['error']['message']} ({answer['error']['code']})")
        return answer["result"]


def status(postern):
    now = postern.ask("status")
    print(f"posternd {now['version']} is {now['state']}; {now['conversations']['turns_waiting']} turn(s) wait")
    for account in postern.ask("account.list"):
        print(f"{account['account']}: {account['sent']} sent" + (", paused" if "paused" in account else ""))


def waiting(postern):
    """All conversations where somebody waits, page by page."""
    page = postern.ask("conversations", waiting=True, limit=50)
    while True:
        for each in page["conversations"]:
            print(each["conversation"], each["account"], each.get("name", "?"))
        if "next" not in page:
            return
        page = postern.ask("conversations", waiting=True, limit=50, before=page["next"])


def follow(runtime_dir, topic="", count="0"):
    """Prints the feed, and says what was lost: the numbers of a topic count up by one."""
    feed = zmq.Context.instance().socket(zmq.SUB)
    feed.connect(f"ipc://{runtime_dir}/events")
    feed.subscribe(topic)
    last = {}
    for seen in itertools.count(1):
        name, number, event = feed.recv_multipart()
        number = int(number)
        if name in last and number != last[name] + 1:
            print("the daemon has started again" if number <= last[name] else f"{number - last[name] - 1} event(s) lost")
        last[name] = number
        print(name.decode(), number, json.loads(event).get("conversation"), flush=True)
        if seen == int(count):
            return


def main(arguments):
    if len(arguments) < 2 or arguments[1] not in ("status", "waiting", "follow"):
        sys.exit(__doc__)
    runtime_dir, verb, *rest = arguments
    if verb == "follow":
        follow(runtime_dir, *rest)
    else:
        {"status": status, "waiting": waiting}[verb](Postern(runtime_dir))


if __name__ == "__main__":
    main(sys.argv[1:])
