# SPDX-License-Identifier: Apache-2.0
"""What a person can do on WhatsApp; each action makes items of a webhook."""

import base64
import random

from .inbound import Item
from .samples import sample
from .world import Contact, Message

MESSAGES, STATUSES = "messages/messages", "messages/statuses"
FILES = {
    "image": ("image", "image/jpeg"),
    "video": ("video", "video/mp4"),
    "audio": ("audio", "audio/mpeg"),
    "voice": ("audio", "audio/ogg; codecs=opus"),
    "sticker": ("sticker", "image/webp"),
    "file": ("document", "application/pdf"),
}


def wamid():
    return "wamid." + base64.b64encode(random.randbytes(24)).decode()


def is_user_id(id):
    return id[2:3] == "." and id[:2].isalpha() and id[:2].isupper()


def user_id(contact):
    return contact.user_id or (contact.id if is_user_id(contact.id) else "")


def phone(contact):
    """The number that the business is told; a person with a username may have none."""
    return contact.phone or ("" if is_user_id(contact.id) else contact.id)


def card(item):
    """The entry of `contacts` that goes with an item."""
    contact = item.contact
    if contact is None or item.kind in ("moved", "member", "echo"):
        return None
    ids = {"wa_id": phone(contact), "user_id": user_id(contact)}
    profile = {"name": contact.name} | ({"username": contact.username} if user_id(contact) else {})
    return {"profile": profile, **{name: id for name, id in ids.items() if id}}


class Step:
    """One thing that a person does: the step's table, and who, where and when. With `group` it happens in a group."""

    def __init__(self, platform, account, contact, table):
        self.platform, self.account, self.contact, self.table = platform, account, contact, table
        self.at = table["at"]  # ms
        self.group = room(account, table["group"]) if "group" in table else None

    def get(self, name, default=None):
        return self.table.get(name, default)

    def seconds(self):
        return str(self.at // 1000)

    def item(self, kind, place, body, text="", key=""):
        lane = self.group.id if self.group else self.contact.id
        return Item(self.account, self.contact, kind, body | self.get("raw", {}), place, text, key, lane)

    def sender(self):
        ids = {"from": phone(self.contact), "from_user_id": user_id(self.contact)}
        return {name: id for name, id in ids.items() if id}

    def message(self, type, content, kind="message", text="", opens=True):
        """A message; what opens the window is remembered in the conversation."""
        id = self.get("id") or wamid()
        body = {**self.sender(), "id": id, "timestamp": self.seconds(), "type": type}
        if content is not None:
            body[type] = content
        if self.group:
            body["group_id"] = self.group.id
        if self.get("reply_to"):
            body["context"] = {"from": self.account.option("phone", "15550100001"), "id": self.target(self.get("reply_to"))}
        if self.get("referral"):
            body["referral"] = {"source_type": "ad", "source_id": "120200001", **self.get("referral")}
        if opens:
            room = self.group or self.contact
            room.last_action = max(room.last_action or 0, self.at)
            self.account.remember(room, Message(id, "in", text, self.at))
        return self.item(kind, MESSAGES, body, text, id)

    def target(self, name="last"):
        """The id of a message: as given, or of the brand's ("last") or the person's own ("own") last one."""
        if name not in ("last", "own", True):
            return str(name)
        message = (self.group or self.contact).last("in" if name == "own" else "out")
        if message is None:
            raise ValueError(f"{self.contact.person} has no message to refer to yet")
        return message.id


def room(account, group):
    id = str(group["id"] if isinstance(group, dict) else group)
    if id not in account.contacts:
        title = group.get("title", "A group") if isinstance(group, dict) else "A group"
        account.add(Contact("group" + id, account, {"id": id, "name": title}))
    return account.contacts[id]


def say(step):
    text = str(step.get("say"))
    return [step.message("text", {"body": text}, text=text)]


def send(step):
    """An attachment, or several, each a message of its own; `say` is the caption of the first."""
    kinds = step.get("send")
    made = []
    for place, kind in enumerate([kinds] if isinstance(kinds, str) else kinds):
        caption = str(step.get("say", "")) if place == 0 else ""
        type, content = attachment(step, kind, caption)
        made.append(step.message(type, content, text=caption))
    return made


def attachment(step, kind, caption):
    if kind in FILES:
        type, mime = FILES[kind]
        id = step.platform.keep(step.account, mime, sample(kind))
        content = {"id": id, "mime_type": mime, "sha256": "x"} | ({"voice": True} if kind == "voice" else {})
        content |= {"filename": "order.pdf"} if kind == "file" else {}
        return type, content | ({"caption": caption} if caption else {})
    others = {
        "location": ("location", {"latitude": step.get("latitude", 38.7), "longitude": step.get("longitude", -9.1)}),
        "contact": ("contacts", [{"name": {"formatted_name": "Bo Li"}, "phones": [{"phone": "+351 910"}]}]),
        "order": ("order", {"catalog_id": "C1", "product_items": [{"product_retailer_id": "P1", "quantity": "1"}]}),
        "flow": (
            "interactive",
            {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": '{"size":"M"}'}},
        ),
    }
    if kind not in others:
        raise ValueError(f"a person on WhatsApp cannot send {kind!r}: known are {', '.join((*FILES, *others))}")
    return others[kind]


def tap(step):
    """Taps a button, a row of a list, or a template's quick reply, found by its title."""
    offer = (step.group or step.contact).last("out")
    choice = next((c for c in offer.choices if c["title"] == step.get("tap")), None) if offer else None
    if choice is None:
        shown = ", ".join(repr(c["title"]) for c in offer.choices) if offer else ""
        raise ValueError(f"{step.contact.person} cannot tap {step.get('tap')!r}: on offer are {shown or 'no buttons'}")
    step.table.setdefault("reply_to", offer.id)
    if choice["as"] == "button":
        return [step.message("button", {"text": choice["title"], "payload": choice["payload"]}, text=choice["title"])]
    reply = {"id": choice["payload"], "title": choice["title"]}
    return [step.message("interactive", {"type": choice["as"], choice["as"]: reply}, text=choice["title"])]


def react(step):
    emoji = step.get("react", "")
    target = step.target(step.get("to_message", step.get("unreact", "last")))
    body = {"message_id": target} | ({"emoji": emoji} if emoji else {})
    return [step.message("reaction", body, "reaction", emoji, opens=False)]


def edit(step):
    text = str(step.get("edit"))
    inner = {"type": "text", "text": {"body": text}}
    content = {"original_message_id": step.target(step.get("to_message", "own")), "message": inner}
    return [step.message("edit", content, "edit", text, opens=False)]


def unsend(step):
    target = step.target(step.get("to_message", "own"))
    return [step.message("revoke", {"original_message_id": target}, "unsend", opens=False)]


def unsupported(step):
    item = step.message("unsupported", None)
    details = "Message type is currently not supported."
    item.body["errors"] = [{"code": 131051, "title": "Unsupported message type", "error_data": {"details": details}}]
    return [item]


def unknown(step):
    fields = step.get("unknown")
    return [step.message("hologram", fields if isinstance(fields, dict) else {})]


def change_number(step):
    """The person has another number; with a user id that changes as well."""
    contact, new = step.contact, str(step.get("change_number"))
    news = {"body": f"{contact.name} changed", "wa_id": new, "type": "user_changed_number"}
    body = {**step.sender(), "id": wamid(), "timestamp": step.seconds(), "type": "system", "system": news}
    if user_id(contact):
        news |= {"previous_user_id": user_id(contact), "user_id": user_id(contact)[:3] + str(random.randrange(10**12))}
    item = step.item("moved", MESSAGES, body, key=new)
    del step.account.contacts[contact.id]
    contact.user_id, contact.phone = news.get("user_id", ""), new
    contact.id = contact.user_id or new
    step.account.contacts[contact.id] = contact
    return [item]


def preference(step):
    """No more marketing (`optout`), or some again (`optin`)."""
    stop = "optout" in step.table
    step.contact.stopped = stop
    body = {
        "detail": "User requested to stop marketing messages" if stop else "User requested marketing messages",
        "category": "marketing_messages",
        "value": "stop" if stop else "resume",
        "timestamp": step.at // 1000,
    }
    ids = {"wa_id": phone(step.contact), "user_id": user_id(step.contact)}
    body |= {name: id for name, id in ids.items() if id}
    return [step.item("optout" if stop else "optin", "user_preferences/user_preferences", body)]


def brand_says(step):
    """A person of the brand writes in the WhatsApp Business app, with the same number."""
    text = str(step.get("brand_says"))
    id, to = wamid(), {"to": phone(step.contact), "to_user_id": user_id(step.contact)}
    body = {
        "from": step.account.option("phone", "15550100001"),
        **{name: one for name, one in to.items() if one},
        "id": id,
        "timestamp": step.seconds(),
        "type": "text",
        "text": {"body": text},
    }
    step.account.remember(step.contact, Message(id, "out", text, step.at, from_app=False))
    return [step.item("echo", "smb_message_echoes/message_echoes", body, text, id)]


def membership(step):
    """Comes to a group (`join`) or leaves it (`leave`)."""
    joins = "join" in step.table
    group = room(step.account, step.get("join" if joins else "leave"))
    ids = {"wa_id": phone(step.contact), "user_id": user_id(step.contact)}
    person = {name: id for name, id in ids.items() if id}
    body = {
        "timestamp": step.seconds(),
        "group_id": group.id,
        "type": "group_participants_add" if joins else "group_participants_remove",
        "added_participants" if joins else "removed_participants": [person],
    }
    item = step.item("member", "group_participants_update/groups", body)
    item.lane = group.id
    return [item]


def notice(step):
    """News about the business account: the value of a field, as it is."""
    news = dict(step.get("notice"))
    return [Item(step.account, None, "notice", news, news.pop("field", "account_update"))]


def block(step):
    step.contact.blocked = "block" in step.table
    return []


# The first name that a step has decides; `send` comes before `say`, which may go with it.
ACTIONS = {
    "send": send,
    "tap": tap,
    "react": react,
    "unreact": react,
    "edit": edit,
    "unsend": unsend,
    "unsupported": unsupported,
    "unknown": unknown,
    "change_number": change_number,
    "optin": preference,
    "optout": preference,
    "brand_says": brand_says,
    "join": membership,
    "leave": membership,
    "notice": notice,
    "block": block,
    "unblock": block,
    "say": say,
}
