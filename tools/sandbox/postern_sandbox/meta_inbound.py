# SPDX-License-Identifier: Apache-2.0
"""What a contact can do on Messenger and Instagram alike; each action makes the items of a webhook."""

from .flavour import message_id, object_id
from .graph_comment import comment_key, comment_value
from .graph_send import echo
from .inbound import Item
from .world import Comment, Message

MEDIA_URL = "https://scontent.example/{}"


class Step:
    """One thing that a contact does: the step's table, and who, where and when."""

    def __init__(self, meta, account, contact, table):
        self.meta, self.account, self.contact, self.table = meta, account, contact, table
        self.at = table["at"]  # ms

    def get(self, name, default=None):
        return self.table.get(name, default)

    def item(self, kind, fields, text="", key="", timestamp=True):
        """An item of `messaging`, or of `standby` while another app controls the thread."""
        body = {"sender": {"id": self.contact.id}, "recipient": {"id": self.account.id}}
        if timestamp:
            body["timestamp"] = self.at
        body |= fields | self.get("raw", {})
        standby = self.contact.owner_app or self.get("standby", False)
        return Item(
            self.account, self.contact, kind, body, "standby" if standby else "messaging", text, key, self.contact.id
        )

    def message(self, fields, text="", attachments=(), opens=True):
        """A message item, remembered in the conversation; it opens the messaging window."""
        mid = self.get("id") or message_id(self.meta.flavour)
        fields = {"mid": mid, **fields}
        quoted = self.get("reply_to")
        if quoted:
            fields["reply_to"] = {"mid": self.target(quoted)}
        said = Message(mid, "in", text, self.at, attachments=list(attachments))
        self.account.remember(self.contact, said)
        if opens:
            self.opens_window()
        return self.item("message", {"message": fields}, text, mid)

    def opens_window(self):
        self.contact.last_action = max(self.contact.last_action or 0, self.at)

    def target(self, name="last"):
        """The id of a message: as given, or of the brand's ("last") or the contact's own ("own") last one."""
        if name not in ("last", "own", True):
            return str(name)
        message = self.contact.last("in" if name == "own" else "out")
        if message is None:
            raise ValueError(f"{self.contact.person} has no message to refer to yet")
        return message.id


def say(step):
    text = str(step.get("say"))
    fields = {"text": text}
    if step.get("quick_reply"):
        fields["quick_reply"] = {"payload": step.get("quick_reply")}
    if step.get("referral"):
        fields["referral"] = {"source": "ADS", "type": "OPEN_THREAD", "ref": "", **step.get("referral")}
    return [step.message(fields, text)]


def send(step):
    """Attachments: the name of a kind, or several; `say` goes with them as the text."""
    kinds = step.get("send")
    made = [step.meta.attachment(step, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    text = str(step.get("say", ""))
    fields = {"text": text} if text else {}
    shown = [{"type": one["type"], "url": (one.get("payload") or one).get("url", "")} for one in made]
    return [step.message({**fields, "attachments": made}, text, shown)]


def media(kind, step):
    return {
        "type": "audio" if kind == "voice" else kind,
        "payload": {"url": step.get("url", MEDIA_URL.format(object_id()))},
    }


def tap(step):
    """Taps what the brand's last message offers: a quick reply or a button, found by its title."""
    offer = step.contact.last("out")
    choice = next((c for c in offer.choices if c["title"] == step.get("tap")), None) if offer else None
    if choice is None:
        shown = ", ".join(repr(c["title"]) for c in offer.choices) if offer else ""
        raise ValueError(f"{step.contact.person} cannot tap {step.get('tap')!r}: on offer are {shown or 'no buttons'}")
    if choice["as"] == "postback":
        return postback(step, choice["title"], choice["payload"])
    return [step.message({"text": choice["title"], "quick_reply": {"payload": choice["payload"]}}, choice["title"])]


def postback(step, title=None, payload=None):
    mid = step.get("id") or message_id(step.meta.flavour)
    payload = payload or step.get("postback")
    title = title or step.get("title", payload)
    body = {"mid": mid, "title": title, "payload": payload}
    if step.contact.owner_app or step.get("standby"):
        del body["payload"]
    step.opens_window()
    step.account.remember(step.contact, Message(mid, "in", title, step.at))
    return [step.item("postback", {"postback": body}, title, mid)]


def react(step):
    emoji, names = step.get("react"), {
        "❤": "love",
        "❤️": "love",
        "😆": "laugh",
        "😮": "wow",
        "😢": "sad",
        "😠": "angry",
        "👍": "like",
    }
    mid = step.target(step.get("to_message", "last"))
    body = {"mid": mid, "action": "react", "reaction": names.get(emoji, "other"), "emoji": emoji}
    return [step.item("reaction", {"reaction": body}, emoji, mid)]


def unreact(step):
    mid = step.target(step.get("unreact"))
    return [step.item("reaction", {"reaction": {"mid": mid, "action": "unreact", "reaction": "other"}}, key=mid)]


def edit(step):
    mid = step.target(step.get("to_message", "own"))
    said = step.contact.find(mid)
    count = 1
    if said:
        said.text = step.get("edit")
        count = said.fields["edits"] = said.fields.get("edits", 0) + 1
    number = count if step.account.platform == "instagram" else str(count)
    return [
        step.item(
            "edit", {"message_edit": {"mid": mid, "text": step.get("edit"), "num_edit": number}}, step.get("edit"), mid
        )
    ]


def comment(step):
    """A public comment on `post`; with `reply_to` one under another comment. It opens no window."""
    account, text = step.account, str(step.get("comment"))
    post = str(step.get("post") or default_post(account))
    id = step.get("id") or comment_key(account, post)
    made = Comment(id, post, str(step.get("reply_to", "")), step.contact, text, step.at, live=bool(step.get("live")))
    account.comments[id] = made
    account.remember(step.contact, Message(id, "in", text, step.at, public=True))
    return [comment_item(step, made, "live_comments" if made.live else None)]


def comment_item(step, made, field=None, verb="add", kind="comment"):
    account, contact = step.account, step.contact
    instagram = account.platform == "instagram"
    sender = {
        "id": contact.comment_user_id,
        **({"username": contact.username} if instagram else {"name": contact.name}),
    }
    body = {
        "field": field or ("comments" if instagram else "feed"),
        "value": comment_value(account, made, sender, verb),
    }
    shape = "flat" if step.get("shape") == "flat" else "changes"
    return Item(account, contact, kind, body, shape, made.text, made.id, f"post:{made.post_id}:{contact.id}")


def default_post(account):
    return "17900000000000005" if account.platform == "instagram" else f"{account.id}_9"


def last_comment(step):
    mine = [c for c in step.account.comments.values() if c.contact is step.contact]
    if not mine:
        raise ValueError(f"{step.contact.person} has not commented yet")
    return mine[-1]


def edit_comment(step):
    made = last_comment(step)
    made.text = step.get("edit_comment")
    return [comment_item(step, made, verb="edited", kind="edit")]


def remove_comment(step):
    made = last_comment(step)
    del step.account.comments[made.id]
    return [comment_item(step, made, verb="remove", kind="unsend")]


def refer(step):
    body = {"source": "SHORTLINK", "type": "OPEN_THREAD", **step.get("refer")}
    return [step.item("referral", {"referral": body})]


def optin(step):
    """The legacy notification opt-in; `optout` is the same event with the status STOP."""
    stop = "optout" in step.table
    topic = step.get("optout" if stop else "optin")
    body = {
        "type": "notification_messages",
        "payload": topic,
        "title": topic,
        "notification_messages_token": object_id(),
        "notification_messages_frequency": "WEEKLY",
        "token_expiry_timestamp": step.at + 86400000 * 180,
        "user_token_status": "REFRESHED",
    }
    if stop:
        body["notification_messages_status"] = "STOP_NOTIFICATIONS"
    return [step.item("optout" if stop else "optin", {"optin": body})]


def handover(step):
    """`pass`: to another app (the thread is then on standby), `take`: back to ours, `request`: another app asks."""
    what, ours = step.get("handover"), str(step.account.option("app_id", 1517776481860111))
    other = str(step.get("app", "263902037430900"))
    step.contact.owner_app = other if what == "pass" else None if what == "take" else step.contact.owner_app
    owner, before = (other, ours) if what == "pass" else (ours, other)
    bodies = {
        "pass": {"new_owner_app_id": owner, "previous_owner_app_id": before, "metadata": ""},
        "take": {"previous_owner_app_id": before, "metadata": ""},
        "request": {"requested_owner_app_id": other, "metadata": ""},
    }
    if what not in bodies:
        raise ValueError("handover is one of pass, take, request")
    item = step.item("handover", {f"{what}_thread_control": bodies[what]})
    item.list = "messaging"
    return [item]


def unknown(step):
    """A kind of event that nobody has heard of yet."""
    fields = step.get("unknown")
    return [step.item("unknown", fields if isinstance(fields, dict) else {})]


def brand_says(step):
    """A person of the brand writes in the platform's own app: an echo without app_id."""
    text = str(step.get("brand_says"))
    said = Message(message_id(step.meta.flavour), "out", text, step.at, from_app=False)
    step.account.remember(step.contact, said)
    return [echo(step.meta, step.account, step.contact, said, {"text": text})]


def block(step):
    step.contact.blocked = "block" in step.table
    return []


# The first name that a step has decides; `send` comes before `say`, which may go with it.
ACTIONS = {
    "send": send,
    "comment": comment,
    "edit_comment": edit_comment,
    "remove_comment": remove_comment,
    "tap": tap,
    "postback": postback,
    "react": react,
    "unreact": unreact,
    "edit": edit,
    "refer": refer,
    "optin": optin,
    "optout": optin,
    "handover": handover,
    "unknown": unknown,
    "brand_says": brand_says,
    "block": block,
    "unblock": block,
    "say": say,
}
