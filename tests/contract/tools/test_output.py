# SPDX-License-Identifier: Apache-2.0
"""What people read: the lists, the timeline, the words of errors; and that --json is what the daemon said."""

import json
import os
import pty
import socket
import subprocess
import tempfile
import unittest

from server import Case, Refusal, environment_with, run, POSTERNCTL

RITA, OTTO = "5f" * 16, "6a" * 16

STATUS = {
    "version": "0.1.0", "state": "degraded", "at": "2026-01-01T00:00:00.000Z",
    "ledger": {"state": "ok", "origin": "test.example/postern/1/0", "vkey": "v+1+x"},
    "accounts": [{"account": "acme-messenger", "platform": "messenger", "policy": "2026-09", "sent": 7, "failed": 1},
                 {"account": "acme-telegram", "platform": "telegram", "policy": "2026-09", "sent": 0, "failed": 0,
                  "paused": "the bot's token is not valid", "pause_class": "auth"}],
    "plugins": [{"section": "messenger", "plugin": "org.postern.messenger", "version": "1.0.0", "isolation": "thread",
                 "state": "ready", "epoch": 1, "restarts": 0, "calls": 12, "faults": 0, "open": 0, "waiting": 0},
                {"section": "telegram", "isolation": "process", "state": "backing off", "epoch": 4, "restarts": 3,
                 "calls": 0, "faults": 3, "open": 0, "waiting": 0, "last_error": "killed by signal 11"}],
    "conversations": {"in_memory": 3, "handling": 0, "events_waiting": 0, "turns_waiting": 2, "quarantined": 0},
    "outbox": {"queued": 0, "held": 0, "sending": 0, "unknown": 0, "parked": 0},
    "since_start": {"received": 9, "duplicates": 0, "dropped": 0, "answered": 5, "sent": 7, "refused": 1, "escalated": 0},
}

CONVERSATIONS = {
    "conversations": [
        {"conversation": RITA, "number": 40, "account": "acme-messenger", "name": "Rita 🌻 L.", "handle": "rita",
         "visibility": "private", "last_in": "2026-01-01T00:00:00.000Z", "last_bot": "2026-01-01T00:00:01.000Z",
         "closed": False, "answered": True, "waiting": 1},
        {"conversation": OTTO, "number": 3, "account": "acme-telegram", "name": "\x1b[2J\x07evil\u202e\n", "visibility": "public",
         "last_in": "2026-01-01T00:00:00.000Z", "closed": True, "answered": False, "waiting": 0}],
    "next": 3,
}

SHOW = {
    "conversation": RITA, "account": "acme-messenger", "name": "Rita", "visibility": "private",
    "last_in": "2026-01-01T10:00:00.000Z",
    "records": [
        {"index": 40, "at": "2026-01-01T10:00:00.000Z", "type": "msg.in", "outcome": "ok", "actor": "plugin:messenger@1.0.0",
         "body": {"kind": "message", "text": "hi\nthere", "sender": {"id": "1", "name": "Rita"},
                  "attachments": [{"type": "image", "url": "https://cdn.example/1.jpg"}]}},
        {"index": 41, "at": "2026-01-01T10:00:01.000Z", "type": "msg.out.intent", "outcome": "ok",
         "actor": "plugin:stock@1.2.0", "cause": 40, "message": "aa" * 16, "count": 1,
         "decision": "allow/msgr.window:59058ea978258e2f",
         "body": {"effect": "reply", "author": "bot", "parts": [{"text": "Hello Rita"}]}},
        {"index": 42, "at": "2026-01-01T10:00:02.000Z", "type": "msg.out.sent", "outcome": "ok", "actor": "system",
         "cause": 41, "count": 1, "body": {"id": "m_1"}},
        {"index": 50, "at": "2026-01-02T08:00:00.000Z", "type": "msg.in", "outcome": "ok", "actor": "plugin:messenger@1.0.0",
         "erased": True},
        {"index": 51, "at": "2026-01-02T08:00:01.000Z", "type": "policy.refuse", "outcome": "refused",
         "actor": "user:" + "1a" * 16, "cause": 50, "decision": "deny/msgr.no-cards:59058ea978258e2f",
         "body": {"effect": "reply", "author": "human", "parts": [{"text": "4111 1111 1111 1111"}]}},
        {"index": 53, "at": "2026-01-02T08:30:00.000Z", "type": "handler.decision", "outcome": "ok",
         "actor": "plugin:stock@1.2.0", "cause": 50, "count": 2, "decision": "note-assign",
         "body": {"effects": [{"effect": "note", "text": "wants a refund"}, {"effect": "assign", "value": "desk"}]}},
        {"index": 52, "at": "2026-01-02T09:00:01.000Z", "type": "turn.escalated", "outcome": "ok", "actor": "system",
         "cause": 50, "decision": "unanswered"}],
}


class Lists(Case):
    methods = {
        "status": STATUS, "conversations": CONVERSATIONS, "show": SHOW,
        "plugin.list": STATUS["plugins"], "account.list": STATUS["accounts"],
        "quarantine.list": [{"index": 77, "account": "acme-messenger", "conversation": RITA, "kind": "message",
                             "received_at": "2026-01-01T00:00:00.000Z", "reason": "stock: threw"}],
        "outbox.list": [{"part": 10497, "message": "aa" * 16, "state": "parked", "account": "acme-messenger",
                         "conversation": RITA, "attempts": 2, "since": "2026-01-01T00:00:00.000Z"}],
        "gaps": {"gaps": [{"index": 71, "at": "2026-01-01T00:00:00.000Z", "account": "acme-tiktok", "platform": "tiktok",
                           "conversation": RITA, "record": 70, "late": 932}]},
        "policy.explain": {"conversation": RITA, "account": "acme-messenger", "platform": "messenger", "author": "human",
                           "visibility": "private", "outcome": "hold", "rule": "msgr.window", "reason": "the window is shut",
                           "until": "2036-01-01T00:00:00.000Z", "policy": "2026-09", "policy_hash": "59058ea978258e2f00"},
    }

    def test_json_is_what_the_daemon_said(self):
        for arguments, method in ((["status"], "status"), (["conversations"], "conversations"), (["show", RITA], "show"),
                                  (["quarantine", "list"], "quarantine.list"), (["outbox", "list"], "outbox.list"),
                                  (["policy", "explain", RITA], "policy.explain"), (["plugin", "list"], "plugin.list"),
                                  (["account", "list"], "account.list"), (["gaps"], "gaps")):
            for line in (["--json", *arguments], [*arguments, "--json"]):
                with self.subTest(" ".join(line)):
                    self.assertEqual(json.loads(self.run_tool(*line)), self.methods[method])

    def test_status(self):
        said = self.run_tool("status")
        self.assertRegex(said, r"posternd +0\.1\.0 degraded")
        self.assertRegex(said, r"conversations +3 in memory, 2 turns waiting\n")
        self.assertRegex(said, r"outbox +empty\n")
        self.assertRegex(said, r"acme-telegram +telegram .* paused \(auth\): the bot's token is not valid\n")
        self.assertIn("backing off: killed by signal 11\n", said)

    def test_columns_are_aligned_whatever_is_in_them(self):
        head, rita, otto, _ = self.run_tool("conversations").splitlines()
        self.assertEqual(head.index("ACCOUNT"), rita.index("acme-messenger"))
        # The sunflower takes two columns, and is one character.
        self.assertEqual(head.index("STATE"), rita.index("1 waiting") + 1)
        self.assertEqual(head.index("STATE"), otto.index("closed"))

    def test_what_strangers_wrote_cannot_steer_the_terminal(self):
        said = self.run_tool("conversations")
        self.assertIn("<U+001B>[2J<U+0007>evil<U+2", said)
        self.assertFalse(set(said) & {"\x1b", "\x07", "\u202e"})

    def test_conversations_ask_for_what_is_wanted(self):
        said = self.run_tool("conversations", "--waiting", "--account", "acme-messenger", "-n", "5", "--before", "9")
        self.assertEqual(self.server.asked, [("conversations", {"limit": 5, "before": 9, "account": "acme-messenger",
                                                               "waiting": True})])
        self.assertIn("--before 3", said)
        self.assertRegex(said, rf"{RITA} .*1 waiting\n")

    def test_the_timeline(self):
        said = self.run_tool("show", RITA)
        self.assertIn("Thursday, 2026-01-01\n10:00:00  Rita  #40\n          hi\n          there\n"
                      "          [image https://cdn.example/1.jpg]\n", said)
        self.assertIn("10:00:01  → stock  sent 10:00:02, allow by msgr.window  #41\n          Hello Rita\n", said)
        self.assertNotIn("#42", said)  # its fate stands beside the message
        self.assertIn("\nFriday, 2026-01-02\n08:00:00  Rita  #50\n          (erased)\n", said)
        self.assertIn("08:00:01  → agent 1a1a1a1a  deny by msgr.no-cards  #51\n          4111 1111 1111 1111\n", said)
        self.assertIn("09:00:01  system  #52\n          · turn.escalated unanswered\n", said)

    def test_quarantine_and_outbox(self):
        self.assertRegex(self.run_tool("quarantine", "list"), r"\n +77 +acme-messenger +message .* stock: threw\n")
        self.assertRegex(self.run_tool("outbox", "list"), r"\n10497 +parked +acme-messenger +2 ")

    def test_gaps(self):
        said = self.run_tool("gaps")
        self.assertIn("no account's platform can be asked", said)
        self.assertRegex(said, r"\n.* 932 s +acme-tiktok +[0-9a-f]{32} +70\n")
        self.server.methods["account.list"] = [
            {"account": "acme-tiktok", "missed": 3, "listed_at": "2026-01-01T00:00:00.000Z"},
            {"account": "acme-x", "missed": 0, "listing_error": "too many requests"}]
        self.assertRegex(self.run_tool("gaps"), r"acme-tiktok .* 3 +ok\nacme-x +not yet +0 +too many requests\n")

    def test_empty_lists_say_so(self):
        self.server.methods.update({"quarantine.list": [], "outbox.list": [], "conversations": {"conversations": []}, "gaps": {"gaps": []}})
        self.assertIn("no message was found whose webhook never came", self.run_tool("gaps"))
        self.assertEqual(self.run_tool("quarantine", "list"), "quarantine is empty\n")
        self.assertIn("no part waits", self.run_tool("outbox", "list"))
        self.assertEqual(self.run_tool("conversations"), "there is no conversation\n")

    def test_policy(self):
        said = self.run_tool("policy", "explain", RITA, "--as", "bot", "--public")
        self.assertEqual(self.server.asked[-1], ("policy.explain", {"conversation": RITA, "as": "bot", "public": True}))
        self.assertIn("from acme-messenger now: hold\n", said)
        self.assertRegex(said, r"why +the window is shut\n")
        self.assertRegex(said, r"changes +in \d+ d \(2036-01-01 00:00:00\)\n")

    def test_fields_that_are_absent_or_strange_break_nothing(self):
        for answer in ({}, [], None, "x", {"accounts": 5, "plugins": [1, {}], "outbox": [], "state": 7}):
            self.server.methods.update({"status": answer, "plugin.list": answer, "conversations": answer, "show": answer})
            for arguments in (["status"], ["plugin", "list"], ["conversations"], ["show", RITA]):
                self.run_tool(*arguments)

    def test_colours_only_on_a_terminal(self):
        self.assertNotIn("\x1b", self.run_tool("status"))
        self.assertIn("\x1b[", self.on_a_terminal({}))
        self.assertNotIn("\x1b[", self.on_a_terminal({"NO_COLOR": "1"}))

    def on_a_terminal(self, environment):
        environment = environment_with({"POSTERN_RUNTIME_DIR": self.folder, "TERM": "xterm", **environment})
        child, terminal = pty.fork()
        if child == 0:
            os.execve(POSTERNCTL, [POSTERNCTL, "status"], environment)
        said = b""
        try:
            while part := os.read(terminal, 65536):
                said += part
        except OSError:  # how Linux says that the other end has closed
            pass
        os.waitpid(child, 0)
        os.close(terminal)
        self.assertIn(b"acme-messenger", said)
        return said.decode()


class Errors(Case):
    def test_each_kind_has_its_exit_code(self):
        for code, exits in ((-32004, 66), (-32005, 75), (-32010, 77), (-32602, 64), (-32601, 76), (-32603, 76)):
            self.server.methods["status"] = Refusal(code, "because of the weather")
            said = self.run_tool("status", code=exits)
            self.assertTrue(said.startswith("posternctl: because of the weather\n"), said)

    def test_json_errors_are_json(self):
        self.server.methods["status"] = Refusal(-32004, "no")
        self.assertEqual(json.loads(self.run_tool("status", "--json", code=66))["error"]["message"], "no")

    def test_no_answer_in_time(self):
        self.server.methods["status"] = NotImplemented
        said = self.run_tool("status", "--timeout", "0.2", code=75)
        self.assertIn("no answer to status within 0.2 s", said)

    def test_nonsense_instead_of_an_answer(self):
        self.server.answer = lambda request: {"hello": "world"}
        self.assertIn("no JSON-RPC", self.run_tool("status", code=76))


class NoDaemon(unittest.TestCase):
    def status(self, folder, **environment):
        return run("status", environment={"POSTERN_RUNTIME_DIR": folder, **environment})

    def test_there_is_no_socket(self):
        done = self.status("/nonexistent")
        self.assertEqual(done.returncode, 69)
        self.assertIn("cannot reach the daemon at /nonexistent/control: there is no such socket", done.stderr)
        self.assertIn("is posternd running", done.stderr)

    def test_a_socket_that_a_dead_daemon_left(self):
        with tempfile.TemporaryDirectory() as folder:
            with socket.socket(socket.AF_UNIX) as left:
                left.bind(folder + "/control")
            done = self.status(folder)
        self.assertEqual(done.returncode, 69)
        self.assertIn("nobody listens there any more", done.stderr)

    def test_the_configuration_says_where(self):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(folder + "/conf.d")
            with open(folder + "/postern.toml", "w") as file:
                file.write('runtime_dir = "sockets"\n')
            done = run("status", "--config", folder + "/postern.toml")
            self.assertIn(folder + "/sockets/control", done.stderr)
            with open(folder + "/conf.d/10.toml", "w") as file:
                file.write('runtime_dir = "/elsewhere"\n')
            done = run("status", "--config", folder + "/postern.toml")
            self.assertIn("at /elsewhere/control", done.stderr)

    def test_a_path_that_no_socket_can_have(self):
        self.assertEqual(self.status("/tmp/" + "x" * 120).returncode, 64)


class Usage(unittest.TestCase):
    def test_wrong_usage_is_64(self):
        for arguments in ([], ["frobnicate"], ["show"], ["quarantine"], ["quarantine", "requeue", "x"], ["quarantine", "discard", "1"],
                          ["outbox", "resolve", "1", "perhaps"], ["conversations", "-n", "0"], ["status", "--timeout", "-1"]):
            with self.subTest(" ".join(arguments)):
                self.assertEqual(run(*arguments).returncode, 64)

    def test_every_verb_has_help(self):
        for verb in ("status", "watch", "conversations", "show", "reply", "conversation close", "reload", "policy explain",
                     "quarantine list", "quarantine requeue", "quarantine discard", "outbox list", "outbox resolve", "account list",
                     "account resume", "plugin list", "audit verify", "audit tail", "audit export", "config check",
                     "config show", "decode", "completion"):
            done = run(*verb.split(), "--help")
            self.assertEqual(done.returncode, 0)
            self.assertIn("Usage: posternctl " + verb, done.stdout)

    def test_standard_output_that_is_full(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([POSTERNCTL, "config", "show", "--defaults"], stdout=full, stderr=subprocess.PIPE, timeout=30)
        self.assertEqual(done.returncode, 74)

    def test_the_completion_completes(self):
        script = 'eval "$(%s completion)"; COMP_WORDS=(posternctl quarantine re); COMP_CWORD=2; _posternctl; echo "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "-c", script % POSTERNCTL], capture_output=True, text=True, timeout=30)
        self.assertEqual(done.stdout, "requeue\n", done.stderr)


if __name__ == "__main__":
    unittest.main()
