# SPDX-License-Identifier: Apache-2.0
"""Posts webhooks as the platforms do: in lanes, again after a failure, and with the quirks that were asked for."""

import asyncio
import itertools
import traceback
from collections import Counter, deque
from dataclasses import dataclass

from .inbound import TURNS

CONNECTIONS = 64  # open webhook requests of one account, unless it asks for fewer
BACKLOG = 20_000  # items that may wait; beyond it load waits too


@dataclass
class Post:
    """One webhook request, posted again and again until it is accepted or given up."""

    id: str
    account: object
    items: list
    headers: dict
    body: bytes
    attempt: int = 0
    retry_after: float = 0.0  # seconds; what the gateway's last answer asked for, where the platform honours it
    duplicate: bool = False


class Delivery:
    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.lanes = {}
        self.batches = {}
        self.gates = {}
        self.tasks = set()
        self.ids = itertools.count(1)
        self.pending = Counter()  # by account: items not yet accepted or given up

    def offer(self, item, delay=0.0):
        """Takes an item to be posted after `delay` seconds; item.accepted is set once the gateway took it.

        False, and it is dropped, if the account has not asked for such items, or if it is lost on its way.
        """
        if not self.sandbox.platform(item.account).wants(item.account, item):
            self.drop([item], "not among the account's subscribed_fields")
            return False
        if item.kind in TURNS and item.account.quirks.happens("webhook_loss"):
            self.drop([item], "lost on its way")
            return False
        self.pending[item.account.name] += 1
        if delay:
            self.spawn(self._later(item, delay))
        else:
            self._enter(item)
        return True

    def drop(self, items, why):
        records = [item.record() for item in items]
        self.sandbox.journal.write("dropped", account=items[0].account.name, why=why, items=records)

    def full(self):
        return self.pending.total() >= BACKLOG

    def waiting_for(self, account):
        return self.pending[account.name]

    def spawn(self, work):
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task):
        self.tasks.discard(task)
        if not task.cancelled() and task.exception():
            traceback.print_exception(task.exception())

    def stop(self):
        for task in list(self.tasks):
            task.cancel()

    async def _later(self, item, delay):
        await asyncio.sleep(delay)
        self._enter(item)

    def _enter(self, item):
        quirks, platform = item.account.quirks, self.sandbox.platform(item.account)
        if not platform.ordered and quirks.happens("reorder"):
            self.spawn(self._overtaken(item, quirks.chance.uniform(0.05, 0.5)))
        elif platform.batches and quirks.value("batch") > 1:
            self._gather(item)
        else:
            key = (item.account.name, item.lane)
            lane = self.lanes.get(key)
            if lane is None:
                lane = self.lanes[key] = deque()
                self.spawn(self._run_lane(key, lane))
            lane.append(item)

    async def _overtaken(self, item, delay):
        """Keeps an item back so that later ones arrive before it."""
        await asyncio.sleep(delay)
        await self._deliver([item])

    def _gather(self, item):
        batch = self.batches.get(item.account.name)
        if batch is None:
            batch = self.batches[item.account.name] = []
            self.spawn(self._flush(item.account, item.account.quirks.delay("batch_linger")))
        batch.append(item)

    async def _flush(self, account, linger):
        await asyncio.sleep(linger)
        batch = self.batches.pop(account.name)
        most = int(account.quirks.value("batch")) or 1
        for start in range(0, len(batch), most):
            self.spawn(self._deliver(batch[start : start + most]))

    async def _run_lane(self, key, lane):
        while lane:
            item = lane.popleft()
            delay = item.account.quirks.delay("webhook_delay")
            if delay:
                await asyncio.sleep(delay)
            await self._deliver([item])
        del self.lanes[key]

    async def _deliver(self, items):
        """Posts items; a failure is tried again, by this lane (ordered) or beside it."""
        account = items[0].account
        platform = self.sandbox.platform(account)
        if not platform.target(account):
            self.pending[account.name] -= len(items)
            platform.no_target(items)
            return
        headers, body = platform.pack(account, items)
        post = Post(f"w{next(self.ids)}", account, items, headers, body)
        accepted = await self._attempt(post)
        if account.quirks.happens("duplicate"):
            self.spawn(self._attempt(Post(post.id, account, items, headers, body, post.attempt, duplicate=True)))
        if accepted:
            self.pending[account.name] -= len(items)
        elif platform.ordered:
            await self._retry(post)
        else:
            self.spawn(self._retry(post))

    def _pauses(self, post):
        """Seconds before each further attempt: the platform's own rhythm, faster and with an upper limit if asked for."""
        scenario = self.sandbox.scenario
        most = scenario.longest_pause
        for delay in self.sandbox.platform(post.account).retry_delays(post.account.quirks.chance):
            delay = max(delay, post.retry_after) / scenario.time_factor
            yield delay if most is None else min(delay, most)
        while most is not None:
            yield most

    async def _retry(self, post):
        """Until accepted, given up, or the webhook is gone."""
        platform = self.sandbox.platform(post.account)
        for delay in self._pauses(post):
            await asyncio.sleep(delay)
            if not platform.target(post.account):
                platform.no_target(post.items)
                break
            if await self._attempt(post):
                break
        else:
            self.sandbox.journal.write(
                "given_up", id=post.id, account=post.account.name, items=[i.record() for i in post.items]
            )
        self.pending[post.account.name] -= len(post.items)

    def _gate(self, account):
        if account.name not in self.gates:
            self.gates[account.name] = asyncio.Semaphore(int(account.option("max_connections", CONNECTIONS)))
        return self.gates[account.name]

    async def _attempt(self, post):
        """Posts once, writes it to the journal, and tells whether it was accepted."""
        post.attempt += 0 if post.duplicate else 1
        platform, status, error, response = self.sandbox.platform(post.account), 0, None, None
        url = platform.target(post.account)
        async with self._gate(post.account):
            try:
                response = await self.sandbox.client.request(
                    "POST", url, post.headers, post.body, platform.webhook_timeout
                )
                status = response.status
            except TimeoutError:
                error = f"no answer within {platform.webhook_timeout:g} s"
            except (OSError, EOFError, ValueError) as failure:
                error = str(failure) or type(failure).__name__
        accepted = 200 <= status < 300
        extra = {"error": error} if error else {}
        extra |= {"duplicate": True} if post.duplicate else {}
        self.sandbox.journal.write(
            "webhook",
            id=post.id,
            attempt=post.attempt,
            account=post.account.name,
            status=status,
            items=[item.record() for item in post.items],
            **extra,
        )
        if accepted:
            for item in post.items:
                item.accepted.set()
        post.retry_after = platform.retry_after(response) if response else 0.0
        platform.answered(post.account, response, error)
        return accepted
