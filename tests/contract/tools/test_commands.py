# SPDX-License-Identifier: Apache-2.0
"""Commands: what is asked, under which id, and what is said of the outcome."""

import unittest

from server import Case, Refusal

RITA = "5f" * 16


class Commands(Case):
    methods = {
        "reply": {"message": "aa" * 16, "verdict": "allow", "rule": "msgr.window", "parts": 2},
        "quarantine.requeue": {"requeued": 77}, "quarantine.discard": {"discarded": 77}, "outbox.resolve": {"resolved": True},
        "account.resume": {"resumed": True}, "conversation.close": {"declined": 3}, "reload": {"reloaded": True},
        "plugin.trust": {"trusted": True},
    }

    def asked(self):
        """The last command and its params, without the id that was made for it."""
        method, params = self.server.asked[-1]
        self.assertRegex(params.pop("id"), r"^[0-9a-f]{32}$")
        return method, params

    def test_reply(self):
        said = self.run_tool("reply", RITA, "Hello", "Rita,  how are you?")
        self.assertEqual(self.asked(), ("reply", {"conversation": RITA, "text": "Hello Rita,  how are you?", "public": False}))
        self.assertIn("queued to be sent as 2 part(s); message " + "aa" * 16, said)
        self.assertIn("allow by msgr.window\n", said)

    def test_a_long_reply_comes_from_standard_input(self):
        self.run_tool("reply", RITA, "-", "--public", input="one\ntwo\n\n")
        self.assertEqual(self.asked()[1], {"conversation": RITA, "text": "one\ntwo", "public": True})

    def test_a_reply_of_nothing_or_of_no_text_is_refused_here(self):
        self.run_tool("reply", RITA, "-", input="\n", code=64)
        self.run_tool("reply", RITA, b"\xff\xfe".decode("utf-8", "surrogateescape"), code=65)
        self.assertEqual(self.server.asked, [])

    def test_a_held_reply_says_until_when(self):
        self.server.methods["reply"] = {"message": "aa" * 16, "verdict": "hold", "rule": "quiet", "parts": 1,
                                        "until": "2036-01-01T00:00:00.000Z"}
        self.assertIn("held until in ", self.run_tool("reply", RITA, "x"))

    def test_what_policy_refuses(self):
        self.server.methods["reply"] = Refusal(-32010, "msgr.window: the window is shut")
        self.assertIn("msgr.window: the window is shut", self.run_tool("reply", RITA, "x", code=77))

    def test_a_lost_answer_can_be_asked_for_again(self):
        self.server.methods["account.resume"] = NotImplemented
        said = self.run_tool("account", "resume", "acme", "--timeout", "0.2", code=75)
        own = self.server.asked[-1][1]["id"]
        self.assertIn(f"--id {own}", said)
        self.server.methods["account.resume"] = {"resumed": True}
        self.assertEqual(self.run_tool("account", "resume", "acme", "--id", own), "acme sends again\n")
        self.assertEqual(self.server.asked[0], self.server.asked[1])

    def test_the_others(self):
        for arguments, asked, said in (
                (["quarantine", "requeue", "77"], ("quarantine.requeue", {"index": 77}), "record 77 goes to its handlers"),
                (["quarantine", "discard", "77", "--reason", "spam"],
                 ("quarantine.discard", {"index": 77, "reason": "spam"}), "record 77 is discarded"),
                (["outbox", "resolve", "513", "drop"], ("outbox.resolve", {"part": 513, "as": "drop"}), "part 513 is given up"),
                (["outbox", "resolve", "513", "sent"], ("outbox.resolve", {"part": 513, "as": "sent"}), "counts as sent"),
                (["account", "resume", "acme"], ("account.resume", {"account": "acme"}), "acme sends again"),
                (["conversation", "close", RITA], ("conversation.close", {"conversation": RITA}), "3 waiting message(s)")):
            with self.subTest(" ".join(arguments)):
                self.assertIn(said, self.run_tool(*arguments))
                self.assertEqual(self.asked(), asked)


    def test_a_plugin_is_trusted_again(self):
        self.assertIn("handler.echo is a thread again", self.run_tool("plugin", "trust", "handler.echo"))
        self.assertEqual(self.server.asked, [("plugin.trust", {"section": "handler.echo"})])
        self.server.methods["plugin.trust"] = {"trusted": False}
        self.assertEqual(self.run_tool("plugin", "trust", "x"), "x was not distrusted\n")


class Reload(Case):
    methods = {"reload": {"reloaded": True}}

    def test_without_waiting(self):
        self.assertEqual(self.run_tool("reload"), "the new configuration holds\n")

    def test_waiting_until_every_plugin_is_ready(self):
        states = iter(["starting", "starting", "ready"])
        self.server.methods["plugin.list"] = lambda params: [{"section": "x", "state": next(states)}]
        self.assertIn("every plugin is ready", self.run_tool("reload", "--wait"))
        self.assertEqual([method for method, _ in self.server.asked], ["reload"] + 3 * ["plugin.list"])

    def test_a_configuration_that_is_not_taken(self):
        self.server.methods["reload"] = Refusal(-32020, "the old one stays:\npostern.toml:3:1: unknown key")
        self.assertIn("postern.toml:3:1: unknown key", self.run_tool("reload", code=78))


if __name__ == "__main__":
    unittest.main()
