# SPDX-License-Identifier: Apache-2.0
"""The Send API of Messenger and Instagram: applies a message, and makes its echo and receipts."""

from .exchange import Call
from .flavour import message_id
from .graph_check import bad, check_comment, check_contact, check_message, check_tag, check_window
from .inbound import Item
from .world import Message

ACTIONS = ("typing_on", "typing_off", "mark_seen", "react", "unreact")


def send(meta, account, params):
    """The call that POST /{me|id}/messages asks for."""
    recipient, message = params.get("recipient"), params.get("message")
    recipient = recipient if isinstance(recipient, dict) else {}
    message = message if isinstance(message, dict) else {}
    action = params.get("sender_action")
    decoded = {
        key: params[key]
        for key in ("recipient", "message", "sender_action", "messaging_type", "tag", "payload", "reply_to")
        if key in params
    }
    call = Call(
        account,
        str(action or "send"),
        None,
        True,
        text=str(message.get("text") or ""),
        part=message.get("metadata"),
        decoded=decoded,
    )
    contact = whom(account, recipient)
    call.contact = contact.id if contact else str(recipient.get("id", ""))
    if action:
        call.apply = lambda: act(meta, account, params, contact, call)
    else:
        call.apply = lambda: deliver(meta, account, params, recipient, message, contact, call)
    return call


def whom(account, recipient):
    """The contact meant by a recipient, by whatever names it; None if there is none."""
    comment = account.comments.get(str(recipient.get("comment_id", "")))
    if comment:
        return comment.contact
    if "post_id" in recipient:
        post = str(recipient["post_id"])
        return next(
            (c.contact for c in account.comments.values() if c.post_id == post and c.contact and not c.parent_id), None
        )
    return account.contacts.get(str(recipient.get("id", "")))


def act(meta, account, params, contact, call):
    """Typing, seen, reactions: shown only where a message could be sent, too."""
    action = params["sender_action"]
    if action not in ACTIONS:
        raise bad(f"Param sender_action must be one of {', '.join(ACTIONS)}")
    if "message" in params:
        raise bad("Param message must not be given together with sender_action")
    check_contact(meta, account, contact)
    check_window(meta, account, contact, params)
    if action in ("react", "unreact"):
        target = contact.find((params.get("payload") or {}).get("message_id"))
        if target is None:
            raise bad("Param payload[message_id] is no message of this conversation")
    call.applied = True
    meta.sandbox.seen(account, contact, action, params.get("payload") or {})
    return {"recipient_id": contact.id}


def deliver(meta, account, params, recipient, message, contact, call):
    check_tag(account, params)
    check_message(meta, message)
    private_reply = "comment_id" in recipient or "post_id" in recipient
    comment = check_comment(meta, account, recipient) if private_reply else None
    check_contact(meta, account, contact)
    if not private_reply:
        check_window(meta, account, contact, params)
    meta.count(account, "private_reply" if private_reply else "send")
    if comment:
        comment.private_reply = True
    call.applied = True
    said = Message(
        message_id(meta.flavour),
        "out",
        call.text or describe(message),
        meta.sandbox.clock.now_ms(),
        attachments=attachments(message),
        choices=choices(message),
        fields={"private_reply": private_reply},
    )
    account.remember(contact, said)
    meta.sandbox.sent(account, contact, said)
    follow_up(meta, account, contact, said, message)
    return {"recipient_id": contact.id, "message_id": said.id}


def attachments(message):
    found = message.get("attachments") or ([message["attachment"]] if message.get("attachment") else [])
    return [{"type": one.get("type"), "url": (one.get("payload") or {}).get("url", "")} for one in found]


def choices(message):
    """What the contact can tap."""
    taps = [
        {"title": r.get("title", ""), "payload": r.get("payload", ""), "as": "quick_reply"}
        for r in message.get("quick_replies") or []
    ]
    payload = (message.get("attachment") or {}).get("payload") or {}
    taps += [
        {"title": b.get("title", ""), "payload": b.get("payload", ""), "as": "postback"}
        for b in payload.get("buttons", [])
        if b.get("type") == "postback"
    ]
    return taps


def describe(message):
    payload = (message.get("attachment") or {}).get("payload") or {}
    return payload.get("text", "")


def follow_up(meta, account, contact, said, message):
    """The echo, then the receipts, each in its own time or not at all."""
    quirks, delivery = account.quirks, meta.sandbox.delivery
    now = meta.sandbox.clock.now_ms()
    if account.option("echoes", True) and not quirks.happens("echo_loss"):
        delivery.offer(echo(meta, account, contact, said, message), quirks.delay("echo_delay"))
    if not (account.option("receipts", True) and contact.receipts) or quirks.happens("receipt_loss"):
        return
    parties = {"sender": {"id": contact.id}, "recipient": {"id": account.id}}
    if meta.flavour.delivered:
        body = {**parties, "delivery": {"mids": [said.id], "watermark": said.at}}
        delivery.offer(Item(account, contact, "receipt", body, key=said.id, lane=contact.id), 0.05)
    read = {"watermark": said.at} if meta.flavour.delivered else {"mid": said.id}
    body = {**parties, "timestamp": now + 100, "read": read}
    delivery.offer(Item(account, contact, "receipt", body, key=said.id, lane=contact.id), 0.1)


def echo(meta, account, contact, said, message):
    body = {"is_echo": True, "mid": said.id}
    if said.from_app:
        body["app_id"] = account.option("app_id", 1517776481860111)
    if account.platform == "instagram" and contact.id == account.id:
        body["is_self"] = True
    for name in ("metadata", "text"):
        if message.get(name):
            body[name] = message[name]
    attached = message.get("attachments") or ([message["attachment"]] if message.get("attachment") else None)
    if attached:
        body["attachments"] = attached
    envelope = {"sender": {"id": account.id}, "recipient": {"id": contact.id}, "timestamp": said.at, "message": body}
    return Item(account, contact, "echo", envelope, text=said.text, key=said.id, lane=contact.id)
