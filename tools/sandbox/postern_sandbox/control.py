# SPDX-License-Identifier: Apache-2.0
"""The control API, /_sandbox/…: how a test drives the sandbox. On loopback only, like everything here."""

import asyncio

from .clock import rfc3339, seconds
from .http import Response
from .load import Load

LONGEST_WAIT = 30.0


class Control:
    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.load = None
        self.playing = None  # the Player, once there is one

    async def handle(self, request):
        name = request.path.removeprefix("/_sandbox").strip("/") or "state"
        action = getattr(self, f"{request.method.lower()}_{name}", None)
        if action is None:
            known = sorted(n.replace("_", " /_sandbox/", 1) for n in dir(self) if n.startswith(("get_", "post_")))
            return Response.of_json({"error": f"unknown: known are {', '.join(known)}"}, 404)
        try:
            params = request.json() if request.body else dict(request.query)
            if not isinstance(params, dict):
                raise ValueError("the body must be a JSON object")
            answer = action(params)
            return Response.of_json(await answer if asyncio.iscoroutine(answer) else answer)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            return Response.of_json({"error": f"{type(error).__name__}: {error}"}, 400)

    def account(self, params):
        return self.sandbox.scenario.world.account(params["account"])

    def get_state(self, params):
        """Where things are, and who is there."""
        accounts = {
            a.name: {
                "platform": a.platform,
                "id": a.id,
                "webhook": self.sandbox.scenario.webhook(a),
                "subscribed": a.subscribed,
                "token_dead": a.token_dead,
                "pending": self.sandbox.delivery.waiting_for(a),
                "contacts": {c.person: c.id for c in a.contacts.values()},
            }
            for a in self.sandbox.scenario.world.accounts.values()
        }
        player = self.playing
        steps = {"met": player.met, "missing": player.missing} if player else None
        return {
            "urls": self.sandbox.urls,
            "accounts": accounts,
            "now": rfc3339(self.sandbox.clock.now()),
            "steps": steps,
        }

    async def post_say(self, params):
        """{"account", "contact", and the fields of a step}; "wait": until the gateway has accepted it."""
        table = {name: value for name, value in params.items() if name not in ("account", "contact", "wait")}
        items = self.sandbox.act({**table, "from": params["contact"], "to": params.get("account")})
        if params.get("wait"):
            waits = [asyncio.create_task(item.accepted.wait()) for item in items]
            if waits:
                _, late = await asyncio.wait(waits, timeout=LONGEST_WAIT)
                for task in late:
                    task.cancel()
        return {"items": [{**item.record(), "accepted": item.accepted.is_set()} for item in items]}

    def get_journal(self, params):
        after = int(params.get("after", 0))
        return {"records": self.sandbox.journal.after(after), "last": self.sandbox.journal.count}

    def get_judge(self, params):
        return self.sandbox.judge.report()

    def get_messages(self, params):
        """What a contact sees of its conversation."""
        contact = self.sandbox.scenario.world.contact(params["contact"], params.get("account"))
        return {
            "messages": [
                {
                    "id": m.id,
                    "direction": m.direction,
                    "text": m.text,
                    "public": m.public,
                    "at": rfc3339(m.at / 1000),
                    "attachments": m.attachments,
                    "choices": m.choices,
                    "from_app": m.from_app,
                }
                for m in contact.messages
            ]
        }

    def post_contact(self, params):
        """Adds a person to an account: {"account", "contact", "id"?, "name"?, …}; or changes one that is there."""
        account, person = self.account(params), params["contact"]
        table = {name: value for name, value in params.items() if name not in ("account", "contact")}
        contact = account.people.get(person)
        if contact is None:
            contact = account.add_person(person, table)
        for name in ("blocked", "deactivated", "follows", "open", "encrypted", "receipts", "locale", "name", "first_name"):
            if name in table:
                setattr(contact, name, table[name])
        return {"id": contact.id}

    def post_quirks(self, params):
        """{"account"?, "quirks": {…}}: changes the quirks named, of one account or of all."""
        world = self.sandbox.scenario.world
        for account in [self.account(params)] if "account" in params else world.accounts.values():
            account.quirks.change(params["quirks"])
        return {"ok": True}

    def post_token(self, params):
        """{"account", "alive": false}: the token dies, or is valid again; or {"account", "token": "a new one"}."""
        account = self.account(params)
        account.token_dead = not params.get("alive", True)
        account.token = params.get("token", account.token)
        return {"ok": True}

    def post_option(self, params):
        """{"account", "name", "value"}: an option of the account, e.g. human_agent, limits, receipts."""
        self.account(params).table[params["name"]] = params["value"]
        return {"ok": True}

    def post_clock(self, params):
        """{"advance": "25h"}: the sandbox's time goes on; windows close."""
        self.sandbox.clock.advance(seconds(params["advance"]))
        return {"now": rfc3339(self.sandbox.clock.now())}

    def post_gateway(self, params):
        self.sandbox.scenario.gateway = params["url"]
        return {"ok": True}

    async def post_connect(self, params):
        """Handshakes and setWebhook for the accounts that have connect = true."""
        return {"problems": await self.sandbox.connect()}

    def post_play(self, params):
        self.sandbox.play.set()
        return {"ok": True}

    def post_load(self, params):
        """The fields of [load]; {"stop": true} ends it."""
        if params.get("stop"):
            if self.load:
                self.load.stopped = True
        elif self.load and self.load.report is None:
            raise ValueError("load is running: stop it first")
        else:
            self.load = Load(self.sandbox, params)
            self.sandbox.delivery.spawn(self.load.run())
        return self.get_load({})

    def get_load(self, params):
        load = self.load
        return {
            "written": load.written if load else 0,
            "running": bool(load) and load.report is None,
            "report": load.report if load else None,
        }

    def post_stop(self, params):
        self.sandbox.ended.set()
        return {"ok": True}
