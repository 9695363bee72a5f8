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

    def say(self, scenario, author, person, words, steps):
        """Messages of the author to that person after these steps, one for each word; gives the last one's verdict."""
        id = self.person(scenario, person)
        effects = [{**scenario.effect, "text": f"{scenario.text} {word}"} for word in words]
        visibility = "public" if scenario.among_others else "private"
        before, mark = self.control.last(), words[-1]
        if author != "agent" and scenario.answers:
            self.speakers.plan(mark, author, effects)
            self.acts(scenario, person, steps, mark)
            return self.verdict(self.conversation(scenario, id, visibility), before, len(words))
        if scenario.learn:
            self.speakers.plan(mark, "handler", scenario.learn)
        self.acts(scenario, person, steps, mark if scenario.learn else "")
        there = self.conversation(scenario, id, visibility)
        if author == "agent":
            until(lambda: self.found(there, before, ("handler.decision",)), "the handlers have done with it")
            return self.reply(scenario, there, effects[-1]["text"])
        self.speakers.plan(mark, author, [{**effect, "conversation": there} for effect in effects])
        self.acts(scenario, "boss", [{"say": "go on"}], mark)
        return self.verdict(there, before, len(words))

    def found(self, conversation, after, kinds):
        """The records of these kinds in a conversation after another one."""
        return [leaf for leaf in self.control.leaves(after) if leaf.get("c") == conversation and leaf["k"] in kinds]

    def verdict(self, conversation, after, number):
        verdicts = lambda: self.found(conversation, after, VERDICTS)  # noqa: E731
        leaf = until(lambda: len(verdicts()) >= number and verdicts()[number - 1], "a verdict is on record")
        outcome, rule = leaf["d"].split(":")[0].split("/")
        return {"outcome": outcome, "rule": rule, "conversation": conversation}

    def reply(self, scenario, conversation, text):
        how = ["--public"] if scenario.public else []
        code, said = self.daemon.ctl("reply", conversation, text, *how, fails=True)
        if code == 0:
            answer = json.loads(said)
            return {"outcome": answer["verdict"], "conversation": conversation, **answer}
        self.assertEqual(code, 77, said)
        error = json.loads(said)["error"]
        with self.assertRaises(Refused) as tool:  # whatever asks in its place is told the same, as data
            self.control.ask("reply", conversation=conversation, text=text, public=scenario.public)
        why = tool.exception.data
        self.assertEqual(error["message"], f"{why['rule']}: {why['reason']}")
        for word in (why["says"], why["source"], why.get("changes_at", "")):
            self.assertIn(word, error["remedy"])
        return {"outcome": "deny", "conversation": conversation, "why": why}

    def refused(self, author, found):
        """What the author of a refused message is told."""
        told = self.speakers.told
        return found.get("why") or until(lambda: told.pop((author, found["conversation"]), None), "the handler is told")

    def explains(self, scenario, author, found):
        """Whoever is refused is told the rule, what it says, whence, and what to do: the same that explain says."""
        why = self.refused(author, found)
        self.assertEqual(why["rule"], found.get("rule", why["rule"]))
        rule = scenario.rule_of(why["rule"])
        self.assertEqual(why["says"], rule["says"])
        self.assertEqual(why["source"], f"{rule['source']}, {rule['date']}")
        self.assertIn(": ", why["reason"], "what to do follows why")
        asked = {"as": {"handler": "bot", "agent": "human"}.get(author, author), "public": scenario.in_public}
        explained = self.control.ask("policy.explain", conversation=found["conversation"], **asked)
        same = [each for each in explained["rules"] if each["rule"] == why["rule"]]
        if not scenario.expected(author).get("of_content", scenario.of_content):  # explain knows no message
            self.assertTrue(same)
            self.assertTrue(all(each in why["rules"] for each in same), (same, why))
            self.assertEqual(why.get("changes_at"), explained.get("changes_at"))
        return why["rule"]

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
        rounds = range(1 if scenario.at_once else scenario.rounds)
        for number in rounds:
            last = number == rounds[-1]
            person = f"{author}-{number}" if scenario.others else author
            if not scenario.others:
                word = mark()
            words = [*(mark() for _ in range(scenario.rounds - 1) if scenario.at_once), word]
            steps = scenario.steps if number == 0 or scenario.others else scenario.steps[-1:]
            found = self.say(scenario, author, person, words, steps)
            if not last:
                self.assertEqual(found["outcome"], "allow", f"message {number + 1}: {found}")
                self.arrived(word, number + 1 if scenario.others else 1)
        before = scenario.rounds - 1 if scenario.others else 0
        if PROVE:
            return self.proven(expected, found, word, before)
        self.assertEqual(found["outcome"], expected["outcome"])
        rule = self.explains(scenario, author, found) if found["outcome"] == "deny" else found["rule"]
        self.assertEqual(rule, expected["rule"])
        self.assertEqual([each["rule"] for each in found.get("warnings", [])], expected.get("warns", []))
        if expected["outcome"] in ("deny", "hold"):
            if not self.waits(expected, found, word):
                self.kept[word] = before
        else:
            self.shows(expected, self.arrived(word, before + 1)[-1])

    def waits(self, expected, found, word):
        """What waits for somebody stands in the list. True if it has then left, since it was approved."""
        if "awaits" not in expected:
            return False
        listed = self.control.ask("outbox.list")
        part = next(each for each in listed if each["conversation"] == found["conversation"])
        self.assertEqual(part["state"], {"approval": "asks", "consent": "wants"}[expected["awaits"]])
        if expected.get("approve") == "refused":
            with self.assertRaises(Refused) as own:
                self.control.ask("outbox.approve", part=part["part"])
            self.assertEqual(own.exception.code, -32010)
        elif expected.get("approve") == "leaves":
            self.control.ask("outbox.approve", part=part["part"])
            return bool(self.arrived(word))
        return False

    def shows(self, expected, record):
        text = json.dumps(record["decoded"], ensure_ascii=False)
        if "shows" in expected:
            self.assertIn(expected["shows"], text)
        if "hides" in expected:
            self.assertNotIn(expected["hides"], text)

    def proven(self, expected, found, word, before):
        """Without the rule it leaves, and as it was written."""
        self.assertNotIn(found["outcome"], ("deny", "hold"), found)
        self.assertFalse(found.get("warnings"))
        text = json.dumps(self.arrived(word, before + 1)[-1]["decoded"], ensure_ascii=False)
        if expected["outcome"] == "allow" and not expected.get("proves"):
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
