# SPDX-License-Identifier: Apache-2.0
"""Roles: every role asks for every method over the socket, as a local user of its own; what is done stands on record."""

import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.control import ask_as  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.served import ServedTest  # noqa: E402

NOT_ALLOWED = -32011
USERS = {"viewer": 61001, "agent": 61002, "operator": 61003, "compliance": 61004, "admin": 61005}
STRANGER, GROUP = 61009, 61010
ROLES = "\n[roles]\n" + "".join(f'{role} = ["{uid}"]\n' for role, uid in USERS.items())

EVERYBODY = {"viewer", "agent", "operator", "compliance", "admin"}
READERS, COMPLIANCE = {"agent", "compliance", "admin"}, {"compliance", "admin"}
AGENTS, OPERATORS = {"agent", "admin"}, {"operator", "admin"}
MAY = {
    **dict.fromkeys(("whoami", "status", "account.list", "plugin.list", "quarantine.list", "outbox.list", "gaps",
                     "policy.explain", "policy.counters"), EVERYBODY),
    **dict.fromkeys(("conversations", "show", "search", "media.get", "media.more"), READERS),
    **dict.fromkeys(("audit.tail", "audit.verify", "keys.status"), {"operator", "compliance", "admin"}),
    **dict.fromkeys(("audit.export", "audit.requests", "contact.erase", "contact.restrict", "contact.rectify", "hold.place",
                     "hold.release", "hold.list", "approval.give", "approval.refuse", "approval.list",
                     "retention.run", "backup"), COMPLIANCE),
    "audit.proof": {"operator", "compliance", "admin"},
    **dict.fromkeys(("reply", "conversation.close", "outbox.approve", "outbox.withdraw"), AGENTS),
    "outbox.resolve": AGENTS | OPERATORS,
    **dict.fromkeys(("account.connect", "account.resume", "quarantine.requeue", "quarantine.discard", "plugin.trust",
                     "reload", "keys.rotate"), OPERATORS),
}  # fmt: skip
# What the use of a privilege leaves behind, under the name of whoever used it.
LEAVES = {
    "conversations": "access.read", "show": "access.read", "search": "access.read", "media.get": "access.read",
    "backup": "backup.created", "audit.export": "export.created", "hold.place": "hold.placed", "reply": "msg.out.intent", "conversation.close": "conversation.closed",
    "account.connect": "account.connected", "plugin.trust": "plugin.trusted", "reload": "config.loaded",
    "keys.rotate": "key.rotate",
}  # fmt: skip


class Roles(ServedTest):
    def setUp(self):
        super().setUp()
        if os.geteuid() != 0:
            self.skipTest("only root can be other users in turn")
        self.serve(Brand(accounts=("acme-messenger",)), configure=lambda: self.give(ROLES))
        self.folder.chmod(0o711)  # the others may reach the sockets, whose folder has modes of its own
        self.sandbox.do("contact", account="acme-messenger", contact="rita")
        self.sandbox.say("acme-messenger", "rita", "Where is my order?")
        self.sandbox.answered("You said: Where is my order?")
        self.conversation = self.daemon.ctl("conversations")["conversations"][0]["conversation"]

    def give(self, roles):
        self.daemon.write_config()
        with open(self.daemon.config, "a", encoding="utf-8") as file:
            file.write(roles)

    def ask(self, uid, questions, gid=GROUP):
        """Asks as this local user, who is in the daemon's group; gives the answers."""
        return ask_as(self.daemon.runtime, uid, gid, questions)

    def question(self, method, role):
        params = {"conversation": self.conversation, "account": "acme-messenger", "section": "platform.messenger",
                  "media": 0, "text": "Hello", "part": 1, "index": 1, "as": "human",
                  "directory": str(self.folder / f"export-{role}")}  # fmt: skip
        return [method, params if method not in ("conversations", "policy.explain") else
                {"conversation": self.conversation} if method == "policy.explain" else {}]  # fmt: skip

    def test_each_role_may_what_is_its_own_and_what_it_does_is_on_record(self):
        names = {}
        for role, uid in USERS.items():
            answers = dict(zip(MAY, self.ask(uid, [self.question(method, role) for method in MAY])))
            names[role] = answers["whoami"]["result"]["user"]
            self.assertEqual(answers["whoami"]["result"]["roles"], [role])
            for method, answer in answers.items():
                code = answer.get("error", {}).get("code")
                with self.subTest(role=role, method=method):
                    self.assertEqual(code == NOT_ALLOWED, role not in MAY[method], answer)
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.daemon.state) as ledger:
            done = {(leaf["a"], leaf["k"]) for leaf in ledger.leaves(sorted(set(LEAVES.values())))}
        for role, name in names.items():
            for kind in set(LEAVES.values()):
                may = any(role in MAY[method] for method, left in LEAVES.items() if left == kind)
                with self.subTest(role=role, record=kind):
                    self.assertEqual((name, kind) in done, may)

    def test_who_is_not_named_may_nothing_and_a_reload_gives_and_takes_roles(self):
        [stranger] = self.ask(STRANGER, [["status", {}]])
        self.assertEqual(stranger["error"]["code"], NOT_ALLOWED)
        self.assertIn("[roles]", stranger["error"]["message"])
        self.assertIn("control.not_allowed", self.daemon.log())
        # Whether a text meets what was said in private is nothing for who may not read it.
        asked = ["policy.explain", {"conversation": self.conversation, "public": True, "text": "my order"}]
        for role, uid in USERS.items():
            [answer] = self.ask(uid, [asked])
            self.assertEqual(answer.get("error", {}).get("code") == NOT_ALLOWED, role not in READERS, role)
        self.give(f'\n[roles]\nviewer = ["@{GROUP}"]\nadmin = ["root"]\n')
        self.daemon.ctl("reload", "--wait")
        [stranger] = self.ask(STRANGER, [["whoami", {}]])
        self.assertEqual(stranger["result"]["roles"], ["viewer"])
        [agent] = self.ask(USERS["agent"], [["show", {"conversation": self.conversation}]], gid=STRANGER)
        self.assertEqual(agent["error"]["code"], NOT_ALLOWED)
        self.assertEqual(self.daemon.ctl("whoami")["roles"], ["admin"])
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.daemon.state) as ledger:
            self.assertEqual(len(ledger.leaves(["role.changed"])), 1)

    def test_a_name_that_the_machine_does_not_know_is_a_mistake_with_its_line(self):
        self.give('\n[roles]\nagent = ["nobody-of-that-name"]\n')
        code, said = self.daemon.ctl("reload", "--wait", fails=True)
        self.assertEqual(code, 78, said)
        self.assertRegex(said, r"postern\.toml:\d+:\d+: the user \\?\"nobody-of-that-name\\?\" does not exist")
        self.assertEqual(self.daemon.ctl("whoami")["roles"], ["admin"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
