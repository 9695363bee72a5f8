# SPDX-License-Identifier: Apache-2.0
"""Where answers go: the bridge (POST /messages, ours) and Snap's Public Profile API (/v1/public_profiles/…, theirs)."""

import hmac
import re
import uuid

from . import snapchat_inbound
from .exchange import Call
from .http import Response
from .world import Message

MOST = 1000  # characters; Snap names no limit
PAGE = 50


class SnapError(Exception):
    """An answer with an HTTP status of its own, or with 200 and the error in its body."""

    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code = status, code

    def response(self):
        body = {"request_id": str(uuid.uuid4()), "request_status": "ERROR", "error_code": self.code}
        return Response.of_json({**body, "debug_message": str(self), "display_message": "Sorry"}, self.status)


def success(**fields):
    return {"request_id": str(uuid.uuid4()), "request_status": "SUCCESS", **fields}


def account_of(platform, request):
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    account = next((a for a in platform.accounts() if hmac.compare_digest(a.token.encode(), token.encode())), None)
    if account is None or account.token_dead:
        raise SnapError(401, "E3001", "The token is not valid")
    return account


def route(platform, account, request):
    if request.method == "POST" and request.path == "/messages":
        return bridge(platform, account, parameters(request))
    match = re.fullmatch(r"/v1/public_profiles/([^/]+)/(group_conversation(?:_messages)?)", request.path)
    if not match or match[1] != account.id:
        raise SnapError(404, "E1004", "There is no such profile")
    if not account.option("allowlisted", True):
        raise SnapError(403, "E3003", "The profile is not on the allowlist for messaging")
    if match[2] == "group_conversation":
        return Call(account, "conversation", lambda: find(account, request.query))
    if request.method == "GET":
        return Call(account, "messages", lambda: listing(account, request.query))
    return send(platform, account, parameters(request))


def parameters(request):
    try:
        body = request.json()
    except ValueError as error:
        raise SnapError(400, "E1000", "The body is no JSON") from error
    if not isinstance(body, dict):
        raise SnapError(400, "E1000", "The body is no object")
    return body


def is_uuid(text):
    try:
        return str(uuid.UUID(str(text))) == text
    except ValueError:
        return False


def deliver(platform, account, contact, id, text, call):
    call.applied = True
    said = account.remember(contact, Message(id, "out", text, platform.sandbox.clock.now_ms()))
    platform.taken.setdefault(account.name, set()).add(id)
    platform.sandbox.sent(account, contact, said)


def bridge(platform, account, body):
    """One answer, whose id says whether it is a new one."""
    id, text = str(body.get("id", "")), str(body.get("text") or "")
    by_profile = "profile_id" in body
    wanted = str(body.get("profile_id") if by_profile else body.get("conversation_id", ""))
    people = account.contacts.values()
    key = (lambda c: c.creator) if by_profile else (lambda c: snapchat_inbound.conversation(account, c))
    contact = next((c for c in people if key(c) == wanted and c.messages), None)
    call = Call(account, "send", None, True, contact.id if contact else "", text, id.replace("-", ""), body)

    def apply():
        if not is_uuid(id) or body.get("type") != "text" or not text:
            raise SnapError(400, "E1000", "id, type and text are what a message is made of")
        if body.get("from") != account.id:
            raise SnapError(403, "E1003", "This is another profile's bridge")
        if contact is None:
            raise SnapError(404, "E1004", "There is no such conversation")
        if id in platform.taken.get(account.name, ()):
            raise SnapError(409, "E1009", "This message has been sent")
        deliver(platform, account, contact, id, text, call)
        return {"id": id}

    call.apply = apply
    return call


# Snap's API -----------------------------------------------------------------------------------------------------------


def token_of(account):
    return f"SnapProfileId/{account.id}"


def find(account, query):
    """Gets or makes the conversation with a creator."""
    profile = query.get("creator_profile_id", "")
    contact = next((c for c in account.contacts.values() if c.creator and c.creator == profile), None)
    if contact is None:
        raise SnapError(400, "E1001", "There is no such creator")
    conversation = {"conversation_id": snapchat_inbound.conversation(account, contact), "token": token_of(account)}
    return success(conversation=conversation)


def whom(account, params):
    wanted = params.get("conversation_id")
    known = (c for c in account.contacts.values() if c.creator)
    contact = next((c for c in known if snapchat_inbound.conversation(account, c) == wanted), None)
    if contact is None or params.get("token") != token_of(account):
        raise SnapError(400, "E2001", "There is no such conversation")
    return contact


def listing(account, query):
    contact, limit = whom(account, query), int(query.get("limit", PAGE))
    newest = list(contact.messages)[-limit:][::-1]
    shown = [{"message_id": m.id, "text_message": m.text, "type": "TEXT"} for m in newest]
    items = [{"sub_request_status": "SUCCESS", "group_conversation_message": one} for one in shown]
    return success(group_conversation_messages=items, paging={})


def send(platform, account, body):
    """Snap takes the sender's id for the message and does not say that it refuses one twice: so it does not."""
    items = body.get("group_conversation_messages") or [{}]
    id, text = str(items[0].get("message_id", "")), str(items[0].get("text_message") or "")
    call = Call(account, "send", None, True, text=text, part=id.replace("-", ""), decoded=body)

    def apply():
        contact = whom(account, body)
        call.contact = contact.id
        if not is_uuid(id) or items[0].get("type") != "TEXT" or not 1 <= len(text) <= MOST:
            refused = {"sub_request_status": "ERROR", "error_code": "E2002", "debug_message": "text_message is invalid"}
            return success(group_conversation_messages=[refused])
        deliver(platform, account, contact, id, text, call)
        message = {"message_id": id, "text_message": text, "type": "TEXT"}
        return success(
            group_conversation_messages=[{"sub_request_status": "SUCCESS", "group_conversation_message": message}]
        )

    call.apply = apply
    return call
