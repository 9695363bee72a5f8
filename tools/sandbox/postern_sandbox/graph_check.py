# SPDX-License-Identifier: Apache-2.0
"""Whether Meta would take a message: its form, its tag, the person, the window. Each check raises GraphError."""

from .graph_error import GraphError

DAY_MS = 24 * 3600 * 1000
DEAD_TAGS = ("CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE")
MEDIA = ("image", "video", "audio", "file")
MOST_METADATA = 1000
MOST_QUICK_REPLIES = 13


def bad(detail):
    return GraphError("bad_parameter", detail)


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
    if not isinstance(replies, list) or not all(isinstance(reply, dict) for reply in replies):
        raise bad("Param message[quick_replies] must be an array")
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
    if not isinstance(attachment, dict):
        raise bad("Param message[attachment] must be an object")
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
    elif comment.live and not account.option("broadcasting", True):
        reason = "The broadcast has ended"
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
