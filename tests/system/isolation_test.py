# SPDX-License-Identifier: Apache-2.0
"""A plugin cannot take the broker down: handlers that abort, hang, throw and babble, as processes and as threads."""

import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.judge import latencies  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import until  # noqa: E402
from harness.served import ServedTest  # noqa: E402

LIMITS = 'handler_time = "300ms"\n'
BROKEN = {
    "aborter": "aborts_in_handle",
    "spinner": "spins_in_handle",
    "thrower": "throws_in_handle",
    "babbler": "gives_junk_json",
}
HELLO = '[handler.hello]\nplugin = "echo"\n'
WINDOW = 5.0  # seconds of load, once in peace and once beside the crashes


def handler(name, plugin, isolation):
    return f'[handler.{name}]\nplugin = "{plugin}"\nisolation = "{isolation}"\n'


def route(account, *handlers):
    names = ", ".join(f'"{name}"' for name in handlers)
    return f'[[route]]\naccounts = ["{account}"]\nhandlers = [{names}]\n'


class Isolation(ServedTest):
    def begin(self, handlers, routes):
        self.serve(Brand(limits=LIMITS, handlers=HELLO + handlers, routes=routes))
        for account in self.brand.accounts:
            self.sandbox.do("contact", account=account, contact="rita")

    def quarantined(self):
        """(plugin, count) of the events that the record says were given up."""
        with Ledger(self.daemon.state) as ledger:
            return [leaf["a"].removeprefix("plugin:").split("@")[0] for leaf in ledger.leaves(["plugin.quarantined"])]


class AsProcesses(Isolation):
    def setUp(self):
        super().setUp()
        self.begin(
            "".join(handler(name, plugin, "process") for name, plugin in BROKEN.items()),
            route("acme-messenger", *BROKEN, "hello")
            + route("acme-instagram", "spinner", "aborter")
            + route("acme-telegram", "hello"),
        )

    def test_the_rest_of_the_chain_answers_and_others_go_on(self):
        pid, plugins = self.daemon.process.pid, self.daemon.plugins()
        self.sandbox.do("load", rate=40, count=0, contacts=10, platforms=["telegram"])
        time.sleep(1)
        peace = time.time()
        time.sleep(WINDOW)
        trouble = time.time()
        for text in ("abort", "spin"):
            self.sandbox.say("acme-messenger", "rita", text)
        for text in ("abort", "spin"):
            self.sandbox.answered(f"You said: {text}")
        time.sleep(max(0.0, trouble + WINDOW - time.time()))
        self.sandbox.do("load", stop=True)
        until(lambda: not self.sandbox.get("load")["running"], "the load has ended")
        self.assertEqual(self.sandbox.get("judge")["unanswered"], 0)
        self.assertEqual(self.sandbox.get("judge")["duplicates"], 0)

        self.assertEqual(self.daemon.process.poll(), None)
        after = self.daemon.plugins()
        self.assertEqual(after["platform.telegram"]["pid"], pid, "the daemon is the one that was started")
        for name in ("handler.aborter", "handler.spinner"):
            self.assertGreaterEqual(after[name]["restarts"], 3, after[name])
            self.assertNotEqual(after[name]["pid"], plugins[name]["pid"])
        self.assertEqual(after["handler.thrower"]["restarts"], 0, "who throws is no crash")
        self.compare(peace, trouble)
        self.assertEqual(self.daemon.stop(), 0)
        given_up = self.quarantined()
        for plugin, count in (
            ("aborts-in-handle", 1),
            ("spins-in-handle", 1),
            ("throws-in-handle", 2),
            ("gives-junk-json", 2),
        ):
            self.assertEqual(given_up.count(f"org.example.{plugin}"), count, given_up)
        with Ledger(self.daemon.state) as ledger:
            kinds = [leaf["k"] for leaf in ledger.leaves(["plugin.crashed", "plugin.hung"])]
        self.assertEqual((kinds.count("plugin.crashed"), kinds.count("plugin.hung")), (3, 3))

    def compare(self, peace, trouble):
        """What the crashes cost conversations that have nothing to do with them; told, not asserted."""
        journal = self.sandbox.journal()
        p99 = []
        for start in (peace, trouble):
            times = sorted(latencies(journal, "acme-telegram", start, start + WINDOW))
            self.assertGreater(len(times), 40 * WINDOW * 0.5, "there was no load to speak of")
            p99.append(times[len(times) * 99 // 100])
        print(
            f"\np99 of other conversations: {p99[0]:.1f} ms in peace, {p99[1]:.1f} ms beside crashing plugins, "
            f"{p99[1] / p99[0]:.2f} times"
        )

    def test_what_nobody_answers_is_kept_and_can_be_asked_again_once_the_plugin_is_mended(self):
        self.sandbox.say("acme-instagram", "rita", "abort", wait=True)
        listed = until(lambda: self.daemon.ctl("quarantine", "list"), "the event is in quarantine")
        self.assertEqual(len(listed), 1, listed)
        self.assertIn("aborter", listed[0]["reason"])
        self.assertIn("signal 6", listed[0]["reason"])
        self.assertEqual(self.daemon.ctl("status")["conversations"]["quarantined"], 1)
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        listed = self.daemon.ctl("quarantine", "list")
        self.assertEqual(len(listed), 1, "a restart keeps it")

        self.brand.handlers = self.brand.handlers.replace('plugin = "aborts_in_handle"', 'plugin = "echo"')
        self.daemon.write_config()
        self.daemon.ctl("reload", "--wait")
        until(lambda: self.daemon.plugins()["handler.aborter"]["plugin"] == "org.postern.echo", "the plugin is mended")
        self.daemon.ctl("quarantine", "requeue", listed[0]["index"])
        self.sandbox.answered("You said: abort")
        self.assertEqual(self.daemon.ctl("quarantine", "list"), [])
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.daemon.state) as ledger:
            decided = [leaf["a"] for leaf in ledger.leaves(["handler.decision"]) if leaf["d"] == "tag"]
        self.assertEqual(len(decided), 1, "the handler that had done its part is not asked again")
        self.assertIn("spins-in-handle", decided[0])


class AsThreads(Isolation):
    def test_an_abort_ends_the_daemon_once_and_then_the_plugin_runs_as_a_process(self):
        self.begin(handler("aborter", "aborts_in_handle", "thread"), route("acme-*", "aborter", "hello"))
        self.assertEqual(self.daemon.plugins()["handler.aborter"]["isolation"], "thread")
        for number in range(5):
            self.sandbox.say("acme-instagram", "rita", f"before {number}")
        self.sandbox.say("acme-messenger", "rita", "abort")
        for number in range(5):
            self.sandbox.say("acme-instagram", "rita", f"after {number}")
        self.assertEqual(self.daemon.ended(), -6)
        self.daemon.start()  # as the service manager would
        self.assertIn("plugin.distrusted", self.daemon.log())
        self.assertEqual(self.daemon.plugins()["handler.aborter"]["isolation"], "process")
        for account in ("acme-messenger", "acme-instagram"):  # an echo of something later settles what was on its way
            self.sandbox.do("contact", account=account, contact="tomas")
            self.sandbox.say(account, "tomas", "are you back?")
        self.sandbox.answered("You said: abort")
        for number in range(5):
            self.sandbox.answered(f"You said: before {number}")
            self.sandbox.answered(f"You said: after {number}")
        self.assertIsNone(self.daemon.process.poll(), "the second abort is a process's own affair")
        report = self.sandbox.get("judge")
        self.assertEqual((report["unanswered"], report["duplicates"]), (0, 0), report)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(self.quarantined(), ["org.example.aborts-in-handle"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
