# SPDX-License-Identifier: Apache-2.0
"""For each kind of rule: a handler, an agent and a campaign try to break it, and the sandbox's log shows that nothing
has left. With --prove each pack lacks its scenario's rules, and the log must then show what they had kept here."""

import json
import os
import pwd
import re
import secrets
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.control import Control, Refused  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.places import ROOT, until  # noqa: E402
from harness.sandbox import Sandbox  # noqa: E402
from harness.scenario import AUTHORS, Stage, scenarios  # noqa: E402
from harness.speakers import Speakers  # noqa: E402

PROVE = "--prove" in sys.argv or bool(os.environ.get("POSTERN_PROVE"))
VERDICTS = ("policy.refuse", "policy.hold", "msg.out.intent")
ALL = scenarios()


def mark():
    return f"#{secrets.token_hex(4)}"


class Policy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(tempfile.mkdtemp(prefix="postern-"))
        cls.folder.chmod(0o700)
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        brand = Stage(ALL, PROVE, pwd.getpwuid(os.getuid()).pw_name)
        cls.daemon = Daemon(cls.folder, brand)
        cls.sandbox = Sandbox(cls.folder, brand.scenario(), cls.daemon.url)
        cls.addClassCleanup(cls.sandbox.stop)
        brand.base_url = cls.sandbox.url
        cls.daemon.write_config()
        cls.addClassCleanup(cls.daemon.stop)
        cls.daemon.start()
        cls.speakers = Speakers(cls.daemon.runtime, ("handler", "campaign"))
        cls.speakers.start()
        cls.addClassCleanup(cls.speakers.stop)
        cls.control = Control(cls.daemon.runtime)
        cls.addClassCleanup(cls.control.close)
        cls.sandbox.connect()
        cls.kept = {}  # mark of what must not leave -> how often it may be seen all the same

    # ---- what people do

    def person(self, scenario, name):
        return self.sandbox.do("contact", account=scenario.account, contact=name)["id"]

    def acts(self, scenario, person, steps, word=""):
        """A person does this, and the webhooks were answered 200. The last of what they say has the word."""
        for step in steps:
            if word and step is steps[-1]:
                step = {what: f"{how} {word}" if what in ("say", "comment") else how for what, how in step.items()}
            step = {"contact": person, **step}
            for item in self.sandbox.do("say", account=scenario.account, wait=True, **step)["items"]:
                self.assertTrue(item["accepted"], item)

    def conversation(self, scenario, id, visibility):
        where = (scenario.account, id, visibility)
        return until(lambda: self.speakers.met.get(where), f"the handlers have seen {where}")

    # ---- what authors try

    def say(self, scenario, author, person, word, steps):
        """One message of the author to that person after these steps; gives its verdict."""
        id = self.person(scenario, person)
        text = f"{scenario.text} {word}"
        effect = {**scenario.effect, "text": text}
        visibility = "public" if any("comment" in step for step in steps) else "private"
        before = self.control.last()
        if author != "agent" and scenario.answers:
            self.speakers.plan(word, author, [effect])
            self.acts(scenario, person, steps, word)
            return self.verdict(self.conversation(scenario, id, visibility), before)
        if scenario.learn:
            self.speakers.plan(word, "handler", scenario.learn)
        self.acts(scenario, person, steps, word if scenario.learn else "")
        there = self.conversation(scenario, id, visibility)
        if author == "agent":
            until(lambda: self.found(there, before, ("handler.decision",)), "the handlers have done with it")
            return self.reply(scenario, there, text)
        self.speakers.plan(word, author, [{**effect, "conversation": there}])
        self.acts(scenario, "boss", [{"say": "go on"}], word)
        return self.verdict(there, before)

    def found(self, conversation, after, kinds):
        """The first record of these kinds in a conversation after another one, or None."""
        leaves = self.control.leaves(after)
        return next((leaf for leaf in leaves if leaf.get("c") == conversation and leaf["k"] in kinds), None)

    def verdict(self, conversation, after):
        leaf = until(lambda: self.found(conversation, after, VERDICTS), "a verdict is on record")
        outcome, rule = leaf["d"].split(":")[0].split("/")
        return {"outcome": outcome, "rule": rule, "conversation": conversation}

    def reply(self, scenario, conversation, text):
        given = {"conversation": conversation, "text": text}
        if scenario.public:
            given["public"] = True
        try:
            answer = self.control.ask("reply", **given)
        except Refused as refused:
            self.assertEqual(refused.code, -32010, refused.message)
            return {"outcome": "deny", "rule": refused.message.split(":")[0], "conversation": conversation}
        return {"outcome": answer["verdict"], "rule": answer["rule"], "conversation": conversation}

    # ---- what the sandbox has seen

    def seen(self, word):
        """The requests that hold the word, whatever became of them."""
        asked = (record for record in self.sandbox.journal() if record["type"] == "request")
        return [record for record in asked if word in json.dumps(record["decoded"])]

    def arrived(self, word, count=1):
        return until(lambda: len(self.seen(word)) >= count and self.seen(word), f"{word} arrives")

    # ---- one scenario, one author

    def attempt(self, scenario, author):
        expected = scenario.expected(author)
        if expected["outcome"] == "cannot":
            return  # there is no way to say such a thing
        word, found = mark(), None
        for number in range(scenario.rounds):
            last = number == scenario.rounds - 1
            person = f"{author}-{number}" if scenario.others else author
            if not scenario.others:
                word = mark()
            steps = scenario.steps if number == 0 or scenario.others else scenario.steps[-1:]
            found = self.say(scenario, author, person, word, steps)
            if not last:
                self.assertEqual(found["outcome"], "allow", f"message {number + 1}: {found}")
                self.arrived(word, number + 1 if scenario.others else 1)
        before = scenario.rounds - 1 if scenario.others else 0
        if PROVE:
            return self.proven(expected, found, word, before)
        self.assertEqual((found["outcome"], found["rule"]), (expected["outcome"], expected["rule"]))
        if expected["outcome"] in ("deny", "hold"):
            self.kept[word] = before
        else:
            self.shows(expected, self.arrived(word, before + 1)[-1])

    def shows(self, expected, record):
        text = json.dumps(record["decoded"], ensure_ascii=False)
        if "shows" in expected:
            self.assertIn(expected["shows"], text)
        if "hides" in expected:
            self.assertNotIn(expected["hides"], text)

    def proven(self, expected, found, word, before):
        """Without the rule it leaves, and as it was written."""
        self.assertNotIn(found["outcome"], ("deny", "hold"), found)
        text = json.dumps(self.arrived(word, before + 1)[-1]["decoded"], ensure_ascii=False)
        if expected["outcome"] == "allow":
            return
        if "shows" in expected:
            self.assertNotIn(expected["shows"], text)
        if "hides" in expected:
            self.assertIn(expected["hides"], text)

    def run_scenario(self, scenario):
        self.person(scenario, "boss")
        for author in AUTHORS:
            with self.subTest(author):
                self.attempt(scenario, author)

    # ---- of all together

    def test_every_kind_of_rule_has_a_scenario(self):
        reference = (ROOT / "docs/configuration.md").read_text("utf-8").split("# Policy packs")[1]
        kinds = set(re.findall(r"^## `\[+(\w+)\]+`", reference, re.MULTILINE))
        self.assertGreater(len(kinds), 20)
        self.assertEqual(kinds, {scenario.kind for scenario in ALL})

    def test_zz_nothing_of_what_was_kept_has_left(self):
        outbox = lambda: self.control.ask("status")["outbox"]  # noqa: E731
        until(lambda: not outbox()["queued"] + outbox()["sending"], "all is still")
        for word, count in self.kept.items():
            self.assertEqual(len(self.seen(word)), count, word)


def test_of(scenario):
    def test(self):
        self.run_scenario(scenario)

    test.__doc__ = f"{scenario.name}: {scenario.about}"
    return test


for each in ALL:
    setattr(Policy, f"test_{each.name.replace(chr(45), chr(95))}", test_of(each))

if __name__ == "__main__":
    unittest.main(argv=[argument for argument in sys.argv if argument != "--prove"])
