# SPDX-License-Identifier: Apache-2.0
"""What rates and caps have counted is exact across kills: kill -9 of the daemon under load, and after each start its
counters are what a recount of the whole record gives.

    tests/system/counters_test.py                           # what ctest runs
    POSTERN_COUNTER_KILLS=100 tests/system/counters_test.py # in full

The recount goes forward over all leaves, where the start itself looks back; it knows no more of the rules than is said
here, and nothing of how the daemon counts.
"""

import os
import random
import sys
import time
import unittest
from collections import Counter, defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.control import Control  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import SystemTest, until  # noqa: E402
from harness.served import ServedTest  # noqa: E402

KILLS = int(os.environ.get("POSTERN_COUNTER_KILLS", "10"))
ACCOUNTS = ("acme-messenger", "acme-instagram")
PREFIX = {"acme-messenger": "msgr", "acme-instagram": "ig"}
CONTACTS, RATE = 20, 20  # of each account; messages a second
MOST = 60  # of a cap
PACK = """platform = "{platform}"
version = "counted"
source = "tests"
review_by = 2099-01-01
extends = "fast"

[[rate]]
id = "{prefix}.contact"
source = "tests"
date = 2026-01-01
says = "One person gets five in ten seconds, so that some wait."
scope = "contact"
count = 5
per = "10s"

[[rate]]
id = "{prefix}.application"
source = "tests"
date = 2026-01-01
says = "All accounts together."
scope = "app"
count = 9000
per = "40s"

[promotion]
id = "{prefix}.promotion"
source = "tests"
date = 2026-01-01
says = "Every message is one."
purposes = ["service"]
count = {most}
per = "10m"
never_first = false

[sameness]
id = "{prefix}.sameness"
source = "tests"
date = 2026-01-01
says = "All say the same."
count = {most}
per = "10m"
least = 1
"""
SECOND = 1_000_000
# Rule -> how long it asks for, in seconds, and by what it counts.
RATES = {"rate-account": (1, "w"), "contact": (10, "s"), "application": (40, None)}
CAP = 600
QUIRKS = """fail_before = 0.03
fail_after = 0.02
reset_after = 0.02
answer_delay = [0.0, 0.05]
echo_delay = [0.0, 0.1]
"""


class Recount:
    """Each attempt, from the leaves alone: a further one begins with policy.allow; the first one of a message may begin
    with the intent itself, which is seen by its having an end without another beginning."""

    def __init__(self, leaves):
        self.intents, self.began, self.persons = {}, [], {}
        maybe = {}
        for leaf in leaves:
            kind, part = leaf["k"], (leaf.get("r"), leaf.get("q", 1))
            if kind in ("msg.out.intent", "policy.hold") and "h" in leaf:
                self.intents[leaf["i"]] = leaf
            if kind == "msg.out.intent":
                maybe[leaf["i"], 1] = leaf
            elif kind == "policy.allow":
                maybe.pop(part, None)
                self.began.append((leaf["i"], leaf["t"], part[0]))
            elif kind in ("msg.out.sent", "msg.out.unknown") or (kind == "msg.out.failed" and "h" not in leaf):
                first = maybe.pop(part, None)
                if first and not leaf.get("d", "").endswith(":given-up"):
                    self.began.append((first["i"], first["t"], part[0]))
            elif kind == "identity.linked":
                person = min(self.person(leaf["s"]), self.person(leaf["with"]))
                self.persons[leaf["s"]] = self.persons[leaf["with"]] = person
        self.began.sort()

    def person(self, contact):
        return self.persons.get(contact, contact)

    def rows(self, records, at):
        """rule -> how often which times were counted under one key, as of that many records and that instant."""
        rates, caps = defaultdict(list), defaultdict(dict)
        for index, time_, intent in self.began:
            if index >= records:
                continue
            leaf = self.intents[intent]
            prefix = PREFIX[leaf["w"]]
            for name, (per, by) in RATES.items():
                if at - per * SECOND < time_ <= at:
                    rates[f"{prefix}.{name}", leaf[by] if by else None].append(time_)
            if at - CAP * SECOND < time_ <= at:  # a message once, by its newest attempt
                caps["promotion", self.person(leaf["s"])][intent] = time_
                caps[f"{prefix}.sameness", None][intent] = time_
        found = defaultdict(Counter)
        for (rule, _), times in rates.items():
            found[rule][tuple(sorted(times))] += 1
        for (rule, _), messages in caps.items():  # no more than it can ask for, and one that may be the asker's own
            found[rule][tuple(sorted(messages.values())[-MOST - 1 :])] += 1
        return found


class Counters(ServedTest):
    def setUp(self):
        SystemTest.setUp(self)
        self.chance = random.Random(1)
        brand = Brand(accounts=ACCOUNTS, policy="counted", account_options='settle = "1s"\n')
        for account in ACCOUNTS:
            platform = account.removeprefix("acme-")
            pack = self.folder / "policies" / platform / "counted.toml"
            pack.parent.mkdir(parents=True, exist_ok=True)
            pack.write_text(PACK.format(platform=platform, prefix=PREFIX[account], most=MOST), encoding="utf-8")
        self.serve(brand, quirks=QUIRKS)
        self.snapshots = []

    def snapshot(self):
        """What the daemon has counted now; it lives until that is durable."""
        control = Control(self.daemon.runtime)
        counters = control.ask("policy.counters")
        self.assertLess(counters["rows"], 1000)
        until(lambda: control.last() + 1 >= counters["records"], "what was counted is durable")
        control.close()
        self.snapshots.append(counters)

    def link(self):
        """One person who writes to both accounts."""
        one, other = (
            next(each["conversation"] for each in self.daemon.ctl("conversations", "--account", account)["conversations"])
            for account in ACCOUNTS
        )
        self.daemon.ctl("contact", "link", one, other)

    def test_counters_are_those_of_a_full_recount(self):
        self.sandbox.do("load", rate=RATE, count=0, contacts=CONTACTS, text="Where is my order?")
        until(lambda: self.daemon.ctl("status")["since_start"]["sent"] > 20, "the load has begun")
        self.link()
        for _ in range(KILLS):
            time.sleep(self.chance.uniform(0.05, 1.5))
            self.snapshot()
            time.sleep(self.chance.uniform(0.0, 0.2))
            self.daemon.kill()
            self.daemon.start()
            self.snapshot()
        self.sandbox.do("load", stop=True)
        until(lambda: self.daemon.ctl("status")["outbox"]["sending"] == 0, "each attempt has ended")
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.daemon.state) as ledger:
            leaves = ledger.leaves()
        recount = Recount(leaves)
        times = 0
        for number, counters in enumerate(self.snapshots):
            counted = defaultdict(Counter)
            for row in counters["counted"]:
                self.assertEqual(row["count"], len(row["sent"]))
                counted[row["rule"]][tuple(row["sent"])] += 1
                times += row["count"]
            self.assertEqual(counted, recount.rows(counters["records"], counters["at"]), f"snapshot {number}")
        kinds = Counter(leaf["k"] for leaf in leaves)
        print(
            f"\n{KILLS} kills, {len(self.snapshots)} comparisons of {times} counted times; {len(recount.began)} attempts, "
            f"{kinds['policy.hold']} holds, {kinds['msg.out.unknown']} unclear, {kinds['msg.out.failed']} failed"
        )
        self.assertGreater(kinds["policy.hold"], 0, "no rate had anybody wait")
        self.assertGreater(kinds["msg.out.unknown"], 0, "no kill fell between a send and its answer")
        self.assertEqual(kinds["identity.linked"], 2)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
