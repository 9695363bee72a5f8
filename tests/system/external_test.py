# SPDX-License-Identifier: Apache-2.0
"""`isolation = "external"`: the handler that plugin-api/WIRE.md shows, as a program that nobody but itself starts."""

import json
import os
import pwd
import re
import subprocess
import sys
import unittest
from pathlib import Path

import zmq

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.places import PATIENCE, ROOT, SystemTest, until  # noqa: E402
from harness.sandbox import Sandbox  # noqa: E402

(SHOUT,) = re.findall(r"```python\n(.*?)```", (ROOT / "plugin-api/WIRE.md").read_text("utf-8"), re.DOTALL)
SECTION = "handler.shout"
ME = pwd.getpwuid(os.getuid()).pw_name
OTHER = next(user.pw_name for user in pwd.getpwall() if user.pw_uid != os.getuid())
HELLO = '[handler.hello]\nplugin = "echo"\n'


def shout(user):
    return f'[handler.shout]\nisolation = "external"\nuser = "{user}"\n'


ROUTES = (
    '[[route]]\naccounts = ["acme-messenger"]\nhandlers = ["shout"]\n'
    '[[route]]\naccounts = ["*"]\nhandlers = ["hello"]\n'
)


class External(SystemTest):
    def begin(self, user=ME):
        self.brand = Brand(
            accounts=("acme-messenger", "acme-telegram"), handlers=HELLO + shout(user), routes=ROUTES
        )
        self.daemon = Daemon(self.folder, self.brand)
        self.sandbox = Sandbox(self.folder, self.brand.scenario(), self.daemon.url)
        self.addCleanup(self.sandbox.stop)
        self.brand.base_url = self.sandbox.url
        self.daemon.write_config()
        self.addCleanup(self.daemon.stop)
        self.daemon.start()  # ready without it
        self.sandbox.connect()
        for account in self.brand.accounts:
            self.sandbox.do("contact", account=account, contact="rita")

    def endpoint(self):
        return f"ipc://{self.daemon.runtime}/hosts"

    def run_shout(self):
        host = subprocess.Popen([sys.executable, "-c", SHOUT, self.endpoint(), SECTION])
        self.addCleanup(host.wait, PATIENCE)
        self.addCleanup(host.kill)
        return host

    def state(self):
        return self.daemon.plugins()[SECTION]["state"]

    def hello(self, section=SECTION, version=b"1", epoch=b"0"):
        """Says hello as a stranger does; gives what the broker answers, and the socket."""
        socket = zmq.Context.instance().socket(zmq.DEALER)
        self.addCleanup(socket.close, 0)
        socket.connect(self.endpoint())
        about = {"plugin": "org.example.own", "version": "1.0.0", "kind": "handler", "pid": os.getpid(), "facts": {}}
        socket.send_multipart([b"hello", version, section.encode(), epoch, json.dumps(about).encode()])
        self.assertTrue(socket.poll(PATIENCE * 1000), "the broker is silent")
        return socket.recv_multipart(), socket

    def test_it_connects_by_itself_and_its_death_holds_its_own_events_alone(self):
        self.begin()
        self.sandbox.say("acme-messenger", "rita", "is anybody there")
        self.sandbox.say("acme-telegram", "rita", "others go on")
        self.sandbox.answered("You said: others go on")
        self.assertEqual(self.state(), "down")

        host = self.run_shout()
        self.sandbox.answered("IS ANYBODY THERE")
        listed = self.daemon.plugins()[SECTION]
        self.assertEqual((listed["plugin"], listed["isolation"], listed["pid"]), ("org.example.shout", "external", host.pid))

        host.kill()
        host.wait(PATIENCE)
        until(lambda: self.state() == "down", "its death is noticed")
        for number in range(3):
            self.sandbox.say("acme-messenger", "rita", f"held {number}")
            self.sandbox.say("acme-telegram", "rita", f"free {number}")
        for number in range(3):
            self.sandbox.answered(f"You said: free {number}")
        self.assertFalse([record for record in self.sandbox.journal() if "HELD" in record.get("text", "")])
        self.run_shout()
        for number in range(3):
            self.sandbox.answered(f"HELD {number}")
        self.assertEqual(self.daemon.ctl("quarantine", "list"), [])

        self.assertEqual(self.daemon.stop(), 0)  # a restarted daemon does not know it: it must say hello anew
        self.sandbox.say("acme-messenger", "rita", "after the restart", wait=False)
        self.daemon.start()
        self.run_shout()
        self.sandbox.answered("AFTER THE RESTART")
        report = self.sandbox.get("judge")
        self.assertEqual((report["unanswered"], report["duplicates"]), (0, 0), report)

    def test_an_event_comes_when_it_is_on_record(self):
        self.begin()
        answer, socket = self.hello()
        self.assertEqual(answer, [b"welcome"])
        self.sandbox.say("acme-messenger", "rita", "hello")
        self.assertTrue(socket.poll(PATIENCE * 1000))
        verb, call, function, now, event, context, state, turn = socket.recv_multipart()
        self.assertEqual((verb, function), (b"call", b"handle"))
        self.daemon.kill()  # at once: what was not durable when it was handed out is lost now
        self.daemon.start()
        leaves = self.daemon.ctl("audit", "tail", "-n", "50")
        self.assertIn(json.loads(context)["event"], [leaf.get("x") for leaf in leaves if leaf["k"] == "msg.in"])

    def test_whoever_is_not_the_configured_one_is_refused(self):
        self.begin(user=OTHER)
        for reason, hello in (
            ("uid", {}),
            ("protocol", {"version": b"2"}),
            ("handler.nobody", {"section": "handler.nobody"}),
            ("older start", {"section": "handler.hello", "epoch": b"99"}),
            ("served already", {"section": "handler.hello", "epoch": b"1"}),
        ):
            with self.subTest(reason):
                (verb, said), _ = self.hello(**hello)
                self.assertEqual(verb, b"refuse")
                self.assertIn(reason, said.decode())
        self.assertEqual(self.run_shout().wait(PATIENCE), 0)  # it was told, and left
        self.assertEqual(self.state(), "down")
        self.assertEqual(self.daemon.log().count("host.refused"), 6)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
