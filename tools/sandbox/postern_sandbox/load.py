# SPDX-License-Identifier: Apache-2.0
"""Load: contacts who write at a steady rate, each message with a token of its own."""

import asyncio
import itertools

from .clock import seconds

NUMBERS = itertools.count(1)


class Load:
    """Writes `count` messages (0: until stopped) at `rate` a second, then waits until they are answered."""

    def __init__(self, sandbox, table):
        self.sandbox = sandbox
        self.rate = float(table.get("rate", 50))
        self.count = int(table.get("count", 1000))
        self.text = table.get("text", "Where is my order? {token}")
        self.settle = seconds(table.get("settle", 10))
        self.written = 0
        self.stopped = False
        self.report = None
        self.before = (len(sandbox.judge.accepted), len(sandbox.judge.answers))  # what earlier talk has left there
        world = sandbox.scenario.world
        accounts = [world.account(name) for name in table.get("accounts", [])] or [
            a for a in world.accounts.values() if a.platform in table.get("platforms", (a.platform,))
        ]
        if not accounts:
            raise ValueError("[load]: no account to write to")
        names = [f"load-{number:04d}" for number in range(1, int(table.get("contacts", 20)) + 1)]
        for account in accounts:
            for name in names:
                if name not in account.people:
                    account.add_person(name, {"name": f"Load {name[5:]}"})
        self.writers = itertools.cycle([(account, name) for name in names for account in accounts])
        self.prefix = f"{sandbox.clock.now_ms() & 0xffffff:06x}"  # tokens of several runs in one journal stay apart

    async def run(self):
        """Gives the judge's report at the end."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        while not self.stopped and (not self.count or self.written < self.count):
            due = start + self.written / self.rate
            now = loop.time()
            if now < due:
                await asyncio.sleep(due - now)
            if self.sandbox.delivery.full():
                await asyncio.sleep(0.05)
                start += 0.05
                continue
            self.write()
        await self.answered()
        self.report = self.sandbox.judge.report()
        return self.report

    def write(self):
        account, name = next(self.writers)
        token = f"#t{self.prefix}{next(NUMBERS) & 0xffffff:06x}"
        self.written += 1
        self.sandbox.act({"from": name, "to": account.name, "say": self.text.replace("{token}", token)})

    async def answered(self):
        """Until nothing is open any more, or nothing has moved for `settle` seconds."""
        judge, loop = self.sandbox.judge, asyncio.get_running_loop()
        last, since = -1, loop.time()
        while loop.time() - since < self.settle:
            if judge.progress != last:
                last, since = judge.progress, loop.time()
            accepted, answers = (len(now) - then for now, then in zip((judge.accepted, judge.answers), self.before))
            if accepted >= self.written and answers >= self.written:
                return
            await asyncio.sleep(0.1)
