# SPDX-License-Identifier: Apache-2.0
"""What a person can do on X; each action makes the items of a webhook, named by their event type."""

import itertools

from .clock import rfc3339
from .inbound import Item
from .samples import sample
from .world import Comment, Contact, Message
from .x_wire import new_id, pair, shortened

NUMBER = itertools.count(7)
MEDIA = {"image": "photo", "video": "video", "gif": "animated_gif"}


class Step:
    """One thing that a person does: the step's table, and who, where and when."""

    def __init__(self, platform, account, contact, table):
        self.platform, self.account, self.contact, self.table = platform, account, contact, table
        self.at = table["at"]  # ms

    def get(self, name, default=None):
        return self.table.get(name, default)

    def item(self, kind, type, payload, text="", key="", lane=None):
        payload |= self.get("raw", {})
        return Item(self.account, self.contact, kind, payload, type, text, key, lane or self.contact.id)

    def target(self, name="last"):
        """The id of a message: as given, or of the brand's ("last") or the person's own ("own") last one."""
        if name not in ("last", "own", True):
            return str(name)
        message = self.contact.last("in" if name == "own" else "out")
        if message is None:
            raise ValueError(f"{self.contact.person} has no message to refer to yet")
        return message.id


# Direct messages


def message_event(account, contact, id, text, at, own=False, app="13090192", **data):
    """One of `direct_message_events`, of either direction."""
    text, entities = shortened(text)
    sender, recipient = (account.id, contact.id) if own else (contact.id, account.id)
    created = {
        "target": {"recipient_id": recipient},
        "sender_id": sender,
        "source_app_id": app,
        "message_data": {"text": text, "entities": entities, **data},
    }
    if media := data.get("attachment", {}).get("media"):
        created["message_data"]["text"] = f"{text} {media['url']}".strip()
    return {"type": "message_create", "id": id, "created_timestamp": str(at), "message_create": created}


def message_item(account, contact, event, text, kind="message"):
    people = {p.id: {"data": {"id": p.id, "username": p.username, "name": n}} for p, n in named(account, contact)}
    payload = {"direct_message_events": [event], "users": people}
    type = "dm.sent" if kind == "echo" else "dm.received"
    return Item(account, contact, kind, payload, type, text, event["id"], contact.id)


def named(account, contact):
    return (account, account.title), (contact, contact.name)


def write(step, text, **data):
    """A message to the account alone, or to a group that both are in."""
    id = step.get("id") or new_id(step.at)
    if step.get("group"):
        return group_message(step, id, text)
    contact, account = step.contact, step.account
    contact.last_action = max(contact.last_action or 0, step.at)
    if contact.encrypted or step.get("encrypted"):
        return encrypted(step, text)
    account.remember(contact, Message(id, "in", text, step.at))
    event = message_event(account, contact, id, text, step.at, **data)
    event |= {"initiated_via": {"tweet_id": step.get("referral")}} if step.get("referral") else {}
    item = message_item(account, contact, event, text)
    item.body |= step.get("raw", {})
    step.platform.list(account, event, pair(account.id, contact.id), contact.id, item)
    return [item]


def say(step):
    reply = {"type": "options", "metadata": step.get("quick_reply")}
    return write(step, str(step.get("say")), **({"quick_reply_response": reply} if step.get("quick_reply") else {}))


def send(step):
    """One attachment: an image, a video, a gif, a location, or a post that is shared by its address."""
    kind, text = step.get("send"), str(step.get("say", ""))
    if kind == "share":
        return write(step, f"{text} {step.get('url', 'https://x.com/acme/status/1')}".strip())
    if kind == "location":
        point = [float(step.get("longitude", -9.1)), float(step.get("latitude", 38.7))]
        shared = {"type": "shared_coordinate", "shared_coordinate": {"coordinates": {"coordinates": point}}}
        return write(step, text, attachment={"type": "location", "location": shared})
    if kind not in MEDIA:
        raise ValueError(f"a person on X cannot send {kind!r}: known are {', '.join((*MEDIA, 'location', 'share'))}")
    number = next(NUMBER)
    media = {"id": number, "id_str": str(number), "type": MEDIA[kind], "url": f"https://t.co/media{number}"}
    id = step.table.setdefault("id", new_id(step.at))
    place = f"{id}/{number}/{number:x}.jpg"
    step.platform.files[place] = sample(kind)
    media["media_url_https"] = f"https://ton.twitter.com/1.1/ton/data/dm/{place}"
    if kind != "image":
        url = f"https://video.twimg.com/dm_video/{number}.mp4"
        variant = {"bitrate": 832000, "content_type": "video/mp4", "url": url}
        media["video_info"] = {"variants": [variant]}
    return write(step, text, attachment={"type": "media", "media": media})


def encrypted(step, text=None):
    """X Chat: nobody but the two can read it."""
    id = f"0b7d9c1e-91a5-4f6e-8a5e-{int(new_id(step.at)) & 0xFFFFFFFFFFFF:012x}"
    payload = {
        "conversation_token": "token",
        "id": id,
        "created_at_msec": str(step.at),
        "sender_id": step.contact.id,
        "conversation_id": f"{step.contact.id}:{step.account.id}",
        "encoded_event": "AAECAwQFBgcICQ==",
        "conversation_key_change_event": None,
        "message_event_signature": {"signature": "c2lnbmF0dXJl"},
    }
    step.account.remember(step.contact, Message(id, "in", text or str(step.get("encrypted")), step.at))
    return [step.item("message", "chat.received", payload, "", id)]


def group_of(step):
    """The group as a contact of its own. No webhook tells of it: only who polls sees it."""
    id = str(step.get("group"))
    group = step.account.contacts.get(id)
    return group or step.account.add(Contact(f"group-{id}", step.account, {"id": id, "name": f"Group {id}"}))


def group_message(step, id, text):
    group = group_of(step)
    group.last_action = step.at
    step.account.remember(group, Message(id, "in", text, step.at))
    item = Item(step.account, group, "message", {}, "group", text, id, group.id)
    listed = {"id": id, "created_timestamp": str(step.at), "message_create": {"message_data": {"text": text}}}
    step.platform.list(step.account, listed, group.id, step.contact.id, item)
    return [item]


def member(step):
    """Somebody joins or leaves a group."""
    group, joined = group_of(step), "join" in step.table
    id = new_id(step.at)
    item = Item(step.account, group, "member", {}, "group", "", id, group.id)
    event = {
        "id": id,
        "event_type": "ParticipantsJoin" if joined else "ParticipantsLeave",
        "dm_conversation_id": group.id,
        "created_at": rfc3339(step.at / 1000),
        "participant_ids": [step.contact.id],
    }
    step.platform.keep(step.account, event, item)
    return [item]


def typing(step):
    one = {"created_timestamp": str(step.at), "sender_id": step.contact.id, "target": {"recipient_id": step.account.id}}
    return [step.item("typing", "dm.indicate_typing", {"direct_message_indicate_typing_events": [one]})]


def read(step):
    one = {"created_timestamp": str(step.at), "sender_id": step.contact.id, "target": {"recipient_id": step.account.id}}
    one["last_read_event_id"] = step.target(step.get("read"))
    return [step.item("receipt", "dm.read", {"direct_message_mark_read_events": [one]})]


def brand_says(step):
    """A person of the brand writes in X's own app."""
    id, text = new_id(step.at), str(step.get("brand_says"))
    step.account.remember(step.contact, Message(id, "out", text, step.at, from_app=False))
    event = message_event(step.account, step.contact, id, text, step.at, own=True)
    item = message_item(step.account, step.contact, event, text, "echo")
    step.platform.list(step.account, event, pair(step.account.id, step.contact.id), step.account.id, item)
    return [item]


# Posts


def post(step, text, **more):
    id = step.get("id") or new_id(step.at)
    account, contact = step.account, step.contact
    mention = f"@{account.username}"
    at = text.find(mention)
    entity = {"start": at, "end": at + len(mention), "username": account.username, "id": account.id}
    payload = {
        "id": id,
        "text": text,
        "author_id": contact.id,
        "conversation_id": str(step.get("post") or id),
        "created_at": rfc3339(step.at / 1000),
        "edit_history_tweet_ids": [id],
        "entities": {"mentions": [entity] if at >= 0 else []},
        **more,
    }
    made = Comment(id, payload["conversation_id"], "", contact, text, step.at)
    made.summoned = at >= 0 or any(r["type"] == "quoted" for r in more.get("referenced_tweets", []))
    account.comments[id] = made
    account.remember(contact, Message(id, "in", text, step.at, public=True))
    return payload, f"post:{payload['conversation_id']}:{contact.id}"


def mention(step):
    """Somebody mentions the account in a post of their own, and may be answered."""
    text = str(step.get("mention"))
    text = text if f"@{step.account.username}" in text else f"@{step.account.username} {text}"
    payload, lane = post(step, text)
    return [step.item("mention", "post.mention.create", payload, text, payload["id"], lane)]


def comment(step):
    """A reply to a post of the account. Answering it needs that it mentions the account."""
    text = str(step.get("comment"))
    parent = str(step.get("post") or new_id(step.at - 60_000))
    step.table["post"] = parent
    reply = {"in_reply_to_user_id": step.account.id, "referenced_tweets": [{"type": "replied_to", "id": parent}]}
    payload, lane = post(step, text, **reply)
    return [step.item("comment", "post.reply.create", payload, text, payload["id"], lane)]


def quote(step):
    text = str(step.get("quote"))
    quoted = str(step.get("post") or new_id(step.at - 60_000))
    step.table.pop("post", None)
    payload, lane = post(step, text, referenced_tweets=[{"type": "quoted", "id": quoted}])
    return [step.item("mention", "post.quote.create", payload, text, payload["id"], lane)]


def remove_comment(step):
    """The person deletes their last post."""
    mine = [c for c in step.account.comments.values() if c.contact is step.contact]
    if not mine:
        raise ValueError(f"{step.contact.person} has not posted yet")
    del step.account.comments[mine[-1].id]
    payload = {"id": mine[-1].id, "author_id": step.contact.id}
    lane = f"post:{mine[-1].post_id}:{step.contact.id}"
    return [step.item("unsend", "post.delete", payload, "", mine[-1].id, lane)]


# Relations and the rest


def relation(kind, type, change):
    def act(step):
        change(step.contact)
        people = named(step.account, step.contact)
        target, source = ({"data": {"id": p.id, "username": p.username, "name": name}} for p, name in people)
        payload = {"source": source, "target": target}
        return [step.item(kind, type, payload)]

    return act


def setting(name, value):
    return lambda contact: setattr(contact, name, value)


def revoke(step):
    """The account's owner withdraws the App's leave: its token is worth nothing from now on."""
    step.account.token_dead = True
    app = step.platform.app(step.account)
    payload = {"date_time": rfc3339(step.at / 1000), "user_id": step.account.id, "app_id": app}
    item = step.item("notice", "oauth.revoke", payload)
    item.contact = None
    return [item]


def unknown(step):
    """An event type that nobody has heard of yet."""
    fields = step.get("unknown")
    return [step.item("notice", "telepathy.new", fields if isinstance(fields, dict) else {"thought": "?"})]


# The first name that a step has decides; `send` comes before `say`, which may go with it.
ACTIONS = {
    "send": send,
    "encrypted": encrypted,
    "mention": mention,
    "comment": comment,
    "quote": quote,
    "remove_comment": remove_comment,
    "typing": typing,
    "read": read,
    "brand_says": brand_says,
    "join": member,
    "leave": member,
    "follow": relation("follow", "follow.follow", setting("follows", True)),
    "unfollow": relation("follow", "follow.unfollow", setting("follows", False)),
    "block": relation("optout", "block.block", setting("blocked", True)),
    "unblock": relation("optin", "block.unblock", setting("blocked", False)),
    "revoke": revoke,
    "unknown": unknown,
    "say": say,
}
