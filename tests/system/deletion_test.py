# SPDX-License-Identifier: Apache-2.0
"""Meta's deletion callback: whom it names is forgotten at every account of the application, a page tells how far that
is, and what is forged, late or repeated has no effect. And what takes two people, by two local users."""

import base64
import hashlib
import hmac
import json
import os
import re
import subprocess
import sys
import time
import unittest
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import BIN, PATIENCE, until  # noqa: E402
from harness.sandbox import ask  # noqa: E402
from harness.served import ServedTest  # noqa: E402
from harness.webhooks import messenger_body, post_messenger, secret  # noqa: E402

USER, OTHER = "218471000000001", "6700000000000002"


def base64url(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


class Deletion(ServedTest):
    def begin(self, more=""):
        self.serve(Brand(accounts=("acme-messenger", "acme-instagram"), top='public_url = "https://dm.example.org/"\n',
                         handlers="", routes="", platforms=more))  # fmt: skip

    def signed(self, issued=None, user=USER, key=None):
        payload = {"user_id": user, "algorithm": "HMAC-SHA256", "issued_at": int(issued or time.time())}
        encoded = base64url(json.dumps(payload).encode())
        mac = hmac.new((key or secret(self.daemon, "meta-app-secret")).encode(), encoded, hashlib.sha256).digest()
        return b"signed_request=" + base64url(mac) + b"." + encoded

    def call(self, body):
        """(status, what the answer says)"""
        status, _, said = ask(f"{self.daemon.url}/deletion/messenger", "POST", body,
                              {"Content-Type": "application/x-www-form-urlencoded"})  # fmt: skip
        return status, json.loads(said) if status == 200 else None

    def page(self, url):
        """The page at the address that was told."""
        at = urlsplit(url)
        status, headers, said = ask(f"{self.daemon.url}{at.path}?{at.query}")
        return status, said.decode()

    def say(self, text, sender, mid):
        self.assertEqual(post_messenger(self.daemon, messenger_body(text, mid, sender))[0], 200)

    def metric(self, name):
        page = ask(f"{self.daemon.admin_url}/metrics")[2].decode()
        return float(re.search(rf"^{re.escape(name)} (\S+)$", page, re.M)[1])

    def test_whom_the_platform_names_is_forgotten_and_a_page_tells(self):
        self.begin()
        for number in range(5):
            self.say(f"callback-canary-{number}", USER, f"m_{number}")
        self.say("of somebody else", OTHER, "m_other")
        self.assertEqual(self.call(self.signed(key="another"))[0], 403)
        self.assertEqual(self.call(self.signed(issued=time.time() - 2 * 86400))[0], 403)
        self.assertEqual(self.call(b"signed_request=x")[0], 400)
        self.assertEqual(len(self.daemon.ctl("audit", "requests")["requests"]), 0)

        body = self.signed()
        status, told = self.call(body)
        self.assertEqual(status, 200)
        self.assertEqual(told["url"], f"https://dm.example.org/deletion/messenger?id={told['confirmation_code']}")
        until(lambda: "has been deleted" in self.page(told["url"])[1], "the page says that it is done")
        self.assertEqual(self.call(body), (200, told))  # the platform asks again, and it is the same request
        self.assertEqual(self.metric("postern_deletion_callbacks_repeated_total"), 1)
        self.assertEqual(self.metric('postern_deletion_callbacks_refused_total{why="forged"}'), 1)
        self.assertEqual(self.metric('postern_deletion_callbacks_refused_total{why="expired"}'), 1)
        [logged] = self.daemon.ctl("audit", "requests")["requests"]
        self.assertEqual((logged["nature"], logged["via"], logged["answer"]), ("erase", "callback", "erased"))

        self.assertEqual(self.daemon.stop(), 0)
        for file in self.daemon.state.rglob("*"):
            if file.is_file():
                self.assertNotIn(b"callback-canary", file.read_bytes(), file.name)
                self.assertNotIn(USER.encode(), file.read_bytes(), file.name)
        self.assertNotIn(USER, self.daemon.log(all=True))
        with Ledger(self.daemon.state) as ledger:
            [received] = ledger.leaves(("subject.erase.received",))
            [request] = ledger.leaves(("subject.erase.requested",))
            [erased] = ledger.leaves(("subject.erased",))
        self.assertEqual((received["q"], received["x"], received["d"]), (1, told["confirmation_code"], "callback"))
        self.assertEqual((request["r"], erased["r"], erased["o"]), (received["i"], request["i"], "ok"))

        self.daemon.start()
        self.assertIn("has been deleted", self.page(told["url"])[1])
        self.assertEqual(self.call(body), (200, told))
        self.assertIn("of somebody else", json.dumps([
            self.daemon.ctl("show", each["conversation"]) for each in self.daemon.ctl("conversations")["conversations"]
        ]))  # fmt: skip
        self.assertEqual(self.daemon.ctl("audit", "verify", fails=True)[0], 4)

    def test_what_has_to_be_kept_is_put_off_and_who_is_not_known_is_told_so(self):
        self.begin('[[retention]]\nmin = "365d"\nbasis = "17a-4"\n')
        self.say("callback-canary", USER, "m_1")
        told = self.call(self.signed())[1]
        until(lambda: "by law" in self.page(told["url"])[1], "the page says that it is put off")
        self.assertNotIn("17a-4", self.page(told["url"])[1])
        stranger = self.call(self.signed(user="1000"))[1]
        self.assertIn("We hold nothing", self.page(stranger["url"])[1])
        self.assertEqual(self.page(told["url"].replace(told["confirmation_code"], "0" * 32))[0], 404)
        answers = {each["answer"] for each in self.daemon.ctl("audit", "requests")["requests"]}
        self.assertEqual(answers, {"deferred", "not found"})


class TwoPersons(ServedTest):
    def ctl_as(self, uid, *arguments):
        """posternctl as that local user, who is in the daemon's group. (exit code, what it says)"""
        made = subprocess.run(
            [BIN / "posternctl", "--socket", self.daemon.runtime, "--json", *map(str, arguments)],
            capture_output=True, text=True, timeout=PATIENCE, user=uid, group=61010, extra_groups=[os.getegid()],
        )  # fmt: skip
        return made.returncode, made.stdout + made.stderr

    def test_an_erasure_waits_for_a_second_user_across_a_kill(self):
        if os.geteuid() != 0:
            self.skipTest("only root can be other users in turn")
        roles = '[roles]\ncompliance = ["61001", "61002"]\nviewer = ["61003"]\n[audit]\ntwo_persons = ["contact.erase"]\n'
        self.serve(Brand(accounts=("acme-messenger",), handlers="", routes="", platforms=roles))
        self.folder.chmod(0o711)
        self.assertEqual(post_messenger(self.daemon, messenger_body("two-canary", "m_1", USER))[0], 200)
        code, said = self.ctl_as(61001, "contact", "erase", USER, "--account", "acme-messenger")
        self.assertEqual(code, 69, said)
        number = json.loads(said)["basis"].removeprefix("approval/")
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(len(json.loads(self.ctl_as(61002, "approvals")[1])["approvals"]), 1)
        for uid in (61001, 61003):  # who has asked; who has not the role
            self.assertEqual(self.ctl_as(uid, "approve", number)[0], 77)
        self.assertEqual(self.ctl_as(61002, "approve", number)[0], 0)
        until(lambda: self.daemon.ctl("audit", "requests")["requests"][0]["answer"] == "erased", "it is erased")
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.daemon.state) as ledger:
            given = ledger.leaves(("approval.requested", "approval.given"))
        self.assertEqual([leaf["o"] for leaf in given], ["deferred", "refused", "ok"])
        self.assertEqual(given[0]["a"], given[1]["a"])
        self.assertNotEqual(given[0]["a"], given[2]["a"])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
