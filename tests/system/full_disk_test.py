# SPDX-License-Identifier: Apache-2.0
"""A full disk: nothing is acknowledged that is not kept, nothing acknowledged is lost, and it heals by itself."""

import errno
import os
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import PATIENCE, until  # noqa: E402
from harness.sandbox import ask  # noqa: E402
from harness.served import ServedTest  # noqa: E402

SIZE, RESERVE = 28 << 20, 4 << 20
LIMITS = 'webhook_wait = "1s"\n'


class FullDisk(ServedTest):
    def setUp(self):
        super().setUp()
        self.state = self.folder / "state"
        self.state.mkdir(mode=0o700)
        self.mount()
        self.serve(Brand(ledger=f'reserve = "{RESERVE >> 20}MiB"\n', limits=LIMITS))
        self.sandbox.do("contact", account="acme-messenger", contact="rita")

    def mount(self):
        options = f"size={SIZE},mode=0700"
        made = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "postern-test", self.state], capture_output=True, text=True
        )
        if made.returncode != 0:
            self.skipTest(f"a small disk can be mounted by root alone: {made.stderr.strip()}")
        self.addCleanup(subprocess.run, ["umount", "-l", self.state])

    def free(self):
        space = os.statvfs(self.state)
        return space.f_bavail * space.f_frsize

    def fill(self, leave):
        """Takes the disk but for `leave` bytes."""
        with open(self.state / "filler", "ab", buffering=0) as file:
            while (more := self.free() - leave) > 0:
                try:
                    file.write(bytes(min(more, 1 << 20)))
                except OSError as error:
                    self.assertEqual(error.errno, errno.ENOSPC)
                    return

    def make_room(self):
        (self.state / "filler").unlink()

    def write(self, count):
        """A contact writes; gives the statuses of the webhooks' first attempts. What was refused comes again."""
        texts = [f"message {time.monotonic_ns()}.{number}" for number in range(count)]
        for text in texts:
            self.sandbox.say("acme-messenger", "rita", text)

        def statuses():
            tried = [record for record in self.sandbox.journal() if record["type"] == "webhook"]
            first = [
                next((r["status"] for r in tried for i in r["items"] if i["text"] == text), None) for text in texts
            ]
            return None if None in first else first

        return until(statuses, "the webhooks are posted")

    def state_of(self):
        status = self.daemon.ctl("status")
        return status["state"], status["ledger"]["state"]

    def recover(self):
        """By itself, without a start."""
        self.make_room()
        within = max(5, PATIENCE - 30)  # seconds; more where sanitizers and busy machines are given more
        until(lambda: self.state_of() == ("ok", "ok"), lambda: f"it is well again: {self.state_of()}", within)
        self.assertEqual(ask(f"{self.daemon.admin_url}/readyz")[0], 200)
        self.assertEqual(self.write(3), [200, 200, 200])

    def check(self):
        """Whatever was refused at first has been taken and answered, and nothing twice."""
        until(
            lambda: not self.sandbox.get("state")["accounts"]["acme-messenger"]["pending"], "all webhooks are accepted"
        )

        def answered():
            return self.sandbox.get("judge")["unanswered"] == 0

        until(answered, lambda: f"all is answered: {self.sandbox.get('judge')}, {self.daemon.ctl('status')}", 40)
        report = self.sandbox.get("judge")
        self.assertEqual((report["posted"], report["duplicates"]), (report["accepted"], 0), report)
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.state) as ledger:
            self.assertEqual(len(ledger.leaves(["msg.in"])), report["accepted"])

    def test_below_the_reserve_nothing_new_is_taken(self):
        self.assertEqual(self.write(5), [200] * 5)
        self.fill(RESERVE // 2)
        until(lambda: self.state_of()[1] != "ok", "it has seen that the reserve is gone")
        self.assertEqual(self.state_of(), ("degraded", "no room"))
        self.assertEqual(self.write(5), [503] * 5)
        self.assertEqual(ask(f"{self.daemon.admin_url}/readyz")[0], 503)
        self.assertEqual(ask(f"{self.daemon.admin_url}/healthz")[0], 200, "it lives; a restart would not help")
        self.recover()
        self.check()

    def test_full_to_the_last_byte(self):
        self.assertEqual(self.write(5), [200] * 5)
        self.fill(0)
        statuses = self.write(5)
        self.assertNotIn(200, statuses[1:], "what had room in the last block may be kept, no more")
        until(lambda: self.state_of()[0] == "degraded", "the status says so")
        self.assertIsNone(self.daemon.process.poll())
        self.recover()

        self.fill(0)
        self.write(3)
        self.daemon.kill()
        self.make_room()
        self.daemon.start()
        self.assertEqual(self.write(3), [200] * 3)
        self.check()

    def test_a_start_on_a_full_disk_says_so_and_harms_nothing(self):
        self.assertEqual(self.write(5), [200] * 5)
        self.daemon.kill()
        self.fill(0)
        self.daemon.spawn()
        until(lambda: "full" in self.daemon.log(), lambda: f"it says what is wrong: {self.daemon.log()}")
        self.make_room()
        try:
            until(lambda: "daemon.ready" in self.daemon.log() or self.daemon.process.poll() is not None, "it goes on")
        finally:
            self.daemon.stop()
        self.daemon.start()
        self.assertEqual(self.write(3), [200] * 3)
        self.check()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
