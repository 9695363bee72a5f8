# SPDX-License-Identifier: Apache-2.0
"""message/send/: checks a message as TikTok does, applies it, and makes its echo and receipt."""

from . import tiktok_inbound
from .exchange import Call
from .inbound import Item
from .tiktok_wire import bad, opaque, TikTokError
from .world import Message

HOUR = 3600 * 1000  # ms
WINDOW = 48 * HOUR
FIRST_CAP = 10  # messages of the brand after the person's first
SILENCE_CAP = 3  # and after 48 hours without a word
MEMBERS = {"TEXT": "text", "IMAGE": "image", "SHARE_POST": "share_post", "TEMPLATE": "template"}


def send(platform, account, params):
    type = params.get("message_type")
    direct = params.get("direct_reply")
    comment_id = str(((direct or {}).get("comment_reply") or {}).get("comment_id", ""))
    comment = account.comments.get(comment_id)
    contact = comment.contact if direct and comment else whom(account, params)
    call = Call(
        account,
        str(params.get("sender_action")).lower() if type == "SENDER_ACTION" else "send",
        None,
        True,
        contact.id if contact else "",
        said(params),
        decoded={name: value for name, value in params.items() if name != "business_id"},
    )
    if type == "SENDER_ACTION":
        call.apply = lambda: act(platform, account, params, contact, call)
    elif direct:
        call.apply = lambda: direct_reply(platform, account, params, comment, call)
    else:
        call.apply = lambda: deliver(platform, account, params, contact, call)
    return call


def whom(account, params):
    id = str(params.get("recipient", ""))
    known = (c for c in account.contacts.values() if tiktok_inbound.conversation(account, c) == id)
    return next((c for c in known if c.messages), None)


def said(params):
    """What a person would read."""
    template = params.get("template") or {}
    return str((params.get("text") or {}).get("body") or template.get("title") or "")


def act(platform, account, params, contact, call):
    if params.get("sender_action") not in ("TYPING", "MARK_READ"):
        raise bad("sender_action")
    check_contact(params, contact)
    call.applied = True
    platform.sandbox.seen(account, contact, "typing" if call.name == "typing" else "mark_seen", {})
    return {"message": {"message_id": ""}}


def deliver(platform, account, params, contact, call):
    check_content(params)
    check_contact(params, contact)
    check_rules(platform, account, contact)
    return apply(platform, account, params, contact, call)


def direct_reply(platform, account, params, comment, call):
    """Comment-to-Message: where the account's country has it, once, for a comment that TikTok has picked."""
    check_content(params)
    if "recipient" in params or "recipient_type" in params:
        raise bad("recipient", "must not be given together with direct_reply")
    if not account.option("comment_to_message", False) or comment is None or not comment.live:
        raise TikTokError(40001, "The comment cannot be answered in a message")
    late = platform.sandbox.clock.now_ms() - comment.at > WINDOW
    if late or comment.private_reply or comment.contact.messages:
        raise TikTokError(40064, "The message is blocked by direct message rules")
    comment.private_reply = True
    return apply(platform, account, params, comment.contact, call)


def check_contact(params, contact):
    if params.get("recipient_type") != "CONVERSATION":
        raise bad("recipient_type")
    if contact is None:
        raise TikTokError(40007, "The conversation does not exist")


def check_content(params):
    type = params.get("message_type")
    if type not in MEMBERS or not isinstance(params.get(MEMBERS[type]), dict):
        raise bad("message_type")
    if [name for name in MEMBERS.values() if name in params and name != MEMBERS[type]]:
        raise bad("message_type", "does not fit what is given")
    if type == "TEXT" and not 1 <= len(str(params["text"].get("body", ""))) <= 6000:
        raise bad("text.body", "must have 1 to 6000 characters")
    if type == "TEMPLATE":
        check_card(params["template"])
    if "referenced_message_info" in params and type != "TEXT":
        raise bad("referenced_message_info", "goes with TEXT alone")


def check_card(card):
    buttons, most = card.get("buttons") or [], {"QA_BUTTON_CARD": 20, "QA_LINK_CARD": 40}.get(card.get("type"))
    if most is None:
        raise bad("template.type")
    if not 1 <= len(str(card.get("title", ""))) <= 40 or not 1 <= len(buttons) <= 3:
        raise bad("template.title")
    for button in buttons:
        fits = 1 <= len(str(button.get("title", ""))) <= most and 1 <= len(str(button.get("id", ""))) <= 40
        if button.get("type") != "REPLY" or not fits:
            raise bad("template.buttons")


def check_rules(platform, account, contact):
    """48 hours and 10 messages after the person's first word, 48 hours after any further one, then 3 more. TikTok
    says of all of them that "rules" have blocked the message."""
    mine = [m for m in contact.messages if m.direction == "in" and not m.public]
    last = max((m.at for m in mine), default=0)
    since = [m for m in contact.messages if m.direction == "out" and not m.public and m.at >= last]
    over = platform.sandbox.clock.now_ms() - last > WINDOW
    late = [m for m in since if m.at - last > WINDOW]
    capped = len(late) >= SILENCE_CAP if over else len(mine) == 1 and len(since) >= FIRST_CAP
    if not mine or capped or contact.blocked or contact.deactivated or contact.region == tiktok_inbound.EEA:
        raise TikTokError(40064, "The message is blocked by direct message rules")


def apply(platform, account, params, contact, call):
    type = MEMBERS[params["message_type"]]
    content, now = params[type], platform.sandbox.clock.now_ms()
    if type == "image" and content.get("media_id") not in platform.media:
        raise bad("image.media_id")
    call.applied = True
    message = Message(
        opaque(account.id, contact.id, now, len(contact.messages), call.text),
        "out",
        call.text,
        now,
        attachments=[] if type in ("text", "template") else [{"type": type, "url": str(content)}],
        choices=[{"title": b["title"], "payload": b["id"], "as": "postback"} for b in content.get("buttons", [])],
        fields={"type": type, "content": shown(type, content), "source": "API"},
    )
    account.remember(contact, message)
    platform.sandbox.sent(account, contact, message)
    follow_up(platform, account, contact, message)
    return {"message": {"message_id": message.id}}


def shown(type, content):
    """A card comes back in other words than it was sent in."""
    if type != "template":
        return content
    buttons = [{"type": b["type"], "text": b["title"], "id": b["id"]} for b in content["buttons"]]
    return {"type": content["type"], "elements": [{"title": content["title"], "buttons": buttons}]}


def follow_up(platform, account, contact, message):
    quirks, delivery = account.quirks, platform.sandbox.delivery
    if account.option("echoes", True) and not quirks.happens("echo_loss"):
        delivery.offer(tiktok_inbound.echo(account, contact, message, "API"), quirks.delay("echo_delay"))
    if account.option("receipts", True) and contact.receipts and not quirks.happens("receipt_loss"):
        body = tiktok_inbound.parties(account, contact, False) | {"timestamp": message.at + 100}
        body["read"] = {"last_read_timestamp": message.at}
        item = Item(account, contact, "receipt", body, "im_mark_read_msg", key=message.id, lane=contact.id)
        delivery.offer(item, 0.1)
