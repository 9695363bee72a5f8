# SPDX-License-Identifier: Apache-2.0
"""The Send API of Messenger and Instagram: checks a message as Meta does, applies it, and makes its echo and receipts."""

from .exchange import Call
from .flavour import message_id
from .graph_error import GraphError
from .inbound import Item
from .world import Message

DAY_MS = 24 * 3600 * 1000
DEAD_TAGS = ("CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE")
ACTIONS = ("typing_on", "typing_off", "mark_seen", "react", "unreact")
MEDIA = ("image", "video", "audio", "file")
MOST_METADATA = 1000
MOST_QUICK_REPLIES = 13


def bad(detail):
    return GraphError("bad_parameter", detail)


def send(meta, account, params):
    """The call that POST /{me|id}/messages asks for."""
    recipient, message = params.get("recipient"), params.get("message")
    recipient = recipient if isinstance(recipient, dict) else {}
    message = message if isinstance(message, dict) else {}
    action = params.get("sender_action")
    decoded = {key: params[key] for key in ("recipient", "message", "sender_action", "messaging_type", "tag", "payload", "reply_to")
               if key in params}
    call = Call(account, str(action or "send"), None, True, text=str(message.get("text") or ""), part=message.get("metadata"),
                decoded=decoded)
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
        return next((c.contact for c in account.comments.values() if c.post_id == post and c.contact and not c.parent_id), None)
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
    said = Message(message_id(meta.flavour), "out", call.text or describe(message), meta.sandbox.clock.now_ms(),
                   attachments=attachments(message), choices=choices(message), fields={"private_reply": private_reply})
    account.remember(contact, said)
    meta.sandbox.sent(account, contact, said)
    follow_up(meta, account, contact, said, message)
    return {"recipient_id": contact.id, "message_id": said.id}


def check_tag(account, params):
    kind, tag = params.get("messaging_type", "RESPONSE"), params.get("tag")
    if kind not in ("RESPONSE", "UPDATE", "MESSAGE_TAG"):
        raise bad("Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}")
    if kind == "MESSAGE_TAG" and not tag:
        raise bad("Param tag is required for messaging_type MESSAGE_TAG")
    if tag in DEAD_TAGS:
        raise GraphError("dead_tag")
    if tag and tag != "HUMAN_AGENT":
        raise bad(f"Param tag: {tag} is not a message tag")
    if tag and not account.option("human_agent", False):
        raise GraphError("tag_not_approved")


def check_message(meta, message):
    text, attached = message.get("text"), message.get("attachment") or message.get("attachments")
    if not text and not attached:
        raise GraphError("empty_message")
    if text and attached:
        raise bad("Message cannot contain both text and attachment")
    if text is not None and not isinstance(text, str):
        raise bad("Param message[text] must be a string")
    wrong = meta.flavour.too_long(text or "")
    if wrong:
        raise bad(wrong)
    if len(str(message.get("metadata") or "")) > MOST_METADATA:
        raise bad("Length of param message[metadata] must be less than or equal to 1000")
    replies = message.get("quick_replies") or []
    if len(replies) > MOST_QUICK_REPLIES:
        raise bad("Param message[quick_replies] has too many elements")
    for reply in replies:
        if reply.get("content_type", "text") == "text" and not 0 < len(reply.get("title") or "") <= 20:
            raise bad("Param message[quick_replies][title] must have 1 to 20 characters")
        if len(reply.get("payload") or "") > 1000:
            raise bad("Param message[quick_replies][payload] must have at most 1000 characters")
    for one in attached if isinstance(attached, list) else [attached] if attached else []:
        check_attachment(one)


def check_attachment(attachment):
    kind, payload = attachment.get("type"), attachment.get("payload") or {}
    if kind in MEDIA:
        url = str(payload.get("url", ""))
        if not payload.get("attachment_id") and not url.startswith(("http://", "https://")):
            raise bad("Param message[attachment][payload][url] must be a URL")
    elif kind == "template":
        buttons = payload.get("buttons", [])
        if payload.get("template_type") == "button" and not 1 <= len(buttons) <= 3:
            raise bad("Param buttons must have 1 to 3 elements")
        if len(payload.get("text", "")) > 640:
            raise bad("Length of param text must be less than or equal to 640")
    elif kind not in ("like_heart", "MEDIA_SHARE"):
        raise bad(f"Param message[attachment][type]: {kind} is not supported")


def check_comment(meta, account, recipient):
    """A comment takes one private reply, within 7 days; a live comment only while it is live."""
    id = str(recipient.get("comment_id", ""))
    comment = account.comments.get(id)
    if comment is None and "post_id" in recipient:
        comment = next((c for c in account.comments.values() if c.post_id == str(recipient["post_id"])), None)
    reason = None
    if comment is None or comment.contact is None:
        reason = "Comment does not exist"
    elif comment.private_reply:
        reason = "Activity already replied to"
    elif meta.sandbox.clock.now_ms() - comment.at > 7 * DAY_MS:
        reason = "Comment is older than 7 days"
    if reason:
        raise GraphError("no_private_reply") if account.platform == "instagram" else bad(reason)
    return comment


def check_contact(meta, account, contact):
    if contact is None:
        raise GraphError(meta.flavour.unknown_user)
    if contact.blocked:
        raise GraphError(meta.flavour.blocked)
    if not account.option("access_allowed", True):
        raise GraphError("access_off")
    if contact.owner_app:
        raise GraphError("other_app")


def check_window(meta, account, contact, params):
    """24 hours after the contact's last action; 7 days for a person with the HUMAN_AGENT tag."""
    days = 7 if params.get("tag") == "HUMAN_AGENT" else 1
    if contact.last_action is None or meta.sandbox.clock.now_ms() - contact.last_action > days * DAY_MS:
        raise GraphError(meta.flavour.window)


def attachments(message):
    found = message.get("attachments") or ([message["attachment"]] if message.get("attachment") else [])
    return [{"type": one.get("type"), "url": (one.get("payload") or {}).get("url", "")} for one in found]


def choices(message):
    """What the contact can tap."""
    taps = [{"title": r.get("title", ""), "payload": r.get("payload", ""), "as": "quick_reply"}
            for r in message.get("quick_replies") or []]
    payload = (message.get("attachment") or {}).get("payload") or {}
    taps += [{"title": b.get("title", ""), "payload": b.get("payload", ""), "as": "postback"}
             for b in payload.get("buttons", []) if b.get("type") == "postback"]
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
