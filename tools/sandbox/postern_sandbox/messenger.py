# SPDX-License-Identifier: Apache-2.0
"""Messenger: what its contacts can send beside what Instagram has, too."""

from . import meta_inbound
from .flavour import MESSENGER, object_id
from .inbound import Item
from .meta import Meta
from .meta_inbound import MEDIA_URL, Step


class Messenger(Meta):
    actions = {}

    def __init__(self, sandbox):
        super().__init__(sandbox, "messenger", MESSENGER)

    def attachment(self, step, kind):
        make = ATTACHMENTS.get(kind)
        if make is None:
            raise ValueError(f"a contact on Messenger cannot send {kind!r}: known are {', '.join(ATTACHMENTS)}")
        return make(step)

    def act(self, account, contact, table):
        return meta_act(self, account, contact, table)


def meta_act(meta, account, contact, table):
    """The items of one step of a scenario."""
    name = next((name for name in meta.actions if name in table), None)
    if name is None:
        raise ValueError(f"a step for {account.platform} needs one of {', '.join(meta.actions)}")
    return meta.actions[name](Step(meta, account, contact, table))


def sticker(step):
    return {"type": "sticker", "payload": {"url": MEDIA_URL.format("sticker"), "sticker_id": "369239263222822"}}


def old_sticker(step):
    return {"type": "image", "payload": {"url": MEDIA_URL.format("sticker"), "sticker_id": 369239263222822}}


def location(step):
    coordinates = {"lat": step.get("latitude", 38.7), "long": step.get("longitude", -9.1)}
    return {
        "type": "location",
        "title": "Pin",
        "url": "https://maps.example/pin",
        "payload": {"coordinates": coordinates},
    }


def share(step):
    return {"type": "fallback", "title": "Page", "url": step.get("url", "https://e.example"), "payload": None}


def post(step):
    return {"type": "post", "payload": {"url": "/permalink/123/", "title": "A post"}}


def reel(step):
    return {"type": "reel", "payload": {"url": "/reel/123/", "title": "A reel", "reel_video_id": 123451234512345}}


def appointment(step):
    return {"type": "appointment_booking", "payload": {}}


ATTACHMENTS = {
    **{
        kind: (lambda step, kind=kind: meta_inbound.media(kind, step))
        for kind in ("image", "video", "audio", "voice", "file")
    },
    "sticker": sticker,
    "old_sticker": old_sticker,
    "location": location,
    "share": share,
    "post": post,
    "reel": reel,
    "appointment": appointment,
}


def read(step):
    return [step.item("receipt", {"read": {"watermark": step.at}})]


def delivered(step):
    fields = {"delivery": {"watermark": step.at, **({"mids": [step.target()]} if step.contact.last("out") else {})}}
    return [step.item("receipt", fields, timestamp=False)]


def policy(step):
    return [
        step.item(
            "notice", {"policy_enforcement": {"action": step.get("policy"), "reason": "The account broke a policy"}}
        )
    ]


def plugin_optin(step):
    """The check-box plugin names the person by a user_ref instead of an id."""
    item = step.item("optin", {"optin": {"ref": step.get("plugin_optin"), "user_ref": object_id()}})
    item.body["sender"] = {"user_ref": item.body["optin"]["user_ref"]}
    return [item]


def mention(step):
    """Somebody mentions the Page in a post of their own."""
    post_id = f"{step.contact.comment_user_id}_{object_id()}"
    value = {
        "item": "post",
        "verb": "add",
        "post_id": post_id,
        "created_time": step.at // 1000,
        "message": step.get("mention"),
        "sender_id": step.contact.comment_user_id,
        "sender_name": step.contact.name,
    }
    return [
        Item(
            step.account,
            step.contact,
            "mention",
            {"field": "mention", "value": value},
            "changes",
            step.get("mention"),
            post_id,
            "post:" + post_id,
        )
    ]


def like(verb):
    """Somebody likes the Page itself, or no longer. They have the id here that they have in messages, which the
    platform does not promise."""

    def made(step):
        who = step.contact.id
        value = {
            "item": "like",
            "verb": verb,
            "from": {"id": who, "name": step.contact.name},
            "created_time": step.at // 1000,
        }
        return [Item(step.account, step.contact, "like", {"field": "feed", "value": value}, "changes", key=f"{who}:{verb}", lane=who)]

    return made


Messenger.actions = {
    "like": like("add"),
    "unlike": like("remove"),
    "read": read,
    "delivered": delivered,
    "plugin_optin": plugin_optin,
    "mention": mention,
    "policy": policy,
    **meta_inbound.ACTIONS,
}
