# SPDX-License-Identifier: Apache-2.0
"""Telegram: updates to the bot by webhook or getUpdates, and the server that answers its calls."""

import asyncio
import hmac
import json
import re
from urllib.parse import parse_qsl

from . import telegram_inbound, telegram_methods
from .exchange import Call, perform, record
from .http import Response
from .telegram_bot import Bot, TelegramError

EXPIRY = 24 * 3600  # An update that could not be delivered for this long is dropped.
GONE = 23 * 3600  # An answer of 410 for this long removes the webhook.
LONGEST_POLL = 50


class Telegram:
    ordered = True  # A failing update blocks its chat.
    batches = False
    webhook_timeout = 30.0
    platform = "telegram"
    actions = telegram_inbound.ACTIONS

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.bots = {a.name: Bot(a) for a in sandbox.scenario.world.accounts.values() if a.platform == self.platform}

    # Updates ----------------------------------------------------------------------------------------------------------

    def act(self, account, contact, table):
        """The items of one step of a scenario."""
        name = next((name for name in self.actions if name in table), None)
        if name is None:
            raise ValueError(f"a step for telegram needs one of {', '.join(self.actions)}")
        items = self.actions[name](telegram_inbound.Step(self.bots[account.name], contact, table))
        for item in items:
            item.body["update_id"] = next(self.bots[account.name].update_ids)
        return items

    def wants(self, account, item):
        return True  # What the bot did not allow never became an item.

    def target(self, account):
        return self.bots[account.name].url or None

    def pack(self, account, items):
        headers = {"Content-Type": "application/json"}
        if self.bots[account.name].secret_token:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.bots[account.name].secret_token
        return headers, json.dumps(items[0].body, separators=(",", ":")).encode()

    def retry_delays(self, chance):
        """At once, then 1 s doubling up to 60..120 s, until the update expires."""
        yield 0
        spent, delay, cap = 0.0, 1.0, chance.uniform(60, 120)
        while spent < EXPIRY:
            yield min(delay, cap)
            spent, delay = spent + min(delay, cap), delay * 2

    def retry_after(self, response):
        text = response.headers.get("retry-after", "")
        return float(min(int(text), 3600)) if text.isdigit() else 0.0

    def no_target(self, items):
        """Without a webhook updates wait for getUpdates."""
        bot = self.bots[items[0].account.name]
        bot.waiting.extend(items)
        bot.arrived.set()

    def answered(self, account, response, error):
        """Remembers failures for getWebhookInfo; an answer that names a method is carried out."""
        bot = self.bots[account.name]
        if response is None or not 200 <= response.status < 300:
            text = error or f"Wrong response from the webhook: {response.status}"
            bot.last_error = (int(self.sandbox.clock.now()), text)
            self.gone(account, bot, response)
            return
        bot.gone_since = None
        try:
            params = response.json() if response.body.startswith(b"{") else {}
        except ValueError:
            return
        if isinstance(params, dict) and isinstance(params.get("method"), str):
            call = telegram_methods.call(self, bot, params["method"], params, {})
            record(self.sandbox, call, "webhook answer", self.answer(call))

    def gone(self, account, bot, response):
        """Nothing but 410 for 23 hours ends the webhook."""
        if response is None or response.status != 410:
            bot.gone_since = None
            return
        now = self.sandbox.clock.now()
        bot.gone_since = bot.gone_since or now
        if now - bot.gone_since > GONE / self.sandbox.scenario.time_factor:
            bot.url = ""
            self.sandbox.notice(
                account, "the webhook answered 410 for 23 hours: it is removed until the next setWebhook"
            )

    async def connect(self, account):
        """Does what an operator does with setWebhook. Gives None, or what is wrong."""
        bot, url = self.bots[account.name], self.sandbox.scenario.webhook(account)
        match = re.match(r"http://([^/:]+)(?::(\d+))?(?:/|$)", url)
        if not match:
            return f"{url!r} is no http:// URL on this machine"
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(match[1], int(match[2] or 80)), 5)
            writer.close()
        except (OSError, TimeoutError) as error:
            return f"{url} cannot be reached: {error or 'no answer'}"
        params = {"url": url, "secret_token": account.secret_token}
        if account.option("allowed_updates"):
            params["allowed_updates"] = account.option("allowed_updates")
        response = self.answer(telegram_methods.call(self, bot, "setWebhook", params, {}))
        return None if response.status == 200 else response.json()["description"]

    # The API ----------------------------------------------------------------------------------------------------------

    async def serve(self, request):
        """Answers /bot<token>/<method> and /file/bot<token>/<path>."""
        match = re.fullmatch(r"/(file/)?bot([^/]+)/(.+)", request.path)
        path = re.sub(r"bot[^/]+", "bot<token>", request.path, count=1)
        token = match[2] if match else ""
        bot = next(
            (b for b in self.bots.values() if hmac.compare_digest(b.account.token.encode(), token.encode())), None
        )
        if bot is None or bot.account.token_dead:
            response = failure(TelegramError(401, "Unauthorized") if ":" in token else TelegramError(404, "Not Found"))
            record(self.sandbox, Call(None, "refused", None), f"{request.method} {path}", response)
            return response
        if match[1]:
            found = next((content for known, content in bot.files.values() if known == match[3]), None)
            return Response(200, found) if found is not None else failure(TelegramError(404, "Not Found"))
        params, files = parameters(request)
        if match[3].lower() == "getupdates":
            await self.wait(bot, params)
        call = telegram_methods.call(self, bot, match[3], params, files)
        return await perform(self.sandbox, self, call, f"{request.method} {path}")

    async def wait(self, bot, params):
        """The long poll: until an update is there, the time is up, or another getUpdates takes over."""
        bot.poll += 1
        mine = bot.poll
        telegram_methods.confirm(self, bot, params)
        deadline = asyncio.get_running_loop().time() + min(float(params.get("timeout") or 0), LONGEST_POLL)
        while not bot.waiting and not bot.url and bot.poll == mine:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                break
            bot.arrived.clear()
            try:
                await asyncio.wait_for(bot.arrived.wait(), min(left, 1.0))
            except TimeoutError:
                pass
        params["_ended"] = bot.poll != mine

    def answer(self, call):
        try:
            return Response.of_json({"ok": True, "result": call.apply()})
        except TelegramError as error:
            return failure(error)

    def scripted_error(self, error):
        """The error that a script names, as matched by quirks.ERROR."""
        return failure(TelegramError(int(error[2]), error[4] or "The scenario wants this error"))

    def refusal(self, account, fate):
        quirks = account.quirks
        if fate == "rate_limit":
            wait = int(float(quirks.value("retry_after")) + 0.999)
            return failure(TelegramError(429, f"Too Many Requests: retry after {wait}", {"retry_after": wait}))
        if fate == "token_death":
            return failure(TelegramError(401, "Unauthorized"))
        if fate == "window_error":
            return failure(TelegramError(403, "Forbidden: bot was blocked by the user"))
        return failure(TelegramError(int(quirks.value("fail_status")), "Internal Server Error"))


def failure(error):
    body = {"ok": False, "error_code": error.code, "description": error.description}
    headers = {}
    if error.parameters:
        body["parameters"] = error.parameters
        if "retry_after" in error.parameters:
            headers["Retry-After"] = str(error.parameters["retry_after"])
    return Response.of_json(body, error.code, headers)


def parameters(request):
    """Query, JSON, form and multipart alike; the second value holds uploaded files."""
    params, files, kind = dict(request.query), {}, request.headers.get("content-type", "")
    if kind.startswith("application/json") and request.body:
        try:
            body = request.json()
        except ValueError:
            body = {}
        params.update(body if isinstance(body, dict) else {})
    elif kind.startswith("multipart/form-data"):
        fields, files = multipart(request.body, kind)
        params.update(fields)
    elif request.body:
        params.update(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    return {name: unpacked(name, value) for name, value in params.items()}, files


def unpacked(name, value):
    if isinstance(value, str) and name != "text" and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def multipart(body, kind):
    match = re.search(r'boundary="?([^";]+)"?', kind)
    fields, files = {}, {}
    for section in body.split(b"--" + match[1].encode())[1:-1] if match else []:
        head, _, content = section.strip(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(rb'name="([^"]*)"', head)
        if name and b"filename=" in head:
            files[name[1].decode()] = content
        elif name:
            fields[name[1].decode()] = content.decode("utf-8", "replace")
    return fields, files
