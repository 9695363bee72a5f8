# SPDX-License-Identifier: Apache-2.0
"""Plays a scenario's steps one after another and remembers which expectations were not met."""

import asyncio
import re

from .clock import seconds

PATIENCE = 10.0  # seconds, for `wait_for_reply = true`
CONTROL = {"from", "to", "after", "wait_for_reply", "matches", "where", "no_reply_for", "quirks"}


class Player:
    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.heard = {}  # contact -> messages that no step has waited for yet
        self.news = asyncio.Event()
        self.missing = []
        self.met = 0
        sandbox.hearers.append(self.hear)

    def hear(self, account, contact, message):
        if not contact.person.startswith("load-"):
            self.heard.setdefault(contact, []).append(message)
            self.news.set()

    async def play(self):
        """True if every expectation was met."""
        for number, step in enumerate(self.sandbox.scenario.steps, 1):
            try:
                await self.step(step)
            except ValueError as error:
                self.miss(f"step {number}: {error}")
        return not self.missing

    async def step(self, step):
        await asyncio.sleep(seconds(step.get("after", 0)))
        if "quirks" in step:
            self.sandbox.scenario.world.account(step.get("to")).quirks.change(step["quirks"])
        if "from" not in step:
            return
        contact = self.listener(step)
        what = next((f"{name} {step[name]!r}" for name in step if name not in CONTROL), "the last step")
        if set(step) - CONTROL:
            self.heard.pop(contact, None)
            self.sandbox.act({name: value for name, value in step.items() if name not in CONTROL - {"from", "to"}})
            contact = self.listener(step)  # A group exists from the first message on.
        if "wait_for_reply" in step:
            await self.wait(step, contact, what)
        if "no_reply_for" in step:
            await self.expect_silence(step, contact, what)

    def listener(self, step):
        """Who hears the answer: the person, or the group that they write in."""
        contact = self.sandbox.scenario.world.contact(step["from"], step.get("to"))
        group = step.get("group")
        id = str(group["id"] if isinstance(group, dict) else group)
        return contact.account.contacts.get(id, contact) if group else contact

    async def wait(self, step, contact, what):
        within = PATIENCE if step["wait_for_reply"] is True else seconds(step["wait_for_reply"])
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while True:
            if self.take(step, contact):
                self.met += 1
                return
            left = deadline - loop.time()
            if left <= 0:
                break
            self.news.clear()
            try:
                await asyncio.wait_for(self.news.wait(), left)
            except TimeoutError:
                pass
        heard = [message.text for message in self.heard.get(contact, [])]
        wanted = " ".join(
            filter(None, [step.get("where"), "reply", f"that matches {step['matches']!r}" if "matches" in step else ""])
        )
        got = f"only {heard}" if heard else "nothing"
        self.miss(f"{contact.name} ({contact.account.name}) waited {within:g} s for a {wanted} to {what} and got {got}")

    def take(self, step, contact):
        """Takes the first reply that fits, and what came before it, off the list."""
        for place, message in enumerate(self.heard.get(contact, [])):
            where = step.get("where")
            if (where is None or message.public == (where == "public")) and re.search(
                step.get("matches", ""), message.text
            ):
                del self.heard[contact][: place + 1]
                return True
        return False

    async def expect_silence(self, step, contact, what):
        await asyncio.sleep(seconds(step["no_reply_for"]))
        heard = self.heard.pop(contact, [])
        if heard:
            self.miss(
                f"{contact.name} ({contact.account.name}) expected no reply to {what} and got {[m.text for m in heard]}"
            )
        else:
            self.met += 1

    def miss(self, text):
        self.missing.append(text)
        self.sandbox.journal.write("missing", text=text)
        self.sandbox.transcript.note("✗ " + text, "bad")
