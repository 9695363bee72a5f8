# SPDX-License-Identifier: Apache-2.0
"""The sandbox: wires the platforms, the webhooks, the journal and the transcript together and serves the ports."""

import asyncio

from . import meta
from .clock import Clock, rfc3339, seconds
from .control import Control
from .delivery import Delivery
from .http import Client, Response, Server
from .instagram import Instagram
from .journal import Journal
from .judge import Judge
from .linkedin import LinkedIn
from .messenger import Messenger
from .snapchat import Snapchat
from .telegram import Telegram
from .tiktok import ROOT, TikTok
from .transcript import Transcript
from .whatsapp import WhatsApp
from .x import X

LOOPBACK = "127.0.0.1"
META = ("messenger", "instagram", "whatsapp")
PREFIXES = {  # what else is Meta's
    "telegram": ("/bot", "/file/bot"),
    "tiktok": (ROOT, "/media/"),
    "x": ("/2/",),
    "linkedin": ("/rest/", "/oauth/v2/"),
    "snapchat": ("/messages", "/v1/public_profiles/", "/login/oauth2/"),
}
# What a step may say beside what is done.
DETAILS = set(
    """from to ago id at raw quick_reply reply_to referral story url post shape live to_message title latitude longitude
                 group topic business app standby encrypted saved expires view_once""".split()
)


class Sandbox:
    def __init__(self, scenario, journal=None, quiet=False):
        self.scenario = scenario
        self.clock = Clock()
        self.journal = Journal(self.clock, journal)
        self.judge = Judge()
        self.journal.readers.append(self.judge.feed)
        self.transcript = Transcript(self.clock, quiet=quiet)
        self.client = Client()
        self.delivery = Delivery(self)
        engines = Messenger, Instagram, Telegram, TikTok, WhatsApp, X, LinkedIn, Snapchat
        self.platforms = {engine.platform: engine for engine in (made(self) for made in engines)}
        self.control = Control(self)
        self.servers = []
        self.urls = {}
        self.hearers = []  # called with (account, contact, message) for each message that the brand sent
        self.play = asyncio.Event()  # set: connect and play the steps
        self.ended = asyncio.Event()

    def platform(self, account):
        return self.platforms[account.platform]

    # Ports ------------------------------------------------------------------------------------------------------------

    async def start(self):
        """Opens the ports; gives {listener: URL}. A listener "all" has every platform's API."""
        for name, port in self.scenario.ports.items():
            if name != "all" and name not in self.platforms:
                raise ValueError(f"[sandbox] ports: {name!r} is neither \"all\" nor one of {', '.join(self.platforms)}")
            server = Server(self.handler(name))
            self.urls[name] = f"http://{LOOPBACK}:{await server.start(LOOPBACK, port)}"
            self.servers.append(server)
        return self.urls

    def handler(self, name):
        """What answers a listener's requests."""
        graph = [engine for key, engine in self.platforms.items() if key in META and name in ("all", key)]

        async def handle(request):
            if request.path.startswith("/_sandbox"):
                return await self.control.handle(request)
            for platform, prefixes in PREFIXES.items():
                if request.path.startswith(prefixes) and name in ("all", platform):
                    return await self.platforms[platform].serve(request)
            return await meta.serve(self, graph, request) if graph else Response(404)

        return handle

    async def stop(self):
        self.delivery.stop()
        for server in self.servers:
            await server.stop()
        self.client.close()
        self.journal.close()

    async def connect(self):
        """Connects the accounts that want it; waits for the gateway. Gives {account: what is wrong}."""
        problems = {}
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.scenario.connect_within
        for account in self.scenario.world.accounts.values():
            if not account.connect:
                continue
            problem = await self.platform(account).connect(account)
            while problem and "cannot be reached" in problem and loop.time() < deadline:
                await asyncio.sleep(0.25)
                problem = await self.platform(account).connect(account)
            if problem:
                problems[account.name] = problem
        return problems

    # What happens -----------------------------------------------------------------------------------------------------

    def act(self, table):
        """A contact does what a step says: gives the items that are on their way to the gateway. Raises ValueError."""
        contact = self.scenario.world.contact(table.get("from"), table.get("to"))
        account = contact.account
        unknown = set(table) - DETAILS - set(self.platform(account).actions)
        if unknown:
            known = ", ".join(sorted({*self.platform(account).actions, *DETAILS}))
            raise ValueError(f"unknown {', '.join(sorted(unknown))} for {account.platform}: known are {known}")
        at = self.clock.now_ms() - int(seconds(table.get("ago", 0)) * 1000)
        items = self.platform(account).act(account, contact, {**table, "at": at})
        for item in items:
            item.made = rfc3339(at / 1000)
            self.transcript.said(account, contact, item)
        return [item for item in items if self.delivery.offer(item)]

    def sent(self, account, contact, message):
        """The brand's message was applied."""
        self.transcript.sent(account, contact, message)
        for hear in self.hearers:
            hear(account, contact, message)

    def seen(self, account, contact, action, details):
        """Something else of the brand's became visible: typing, a reaction, a hidden comment."""
        self.transcript.seen(account, contact, action, details)

    def notice(self, account, text):
        self.journal.write("notice", account=account.name, text=text)
        self.transcript.notice(account, text)
