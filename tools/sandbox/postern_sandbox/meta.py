# SPDX-License-Identifier: Apache-2.0
"""The Graph API engine that Messenger and Instagram share: tokens, routes, signed webhooks and their repetition."""

import hmac
import json
import re
from collections import deque
from urllib.parse import parse_qsl, urlencode

from . import graph_comment, graph_read, graph_send
from .clock import seconds
from .exchange import Call, perform, record
from .graph_fields import is_wanted
from .graph_error import GraphError, error_response, rate_limited
from .http import Response
from .signature import appsecret_proof, meta_body, meta_headers

# Seconds between the attempts of a webhook: at once a few times, then fewer and fewer, for 36 hours.
RETRY = [0, 1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400] + [21600] * 5


class Meta:
    """One platform of the two; `flavour` says in what it differs."""

    ordered = False
    batches = True
    webhook_timeout = 5.0

    def __init__(self, sandbox, platform, flavour):
        self.sandbox = sandbox
        self.platform = platform
        self.flavour = flavour
        self.fields = {}  # account name -> what it subscribed to
        self.failing_since = {}
        self.calls = {}  # (account name, what) -> times of late, for the limits

    def accounts(self):
        return [a for a in self.sandbox.scenario.world.accounts.values() if a.platform == self.platform]

    # Webhooks ---------------------------------------------------------------------------------------------------------

    def target(self, account):
        return self.sandbox.scenario.webhook(account) if account.subscribed else None

    def wants(self, account, item):
        return is_wanted(self.fields.get(account.name), self.platform, item)

    def pack(self, account, items):
        """Several items may share an entry, and several entries a request; `changes` entries count time in seconds."""
        entries, now = [], self.sandbox.clock.now_ms()
        for item in items:
            if item.list == "flat":
                entries.append({"id": account.id, "time": now // 1000, **item.body})
                continue
            last = entries[-1] if entries else {}
            if item.list not in last or account.quirks.chance.random() < 0.3:
                last = {"id": account.id, "time": now // 1000 if item.list == "changes" else now, item.list: []}
                entries.append(last)
            last[item.list].append(item.body)
        body = meta_body({"object": self.flavour.object, "entry": entries})
        return {
            "Content-Type": "application/json",
            "User-Agent": "facebookexternalua",
            **meta_headers(account.app_secret, body),
        }, body

    def retry_delays(self, chance):
        return iter(RETRY)

    def retry_after(self, response):
        return 0.0  # Meta does not ask the receiver when it would like to be tried again.

    def no_target(self, items):
        self.sandbox.delivery.drop(items, "the app is not subscribed")

    def answered(self, account, response, error):
        """An hour of failures ends the subscription, silently for the receiver."""
        if response is not None and response.status == 200:
            self.failing_since.pop(account.name, None)
            return
        now = self.sandbox.clock.now()
        since = self.failing_since.setdefault(account.name, now)
        patience = seconds(account.option("unsubscribe_after", "1h")) / self.sandbox.scenario.time_factor
        if patience and now - since > patience and account.subscribed:
            account.subscribed = False
            self.sandbox.notice(
                account, "webhooks failed for an hour: the app is unsubscribed until POST subscribed_apps"
            )

    async def connect(self, account):
        """The GET handshake. Gives None, or what is wrong."""
        challenge = str(account.quirks.chance.randrange(10**9, 10**10))
        query = urlencode(
            {"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": account.verify_token}
        )
        url = self.sandbox.scenario.webhook(account)
        try:
            response = await self.sandbox.client.request("GET", f"{url}?{query}", timeout=self.webhook_timeout)
        except (OSError, EOFError) as error:
            return f"{url} cannot be reached: {error or 'no answer'}"
        self.sandbox.journal.write("handshake", account=account.name, status=response.status)
        if response.status != 200:
            return f"{url} answered the handshake with {response.status}: is its verify_token the account's?"
        if response.body.decode("latin-1") != challenge:
            return f"{url} answered {response.body[:80]!r} to the handshake instead of the challenge {challenge}"
        account.subscribed = True
        return None

    # The API ----------------------------------------------------------------------------------------------------------

    def route(self, account, method, path, params):
        """The call that a request asks for."""
        own = path[0] in ("me", account.id, account.page_id)
        edge = path[1] if len(path) > 1 else ""
        if path == ["refresh_access_token"]:
            return Call(
                account,
                "refresh",
                lambda: {"access_token": account.token, "token_type": "bearer", "expires_in": 5183944},
            )
        if path == ["debug_token"]:
            return Call(account, "debug_token", lambda: graph_read.about_token(account, params))
        if own and edge == "messages" and method == "POST":
            if account.option("login") == "facebook" and path[0] == account.id != account.page_id:
                return failing(account, "send", "wrong_object")
            return graph_send.send(self, account, params)
        if own and edge == "subscribed_apps":
            return self.subscription(account, method, params)
        if method == "GET":
            return graph_read.read(self, account, path, params, own)
        if own and edge == "mentions" and method == "POST":
            return graph_comment.reply(self, account, str(params.get("comment_id", "")), params)
        if edge in ("comments", "replies") and method == "POST":
            if edge != self.flavour.comment_edge:
                return failing(account, "comment", "unknown_path")
            return graph_comment.reply(self, account, path[0], params)
        if not edge and method in ("POST", "DELETE"):
            return graph_comment.change(self, account, method, path[0], params)
        return failing(account, "unknown", "unknown_path")

    def subscription(self, account, method, params):
        def subscribe():
            if method == "GET":
                app = {
                    "id": str(account.option("app_id", 1517776481860111)),
                    "name": account.option("app_name", "Postern"),
                }
                fields = self.fields.get(account.name, [])
                return {"data": [{**app, "subscribed_fields": fields}] if account.subscribed else []}
            account.subscribed = method == "POST"
            fields = params.get("subscribed_fields", "")
            self.fields[account.name] = fields if isinstance(fields, list) else [f for f in str(fields).split(",") if f]
            return {"success": True}

        return Call(account, "subscribed_apps", subscribe)

    def answer(self, call):
        try:
            return Response.of_json(call.apply())
        except GraphError as error:
            return error.response()
        except Limited as limit:
            return rate_limited(call.account, limit.code, limit.wait)

    def refusal(self, account, fate):
        quirks = account.quirks
        if fate == "rate_limit":
            return rate_limited(account, int(quirks.value("rate_code")), float(quirks.value("retry_after")))
        if fate == "fail_before":
            return error_response(int(quirks.value("fail_status")), 2, None, "Service temporarily unavailable")
        if fate == "token_death":
            return GraphError("expired").response()
        if fate == "window_error":
            return GraphError(self.flavour.window).response()
        return Response(503)

    def scripted_error(self, error):
        """The error that a script names, as matched by quirks.ERROR."""
        code, subcode = int(error[2]), int(error[3]) if error[3] else None
        status = {1: 500, 2: 503, 190: 401, 4: 429, 613: 429}.get(code, 400)
        return error_response(status, code, subcode, error[4] or f"(#{code}) The scenario wants this error")

    def count(self, account, what):
        """Enforces the platform's rates, if the account wants `limits`."""
        if not account.option("limits", False):
            return
        most, span, code = {
            "send": (300 if self.platform == "messenger" else 100, 1, 4),
            "private_reply": (750, 3600, 613),
            "conversations": (2, 1, 80006),
        }[what]
        times, now = self.calls.setdefault((account.name, what), deque()), self.sandbox.clock.now()
        while times and now - times[0] >= span:
            times.popleft()
        if len(times) >= most:
            raise Limited(code, span - (now - times[0]))
        times.append(now)


class Limited(Exception):
    def __init__(self, code, wait):
        super().__init__(code)
        self.code, self.wait = code, wait


async def serve(sandbox, engines, request):
    """Answers one Graph request to a port where the given engines are."""
    try:
        params = parameters(request)
        account = authenticate(engines, request, params)
    except GraphError as error:
        response = error.response()
        record(sandbox, Call(None, "refused", None), f"{request.method} {request.path}", response)
        return response
    path = re.sub(r"^/v\d+\.\d+(?=/)", "", request.path).strip("/")
    engine = sandbox.platform(account)
    call = engine.route(account, request.method, path.split("/"), params)
    return await perform(sandbox, engine, call, f"{request.method} {request.path}")


def authenticate(engines, request, params):
    """The account whose token the request bears; a proof is checked if it is given."""
    header = request.headers.get("authorization", "")
    token = str(params.get("access_token") or re.sub(r"^(Bearer|OAuth) +", "", header))
    if not token:
        raise GraphError("no_token")
    accounts = [account for engine in engines for account in engine.accounts()]
    account = next((a for a in accounts if hmac.compare_digest(a.token.encode(), token.encode())), None)
    if account is None:
        raise GraphError("bad_token")
    if account.token_dead:
        raise GraphError("expired")
    proof = params.get("appsecret_proof")
    if proof and not hmac.compare_digest(
        str(proof).encode(), appsecret_proof(account.app_secret, account.token).encode()
    ):
        raise GraphError("bad_proof")
    return account


def failing(account, name, error, detail=""):
    def fail():
        raise GraphError(error, detail)

    return Call(account, name, fail)


def parameters(request):
    """Query, form and JSON body in one; form fields may hold JSON."""
    params = dict(request.query)
    kind = request.headers.get("content-type", "")
    try:
        if kind.startswith("application/json") and request.body:
            body = request.json()
            if not isinstance(body, dict):
                raise ValueError("not an object")
            return {**params, **body}
    except ValueError as error:
        raise GraphError("bad_parameter", "The body is not valid JSON") from error
    if request.body:
        params.update(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return {name: unpacked(value) for name, value in params.items()}


def unpacked(value):
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
