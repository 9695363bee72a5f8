# SPDX-License-Identifier: Apache-2.0
"""Nothing lost: kill -9 of the daemon and of plugin hosts, at any moment, under load.

    tests/system/crash_test.py                                 # what ctest runs
    tests/system/crash_test.py --kills 500 --host-kills 200    # in full

Three platforms that misbehave: webhooks come twice, sends and their answers are late, are refused, or break before or
after the message was applied. Messenger and Instagram show by an echo what arrived; Telegram tells nothing, so what is
unclear there is parked for a person. At the end:

  - every message that was accepted (answered 200) has been answered, or its answer is parked and listed;
  - where the platform echoes, none is answered twice;
  - no send left without a verdict of its own, committed before;
  - the ledger verifies, and an independent verifier says so too.
"""

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import time
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.judge import Directory, Messages, inbound_tokens, messages_in_order, unjudged  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.phases import PHASES, phases  # noqa: E402
from harness.places import BIN, ROOT, SystemTest, read_lines, until  # noqa: E402
from harness.sandbox import Sandbox  # noqa: E402

QUIRKS = """duplicate = 0.1
webhook_delay = [0.0, 0.02]
echo_delay = [0.0, 0.1]
answer_delay = [0.0, 0.03]
fail_before = 0.01
fail_after = 0.01
reset_before = 0.01
reset_after = 0.02
rate_limit = 0.01
retry_after = 1
"""
ECHOES = ("acme-messenger", "acme-instagram")
CONTACTS = 30  # of each account
PROBER = "prober"  # writes at the end, when the others' lanes may wait for what is unclear in them
SPELL, BREATH = 8, 3.0  # after so many kills so many seconds without: each start waits anew for `settle`
SETTLE = 2  # seconds; longer than a webhook may be late (longest_pause of the sandbox)
RECOVERY_KILLED = 0.15  # so often a start that follows a kill is killed as well
STARTING = "starting again"
HOSTED = ("platform.messenger", "handler.hello")  # run as processes
options = argparse.Namespace(kills=30, host_kills=10, rate=90, seed=1, each=0)


class Crash(SystemTest):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(options.seed)
        brand = Brand(
            isolation={"messenger": "process"},
            account_options=f'settle = "{SETTLE}s"\n',
            handlers='[handler.hello]\nplugin = "echo"\nisolation = "process"\n',
        )
        self.daemon = Daemon(self.folder, brand)
        self.sandbox = Sandbox(self.folder, brand.scenario(QUIRKS, seed=options.seed), self.daemon.url)
        self.addCleanup(self.sandbox.stop)
        brand.base_url = self.sandbox.url
        self.daemon.write_config()
        self.addCleanup(self.daemon.stop)
        self.daemon.start()
        self.sandbox.connect()
        self.named = self.introduce(brand)
        self.hits, self.host_hits = Counter(), Counter()

    def introduce(self, brand):
        """The contacts write for the first time, one after another. Gives conversation -> (account, contact)."""
        contacts = {account: [] for account in brand.accounts}
        names = [f"load-{number:04d}" for number in range(1, CONTACTS + 1)]  # as the sandbox names those of the load
        for at, account in enumerate(brand.accounts):
            for number, name in enumerate([*names, PROBER]):
                contacts[account].append(self.sandbox.do("contact", account=account, contact=name)["id"])
                token = f"#t{number:06x}{at:06x}"
                said = self.sandbox.say(account, name, f"Hello {token}", wait=True)
                self.assertTrue(all(item["accepted"] for item in said["items"]), said)
        self.daemon.stop()
        with Ledger(self.daemon.state) as ledger:
            named = Directory(contacts).conversations(ledger)
        self.daemon.start()
        return named

    # ---- the storm

    def test_nothing_is_lost(self):
        self.sandbox.do("load", rate=options.rate, count=0, contacts=CONTACTS)
        acts = ["daemon"] * options.kills + ["host"] * options.host_kills
        self.chance.shuffle(acts)
        started = time.monotonic()
        for number, act in enumerate(acts, 1):
            time.sleep(self.chance.uniform(0.05, 0.7))
            if number % SPELL == 0:
                self.probe(number)
                time.sleep(BREATH)
            self.kill_daemon() if act == "daemon" else self.kill_host()
        self.sandbox.do("load", stop=True)
        print(
            f"\n{options.kills} kills of the daemon and {sum(self.host_hits.values())} of hosts "
            f"in {time.monotonic() - started:.0f} s"
        )
        print(
            "kills that fell into a phase:", ", ".join(f"{phase} {self.hits[phase]}" for phase in (*PHASES, STARTING))
        )
        print("kills of hosts:", dict(self.host_hits))
        self.calm_down()
        self.judge()
        for phase in PHASES:
            self.assertGreaterEqual(self.hits[phase], options.each, f"too few kills fell into: {phase}")

    def kill_daemon(self):
        killed_at = self.daemon.kill()
        time.sleep(0.05)  # the other side notices, and writes it down
        with Ledger(self.daemon.state) as ledger:
            count = phases(ledger, self.sandbox.fresh(), self.named, killed_at)
        self.hits.update(phase for phase in PHASES if count[phase])
        while self.chance.random() < RECOVERY_KILLED:
            self.daemon.spawn()
            time.sleep(self.chance.uniform(0.0, 0.15))
            self.daemon.kill()
            self.hits[STARTING] += 1
        self.daemon.start()

    def kill_host(self):
        section = self.chance.choice(HOSTED)
        pid = self.daemon.plugins()[section]["pid"]
        if pid:  # it may be starting
            os.kill(pid, signal.SIGKILL)
            self.host_hits[section] += 1

    def calm_down(self):
        """No more quirks; what was unclear settles, once an echo of something later shows that echoes come."""
        none = {name: 0 for name in re.findall(r"^(\w+) =", QUIRKS, re.M) if name != "retry_after"}
        self.sandbox.do("quirks", quirks=none)
        self.probe(0xFFFE)
        time.sleep(2 * SETTLE)
        self.probe(0xFFFF)

        def calm():
            outbox = self.daemon.ctl("status")["outbox"]
            return not any(count for state, count in outbox.items() if state != "parked")

        until(calm, lambda: f"the outbox holds only what is parked: {self.daemon.ctl('status')}", 20, pause=0.2)
        until(lambda: self.daemon.ctl("status")["conversations"]["handling"] == 0, "all is handled", 60)
        waiting = self.sandbox.get("state")["accounts"]
        until(
            lambda: not any(a["pending"] for a in self.sandbox.get("state")["accounts"].values()),
            f"all webhooks are accepted: {waiting}",
            60,
        )
        time.sleep(1)  # a duplicate webhook may still come
        self.listed = self.daemon.ctl("outbox", "list")
        self.assertEqual(self.daemon.stop(), 0)

    def probe(self, number):
        for at, account in enumerate(("acme-messenger", "acme-instagram", "acme-telegram")):
            token = f"#tffff{number:04x}{at:04x}"
            self.sandbox.say(account, PROBER, f"Still there? {token}")

    # ---- the judgement

    def judge(self):
        journal = self.sandbox.journal()
        messages = Messages(journal)
        with Ledger(self.daemon.state) as ledger:
            leaves, turns = ledger.leaves(), ledger.open_turns()
            parked = [part for part in ledger.outbox() if part["state"] == "parked"]
            ledger.export(self.folder / "export")
        listed = {part["part"] for part in self.listed}
        self.assertEqual({part["key"] for part in parked} - listed, set(), "parked, but not listed")
        unanswered = messages.unanswered()
        silent = [token for token in unanswered if messages.posted[token][0] in ECHOES]
        tokens = inbound_tokens(messages_in_order(journal, "acme-telegram"), leaves, self.named)
        held = {tokens.get(part["turn"]) for part in parked}
        silent += [token for token in unanswered if messages.posted[token][0] not in ECHOES and token not in held]
        twice = messages.twice(ECHOES)
        unjudged_sends = unjudged(messages, leaves, self.named)
        print(
            f"{len(messages.posted)} messages written, {len(messages.accepted)} accepted, "
            f"{len(messages.accepted) - len(unanswered)} answered, {len(unanswered)} with their answer parked; "
            f"{len(messages.requests)} sends, {len(leaves)} records, {len(parked)} parts parked"
        )
        print(f"lost {len(silent)}, twice {len(twice)}, unjudged {len(unjudged_sends)}")
        self.assertEqual(silent, [], "accepted, and met with silence")
        self.assertEqual(twice, [], "answered twice, though the platform echoes")
        self.assertEqual(unjudged_sends, [])
        self.assertEqual([turn for turn in turns if turn[2] == 0], [], "never handled")
        self.assertGreater(len(messages.accepted), 20 * options.kills, "there was no load to speak of")
        self.verify()

    def verify(self):
        for command in ([BIN / "posternctl", "audit", "verify"], ["/usr/bin/python3", ROOT / "tools" / "verify.py"]):
            made = subprocess.run(
                [*command, self.folder / "export", "--vkey", self.daemon.vkey()],
                capture_output=True,
                text=True,
                timeout=300,
            )
            self.assertEqual(made.returncode, 0, made.stdout + made.stderr)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=options.kills, help="of the daemon")
    parser.add_argument("--host-kills", type=int, default=options.host_kills, help="of plugin hosts")
    parser.add_argument("--rate", type=int, default=options.rate, help="messages a second")
    parser.add_argument("--seed", type=int, default=options.seed)
    parser.add_argument("--each", type=int, help="the least kills in each phase (default: 10 from 200 kills on)")
    parser.parse_args(namespace=options)
    options.each = (10 if options.kills >= 200 else 0) if options.each is None else options.each
    unittest.main(argv=[sys.argv[0], "-v"])
