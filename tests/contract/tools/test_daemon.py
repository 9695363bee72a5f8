# SPDX-License-Identifier: Apache-2.0
"""posternctl, the example of docs/protocol.md and that page itself, against the daemon."""

import hashlib
import json
import re
import subprocess
import sys
import unittest

import zmq

from daemon import PATIENCE, SOURCE, Daemon, Platform
from server import POSTERNCTL, environment_with, run

PROTOCOL = (SOURCE / "docs/protocol.md").read_text()
EXAMPLE = SOURCE / "docs/examples/tool.py"


class WithDaemon(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = Daemon()
        cls.addClassCleanup(cls.daemon.close)
        cls.daemon.write("6712345678901234", "m_1", "Where is my order?")
        cls.daemon.until(lambda: "You said: Where is my order?" in json.dumps(Platform.sent))
        cls.daemon.until(lambda: cls.ask("status")["since_start"]["sent"] == 1)

    @classmethod
    def tool(cls, *arguments, **more):
        return run(*arguments, environment={"POSTERN_RUNTIME_DIR": str(cls.daemon.runtime_dir)}, **more)

    @classmethod
    def ask(cls, *arguments):
        done = cls.tool("--json", *arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def conversation(self):
        return self.ask("conversations")["conversations"][-1]["conversation"]  # the first that began


class Tool(WithDaemon):
    def test_status(self):
        said = self.tool("status").stdout
        self.assertRegex(said, r"posternd +\S+ ok\n")
        self.assertRegex(said, r"acme +messenger +\d+ +0 .* ok\n")

    def test_the_conversation_can_be_read_and_the_reading_is_on_record(self):
        said = self.tool("show", self.conversation()).stdout
        self.assertIn("Where is my order?", said)
        self.assertRegex(said, r"→ echo  sent \d\d:\d\d:\d\d, allow by msgr\.window")
        self.assertIn("You said: Where is my order?", said)
        reads = [leaf for leaf in self.leaves() if leaf["k"] == "access.read" and leaf.get("c") == self.conversation()]
        self.assertTrue(reads)
        self.assertTrue(all(leaf["a"].startswith("user:") for leaf in reads))

    def leaves(self):
        return [json.loads(line) for line in self.tool("audit", "tail", "-n", "200", "--json").stdout.splitlines()]

    def test_a_person_answers_once_however_often_it_is_asked(self):
        arguments = ("reply", self.conversation(), "It left this morning.", "--id", "own-1")
        first, second = self.ask(*arguments), self.ask(*arguments)
        self.assertEqual(first, second)
        self.assertEqual(first["verdict"], "allow")
        self.daemon.until(lambda: "It left this morning." in json.dumps(Platform.sent))
        self.assertEqual(json.dumps(Platform.sent).count("It left this morning."), 1)

    def test_policy_explains(self):
        for author, rule in (("human", "msgr."), ("bot", "msgr."), ("campaign", "msgr.")):
            answer = self.ask("policy", "explain", self.conversation(), "--as", author)
            self.assertEqual(answer["author"], author)
            self.assertTrue(answer["rule"].startswith(rule), answer)

    def test_the_record_is_proven_here_and_elsewhere(self):
        self.assertEqual(self.tool("audit", "verify").returncode, 0)
        folder = self.daemon.path / "export"
        key = self.ask("audit", "export", str(folder))["vkey"]
        self.assertEqual(self.tool("audit", "verify", str(folder), "--vkey", key).returncode, 0)
        independent = subprocess.run([sys.executable, SOURCE / "tools/verify.py", folder, "--vkey", key],
                                     capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(independent.returncode, 0, independent.stdout)
        self.assertIn("export.created", [leaf["k"] for leaf in self.leaves()])

    def verified(self, folder, key):
        return subprocess.run([sys.executable, folder / "data/verify.py", folder, "--vkey", key],
                              capture_output=True, text=True, timeout=PATIENCE)

    def test_what_was_said_is_exported_and_one_record_disclosed(self):
        folder = self.daemon.path / "opened"
        arguments = ("--conversation", self.conversation(), "--dispute")
        key = self.ask("audit", "export", str(folder), *arguments)["vkey"]
        said = self.verified(folder, key)
        self.assertEqual(said.returncode, 0, said.stdout)
        messages = [json.loads(line) for line in (folder / "data/messages.jsonl").read_text().splitlines()]
        asked = next(message for message in messages if message.get("text") == "Where is my order?")
        self.assertIn("You said: Where is my order?", [message.get("text") for message in messages])
        verdicts = [json.loads(line) for line in (folder / "data/verdicts.jsonl").read_text().splitlines()]
        self.assertTrue(verdicts and all(verdict.get("pack", "").startswith("messenger ") for verdict in verdicts))
        for policy in (folder / "data/policies").iterdir():
            self.assertEqual(hashlib.sha256(policy.read_bytes()).hexdigest()[:16], policy.stem)
        alone = self.daemon.path / "alone"
        self.ask("audit", "disclose", str(asked["i"]), str(alone))
        self.assertEqual(self.verified(alone, key).returncode, 0)
        (only,) = (alone / "data/messages.jsonl").read_text().splitlines()
        self.assertEqual(json.loads(only), asked)

    def test_a_contact_gets_what_is_theirs_and_the_asking_is_on_record(self):
        row = next(row for row in self.ask("conversations")["conversations"] if row["conversation"] == self.conversation())
        done = self.ask("contact", "export", row["contact"], str(self.daemon.path / "theirs"), "--via", "mail")
        self.assertIn("Where is my order?", (self.daemon.path / "theirs/data/messages.csv").read_text())
        self.daemon.until(lambda: [leaf for leaf in self.leaves() if leaf.get("r") == done["request"]])
        request, answer = (leaf for leaf in self.leaves() if leaf["k"] == "subject.access")
        self.assertEqual((request["i"], request["s"], request["d"]), (done["request"], row["contact"], "mail"))
        self.assertEqual((answer["r"], answer["s"], answer["o"]), (done["request"], row["contact"], "ok"))

    def test_reload(self):
        self.assertEqual(self.tool("reload", "--wait").returncode, 0)
        epochs = [plugin["epoch"] for plugin in self.ask("plugin", "list")]
        self.assertEqual(self.tool("reload", "--wait").returncode, 0)
        self.assertEqual([plugin["epoch"] for plugin in self.ask("plugin", "list")], epochs)  # nothing has changed
        good = self.daemon.config.read_text()
        self.daemon.config.write_text(good + "lisen = 1\n")
        self.addCleanup(self.daemon.config.write_text, good)
        refused = self.tool("reload")
        self.assertEqual(refused.returncode, 78)
        self.assertIn("lisen", refused.stderr)
        self.assertEqual(self.tool("config", "check", str(self.daemon.config)).returncode, 78)
        self.assertEqual(self.tool("status").returncode, 0)
        checked = json.loads(self.tool("config", "check", str(self.daemon.config), "--json").stdout)
        self.assertFalse(checked["ok"])
        self.assertRegex(checked["problems"][0], r"postern\.toml:\d+:1: .*lisen")

    def test_a_plugin_whose_configuration_changes_is_started_again_without_loss(self):
        before = {plugin["section"]: plugin for plugin in self.ask("plugin", "list")}["handler.echo"]
        good = self.daemon.config.read_text()
        self.addCleanup(self.tool, "reload", "--wait")
        self.addCleanup(self.daemon.config.write_text, good)
        self.daemon.config.write_text(good.replace('plugin = "echo"', 'plugin = "echo"\nisolation = "process"'))
        self.assertEqual(self.tool("reload", "--wait").returncode, 0)
        for number in range(20):
            self.daemon.write("7700000000000003", f"m_reload_{number}", f"reloaded {number}")
        after = {plugin["section"]: plugin for plugin in self.ask("plugin", "list")}["handler.echo"]
        self.assertEqual((after["isolation"], after["state"], after["restarts"], after["epoch"]),
                         ("process", "ready", before["restarts"], before["epoch"] + 1))
        self.daemon.until(lambda: all(f"You said: reloaded {number}" in json.dumps(Platform.sent) for number in range(20)))
        self.assertNotIn("plugin.crashed", [leaf["k"] for leaf in self.leaves()])

    def test_config_check(self):
        done = self.tool("config", "check", str(self.daemon.config))
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_nobody_waits_and_nothing_is_parked(self):
        self.assertEqual(self.tool("quarantine", "list").stdout, "quarantine is empty\n")
        self.assertIn("no part waits", self.tool("outbox", "list").stdout)
        self.assertEqual(self.tool("quarantine", "requeue", "1").returncode, 66)
        self.assertEqual(self.tool("outbox", "resolve", "1", "drop").returncode, 66)
        self.assertEqual(self.tool("account", "resume", "nobody").returncode, 66)
        self.assertEqual(self.tool("show", "0" * 32).returncode, 66)
        self.assertEqual(self.tool("account", "resume", "acme").stdout, "acme was not paused\n")

    def test_the_feed_has_no_content(self):
        feed = zmq.Context.instance().socket(zmq.SUB)
        self.addCleanup(feed.close, 0)
        feed.subscribe(b"")
        feed.connect(f"ipc://{self.daemon.runtime_dir}/events")
        # What is published before the subscription arrives is lost: so somebody writes until all of it is heard.
        seen, wanted = [], {"message", "intent", "sent"}
        for number in range(100):
            self.daemon.write("7700000000000001", f"m_feed_{number}", "a secret nobody may overhear")
            while feed.poll(100):
                topic, count, event = feed.recv_multipart()
                seen.append((topic.decode(), int(count), json.loads(event)))
                self.assertNotIn(b"secret", event)
                self.assertNotIn(b"7700000000000001", event)
            if wanted <= {event["event"] for _, _, event in seen}:
                break
        self.assertLessEqual(wanted, {event["event"] for _, _, event in seen})
        for topic, _, event in seen:
            self.assertEqual(topic, f"{event['event']}.messenger.acme")


class Distrusted(unittest.TestCase):
    def test_a_plugin_that_crashed_as_a_thread_gets_it_back_when_it_is_trusted(self):
        daemon = Daemon(distrusted=["handler.echo"])
        self.addCleanup(daemon.close)

        def tool(*arguments):
            done = run(*arguments, "--json", environment={"POSTERN_RUNTIME_DIR": str(daemon.runtime_dir)})
            self.assertEqual(done.returncode, 0, done.stderr)
            return json.loads(done.stdout)

        def isolation():
            return {plugin["section"]: plugin["isolation"] for plugin in tool("plugin", "list")}

        self.assertEqual(isolation(), {"handler.echo": "process", "platform.messenger": "thread"})
        self.assertEqual(tool("plugin", "trust", "platform.messenger"), {"trusted": False})
        self.assertEqual(tool("plugin", "trust", "handler.echo"), {"trusted": True})
        tool("reload", "--wait")
        self.assertEqual(isolation(), {"handler.echo": "thread", "platform.messenger": "thread"})
        self.assertEqual((daemon.path / "state/crashed-plugins").read_text(), "")


class Example(WithDaemon):
    def example(self, *arguments):
        done = subprocess.run([sys.executable, EXAMPLE, self.daemon.runtime_dir, *arguments], capture_output=True, text=True,
                              timeout=PATIENCE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_status(self):
        said = self.example("status")
        self.assertRegex(said, r"posternd \S+ is ok; 0 turn\(s\) wait\nacme: \d+ sent\n")

    def test_waiting(self):
        self.assertEqual(self.example("waiting"), "")

    def test_following_the_feed(self):
        tool = subprocess.Popen([sys.executable, EXAMPLE, self.daemon.runtime_dir, "follow", "message.", "2"],
                                stdout=subprocess.PIPE, text=True)
        self.addCleanup(tool.kill)
        for number in range(300):
            if tool.poll() is not None:
                break
            self.daemon.write("7700000000000002", f"m_example_{number}", "hello")
            try:
                tool.wait(0.1)
            except subprocess.TimeoutExpired:
                pass
        said, _ = tool.communicate(timeout=PATIENCE)
        self.assertEqual(tool.returncode, 0)
        self.assertRegex(said, r"^(message\.messenger\.acme \d+ [0-9a-f]{32}\n){2}$")


class Page(WithDaemon):
    """docs/protocol.md says what is so."""

    METHODS = re.findall(r"`([a-z.]+)`", "".join(re.findall(r"^### `.*$", PROTOCOL, re.M)))

    def call(self, method, params):
        socket = zmq.Context.instance().socket(zmq.REQ)
        self.addCleanup(socket.close, 0)
        socket.setsockopt(zmq.RCVTIMEO, PATIENCE * 1000)
        socket.connect(f"ipc://{self.daemon.runtime_dir}/control")
        socket.send_json({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
        return socket.recv_json()

    def test_every_method_that_it_names_is_there(self):
        self.assertGreaterEqual(len(self.METHODS), 21)
        for method in self.METHODS:
            answer = self.call(method, {"conversation": "0" * 32})
            self.assertNotEqual(answer.get("error", {}).get("code"), -32601, method)

    def test_every_method_of_the_tool_is_in_it(self):
        program = "".join(path.read_text() for path in (SOURCE / "tools/posternctl").glob("*.cpp"))
        asked = set(re.findall(r'(?:ask\(|(?:command|write_out)\(session,)\s*"([a-z.]+)"', program))
        self.assertEqual(asked, set(self.METHODS))

    def test_its_examples_are_json_and_have_the_members_of_the_answers(self):
        examples = dict(re.findall(r"^### `([a-z.]+)`\n.*?```json\n(.*?)```", PROTOCOL, re.M | re.S))
        conversation = self.conversation()
        for method in ("status", "account.list", "plugin.list", "conversations", "show", "policy.explain", "audit.tail",
                       "audit.verify"):
            with self.subTest(method):
                documented = members(json.loads(examples[method]))
                if method == "show":  # the conversation's own members are described once
                    documented |= members(json.loads(examples["conversations"])["conversations"])
                real = members(self.call(method, {"conversation": conversation})["result"])
                self.assertFalse(real - documented)

    def test_the_codes_of_refusals(self):
        for method, params, code in (("nothing", {}, -32601), ("show", {}, -32602), ("show", {"conversation": "0" * 32}, -32004),
                                     ("audit.export", {"directory": "/proc/nothing"}, -32021)):
            self.assertEqual(self.call(method, params)["error"]["code"], code)
            self.assertIn(f"| {code} |", PROTOCOL)


# What is described elsewhere.
FOREIGN = {"body", "leaves", "accounts", "plugins"}


def members(value, path=""):
    """The paths of all members, lists as one item."""
    if isinstance(value, dict):
        found = {f"{path}.{name}" for name in value}
        return found.union(*(members(inner, f"{path}.{name}") for name, inner in value.items() if name not in FOREIGN))
    if isinstance(value, list):
        return set().union(*(members(inner, path) for inner in value))
    return set()


if __name__ == "__main__":
    unittest.main()
