# SPDX-License-Identifier: Apache-2.0
"""What a person can do on Snapchat, as the bridge's contract tells it (docs/platforms/snapchat.md)."""

import uuid

from .clock import rfc3339, seconds
from .inbound import Item
from .world import Message

SPACE = uuid.UUID("6f0e7c1e-5b1a-4d0e-9f1d-000000000000")


def conversation(account, contact):
    return str(uuid.uuid5(SPACE, f"{account.id}/{contact.id}"))


class Step:
    """One thing that a person does. What is not `saved` in the chat expires after a day, after `expires`,
    or, `view_once`, as soon as it was seen."""

    def __init__(self, account, contact, table):
        self.account, self.contact, self.table = account, contact, table
        self.at = table["at"]  # ms

    def get(self, name, default=None):
        return self.table.get(name, default)

    def message(self, type, text, kind="message", **more):
        id = str(self.get("id") or uuid.uuid4())
        by_brand = kind == "echo"
        person = {"id": self.contact.id, "username": self.contact.username}
        if self.contact.creator:
            person["profile_id"] = self.contact.creator
        body = {"id": id, "conversation_id": conversation(self.account, self.contact), "from": person}
        body |= {"to": self.account.id, "sent_at": rfc3339(self.at / 1000), "type": type, **more}
        body |= {"text": text} if text else {}
        body["saved"] = bool(self.get("saved", False))
        if not body["saved"] and "expires" in self.table:
            body["expires_at"] = rfc3339(self.at / 1000 + seconds(self.get("expires")))
        said = Message(id, "out" if by_brand else "in", text, self.at, from_app=not by_brand)
        self.account.remember(self.contact, said)
        if self.get("view_once"):
            body["view_once"] = True
        body |= self.get("raw", {})
        return [Item(self.account, self.contact, kind, body, type, text, id, self.contact.id)]


def say(step):
    return step.message("text", str(step.get("say")))


def send(step):
    """A snap, with `say` as its text."""
    if step.get("send") not in ("image", "video"):
        raise ValueError("a person on Snapchat sends an image or a video")
    media = {"media_url": f"https://bridge.example/media/{uuid.uuid4()}", "media_type": step.get("send")}
    return step.message("snap", str(step.get("say", "")), **media)


def story_reply(step):
    return step.message("story_reply", str(step.get("story_reply")), story_id=str(step.get("story", "story-1")))


def brand_says(step):
    return step.message("reply", str(step.get("brand_says")), "echo")


def unknown(step):
    return step.message("call", "", "unknown")


ACTIONS = {"send": send, "say": say, "story_reply": story_reply, "brand_says": brand_says, "unknown": unknown}
