# SPDX-License-Identifier: Apache-2.0
"""X's sending: direct messages and replies, checked as the platform checks them, and the echoes that follow."""

from collections import deque

from .exchange import Call
from .inbound import Item
from .world import Contact, Message
from .x_inbound import message_event, message_item
from .x_wire import LINK, XError, forbidden, invalid, new_id, pair

MOST_TEXT = 10_000
MOST_POST = 280  # weighted
LIMITS = {"15 minutes": (15, 900, "x-rate-limit"), "24 hours": (1440, 86_400, "x-user-limit-24hour")}


def message(platform, account, contact, body):
    """The call of POST /2/dm_conversations/…/messages."""
    text, attachments = str(body.get("text") or ""), body.get("attachments") or []
    call = Call(account, "send", None, True, contact.id if contact else "", text, decoded=body)

    def apply():
        if not text and not attachments:
            raise invalid("Either text or attachments must be given")
        if len(text) > MOST_TEXT:
            raise invalid("The text of your direct message is over the max character limit")
        if len(attachments) > 1:
            raise invalid("attachments: one with a media_id")
        check_uploaded(platform, [a.get("media_id") for a in attachments], "dm_image")
        check_open(contact)
        count(platform, account)
        said = Message(new_id(platform.sandbox.clock.now_ms()), "out", text, platform.sandbox.clock.now_ms())
        said.attachments = [{"type": "media", "url": a["media_id"]} for a in attachments]
        call.applied = True
        account.remember(contact, said)
        platform.sandbox.sent(account, contact, said)
        follow_up(platform, account, contact, said)
        conversation = contact.id if is_group(contact) else pair(account.id, contact.id)
        return {"data": {"dm_conversation_id": conversation, "dm_event_id": said.id}}

    call.apply = apply
    return call


def group(platform, account, body):
    """The call of POST /2/dm_conversations: a new group, and what is said first."""
    ids = body.get("participant_ids") or []
    if body.get("conversation_type") != "Group" or not 2 <= len(ids) <= 49:
        raise invalid("conversation_type must be Group, with at most 50 participants")
    id = new_id(platform.sandbox.clock.now_ms())
    made = account.add(Contact(f"group-{id}", account, {"id": id, "name": f"Group {id}"}))
    made.last_action = platform.sandbox.clock.now_ms()
    return message(platform, account, made, body.get("message") or {})


def is_group(contact):
    return contact.person.startswith("group-")


def check_uploaded(platform, ids, category):
    if any(platform.uploads.get(id) != category for id in ids):
        raise invalid("Your media IDs are invalid.")


def check_open(contact):
    """A person takes messages from those whom they follow, whom they have written to, or from all."""
    may = contact and not contact.blocked and not contact.deactivated
    if not may or not (contact.follows or contact.last_action or contact.open):
        raise forbidden("You do not have permission to DM one or more participants.")


def count(platform, account):
    """15 in 15 minutes and 1440 a day, if the account wants `limits`."""
    if not account.option("limits", False):
        return
    now, times = platform.sandbox.clock.now(), platform.sends.setdefault(account.name, deque())
    while times and now - times[0] >= 86_400:
        times.popleft()
    for most, span, header in LIMITS.values():
        inside = [time for time in times if now - time < span]
        if len(inside) >= most:
            raise limited(most, int(inside[0] + span) + 1, header)
    times.append(now)


def limited(most, reset, header="x-rate-limit"):
    headers = {f"{header}-limit": str(most), f"{header}-remaining": "0", f"{header}-reset": str(reset)}
    return XError(429, "Too Many Requests", headers=headers)


def follow_up(platform, account, contact, said):
    """The echo, then the receipt, each in its own time or not at all. Groups' are seen in polls alone."""
    event = message_event(account, contact, said.id, said.text, said.at, own=True, app=platform.app(account))
    item = message_item(account, contact, event, said.text, "echo")
    if is_group(contact):
        item.list = "group"
        return platform.list(account, event, contact.id, account.id, item)
    platform.list(account, event, pair(account.id, contact.id), account.id, item)
    quirks, delivery = account.quirks, platform.sandbox.delivery
    if account.option("echoes", True) and not quirks.happens("echo_loss"):
        delivery.offer(item, quirks.delay("echo_delay"))
    if not (account.option("receipts", True) and contact.receipts) or quirks.happens("receipt_loss"):
        return
    one = {"created_timestamp": str(said.at + 100), "sender_id": contact.id, "target": {"recipient_id": account.id}}
    payload = {"direct_message_mark_read_events": [{**one, "last_read_event_id": said.id}]}
    delivery.offer(Item(account, contact, "receipt", payload, "dm.read", key=said.id, lane=contact.id), 0.1)


def weight(text):
    """Letters of most alphabets count one, everything else two, a link 23."""
    light = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
    words = LINK.sub("", text)
    links = len(LINK.findall(text))
    return 23 * links + sum(1 if any(first <= ord(c) <= last for first, last in light) else 2 for c in words)


def post(platform, account, body):
    """The call of POST /2/tweets: only replies, and only to who has summoned the account."""
    text = str(body.get("text") or "")
    target = str((body.get("reply") or {}).get("in_reply_to_tweet_id", ""))
    answered = account.comments.get(target)
    contact = answered.contact if answered else None
    call = Call(account, "comment", None, True, contact.id if contact else "", text, decoded=body)

    def apply():
        if not text and not body.get("media"):
            raise invalid("Your Tweet text is missing")
        check_uploaded(platform, (body.get("media") or {}).get("media_ids") or [], "tweet_image")
        if weight(text) > MOST_POST:
            raise forbidden("Your Tweet text is too long.")
        if target and answered is None:
            raise invalid("You attempted to reply to a Tweet that is deleted or not visible to you.")
        if answered and account.option("summoned", True) and not answered.summoned:
            raise forbidden(
                "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged by "
                "the author of the post you are replying to."
            )
        call.applied = True
        id = new_id(platform.sandbox.clock.now_ms())
        if contact:
            said = Message(id, "out", text, platform.sandbox.clock.now_ms(), public=True)
            account.remember(contact, said)
            platform.sandbox.sent(account, contact, said)
        return {"data": {"id": id, "text": text, "edit_history_tweet_ids": [id]}}

    call.apply = apply
    return call
