# SPDX-License-Identifier: Apache-2.0
"""posternctl watch: every event once, gaps and restarts by the numbers."""

import json
import subprocess
import unittest

from server import PATIENCE, POSTERNCTL, Case, environment_with

TOPIC = "sent.messenger.acme"


def event(index):
    return {"event": "sent", "account": "acme", "conversation": "5f" * 16, "index": index, "at": "2026-01-01T10:00:00.000Z"}


class Feed(Case):
    def watch(self, *arguments):
        tool = subprocess.Popen([POSTERNCTL, "watch", *arguments], stdout=subprocess.PIPE, text=True,
                                env=environment_with({"POSTERN_RUNTIME_DIR": self.folder}))
        self.addCleanup(tool.stdout.close)
        self.addCleanup(tool.wait)
        self.addCleanup(tool.kill)
        self.subscription = self.server.subscriber()
        return tool

    def said(self, tool):
        said, _ = tool.communicate(timeout=PATIENCE)
        self.assertEqual(tool.returncode, 0)
        return said.splitlines()

    def test_events_are_lines(self):
        tool = self.watch("--count", "1")
        self.server.publish(TOPIC, 7, {**event(41), "detail": "allow/msgr.window:5905"})
        self.assertEqual(self.said(tool), [f"10:00:00 sent       acme                 {'5f' * 16}      #41 allow/msgr.window:5905"])

    def test_json_lines(self):
        tool = self.watch("--count", "1", "--json")
        self.server.publish(TOPIC, 7, event(41))
        self.assertEqual([json.loads(line) for line in self.said(tool)], [{"topic": TOPIC, "number": 7, "event": event(41)}])

    def test_gaps_are_counted_by_topic(self):
        tool = self.watch("--count", "5")
        for topic, number in ((TOPIC, 7), (TOPIC, 8), ("failed.x.y", 1), (TOPIC, 12), ("failed.x.y", 2)):
            self.server.publish(topic, number, event(number))
        said = self.said(tool)
        self.assertEqual(len(said), 6)
        self.assertEqual(said[3], f"-- 3 events of {TOPIC} were missed --")

    def test_gaps_in_json(self):
        tool = self.watch("--count", "2", "--json")
        self.server.publish(TOPIC, 1, event(1))
        self.server.publish(TOPIC, 3, event(3))
        self.assertEqual(json.loads(self.said(tool)[1]), {"topic": TOPIC, "missed": 1})

    def test_a_restart_of_the_daemon_is_no_gap(self):
        tool = self.watch("--count", "4")
        for number in (700, 701, 1, 2):
            self.server.publish(TOPIC, number, event(number))
        said = self.said(tool)
        self.assertIn("has started again", said[2])
        self.assertEqual(len(said), 5)

    def test_topics_are_chosen_by_their_beginning(self):
        tool = self.watch("--count", "1", "escalated.")
        self.assertEqual(self.subscription, b"\x01escalated.")
        self.server.publish(TOPIC, 1, event(1))
        self.server.publish("escalated.messenger.acme", 1, {**event(2), "event": "escalated"})
        self.assertRegex(self.said(tool)[0], "escalated .* #2")


if __name__ == "__main__":
    unittest.main()
