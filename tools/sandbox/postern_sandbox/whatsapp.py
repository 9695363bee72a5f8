# SPDX-License-Identifier: Apache-2.0
"""WhatsApp's Cloud API: webhooks of a business account's numbers, its messages endpoint, its media."""

import hashlib
import secrets

from . import whatsapp_inbound, whatsapp_send
from .exchange import Call
from .http import Response
from .meta import Meta
from .signature import meta_body, meta_headers
from .whatsapp_error import CloudError

RETRY_DAYS = 7
MOST_UPDATES = 1000  # in one webhook
MEDIA_SECONDS = 300  # that the address of a medium lives


class WhatsApp(Meta):
    def __init__(self, sandbox):
        super().__init__(sandbox, "whatsapp", None)
        self.actions = whatsapp_inbound.ACTIONS
        self.media = {}  # id -> (account, MIME type, bytes)
        self.links = {}  # what stands in an address -> (id, until when)

    # Webhooks ---------------------------------------------------------------------------------------------------------

    def wants(self, account, item):
        return True  # The fields are chosen in the app's dashboard, not by the API.

    def retry_delays(self, chance):
        """Fewer and fewer, for seven days."""
        delay, left = 1.0, RETRY_DAYS * 86400.0
        while left > 0:
            yield delay
            left -= delay
            delay = min(delay * 2, 21600.0)

    def pack(self, account, items):
        """An item's `list` is "field/list": its place in the value. Neighbours of one place share a change."""
        changes = []
        for item in items[:MOST_UPDATES]:
            field, _, place = item.list.partition("/")
            last = changes[-1] if changes else None
            if last is None or last["field"] != field or place not in last["value"]:
                last = {"value": self.value(account) if place else {}, "field": field}
                changes.append(last)
            if not place:
                last["value"] |= item.body
                continue
            last["value"].setdefault(place, []).append(item.body)
            contact = whatsapp_inbound.card(item)
            if contact and contact not in last["value"].setdefault("contacts", []):
                last["value"]["contacts"].append(contact)
        entry = {"id": str(account.option("waba_id", "330000000000001")), "changes": changes}
        body = meta_body({"object": "whatsapp_business_account", "entry": [entry]})
        return {"Content-Type": "application/json", **meta_headers(account.app_secret, body)}, body

    def value(self, account):
        metadata = {"display_phone_number": account.option("phone", "15550100001"), "phone_number_id": account.id}
        return {"messaging_product": "whatsapp", "metadata": metadata}

    def act(self, account, contact, table):
        name = next((name for name in self.actions if name in table), None)
        if name is None:
            raise ValueError(f"a step for whatsapp needs one of {', '.join(self.actions)}")
        return self.actions[name](whatsapp_inbound.Step(self, account, contact, table))

    # The API ----------------------------------------------------------------------------------------------------------

    def route(self, account, method, path, params):
        edge = path[1] if len(path) > 1 else ""
        if path[0] == "whatsapp-media" and method == "GET":
            return Call(account, "download", lambda: self.download(account, edge))
        if path[0] == account.id and edge == "messages" and method == "POST":
            return whatsapp_send.send(self, account, params)
        if path[0] == account.id and edge == "media" and method == "POST":
            return Call(account, "upload", lambda: {"id": self.keep(account, "image/png", b"uploaded")})
        if path[0] == account.option("waba_id") and edge == "subscribed_apps":
            return self.subscription(account, method, params)
        if path[0] == account.id and not edge and method == "GET":
            return Call(account, "account", lambda: {"id": account.id, "verified_name": account.title})
        if path[0] in self.media and not edge and method == "GET":
            return Call(account, "media", lambda: self.about(account, path[0]))
        return Call(account, "unknown", lambda: self.refuse(100, f"Unsupported request: {'/'.join(path)}"))

    def refuse(self, code, details=""):
        raise CloudError(code, details)

    def answer(self, call):
        try:
            made = call.apply()
        except CloudError as error:
            return error.response()
        return made if isinstance(made, Response) else Response.of_json(made)

    def refusal(self, account, fate):
        if fate == "rate_limit":
            wait = str(int(float(account.quirks.value("retry_after")) + 0.999))
            return CloudError(int(account.quirks.table.get("rate_code", 130429))).response({"Retry-After": wait})
        codes = {"fail_before": 131016, "token_death": 190, "window_error": 131047}
        return CloudError(codes[fate]).response() if fate in codes else Response(503)

    def scripted_error(self, error):
        return CloudError(int(error[2]), error[4] or "The scenario wants this error").response()

    # Media ------------------------------------------------------------------------------------------------------------

    def keep(self, account, mime, data):
        id = str(secrets.randbelow(9 * 10**15) + 10**15)
        self.media[id] = (account, mime, data)
        return id

    def about(self, account, id):
        """The address, which lives for five minutes and wants the token as well."""
        owner, mime, data = self.media[id]
        if owner is not account:
            raise CloudError(100, "the medium is another number's")
        name = secrets.token_hex(8)
        self.links[name] = (id, self.sandbox.clock.now() + MEDIA_SECONDS)
        port = self.sandbox.urls.get("whatsapp") or self.sandbox.urls.get("all")
        return {
            "messaging_product": "whatsapp",
            "url": f"{port}/whatsapp-media/{name}",
            "mime_type": mime,
            "sha256": hashlib.sha256(data).hexdigest(),
            "file_size": len(data),
            "id": id,
        }

    def download(self, account, name):
        id, until = self.links.get(name, (None, 0))
        if id is None or self.sandbox.clock.now() > until:
            return Response(404, b"Media not found")
        _, mime, data = self.media[id]
        return Response(200, data, {"Content-Type": mime})
