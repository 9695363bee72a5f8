# SPDX-License-Identifier: Apache-2.0
"""What the daemon owes its record: who reads is on it first, and no signing key lives long."""

import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import PATIENCE, ROOT, SystemTest, until  # noqa: E402
from harness.webhooks import messenger_body, post_messenger  # noqa: E402


class Record(SystemTest):
    def begin(self, **brand):
        self.daemon = Daemon(self.folder, Brand(accounts=("acme-messenger",), **brand))
        self.addCleanup(self.daemon.stop)
        self.daemon.start()

    def leaves(self, kind):
        return [leaf for leaf in self.daemon.ctl("audit", "tail", "-n", "200") if leaf["k"] == kind]

    def test_who_reads_is_on_record_when_the_answer_comes(self):
        self.begin()
        self.assertEqual(post_messenger(self.daemon, messenger_body("hello", "m_1"))[0], 200)
        conversation = self.daemon.ctl("conversations")["conversations"][0]["conversation"]
        self.assertTrue(self.daemon.ctl("show", conversation)["records"])
        self.daemon.kill()  # at once: what was not durable when the answer came is lost now
        with Ledger(self.daemon.state) as ledger:
            read = ledger.leaves(["access.read"])
        self.assertEqual([leaf.get("c") for leaf in read], [None, conversation])

    def test_the_signing_key_gives_way_at_its_age_also_when_nothing_happens_and_across_starts(self):
        self.begin(ledger='reserve = "1MiB"\nkey_age = "1s"\n')
        until(lambda: len(self.leaves("key.rotate")) >= 2, "the key has given way twice")
        for number in range(20):
            self.assertEqual(post_messenger(self.daemon, messenger_body(f"hello {number}", f"m_{number}"))[0], 200)
        self.daemon.kill()
        self.daemon.start()
        before = len(self.leaves("key.rotate"))
        until(lambda: len(self.leaves("key.rotate")) > before, "and goes on after a start")
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        self.daemon.ctl("audit", "export", self.folder / "export")
        verified = subprocess.run(
            ["/usr/bin/python3", ROOT / "tools" / "verify.py", self.folder / "export", "--vkey", self.daemon.vkey()],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        self.assertEqual(verified.returncode, 0, verified.stdout + verified.stderr)
        self.assertGreaterEqual(self.daemon.ctl("audit", "verify", "--vkey", self.daemon.vkey())["epochs"], 4)

    def test_ends_are_told_from_deaths_and_silence_is_signed(self):
        self.begin(ledger='reserve = "1MiB"\nheartbeat = "1s"\n')
        until(lambda: len(self.leaves("audit.heartbeat")) >= 2, "silence is recorded")
        self.assertEqual(len(self.leaves("clock.sync")), 1)
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.daemon.state) as ledger:
            kinds = [leaf["k"] for leaf in ledger.leaves()]
        self.assertEqual((kinds[-1], kinds.count("audit.stop")), ("audit.stop", 1))
        self.daemon.start()
        self.assertEqual(self.leaves("audit.recovered"), [])
        self.daemon.kill()
        self.daemon.start()
        [start, recovered] = [leaf["i"] for leaf in self.leaves("audit.start")[-1:] + self.leaves("audit.recovered")]
        self.assertEqual(recovered, start + 1)
        self.assertEqual(self.daemon.ctl("audit", "verify", "--vkey", self.daemon.vkey())["verdict"], "ok")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
