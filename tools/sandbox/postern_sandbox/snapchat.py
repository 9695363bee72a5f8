# SPDX-License-Identifier: Apache-2.0
"""Snapchat: a bridge that posts what people write and takes answers, and Snap's API by which brands write to creators."""

import base64
import hashlib
import hmac
import json
import uuid

from . import snapchat_api, snapchat_inbound
from .exchange import Call, perform, record
from .http import Response
from .oauth2 import refresh

RETRY = [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]  # seconds, as Standard Webhooks proposes


class Snapchat:
    ordered = True  # The bridge is a queue: what fails blocks its conversation.
    batches = False
    webhook_timeout = 15.0
    platform = "snapchat"
    actions = snapchat_inbound.ACTIONS

    def __init__(self, sandbox):
        self.sandbox = sandbox
        self.taken = {}  # account name -> ids that the bridge has delivered

    def accounts(self):
        return [a for a in self.sandbox.scenario.world.accounts.values() if a.platform == self.platform]

    # The bridge posts -------------------------------------------------------------------------------------------------

    def act(self, account, contact, table):
        """The items of one step of a scenario."""
        name = next((name for name in self.actions if name in table), None)
        if name is None:
            raise ValueError(f"a step for snapchat needs one of {', '.join(self.actions)}")
        return self.actions[name](snapchat_inbound.Step(account, contact, table))

    def wants(self, account, item):
        return True

    def target(self, account):
        return self.sandbox.scenario.webhook(account)

    def pack(self, account, items):
        """Signed as Standard Webhooks has it; `clock_off` seconds beside the time. The id is the message's."""
        item, at = items[0], int(self.sandbox.clock.now()) + int(account.option("clock_off", 0))
        body, id = json.dumps(item.body, separators=(",", ":")).encode(), item.key or str(uuid.uuid4())
        key = base64.b64decode(account.app_secret.removeprefix("whsec_"))
        mac = base64.b64encode(hmac.new(key, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()).decode()
        headers = {"webhook-id": id, "webhook-timestamp": str(at), "webhook-signature": f"v1,{mac}"}
        return {"Content-Type": "application/json", **headers}, body

    def retry_delays(self, chance):
        return iter(RETRY)

    def retry_after(self, response):
        return 0.0

    def no_target(self, items):
        self.sandbox.delivery.drop(items, "the account names no webhook")

    def answered(self, account, response, error):
        pass

    async def connect(self, account):
        return None  # Nobody asks whether the address is ours.

    # Answers ----------------------------------------------------------------------------------------------------------

    async def serve(self, request):
        path = f"{request.method} {request.path}"
        if request.path == "/login/oauth2/access_token":
            call = refresh(self.accounts(), request)
            response = call.apply()
            record(self.sandbox, call, path, response)
            return response
        try:
            account = snapchat_api.account_of(self, request)
            call = snapchat_api.route(self, account, request)
        except snapchat_api.SnapError as error:
            record(self.sandbox, Call(None, "refused", None), path, error.response())
            return error.response()
        return await perform(self.sandbox, self, call, path)

    def answer(self, call):
        try:
            return Response.of_json(call.apply())
        except snapchat_api.SnapError as error:
            return error.response()

    def scripted_error(self, error):
        """The error that a script names, as matched by quirks.ERROR: "error 403 Not allowed"."""
        return snapchat_api.SnapError(int(error[2]), f"E{error[3] or error[2]}", error[4] or "Wanted").response()

    def refusal(self, account, fate):
        if fate == "rate_limit":
            wait = int(float(account.quirks.value("retry_after")) + 0.999)
            response = snapchat_api.SnapError(429, "E429", "Too many requests").response()
            response.headers["Retry-After"] = str(wait)
            return response
        if fate == "token_death":
            return snapchat_api.SnapError(401, "E3001", "The token has expired").response()
        if fate == "window_error":
            return snapchat_api.SnapError(404, "E1004", "The conversation is over").response()
        return Response(int(account.quirks.value("fail_status")))
