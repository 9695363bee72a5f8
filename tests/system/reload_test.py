# SPDX-License-Identifier: Apache-2.0
"""A new configuration is taken without a restart, and a broken one is not taken at all."""

import os
import shutil
import signal
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import FIXTURES, PLUGINS, until, write_private  # noqa: E402
from harness.served import ServedTest  # noqa: E402
from harness.webhooks import messenger_body, post_messenger, signature  # noqa: E402

TIGHT = """platform = "messenger"
version = "tight"
source = "tests"
review_by = 2099-01-01
extends = "2026-09"
[text]
id = "msgr.length"
source = "tests"
date = 2026-01-01
says = "Brevity is the soul of wit."
max = {max}
split = false
"""
HELLO = '[handler.hello]\nplugin = "echo"\n'


class Reload(ServedTest):
    def setUp(self):
        super().setUp()
        self.serve(Brand(accounts=("acme-messenger",)))
        self.pid = self.daemon.process.pid
        self.sandbox.do("contact", account="acme-messenger", contact="rita")

    def reload(self, **changes):
        for name, value in changes.items():
            setattr(self.brand, name, value)
        self.daemon.write_config()
        self.daemon.ctl("reload", "--wait")

    def ask(self, text, answer):
        self.sandbox.say("acme-messenger", "rita", text)
        return self.sandbox.answered(answer)

    def tearDown(self):
        self.assertEqual(
            (self.daemon.process.pid, self.daemon.process.poll()), (self.pid, None), "it is the same process"
        )

    def test_a_handler_gets_its_new_configuration(self):
        self.ask("one", "You said: one")
        self.reload(handlers=HELLO + 'prefix = "Echo: "\n')
        self.ask("two", "Echo: two")
        self.assertEqual(self.daemon.plugins()["handler.hello"]["restarts"], 0, "a change is no crash")

    def test_a_new_handler_and_a_new_route(self):
        second = '[handler.second]\nplugin = "echo"\nisolation = "process"\nprefix = "Second: "\n'
        self.reload(handlers=HELLO + second, routes='[[route]]\naccounts = ["*"]\nhandlers = ["second"]\n')
        until(lambda: self.daemon.plugins()["handler.second"]["state"] == "ready", "it is there")
        self.ask("hi", "Second: hi")

    def test_a_policy_applies_to_the_next_message(self):
        pack = self.folder / "policies" / "messenger" / "tight.toml"
        pack.write_text(TIGHT.format(max=20))
        self.ask("a text of more than twenty letters", "You said: a text of more")
        self.assertEqual(self.daemon.ctl("account", "list")[0]["policy"], "fast")
        self.reload(policy="tight")
        self.assertEqual(self.daemon.ctl("account", "list")[0]["policy"], "tight")
        self.sandbox.say("acme-messenger", "rita", "another text of more than twenty letters", wait=True)
        refused = until(lambda: self.daemon.ctl("status")["since_start"]["refused"], "the answer is refused")
        self.assertEqual(refused, 1)
        self.ask("short", "You said: short")
        pack.write_text(TIGHT.format(max=2000))  # the same name, other rules
        self.reload()
        self.ask("a third text of more than twenty letters", "You said: a third text of more")
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.daemon.state) as ledger:
            loaded = [leaf["sha256"] for leaf in ledger.leaves(["config.loaded"])]
            decisions = [leaf["d"] for leaf in ledger.leaves(["msg.out.intent", "policy.refuse"])]
        self.assertEqual(len(loaded), 3, "each version is on record")
        self.assertEqual([decision.split("/")[0] for decision in decisions], ["allow", "deny", "allow", "allow"])
        self.assertIn("msgr.length", decisions[1])
        self.assertEqual(len({decision.split(":")[1] for decision in decisions}), 3, "a verdict names the pack by hash")
        self.daemon.start()
        self.pid = self.daemon.process.pid

    def test_a_new_secret_for_webhooks(self):
        body = messenger_body("hello", "m_1")
        old = signature(self.daemon, body)
        self.assertEqual(post_messenger(self.daemon, body, old)[0], 200)
        write_private(self.folder / "keys" / "meta-app-secret", "another-secret")
        self.reload()
        until(lambda: post_messenger(self.daemon, body)[0] == 200, "the new one counts")
        self.assertEqual(post_messenger(self.daemon, body, old)[0], 403)

    def test_a_plugin_that_was_built_anew(self):
        """The file has another content under the same name."""
        mine = self.folder / "mine.so"
        shutil.copy(PLUGINS / "echo.so", mine)
        self.reload(handlers=f'[handler.hello]\nplugin = "{mine}"\n')
        self.ask("one", "You said: one")
        fresh = self.folder / "mine.so.new"
        shutil.copy(FIXTURES / "throws_in_handle.so", fresh)
        fresh.rename(mine)
        self.reload()
        until(
            lambda: self.daemon.plugins()["handler.hello"]["plugin"] == "org.example.throws-in-handle", "it is loaded"
        )

    def test_a_broken_configuration_is_refused_and_the_old_one_stays(self):
        for change in (
            {"top": 'log_level = "loud"\n'},
            {"routes": '[[route]]\naccounts = ["*"]\nhandlers = ["nobody"]\n'},
            {"handlers": '[handler.hello]\nplugin = "is_not_elf"\n'},
        ):
            with self.subTest(change):
                kept = {name: getattr(self.brand, name) for name in change}
                for name, value in change.items():
                    setattr(self.brand, name, value)
                self.daemon.write_config()
                code, text = self.daemon.ctl("reload", fails=True)
                self.assertEqual(code, 78, text)
                self.assertIn("postern.toml:", text)
                os.kill(self.pid, signal.SIGHUP)
                until(lambda: self.daemon.log().count("config.refused") % 2 == 0, "SIGHUP does the same")
                word = f"still here {len(text)}"
                self.ask(word, f"You said: {word}")
                for name, value in kept.items():
                    setattr(self.brand, name, value)
        self.reload(handlers=HELLO + 'prefix = "Mended: "\n')
        self.ask("hi", "Mended: hi")

    def test_a_broken_policy_is_refused_and_the_old_one_stays(self):
        """Each mistake is named with file, line, rule and remedy; of two, both are."""
        pack = self.folder / "policies" / "messenger" / "tight.toml"
        pack.write_text(TIGHT.format(max=200))
        self.reload(policy="tight")
        self.ask("one", "You said: one")
        whole = pack.read_text()
        hashes = lambda: [leaf["sha256"] for leaf in self.leaves("config.loaded")]  # noqa: E731
        loaded = hashes()
        robots = '[[window]]\nid = "msgr.robots"\nsource = "tests"\ndate = 2026-01-01\nsays = "No."\n'
        robots += 'author = ["bot"]\ntag = "human_agent"\n'
        for text, found in (
            (whole.replace("max = 200", 'max = "many"'), ["tight.toml:11:", "max"]),
            (whole.replace("max = 200", "max = 5"), ["tight.toml:11:", "max", "20"]),
            (whole + robots.replace('says = "No."\n', ""), ["tight.toml:13:", "says"]),
            (whole.replace("split", "splits"), ["tight.toml:12:", "splits"]),
            (whole + robots, ["tight.toml:19:", "msgr.robots", 'author = ["human"]']),
            (whole.replace("2026-09", "2020-01"), ["tight.toml:5:", "2020-01", "policy_dirs"]),
            (whole.replace("[text]", "[text"), ["tight.toml:6:"]),
            (whole.replace("max = 200", "max = 5").replace("split", "splits"), ["tight.toml:11:", "tight.toml:12:"]),
        ):
            with self.subTest(found):
                pack.write_text(text)
                code, said = self.daemon.ctl("reload", fails=True)
                self.assertEqual(code, 78, said)
                for word in found:
                    self.assertIn(word, said.replace("\\", ""))
        self.assertEqual(hashes(), loaded, "nothing was taken")
        self.ask("two", "You said: two")
        self.assertEqual(len({leaf["d"] for leaf in self.leaves("msg.out.intent")}), 1, "judged by the same rules")
        pack.write_text(TIGHT.format(max=100))
        self.reload()
        self.assertEqual(len(hashes()), len(loaded) + 1)

    def leaves(self, kind):
        found = self.daemon.ctl("audit", "tail", "-n", "200")
        return [leaf for leaf in found if leaf["k"] == kind]

    def test_a_reload_under_load_loses_nothing(self):
        self.sandbox.do("load", rate=60, count=300, contacts=10, text="Hello {token}")
        for number in range(8):
            self.reload(handlers=HELLO + f'isolation = "process"\nprefix = "{number}: "\n')
        until(lambda: not self.sandbox.get("load")["running"], "the load has ended")
        report = self.sandbox.get("judge")
        self.assertEqual((report["answered"], report["unanswered"], report["duplicates"]), (300, 0, 0), report)
        self.assertEqual(self.daemon.ctl("quarantine", "list"), [])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
