# SPDX-License-Identifier: Apache-2.0
"""LinkedIn: signed notifications about a Page, the check of its webhook, and the API for comments."""

import asyncio
import hashlib
import hmac
import json
import uuid
from urllib.parse import quote

from . import linkedin_api, linkedin_inbound
from .clock import seconds
from .exchange import Call, perform, record
from .http import Response
from .oauth2 import refresh

RETRY_EVERY, RETRY_FOR = 300, 8 * 3600  # seconds
CHECKS_FAILED = 3  # in a row, and the webhook is blocked


class LinkedIn:
    ordered = False
    batches = True
    webhook_timeout = 3.0
    platform = "linkedin"
    actions = linkedin_inbound.ACTIONS

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.hooks = {}  # account name -> URL, once it has passed the check
        self.failed = {}  # account name -> checks that have failed in a row

    def accounts(self):
        return [a for a in self.sandbox.scenario.world.accounts.values() if a.platform == self.platform]

    # Webhooks ---------------------------------------------------------------------------------------------------------

    def act(self, account, contact, table):
        """The items of one step of a scenario."""
        name = next((name for name in self.actions if name in table), None)
        if name is None:
            raise ValueError(f"a step for linkedin needs one of {', '.join(self.actions)}")
        return self.actions[name](linkedin_inbound.Step(account, contact, table))

    def wants(self, account, item):
        return True

    def target(self, account):
        return self.hooks.get(account.name)

    def pack(self, account, items):
        """`signature_form = "prefixed"`: as some integrations have seen it, and the documents do not say."""
        notifications = [item.body for item in items]
        envelope = {"type": "ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS", "notifications": notifications}
        body = json.dumps(envelope, separators=(",", ":")).encode()
        prefixed = account.option("signature_form") == "prefixed"
        signature = mac(account, body) if prefixed else mac(account, b"hmacsha256=" + body)
        return {"Content-Type": "application/json", "X-LI-Signature": "hmacsha256=" * prefixed + signature}, body

    def retry_delays(self, chance):
        return iter([RETRY_EVERY] * (RETRY_FOR // RETRY_EVERY))

    def retry_after(self, response):
        return 0.0

    def no_target(self, items):
        self.sandbox.delivery.drop(items, "the webhook has not passed its check")

    def answered(self, account, response, error):
        pass

    async def connect(self, account):
        """What the developer portal does when somebody enters the webhook, and LinkedIn every two hours since."""
        url = self.sandbox.scenario.webhook(account)
        problem = await self.check(account, url)
        if problem is None:
            self.hooks[account.name] = url
            if every := seconds(account.option("check_every", 0)):
                self.sandbox.delivery.spawn(self.check_again(account, url, every))
        return problem

    async def check(self, account, url):
        code = str(uuid.UUID(int=account.quirks.chance.getrandbits(128), version=4))
        asked = f"{url}?challengeCode={quote(code)}&applicationId=400001"
        try:
            response = await self.sandbox.client.request("GET", asked, timeout=self.webhook_timeout)
            said = response.json() if response.status == 200 else None
        except (OSError, EOFError) as error:
            return f"{url} cannot be reached: {error or 'no answer'}"
        except ValueError:
            said = None
        right = said == {"challengeCode": code, "challengeResponse": mac(account, code.encode())}
        self.sandbox.journal.write("handshake", account=account.name, status=response.status, right=right)
        return None if right else f"{url} did not pass the security challenge check: {response.status}"

    async def check_again(self, account, url, every):
        while self.failed.get(account.name, 0) < CHECKS_FAILED:
            await asyncio.sleep(every)
            problem = await self.check(account, url)
            self.failed[account.name] = self.failed.get(account.name, 0) + 1 if problem else 0
        self.hooks.pop(account.name, None)
        self.sandbox.notice(account, f"the webhook failed its check {CHECKS_FAILED} times: it is blocked")

    # The API ----------------------------------------------------------------------------------------------------------

    async def serve(self, request):
        path = f"{request.method} {request.path}"
        if request.path == "/oauth/v2/accessToken":
            call = refresh(self.accounts(), request)
            response = call.apply()
            record(self.sandbox, call, path, response)
            return response
        try:
            account = linkedin_api.account_of(self, request)
            call = linkedin_api.route(self, account, request)
        except linkedin_api.LinkedInError as error:
            record(self.sandbox, Call(None, "refused", None), path, error.response())
            return error.response()
        return await perform(self.sandbox, self, call, path)

    def answer(self, call):
        try:
            return call.apply()
        except linkedin_api.LinkedInError as error:
            return error.response()

    def scripted_error(self, error):
        """The error that a script names, as matched by quirks.ERROR: "error 403/100 Not enough permissions"."""
        return linkedin_api.LinkedInError(int(error[2]), int(error[3] or 0), error[4] or "Wanted").response()

    def refusal(self, account, fate):
        if fate == "rate_limit":
            text = "Resource level throttle DAY limit for calls to this resource is reached."
            return linkedin_api.LinkedInError(429, 101, text).response()
        if fate == "token_death":
            return linkedin_api.LinkedInError(401, 65602, "The token used in the request has expired").response()
        if fate == "window_error":
            return linkedin_api.LinkedInError(403, 100, "Not enough permissions to access").response()
        return Response(int(account.quirks.value("fail_status")))


def mac(account, signed):
    return hmac.new(account.app_secret.encode(), signed, hashlib.sha256).hexdigest()
