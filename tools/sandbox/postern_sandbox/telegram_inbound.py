# SPDX-License-Identifier: Apache-2.0
"""What a contact can do on Telegram; each action makes updates."""

import random

from .inbound import Item
from .samples import sample
from .telegram_markup import length
from .world import Contact, Message

FORMS = {
    "video": {"width": 640, "height": 360, "duration": 5, "mime_type": "video/mp4"},
    "animation": {"width": 320, "height": 240, "duration": 2, "mime_type": "video/mp4"},
    "audio": {"duration": 30, "mime_type": "audio/mpeg"},
    "voice": {"duration": 4, "mime_type": "audio/ogg"},
    "video_note": {"length": 240, "duration": 6},
    "document": {"file_name": "invoice.pdf", "mime_type": "application/pdf"},
    "sticker": {"width": 512, "height": 512, "type": "regular", "is_animated": False, "is_video": False, "emoji": "👍"},
}
ALIASES = {"image": "photo", "gif": "animation", "file": "document"}


class Step:
    """One thing that a contact does. With `group` it happens in a group, with `business` in a business chat."""

    def __init__(self, bot, contact, table):
        self.bot, self.contact, self.table = bot, contact, table
        self.at = table["at"]  # ms
        self.room = room(bot, table["group"]) if "group" in table else contact

    def get(self, name, default=None):
        return self.table.get(name, default)

    def sender(self):
        contact = self.contact
        user = {
            "id": int(contact.id),
            "is_bot": False,
            "first_name": contact.first_name,
            "username": contact.username,
            "language_code": contact.locale.split("_")[0],
        }
        return {**user, "last_name": contact.last_name} if contact.last_name else user

    def update(self, kind, body, event, text="", key=""):
        """One update, or none if the bot did not ask for its kind."""
        body = {**body, **self.get("raw", {})}
        item = Item(self.bot.account, self.room, event, {"update_id": 0, kind: body}, kind, text, key, self.room.id)
        return [item] if self.bot.wants(kind) or kind not in KINDS else []

    def message(self, fields, text=""):
        """The message object, remembered in the conversation; it opens the chat."""
        id = self.get("id") or self.bot.next_message_id(self.room.id)
        body = {
            "message_id": int(id),
            "from": self.sender(),
            "chat": self.bot.chat(self.room),
            "date": self.at // 1000,
            **fields,
        }
        if self.get("topic"):
            body |= {"message_thread_id": int(self.get("topic")), "is_topic_message": True}
        if self.get("reply_to"):
            quoted = self.target(self.get("reply_to"))
            body["reply_to_message"] = {
                "message_id": int(quoted.id),
                "from": self.bot.user(),
                "chat": body["chat"],
                "date": quoted.at // 1000,
                "text": quoted.text,
            }
        if self.get("business"):
            body["business_connection_id"] = str(self.get("business"))
        self.bot.account.remember(self.room, Message(str(id), "in", text, self.at, fields={"body": body}))
        self.contact.last_action = max(self.contact.last_action or 0, self.at)
        return body

    def kind(self, stem="message"):
        business = {"message": "business_message", "edited_message": "edited_business_message"}
        return business[stem] if self.get("business") else stem

    def target(self, name="last"):
        found = (
            self.room.last("in" if name == "own" else "out")
            if name in ("last", "own", True)
            else self.room.find(str(name))
        )
        if found is None:
            raise ValueError(f"{self.contact.person} has no message to refer to yet")
        return found


def room(bot, name):
    """The group named in a step: its id, or a table with id, title and type."""
    table = name if isinstance(name, dict) else {"id": name}
    id = str(table["id"])
    if id not in bot.account.contacts:
        kind = table.get("type", "supergroup" if id.startswith("-100") else "group")
        bot.members[id] = {"type": kind, "title": table.get("title", "A group")}
        bot.account.add(Contact("group" + id, bot.account, {"id": id, "name": bot.members[id]["title"]}))
    return bot.account.contacts[id]


def say(step, text=None):
    text = str(step.get("say")) if text is None else text
    fields = {"text": text}
    if text.startswith("/"):
        fields["entities"] = [{"type": "bot_command", "offset": 0, "length": length(text.split()[0])}]
    return step.update(step.kind(), step.message(fields, text), "message", text, key_of(step))


def key_of(step):
    return f"{step.room.id}:{step.bot.message_ids.get(step.room.id, 0)}"


def start(step):
    payload = step.get("start")
    return say(step, f"/start {payload}" if isinstance(payload, str) and payload else "/start")


def send(step):
    """Attachments; several become an album: messages of their own that share media_group_id."""
    kinds = step.get("send")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    album = {"media_group_id": str(random.randrange(10**12))} if len(kinds) > 1 else {}
    items = []
    for number, kind in enumerate(kinds):
        caption = str(step.get("say", "")) if number == 0 else ""
        fields = {**album, **attachment(step, ALIASES.get(kind, kind)), **({"caption": caption} if caption else {})}
        items += step.update(step.kind(), step.message(fields, caption), "message", caption, key_of(step))
    return items


def attachment(step, kind):
    if kind == "location":
        return {"location": {"latitude": step.get("latitude", 38.7), "longitude": step.get("longitude", -9.1)}}
    if kind == "venue":
        place = {"latitude": 38.7, "longitude": -9.1}
        return {"venue": {"location": place, "title": "Shop", "address": "Rua 1"}, "location": place}
    if kind == "contact":
        return {"contact": {"phone_number": "351910000001", "first_name": step.contact.first_name}}
    if kind == "dice":
        return {"dice": {"emoji": "🎲", "value": 4}}
    if kind == "poll":
        options = [{"text": text, "voter_count": 0} for text in ("Yes", "No")]
        return {
            "poll": {
                "id": "1",
                "question": "?",
                "options": options,
                "total_voter_count": 0,
                "is_closed": False,
                "is_anonymous": True,
                "type": "regular",
                "allows_multiple_answers": False,
            }
        }
    if kind == "photo":
        return {
            "photo": [file(step, "photos", 90 * size) | {"width": 90 * size, "height": 90 * size} for size in (1, 4)]
        }
    if kind not in FORMS:
        raise ValueError(
            f"a contact on Telegram cannot send {kind!r}: known are photo, location, venue, contact, dice, poll, "
            + ", ".join(FORMS)
        )
    made = {kind: {**file(step, kind), **FORMS[kind]}}
    return {**made, "document": made[kind]} if kind == "animation" else made


SAMPLES = {"photos": "image", "video_note": "video", "animation": "video", "document": "file"}


def file(step, kind, size=1000):
    id = step.bot.keep_file(kind, sample(SAMPLES.get(kind, kind), size))
    return {"file_id": id, "file_unique_id": id[-12:], "file_size": size}


def tap(step):
    """Taps a button of the bot's last message: an inline one makes a callback_query, a keyboard's one is text."""
    offer = step.room.last("out")
    choice = next((c for c in offer.choices if c["title"] == step.get("tap")), None) if offer else None
    if choice is None:
        shown = ", ".join(repr(c["title"]) for c in offer.choices) if offer else ""
        raise ValueError(f"{step.contact.person} cannot tap {step.get('tap')!r}: on offer are {shown or 'no buttons'}")
    if choice["as"] == "text":
        return say(step, choice["title"])
    return callback(step, offer, choice["payload"], choice["title"])


def postback(step):
    return callback(step, step.target(), str(step.get("postback")), str(step.get("postback")))


def callback(step, message, data, title):
    id = str(random.randrange(10**17, 10**18))
    step.bot.callbacks[id] = step.room.id
    step.contact.last_action = max(step.contact.last_action or 0, step.at)
    body = {
        "id": id,
        "from": step.sender(),
        "message": message.fields.get("body", {}),
        "chat_instance": "1",
        "data": data,
    }
    return step.update("callback_query", body, "postback", title, id)


def edit(step):
    said = step.target(step.get("to_message", "own"))
    said.text = str(step.get("edit"))
    body = said.fields["body"] = {**said.fields["body"], "text": said.text, "edit_date": step.at // 1000}
    return step.update(step.kind("edited_message"), body, "edit", said.text, f"{step.room.id}:{said.id}")


def react(step):
    said = step.target(step.get("to_message", "last"))
    new = [{"type": "emoji", "emoji": step.get("react")}] if "react" in step.table else []
    old, said.fields["reaction"] = said.fields.get("reaction", []), new
    body = {
        "chat": step.bot.chat(step.room),
        "message_id": int(said.id),
        "user": step.sender(),
        "date": step.at // 1000,
        "old_reaction": old,
        "new_reaction": new,
    }
    return step.update("message_reaction", body, "reaction", step.get("react", ""), said.id)


def block(step):
    """Blocking the bot, or in a group: throwing it out."""
    gone = "block" in step.table
    if step.room is not step.contact:
        (step.bot.kicked.add if gone else step.bot.kicked.discard)(step.room.id)
    else:
        step.contact.blocked = gone
    before, after = ("member", "kicked") if gone else ("kicked", "member")
    body = {
        "chat": step.bot.chat(step.room),
        "from": step.sender(),
        "date": step.at // 1000,
        "old_chat_member": {"user": step.bot.user(), "status": before},
        "new_chat_member": {"user": step.bot.user(), "status": after, **({"until_date": 0} if gone else {})},
    }
    return step.update("my_chat_member", body, "optout" if gone else "optin")


def join(step):
    body = step.message(
        {
            "new_chat_members"
            if "join" in step.table
            else "left_chat_member": [step.sender()]
            if "join" in step.table
            else step.sender()
        }
    )
    return step.update("message", body, "member")


def migrate(step):
    """The group becomes a supergroup with another id."""
    new = str(step.get("migrate"))
    items = step.update("message", step.message({"migrate_to_chat_id": int(new)}), "moved", key=step.room.id)
    step.bot.moved[step.room.id] = new
    room(step.bot, {"id": new, "title": step.bot.members[step.room.id]["title"], "type": "supergroup"})
    return items


def connect_business(step):
    """The contact (the brand's owner) connects the bot to a business account, or cuts the connection (false)."""
    body = {
        "id": str(step.get("business", "bc_1")),
        "user": step.sender(),
        "user_chat_id": int(step.contact.id),
        "date": step.at // 1000,
        "rights": {"can_reply": True},
        "is_enabled": bool(step.get("connect_business")),
    }
    return step.update("business_connection", body, "notice")


def unsend(step):
    """Deleting is told in business chats alone."""
    said = step.target(step.get("to_message", "own"))
    body = {
        "business_connection_id": str(step.get("business", "bc_1")),
        "chat": step.bot.chat(step.room),
        "message_ids": [int(said.id)],
    }
    return step.update("deleted_business_messages", body, "unsend", key=said.id)


def unknown(step):
    fields = step.get("unknown")
    return step.update(
        "custom_event" if not isinstance(fields, dict) else next(iter(fields)),
        {} if not isinstance(fields, dict) else next(iter(fields.values())),
        "unknown",
    )


ACTIONS = {
    "send": send,
    "tap": tap,
    "postback": postback,
    "start": start,
    "edit": edit,
    "react": react,
    "unreact": react,
    "block": block,
    "unblock": block,
    "join": join,
    "leave": join,
    "migrate": migrate,
    "connect_business": connect_business,
    "unsend": unsend,
    "unknown": unknown,
    "say": say,
}
KINDS = {
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "chat_member",
    "message_reaction",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "business_connection",
    "message_reaction_count",
}
