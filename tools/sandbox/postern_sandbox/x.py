# SPDX-License-Identifier: Apache-2.0
"""X: signed webhooks in two shapes, the checks that keep them valid, and the server that answers API v2."""

import asyncio
import json
from collections import defaultdict, deque
from urllib.parse import quote

from . import x_api, x_inbound
from .clock import rfc3339, seconds
from .exchange import Call, perform, record
from .http import Response
from .x_envelope import LISTS, account_activity, activity
from .x_send import limited
from .x_wire import XError, forbidden, invalid, new_id, sha256_base64, unauthorized

RETRY = [5, 30, 120, 600, 1800, 3600]  # seconds; X does not say its own
LISTED = 5000  # events that GET /2/dm_events remembers of an account


class X:
    ordered = False
    batches = True
    webhook_timeout = 10.0
    platform = "x"
    actions = x_inbound.ACTIONS

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.hooks = {}  # id -> {"id", "url", "valid", "created_at"}
        self.subscribed = defaultdict(set)  # account name -> event types
        self.events = {}  # account name -> (event as polls list it, item)
        self.sends = {}  # account name -> times
        self.issued = {}  # account name -> when its token was made
        self.polls = {}  # account name -> (when the 15 minutes began, polls since)
        self.files = {}  # where it lies below dm_conversations/media/ -> bytes
        self.uploads = {}  # media id -> category
        self.nonces = set()  # OAuth 1.0a: each counts once

    def accounts(self):
        return [a for a in self.sandbox.scenario.world.accounts.values() if a.platform == self.platform]

    def app(self, account):
        return str(account.option("app_id", "28000001"))

    # Webhooks ---------------------------------------------------------------------------------------------------------

    def act(self, account, contact, table):
        """The items of one step of a scenario."""
        name = next((name for name in self.actions if name in table), None)
        if name is None:
            raise ValueError(f"a step for x needs one of {', '.join(self.actions)}")
        return self.actions[name](x_inbound.Step(self, account, contact, table))

    def list(self, account, event, conversation, sender, item):
        """Keeps a direct message for those who poll."""
        listed = {
            "id": event["id"],
            "event_type": "MessageCreate",
            "dm_conversation_id": conversation,
            "sender_id": sender,
            "created_at": rfc3339(int(event["created_timestamp"]) / 1000),
            "text": event["message_create"]["message_data"]["text"],
        }
        self.keep(account, listed, item)

    def keep(self, account, event, item):
        self.events.setdefault(account.name, deque(maxlen=LISTED)).append((event, item))

    def polled(self, account, page):
        """What a poll has shown counts as taken over, the first time."""
        fresh = [item for _, item in page if not item.accepted.is_set()]
        for item in fresh:
            item.accepted.set()
        if fresh:
            self.sandbox.journal.write("polled", account=account.name, items=[item.record() for item in fresh])

    def wants(self, account, item):
        legacy = account.option("envelope") == "account"
        return item.list != "group" and (not legacy or item.list in LISTS or item.list == "oauth.revoke")

    def target(self, account):
        hook = self.hooks.get(account.hook)
        return hook["url"] if hook and hook["valid"] else None

    def pack(self, account, items):
        shape = account_activity if account.option("envelope") == "account" else activity
        body = json.dumps(shape(account, items, self.sandbox.clock.now_ms()), ensure_ascii=False).encode()
        signature = sha256_base64(account.app_secret, body)
        return {"Content-Type": "application/json", "x-twitter-webhooks-signature": signature}, body

    def retry_delays(self, chance):
        return iter(RETRY)

    def retry_after(self, response):
        return 0.0

    def no_target(self, items):
        self.sandbox.delivery.drop(items, "the webhook is not valid")

    def answered(self, account, response, error):
        pass

    async def connect(self, account):
        """Registers the webhook and all subscriptions, as an operator does. Gives None, or what is wrong."""
        try:
            hook = await self.register([account], self.sandbox.scenario.webhook(account))
        except XError as error:
            return str(error)
        account.hook = hook["id"]
        self.subscribed[account.name] |= {"dm.received", "dm.sent"}
        if every := seconds(account.option("crc_every", 0)):
            self.sandbox.delivery.spawn(self.check_again(hook, account, every))
        return None

    async def register(self, accounts, url):
        if not url.startswith("https://") and "127.0.0.1" not in url:
            raise invalid("UrlValidationFailed: the URL must begin with https:// and have no port")
        known = next((hook for hook in self.hooks.values() if hook["url"] == url), None)
        if known:
            raise invalid("DuplicateUrlFailed: the URL is registered already")
        if len(self.hooks) >= 5:
            raise invalid("WebhookLimitExceeded: Too many resources already created.")
        problem = await self.crc(accounts[0], url)
        if problem:
            raise invalid(f"CrcValidationFailed: {problem}")
        now = self.sandbox.clock
        hook = {"id": new_id(now.now_ms()), "url": url, "valid": True, "created_at": rfc3339(now.now())}
        self.hooks[hook["id"]] = hook
        return hook

    async def crc(self, account, url):
        """Asks a webhook whether it knows the App's secret. Gives None, or what is wrong."""
        token = f"{account.quirks.chance.getrandbits(96):x}+/="  # what has to be escaped in a query comes, too
        try:
            response = await self.sandbox.client.request(
                "GET", f"{url}?crc_token={quote(token, safe='')}", timeout=self.webhook_timeout
            )
            said = response.json().get("response_token") if response.status == 200 else None
        except (OSError, EOFError) as error:
            return f"{url} cannot be reached: {error or 'no answer'}"
        except (ValueError, AttributeError):
            said = None
        right = said == sha256_base64(account.app_secret, token.encode())
        self.sandbox.journal.write("handshake", account=account.name, status=response.status, right=right)
        return None if right else f"{url} answered the CRC with {response.status} {response.body[:80]!r}"

    async def check_again(self, hook, account, every):
        """X asks now and then; a wrong answer ends the webhook until somebody has it checked again."""
        while hook["id"] in self.hooks:
            await asyncio.sleep(every)
            problem = await self.crc(account, hook["url"])
            if problem and "cannot be reached" not in problem:
                hook["valid"] = False
                self.sandbox.notice(account, f"the webhook is invalid: {problem}")

    # The API ----------------------------------------------------------------------------------------------------------

    async def serve(self, request):
        path = f"{request.method} {request.path}"
        try:
            if request.path == "/2/oauth2/token":
                account, answer = x_api.refresh(self, request)
                response = Response.of_json(answer)
                record(self.sandbox, Call(account, "refresh", None), path, Response(200))  # tokens stay out of it
                return response
            if request.path.startswith("/2/webhooks"):
                return Response.of_json(await self.webhooks(request))
            call = x_api.route(self, x_api.account_of(self, request), request)
        except XError as error:
            response = error.response()
            record(self.sandbox, Call(None, "refused", None), path, response)
            return response
        return await perform(self.sandbox, self, call, path)

    async def webhooks(self, request):
        """GET lists, POST makes, PUT checks again, DELETE ends."""
        accounts, id = x_api.app_of(self, request), request.path.removeprefix("/2/webhooks").strip("/")
        if request.method == "POST":
            return {"data": await self.register(accounts, str(x_api.body_of(request).get("url", "")))}
        if request.method == "GET":
            return {"data": list(self.hooks.values()), "meta": {"result_count": len(self.hooks)}}
        if id not in self.hooks:
            raise XError(404, "Not Found")
        if request.method == "DELETE":
            del self.hooks[id]
            return {"data": {"deleted": True}}
        problem = await self.crc(accounts[0], self.hooks[id]["url"])
        self.hooks[id]["valid"] = problem is None
        return {"data": {"valid": problem is None}}

    def life(self, account):
        return seconds(account.option("token_life", 0))

    def expired(self, account):
        """Tokens of OAuth 2 live two hours at X; here as long as `token_life` says, or for ever."""
        made = self.issued.setdefault(account.name, self.sandbox.clock.now())
        return bool(self.life(account)) and self.sandbox.clock.now() - made > self.life(account)

    def quota(self, account):
        """The headers of a poll: `polls` in 15 minutes are allowed, 15 if nothing else is said. Raises XError."""
        most, now = int(account.option("polls", 15)), self.sandbox.clock.now()
        began, used = self.polls.get(account.name, (now, 0))
        if now - began >= 900:
            began, used = now, 0
        if used >= most:
            raise limited(most, int(began + 900) + 1)
        self.polls[account.name] = began, used + 1
        left = str(most - used - 1)
        reset = str(int(began + 900) + 1)
        return {"x-rate-limit-limit": str(most), "x-rate-limit-remaining": left, "x-rate-limit-reset": reset}

    def answer(self, call):
        try:
            headers = self.quota(call.account) if call.name == "poll" else {}
            made = call.apply()
            if isinstance(made, Response):
                return made
            return Response.of_json(made, 201 if call.changes else 200, headers)
        except XError as error:
            return error.response()

    def scripted_error(self, error):
        """The error that a script names, as matched by quirks.ERROR: a status, and perhaps an older code."""
        detail = error[4] or "The scenario wants this error"
        more = {"errors": [{"code": int(error[3]), "message": detail}]} if error[3] else {}
        return XError(int(error[2]), "Scripted", detail, **more).response()

    def refusal(self, account, fate):
        quirks = account.quirks
        if fate == "rate_limit":
            return limited(15, int(self.sandbox.clock.now() + float(quirks.value("retry_after")) + 0.999)).response()
        if fate == "token_death":
            return unauthorized().response()
        if fate == "window_error":
            return forbidden("You do not have permission to DM one or more participants.").response()
        return XError(int(quirks.value("fail_status")), "Service Unavailable").response()
