# SPDX-License-Identifier: Apache-2.0
"""Ten thousand canaries, each a text of its own, come in by every way that content has: messages, names, files, what
tools say, what handlers keep, errors that quote. Before the erasure none is in any log or readable in any file; after it
none is in any file, log or answer. The index of what was said is on, and a backup is made while they are there.
POSTERN_FULL plants all; else 400."""

import itertools
import json
import os
import re
import subprocess
import sys
import time
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from canary_test import forms  # noqa: E402
from harness.brand import Brand  # noqa: E402
from harness.control import Control, Refused  # noqa: E402
from harness.files import FileServer  # noqa: E402
from harness.places import until  # noqa: E402
from harness.sandbox import ask  # noqa: E402
from harness.served import ServedTest  # noqa: E402
from harness.webhooks import post_messenger, secret, signature  # noqa: E402

MANY = 10_000 if os.environ.get("POSTERN_FULL") else 400
BIRD = "kanarienvogel"  # in every canary, so that one look finds any of them
SHARES = {"message": 44, "name": 15, "file": 5, "note": 10, "thrown": 5, "reply": 8, "rectified": 5, "held": 4,
          "quoted": 2, "asked": 1, "raw": 1}  # fmt: skip  # per cent
WRITERS = 10
CANARY = re.compile(rf"{BIRD}-[a-z]+-\d{{5}}".encode())


class Everywhere(ServedTest):
    def setUp(self):
        super().setUp()
        self.server = FileServer(self.folder)
        self.addCleanup(self.server.stop)
        self.serve(Brand(
            accounts=("acme-messenger", "acme-telegram"),
            top='log_level = "debug"\n',
            ledger='reserve = "1MiB"\nsearch = true\n',
            account_options='media = "store"\nsettle = "1s"\n',
            outbound=f'ca_file = "{self.server.certificate}"\nallow_local = true\n',
            handlers='[handler.remembers]\nplugin = "remembers"\n',
            routes='[[route]]\naccounts = ["*"]\nhandlers = ["remembers"]\n',
        ))  # fmt: skip
        self.tool = Control(self.daemon.runtime)
        self.addCleanup(lambda: self.tool.close())
        self.numbers, self.planted, self.ids = itertools.count(), Counter(), itertools.count(1)

    def canary(self, kind):
        self.planted[kind] += 1
        return f"{BIRD}-{kind}-{next(self.numbers):05}"

    def writer(self, number):
        return f"69999123456789{number % WRITERS:02}"

    # ---- the ways in

    def write(self, number, **message):
        """A webhook of Messenger's."""
        now = int(time.time() * 1000)
        body = json.dumps({"object": "page", "entry": [{"id": "104857600000001", "time": now, "messaging": [{
            "sender": {"id": self.writer(number)}, "recipient": {"id": "104857600000001"}, "timestamp": now,
            "message": {"mid": f"m_{next(self.ids)}", **message}}]}]}).encode()  # fmt: skip
        self.assertEqual(post_messenger(self.daemon, body)[0], 200)

    def write_telegram(self, number, name):
        update = {"update_id": next(self.ids), "message": {
            "message_id": next(self.ids), "date": int(time.time()), "text": "hello",
            "from": {"id": 7100000000 + number % WRITERS, "is_bot": False, "first_name": name, "last_name": "Vogel"},
            "chat": {"id": 7100000000 + number % WRITERS, "type": "private", "first_name": name}}}  # fmt: skip
        status = ask(f"{self.daemon.url}/webhooks/telegram/acme-telegram", "POST", json.dumps(update).encode(), {
            "Content-Type": "application/json",
            "X-Telegram-Bot-Api-Secret-Token": secret(self.daemon, "telegram-secret-token")})[0]  # fmt: skip
        self.assertEqual(status, 200)

    def try_tool(self, method, **params):
        """What a tool asks; refused or not, it has said it."""
        try:
            return self.tool.ask(method, **params)
        except Refused as refused:
            return refused

    def contacts(self):
        """account -> the contacts, and a conversation of each"""
        found = {}
        for each in self.tool.ask("conversations", limit=200)["conversations"]:
            found.setdefault(each["account"], {})[each["contact"]] = each["conversation"]
        return found

    def plant(self):
        """Every way in turn. What needs a contact comes when there is one."""
        share = {kind: MANY * part // 100 for kind, part in SHARES.items()}
        for number in range(share["message"]):
            self.write(number, text=self.canary("message"))
        for number in range(share["note"]):
            self.write(number, text=f"escalate {self.canary('note')}")
        for number in range(share["thrown"]):
            self.write(number, text=f"throw {self.canary('thrown')}")
        for number in range(share["name"]):
            self.write_telegram(number, self.canary("name"))
        for number in range(share["file"]):
            url = f"{self.server.url}/said/{self.canary('file')}"
            self.write(number, attachments=[{"type": "image", "payload": {"url": url}}])
        until(lambda: self.tool.ask("status")["media"]["waiting"] == 0, "the files are here", patience=300)
        self.sandbox.do("quirks", quirks={"script": [
            f"error 100/2018109 Cannot send {self.canary('quoted')} now" for _ in range(share["quoted"])]})  # fmt: skip
        for number in range(share["quoted"]):
            self.write(number, text="hello")
        contacts = self.contacts()
        messenger, telegram = list(contacts["acme-messenger"].items()), list(contacts["acme-telegram"])
        self.assertEqual((len(messenger), len(telegram)), (WRITERS, WRITERS))
        for number in range(share["reply"]):
            self.try_tool("reply", conversation=messenger[number % WRITERS][1], text=self.canary("reply"))
        for number in range(share["rectified"]):
            self.try_tool("contact.rectify", contact=telegram[number % WRITERS], change={"handle": self.canary("rectified")})
        for number in range(share["held"]):
            held = self.tool.ask("hold.place", contact=messenger[number % WRITERS][0], reason=self.canary("held"))
            self.tool.ask("hold.release", hold=held["hold"])
        for _ in range(share["asked"]):  # in what is wrong, and comes back in an error at most
            said = self.canary("asked")
            self.try_tool(said)
            self.try_tool("contact.erase", contact=said, account="acme-messenger")
            self.try_tool("contact.restrict", contact=said)
            ask(f"{self.daemon.url}/webhooks/messenger?{said}={said}", "POST", said.encode(), {"X-Hub-Signature-256": said})
            ask(f"{self.daemon.url}/deletion/messenger?id={said}")
        for _ in range(share["raw"]):  # no codec can read it, so that it belongs to nobody
            body = b'{"object": "page", "entry": "' + self.canary("raw").encode()
            ask(f"{self.daemon.url}/webhooks/messenger", "POST", body, {"X-Hub-Signature-256": signature(self.daemon, body)})
        self.assertGreaterEqual(sum(self.planted.values()), MANY * 99 // 100)
        return contacts

    # ---- looking

    def found(self, places):
        """What is in there in any form; of a form that names it, which."""
        leaks = []
        for where, content in places:
            if any(form in content for form in forms(BIRD)):
                leaks.append((where, sorted({each.decode() for each in CANARY.findall(content)})[:5]))
        return leaks

    def files(self):
        """Of the state, and of the backup."""
        for folder in (self.daemon.state, self.folder / "backup"):
            for file in sorted(folder.rglob("*")):
                if file.is_file():
                    yield file.name, file.read_bytes()

    def searched(self):
        """What is found by a word that all canaries have."""
        until(lambda: self.tool.ask("search", text=BIRD)["behind"] == 0, "all is in the index", patience=300)
        return self.tool.ask("search", text=BIRD)["found"]

    def log(self):
        yield "the log", self.daemon.log(all=True).encode()
        for page in ("metrics", "readyz"):
            yield page, ask(f"{self.daemon.admin_url}/{page}")[2]

    def bag(self, contact, name):
        """What is written out for a contact; gives the lines and all bytes."""
        folder = self.folder / f"bag-{name}-{contact}"
        self.tool.ask("contact.export", contact=contact, directory=str(folder))
        every = b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
        return [json.loads(line) for line in (folder / "data/messages.jsonl").read_text().splitlines()], every

    def verify_with_files(self, contact):
        """A bag with content has the files that came with it, and is judged whole."""
        folder = self.folder / "opened"
        self.tool.ask("audit.export", contact=contact, content=True, directory=str(folder))
        self.assertTrue(any(CANARY.search(file.read_bytes()) for file in (folder / "data/media").glob("*.gif")))
        made = subprocess.run([sys.executable, "-B", folder / "data/verify.py", folder, "--vkey", self.daemon.vkey()],
                              capture_output=True, text=True)  # fmt: skip
        self.assertEqual(made.returncode, 0, made.stdout + made.stderr)
        self.assertEqual(self.daemon.ctl("audit", "verify", folder, "--vkey", self.daemon.vkey(), fails=True)[0], 0)

    def test_none_gets_out_before_and_none_is_left_after(self):
        contacts = self.plant()
        everybody = [contact for account in contacts.values() for contact in account]
        until(lambda: self.tool.ask("status")["lanes"]["waiting"] == 0 if "lanes" in self.tool.ask("status") else True,
              "all is handled")  # fmt: skip
        held = set()
        for contact in everybody:
            held |= set(CANARY.findall(self.bag(contact, "before")[1]))
        by_kind = Counter(each.decode().split("-")[1] for each in held)
        print(f"planted {sum(self.planted.values())}: {dict(self.planted)}; held {sum(by_kind.values())}: {dict(by_kind)}")
        for kind in ("message", "note", "thrown", "name", "file", "rectified"):
            self.assertEqual(by_kind[kind], self.planted[kind], f"the canaries in each {kind} did sing")
        self.verify_with_files(next(iter(contacts["acme-messenger"])))
        self.assertGreater(len(self.searched()), 0)
        self.tool.ask("backup", directory=str(self.folder / "backup"))
        self.assertEqual(self.found(self.log()), [])
        self.assertEqual(self.found(self.files()), [])
        self.daemon.kill()  # with all that SQLite's logs hold
        self.assertEqual(self.found(self.files()), [])
        self.daemon.start()
        self.tool = Control(self.daemon.runtime)

        bodies = 0
        for contact in everybody:
            told = self.tool.ask("contact.erase", contact=contact, reason=self.canary("reason"), via="mail")
            self.assertEqual(told["state"], "erased", told)
            bodies += told["bodies"]
        for each in self.tool.ask("quarantine.list"):
            self.tool.ask("quarantine.discard", index=each["index"], reason=self.canary("reason"))
        self.assertEqual(self.found(self.files()), [])
        self.assertEqual(self.found(self.log()), [])
        for method in ("status", "conversations", "quarantine.list", "outbox.list", "account.list", "hold.list", "gaps"):
            self.assertEqual(self.found([(method, json.dumps(self.tool.ask(method)).encode())]), [])
        self.assertEqual(self.searched(), [])
        self.assertEqual(list((self.daemon.state / "media").iterdir()), [])
        for contact in everybody:  # an honest answer: that something was there, when, and nothing of it
            lines, every = self.bag(contact, "after")
            self.assertEqual(self.found([("the bag", every)]), [])
            self.assertTrue(any(line.get("erased") for line in lines))
            self.assertFalse(any(line.get("text") or line.get("body") for line in lines))
        folder = self.folder / "record"
        self.tool.ask("audit.export", contact=everybody[0], content=True, directory=str(folder))
        code, said = self.daemon.ctl("audit", "verify", folder, "--vkey", self.daemon.vkey(), fails=True)
        self.assertEqual(code, 4, said)
        verdict = json.loads(self.daemon.ctl("audit", "verify", fails=True)[1])
        self.assertEqual((verdict["code"], verdict["bodies"]["missing"], verdict["bodies"]["bad"]), (4, 0, 0))
        self.assertGreaterEqual(verdict["bodies"]["erased"], bodies)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(self.found([*self.files(), ("the log", self.daemon.log(all=True).encode())]), [])


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
