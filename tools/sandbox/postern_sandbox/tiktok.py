# SPDX-License-Identifier: Apache-2.0
"""TikTok's Business Messaging: signed webhooks and their repetition, and the API that says 200 to its errors, too."""

import hashlib
import hmac
import json
from urllib.parse import urlencode

from . import tiktok_api, tiktok_inbound
from .exchange import Call, perform, record
from .http import Response
from .tiktok_wire import TikTokError, answer_of, opaque

ROOT = "/open_api/v1.3/"
RETRY_FOR = 72 * 3600  # seconds, backing off


class TikTok:
    ordered = False
    batches = False
    webhook_timeout = 5.0
    platform = "tiktok"
    actions = tiktok_inbound.ACTIONS

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.hooks = {}  # (account name, event type) -> URL
        self.media = {}  # media id -> bytes
        self.refresh_tokens = {}  # account name -> the one that is valid; the scenario's at first

    def accounts(self):
        return [a for a in self.sandbox.scenario.world.accounts.values() if a.platform == self.platform]

    # Webhooks ---------------------------------------------------------------------------------------------------------

    def act(self, account, contact, table):
        """The items of one step of a scenario."""
        name = next((name for name in self.actions if name in table), None)
        if name is None:
            raise ValueError(f"a step for tiktok needs one of {', '.join(self.actions)}")
        return self.actions[name](tiktok_inbound.Step(self, account, contact, table))

    def wants(self, account, item):
        """While the account does not take messages from everybody, they wait in the app, and no webhook tells."""
        return account.option("access_allowed", True) or item.kind != "message"

    def target(self, account):
        return self.hooks.get((account.name, "DIRECT_MESSAGE"))

    def pack(self, account, items):
        """One notification a request; what happened stands in it as a string of JSON."""
        item, now = items[0], int(self.sandbox.clock.now())
        envelope = {
            "client_key": str(account.option("app_id", "7600000000000000001")),
            "event": item.list,
            "create_time": now,
            "user_openid": account.id,
            "content": json.dumps(item.body, ensure_ascii=False, separators=(",", ":")),
        }
        body = json.dumps(envelope, separators=(",", ":")).encode()
        key, late = account.app_secret.encode(), int(account.option("clock_off", 0))
        mac = hmac.new(key, f"{now + late}.".encode() + body, hashlib.sha256).hexdigest()
        return {"Content-Type": "application/json", "TikTok-Signature": f"t={now + late},s={mac}"}, body

    def retry_delays(self, chance):
        spent, delay = 0.0, 1.0
        while spent < RETRY_FOR:
            yield delay
            spent, delay = spent + delay, min(delay * 2, 3600)

    def retry_after(self, response):
        return 0.0

    def no_target(self, items):
        self.sandbox.delivery.drop(items, "no webhook is registered")

    def answered(self, account, response, error):
        pass

    async def connect(self, account):
        """Registers the webhook for messages and comments, and sees whether it echoes a challenge."""
        url, challenge = self.sandbox.scenario.webhook(account), opaque("challenge", account.name)
        try:
            response = await self.sandbox.client.request(
                "GET", f"{url}?{urlencode({'challenge': challenge})}", timeout=self.webhook_timeout
            )
        except (OSError, EOFError) as error:
            return f"{url} cannot be reached: {error or 'no answer'}"
        self.sandbox.journal.write("handshake", account=account.name, status=response.status)
        if response.status != 200 or response.body.decode("latin-1") != challenge:
            return f"{url} answered {response.status} {response.body[:80]!r} to the challenge {challenge}"
        for event in tiktok_api.EVENTS:
            self.hooks[account.name, event] = url
        return None

    # The API ----------------------------------------------------------------------------------------------------------

    async def serve(self, request):
        path = f"{request.method} {request.path}"
        if request.path.startswith("/media/"):
            return self.download(request)
        try:
            if not (request.path.startswith(ROOT) and request.path.endswith("/")):
                raise TikTokError(40006, "no schema found")
            name = request.path.removeprefix(ROOT)
            account = tiktok_api.account_of(self, name, request)
            call = tiktok_api.route(self, account, request.method, name, request)
        except TikTokError as error:
            response = answer_of(error.code, str(error))
            record(self.sandbox, Call(None, "refused", None), path, response)
            return response
        return await perform(self.sandbox, self, call, path)

    def download(self, request):
        """What media/download/ named; it wants the token under another name."""
        token = request.headers.get("x-user", "")
        allowed = any(not a.token_dead and hmac.compare_digest(a.token, token) for a in self.accounts())
        content = self.media.get(request.path.removeprefix("/media/"))
        return Response(200, content) if allowed and content is not None else Response(403)

    def answer(self, call):
        try:
            return answer_of(0, "OK", call.apply())
        except TikTokError as error:
            return answer_of(error.code, str(error))

    def scripted_error(self, error):
        """The error that a script names, as matched by quirks.ERROR."""
        return answer_of(int(error[2]), error[4] or "The scenario wants this error")

    def refusal(self, account, fate):
        if fate == "rate_limit":
            return answer_of(40100, "Requests made too frequently")
        if fate == "token_death":
            return answer_of(40105, "Access token is incorrect or has been revoked")
        if fate == "window_error":
            return answer_of(40064, "The message is blocked by direct message rules")
        return Response(int(account.quirks.value("fail_status")))
