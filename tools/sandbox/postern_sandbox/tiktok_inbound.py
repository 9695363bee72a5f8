# SPDX-License-Identifier: Apache-2.0
"""What a contact can do on TikTok; each action makes the notifications of a webhook."""

from .inbound import Item
from .samples import sample
from .tiktok_wire import number, opaque
from .world import Comment, Message

EEA = "eea"  # the region of people of whom next to nothing is told


class Step:
    """One thing that a contact does: the step's table, and who, where and when."""

    def __init__(self, platform, account, contact, table):
        self.platform, self.account, self.contact, self.table = platform, account, contact, table
        self.at = table["at"]  # ms

    def get(self, name, default=None):
        return self.table.get(name, default)

    def item(self, kind, event, content, text="", key=""):
        body = {**content, **self.get("raw", {})}
        return Item(self.account, self.contact, kind, body, event, text, key, self.contact.id)

    def about(self, by_brand=False):
        """What stands in every notification about a conversation."""
        return parties(self.account, self.contact, by_brand) | {"timestamp": self.at}

    def message(self, type, content, text="", kind="message", **more):
        """A message, remembered in the conversation; it opens the messaging window."""
        mid = self.get("id") or opaque(self.contact.id, self.at, len(self.contact.messages))
        if self.get("reply_to"):
            more["referenced_message_info"] = {"referenced_message_id": self.target(self.get("reply_to"))}
        said = Message(mid, "in", text, self.at, fields={"type": type, "content": content, "source": "APP"})
        self.account.remember(self.contact, said)
        self.contact.last_action = max(self.contact.last_action or 0, self.at)
        body = self.about() | {"message_id": mid, "type": type, type: content, "is_follower": self.contact.follows}
        body |= {"scene_type": 0, "message_tag": {"source": "APP"}, **more}
        if self.contact.region == EEA:
            to = {"id": self.account.id, "role": "business_account"}
            stripped = {"to": self.account.username, "to_user": to, "timestamp": self.at}
            return self.item("notice", "im_receive_msg_eu", stripped, key=mid)
        return self.item(kind, "im_receive_msg", body, text, mid)

    def target(self, name="last"):
        """The id of a message: as given, or of the brand's ("last") or the contact's own ("own") last one."""
        if name not in ("last", "own", True):
            return str(name)
        message = self.contact.last("in" if name == "own" else "out")
        if message is None:
            raise ValueError(f"{self.contact.person} has no message to refer to yet")
        return message.id

    def comment(self, name):
        """The contact's last comment."""
        mine = [c for c in self.account.comments.values() if c.contact is self.contact]
        if not mine:
            raise ValueError(f"{self.contact.person} has no comment to {name}")
        return mine[-1]


def conversation(account, contact):
    return opaque(account.id, contact.id) + "=="


def parties(account, contact, by_brand):
    """Who writes to whom, and where."""
    brand = (account.username, {"id": account.id, "role": "business_account"})
    person = (contact.username, {"id": contact.id, "role": "personal_account"})
    sender, recipient = (brand, person) if by_brand else (person, brand)
    return {
        "from": sender[0],
        "to": recipient[0],
        "unique_identifier": contact.id,
        "from_user": sender[1],
        "to_user": recipient[1],
        "conversation_id": conversation(account, contact),
    }


def echo(account, contact, said, source):
    """The notification about something that the brand has sent."""
    type = said.fields["type"]
    body = parties(account, contact, True) | {"timestamp": said.at, "message_id": said.id, "type": type}
    body |= {type: said.fields["content"], "message_tag": {"source": source}}
    return Item(account, contact, "echo", body, "im_send_msg", said.text, said.id, contact.id)


def say(step):
    text = str(step.get("say"))
    return [step.message("text", {"body": text}, text)]


def send(step):
    """One kind of message, or several, each a message of its own."""
    kinds = step.get("send")
    items = []
    for kind in [kinds] if isinstance(kinds, str) else kinds:
        if kind not in CONTENTS:
            raise ValueError(f"a contact on TikTok cannot send {kind!r}: known are {', '.join(CONTENTS)}")
        items.append(step.message(kind, CONTENTS[kind](step)))
    if step.get("say"):
        items += say(step)
    return items


def upload(step, kind):
    media_id = f"v12044gd{number():x}"
    step.platform.media[media_id] = sample(kind)
    return {"media_id": media_id}


CONTENTS = {
    "image": lambda step: upload(step, "image"),
    "video": lambda step: upload(step, "video"),
    "sticker": lambda step: {"url": "https://p16.example/sticker.webp?x-expires=1900000000"},
    "emoji": lambda step: {"url": "https://p16.example/emoji.png"},
    "share_post": lambda step: {
        "embed_url": step.get("url", "https://www.tiktok.com/player/v1/7412345678901234567"),
        "video_id": "7412345678901234567",
    },
    "share_post_without_embed": lambda step: {"video_id": "7412345678901234567"},
    "telepathy": lambda step: {"thought": "?"},
}


def tap(step):
    """Taps a button of the brand's last card; what comes is a text that names the button."""
    card = step.contact.last("out")
    choice = next((c for c in card.choices if c["title"] == step.get("tap")), None) if card else None
    if choice is None:
        shown = ", ".join(repr(c["title"]) for c in card.choices) if card else ""
        raise ValueError(f"{step.contact.person} cannot tap {step.get('tap')!r}: on offer are {shown or 'no buttons'}")
    source = {"reply_source_msg_id": card.id, "reply_source_unique_id": choice["payload"]}
    body = {"body": choice["title"]}
    return [step.message("text", body, choice["title"], "postback", reply_source_payload=source)]


def react(step, operation="ADD"):
    target = step.target(step.get("to_message", "last"))
    entry = {"operation": operation, "type": "EMOJI", "emoji": step.get("react", "❤"), "timestamp": step.at}
    entry |= {"unique_identifier": step.contact.id, "original_msg_id": target}
    mid = opaque(step.contact.id, step.at, operation)
    body = step.about() | {"message_id": mid, "type": "reaction", "reaction": [entry]}
    return [step.item("reaction", "im_receive_msg", body, str(entry["emoji"]), target)]


def read(step):
    return [step.item("receipt", "im_mark_read_msg", step.about() | {"read": {"last_read_timestamp": step.at}})]


def refer(step):
    """A link or an ad has led the contact here: nothing has been said yet."""
    referral = {"source": "short_link", "short_link": {"ref": "", **step.get("refer")}}
    return [step.item("referral", "im_referral_msg", step.about() | {"referral": referral})]


def comment(step):
    post = str(step.get("post", 7398765432109876543))
    made = Comment(str(number()), post, "", step.contact, str(step.get("comment")), step.at)
    step.account.comments[made.id] = made
    return [comment_item(step.account, step.contact, made, "insert", "comment", step.at)]


def comment_item(account, contact, comment, action, kind, at, author=None):
    """The notification about a comment: all its ids are numbers, and its time is in seconds."""
    body = {
        "comment_id": int(comment.id),
        "video_id": int(comment.post_id),
        "parent_comment_id": int(comment.parent_id or 0),
        "comment_type": "reply" if comment.parent_id else "comment",
        "comment_action": action,
        "timestamp": at // 1000,
        "unique_identifier": author or contact.id,
        **({"text": comment.text} if action == "insert" else {}),
    }
    return Item(account, contact, kind, body, "comment.update", body.get("text", ""), comment.id, comment.post_id)


def remove_comment(step):
    mine = step.comment("remove")
    del step.account.comments[mine.id]
    return [comment_item(step.account, step.contact, mine, "delete", "unsend", step.at)]


def high_intent(step):
    """TikTok has picked a comment: from now on it may be answered in private."""
    text = str(step.get("high_intent"))
    made = Comment(str(number()), "7398765432109876543", "", step.contact, text, step.at, live=True)
    step.account.comments[made.id] = made
    body = parties(step.account, step.contact, False) | {"comment_id": made.id, "comment_text": made.text}
    del body["conversation_id"]
    body |= {"timestamp": step.at, "is_follower": step.contact.follows}
    return [step.item("comment", "im_receive_high_intent_comment", body, made.text, made.id)]


def mention(step):
    body = {"video_id": number(), "unique_identifier": step.contact.id, "timestamp": step.at // 1000}
    body["text"] = step.get("mention")
    event = step.get("shape", "brand.mention.event")
    return [step.item("mention", event, body, step.get("mention"), str(body["video_id"]))]


def brand_says(step):
    """A colleague writes in the app, or with shape = "WEB" on the web."""
    text = str(step.get("brand_says"))
    fields = {"type": "text", "content": {"body": text}, "source": step.get("shape", "APP")}
    mid = opaque(step.account.id, step.at, text)
    said = Message(mid, "out", text, step.at, from_app=False, fields=fields)
    step.account.remember(step.contact, said)
    return [echo(step.account, step.contact, said, fields["source"])]


def automation(step):
    body = {"auto_message_type": "WELCOME_MESSAGE", "timestamp": step.at}
    return [step.item("notice", "im_auto_message_config_update", body)]


def unknown(step):
    return [step.item("unknown", "im_telepathy", {"thought": "?", "timestamp": step.at})]


ACTIONS = {
    "tap": tap,
    "react": react,
    "unreact": lambda step: react(step, "REMOVE"),
    "read": read,
    "refer": refer,
    "comment": comment,
    "remove_comment": remove_comment,
    "high_intent": high_intent,
    "mention": mention,
    "brand_says": brand_says,
    "automation": automation,
    "unknown": unknown,
    "send": send,
    "say": say,
}
