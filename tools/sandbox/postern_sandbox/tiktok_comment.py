# SPDX-License-Identifier: Apache-2.0
"""Public comments through TikTok's API: answering and hiding."""

from . import tiktok_inbound
from .exchange import Call
from .tiktok_wire import bad, number, TikTokError
from .world import Comment, Message

MOST = 150  # characters of an answer


def named(account, params, call):
    """The comment that is meant; the video has to be its."""
    comment = account.comments.get(str(params.get("comment_id", "")))
    call.contact = comment.contact.id if comment and comment.contact else ""

    def checked():
        if "video_id" not in params:
            raise bad("video_id", "is missing")
        if comment is None or comment.post_id != str(params["video_id"]):
            raise TikTokError(40007, "The comment does not exist")
        return comment

    return checked


def reply(platform, account, params):
    text = str(params.get("text") or "")
    decoded = {name: params.get(name) for name in ("video_id", "comment_id", "text")}
    call = Call(account, "comment", None, True, text=text, decoded=decoded)
    find = named(account, params, call)

    def apply():
        parent = find()
        if not 1 <= len(text) <= MOST:
            raise bad("text", f"must have 1 to {MOST} characters")
        call.applied = True
        now, delay = platform.sandbox.clock.now_ms(), account.quirks.delay("echo_delay")
        own = Comment(str(number()), parent.post_id, parent.id, None, text, now)
        account.comments[own.id] = own
        if parent.contact:
            said = account.remember(parent.contact, Message(own.id, "out", text, now, public=True))
            platform.sandbox.sent(account, parent.contact, said)
        author = account.option("comment_author", account.id)
        if account.quirks.happens("echo_loss"):
            return {"comment_id": own.id}
        for action, kind in (("insert", "echo"), ("set_to_public", "notice")):
            item = tiktok_inbound.comment_item(account, None, own, action, kind, now, author)
            platform.sandbox.delivery.offer(item, delay)
        return {"comment_id": own.id}

    call.apply = apply
    return call


def hide(platform, account, params):
    decoded = {name: params.get(name) for name in ("video_id", "comment_id", "action")}
    call = Call(account, "hide", None, True, decoded=decoded)
    find = named(account, params, call)

    def apply():
        comment = find()
        if params.get("action") not in ("HIDE", "UNHIDE"):
            raise bad("action")
        comment.hidden = params["action"] == "HIDE"
        call.applied = True
        if comment.contact:
            platform.sandbox.seen(account, comment.contact, "hide", {"comment_id": comment.id})
            action = "set_to_hidden" if comment.hidden else "set_to_public"
            now = platform.sandbox.clock.now_ms()
            item = tiktok_inbound.comment_item(account, comment.contact, comment, action, "notice", now)
            platform.sandbox.delivery.offer(item, account.quirks.delay("echo_delay"))
        return {}

    call.apply = apply
    return call
