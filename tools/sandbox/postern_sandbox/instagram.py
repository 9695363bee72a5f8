# SPDX-License-Identifier: Apache-2.0
"""Instagram: stories, shared posts, unsending, mentions."""

from . import meta_inbound
from .flavour import INSTAGRAM, object_id
from .inbound import Item
from .messenger import meta_act
from .meta import Meta
from .meta_inbound import MEDIA_URL
from .world import Comment, Message


class Instagram(Meta):
    actions = {}

    def __init__(self, sandbox):
        super().__init__(sandbox, "instagram", INSTAGRAM)

    def attachment(self, step, kind):
        if kind in ("image", "video", "audio", "voice", "file"):
            return meta_inbound.media(kind, step)
        if kind not in ATTACHMENTS:
            raise ValueError(
                f"a contact on Instagram cannot send {kind!r}: known are image, video, audio, voice, file, "
                + ", ".join(ATTACHMENTS)
            )
        return ATTACHMENTS[kind](step)

    def act(self, account, contact, table):
        return meta_act(self, account, contact, table)


def url(step):
    return step.get("url", MEDIA_URL.format(object_id()))


ATTACHMENTS = {
    "share": lambda step: {
        "type": "share",
        "payload": {"url": step.get("url", "https://www.instagram.com/reel/Cabc/")},
    },
    "ig_post": lambda step: {
        "type": "ig_post",
        "payload": {"url": url(step), "title": "A post", "ig_post_media_id": object_id()},
    },
    "ig_reel": lambda step: {
        "type": "ig_reel",
        "payload": {"url": url(step), "title": "A reel", "reel_video_id": object_id()},
    },
    "ig_story": lambda step: {
        "type": "ig_story",
        "payload": {"story_media_id": object_id(), "story_media_url": url(step)},
    },
    "story_mention": lambda step: {"type": "story_mention", "payload": {"url": url(step)}},
    "like_heart": lambda step: {"type": "like_heart"},
    "ephemeral": lambda step: {"type": "ephemeral"},
}


def story_reply(step):
    text = str(step.get("story_reply"))
    story = {"url": url(step), "id": str(step.get("story", object_id()))}
    return [step.message({"text": text, "reply_to": {"story": story}}, text)]


def unsupported(step):
    return [step.message({"is_unsupported": True})]


def unsend(step):
    mid = step.target(step.get("to_message", "own"))
    said = step.contact.find(mid)
    if said:
        said.text = ""
    return [step.item("unsend", {"message": {"mid": mid, "is_deleted": True}}, key=mid)]


def read(step):
    return [step.item("receipt", {"read": {"mid": step.target(step.get("read"))}})]


def mention(step):
    """A mention in a comment on somebody else's post: the webhook brings ids alone."""
    account, text, media = step.account, str(step.get("mention")), str(step.get("post", object_id()))
    id = step.get("id") or object_id()
    account.comments[id] = Comment(id, media, "", step.contact, text, step.at)
    account.remember(step.contact, Message(id, "in", text, step.at, public=True))
    body = {"field": "mentions", "value": {"media_id": media, "comment_id": id}}
    return [Item(account, step.contact, "mention", body, "changes", text, id, "post:" + media)]


Instagram.actions = {
    "story_reply": story_reply,
    "unsupported": unsupported,
    "unsend": unsend,
    "read": read,
    "mention": mention,
    **meta_inbound.ACTIONS,
}
