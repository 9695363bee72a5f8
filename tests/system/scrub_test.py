# SPDX-License-Identifier: Apache-2.0
"""A byte that turns in the ledger's file, under a daemon that runs, is found, named and told everybody who watches."""

import re
import sqlite3
import sys
import unittest
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.places import SystemTest, until  # noqa: E402
from harness.sandbox import ask  # noqa: E402
from harness.webhooks import messenger_body, post_messenger  # noqa: E402


class Scrub(SystemTest):
    def metric(self, name):
        page = ask(f"{self.daemon.admin_url}/metrics")[2].decode()
        return float(re.search(rf"^{name} (\S+)$", page, re.M)[1])

    def turn_a_bit(self, index):
        """In the body of a record, by another program; as the disk does it, no trigger objects."""
        with closing(sqlite3.connect(self.daemon.state / "ledger.db", timeout=30, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            (trigger,) = db.execute("SELECT sql FROM sqlite_schema WHERE name='event_fixed'").fetchone()
            (body,) = db.execute("SELECT blob FROM event WHERE i=?", (index,)).fetchone()
            turned = body[:90] + bytes([body[90] ^ 1]) + body[91:]
            db.execute("DROP TRIGGER event_fixed")
            db.execute("UPDATE event SET blob=? WHERE i=?", (turned, index))
            db.execute(trigger)
            db.execute("COMMIT")

    def test_a_turned_bit_is_found_while_the_daemon_runs(self):
        brand = Brand(accounts=("acme-messenger",), ledger='reserve = "1MiB"\nscrub = "1s"\n')
        self.daemon = Daemon(self.folder, brand)
        self.addCleanup(self.daemon.stop)
        self.daemon.start()
        for number in range(20):
            self.assertEqual(post_messenger(self.daemon, messenger_body(f"hello {number}", f"m_{number}"))[0], 200)
        before = self.metric("postern_ledger_scrub_timestamp_seconds")
        until(lambda: self.metric("postern_ledger_scrub_timestamp_seconds") > max(before, 0), "all was read again")
        self.assertEqual(self.metric("postern_ledger_damaged"), 0)
        status = self.daemon.ctl("status")
        self.assertEqual((status["state"], status["ledger"]["state"]), ("ok", "ok"))
        self.assertIn("scrubbed", status["ledger"])

        index = next(leaf["i"] for leaf in self.daemon.ctl("audit", "tail", "-n", "200") if leaf["k"] == "msg.in")
        self.turn_a_bit(index)
        until(lambda: self.metric("postern_ledger_damaged") == 1, "the damage is found")
        code, _, reason = ask(f"{self.daemon.admin_url}/readyz")
        self.assertEqual(code, 503)
        self.assertIn(f"leaf {index} ", reason.decode())
        status = self.daemon.ctl("status")
        self.assertEqual((status["state"], status["ledger"]["state"]), ("degraded", "damaged"))
        self.assertIn(f"leaf {index} ", status["ledger"]["damage"])
        self.assertIn("ledger.damaged", self.daemon.log())
        self.assertIn("restore a backup that verifies", self.daemon.log())
        self.assertEqual(post_messenger(self.daemon, messenger_body("still there?", "m_late"))[0], 200)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
