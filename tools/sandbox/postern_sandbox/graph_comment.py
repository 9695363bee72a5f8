# SPDX-License-Identifier: Apache-2.0
"""Public comments through the Graph API: answering, hiding, deleting."""

from .exchange import Call
from .flavour import object_id
from .graph_error import GraphError
from .inbound import Item
from .world import Comment, Message


def reply(meta, account, comment_id, params):
    text = str(params.get("message") or "")
    call = Call(account, "comment", None, True, text=text, decoded={"comment_id": comment_id, "message": text})
    parent = account.comments.get(comment_id)
    call.contact = parent.contact.id if parent and parent.contact else ""

    def apply():
        if parent is None:
            raise GraphError("no_object", comment_id)
        wrong = "Param message is required" if not text.strip() else meta.flavour.public_too_long(text)
        if wrong:
            raise GraphError("bad_parameter", wrong)
        call.applied = True
        id = comment_key(account, parent.post_id)
        now = meta.sandbox.clock.now_ms()
        own = account.comments[id] = Comment(id, parent.post_id, parent.id, None, text, now)
        if parent.contact:
            said = account.remember(parent.contact, Message(id, "out", text, now, public=True))
            meta.sandbox.sent(account, parent.contact, said)
        if not account.quirks.happens("echo_loss"):
            meta.sandbox.delivery.offer(own_comment(account, own), account.quirks.delay("echo_delay"))
        return {"id": id}

    call.apply = apply
    return call


def change(meta, account, method, comment_id, params):
    """POST /{comment-id} with is_hidden (Messenger) or hide (Instagram); DELETE /{comment-id}."""
    hide = params.get("hide" if account.platform == "instagram" else "is_hidden")
    call = Call(
        account,
        "delete" if method == "DELETE" else "hide",
        None,
        True,
        decoded={"comment_id": comment_id, **({} if method == "DELETE" else {"hide": hide})},
    )
    comment = account.comments.get(comment_id)
    call.contact = comment.contact.id if comment and comment.contact else ""

    def apply():
        if comment is None:
            raise GraphError("no_object", comment_id)
        if method == "DELETE":
            del account.comments[comment_id]
        elif hide is None:
            raise GraphError("bad_parameter", "Nothing to change")
        else:
            comment.hidden = str(hide).lower() in ("true", "1")
        call.applied = True
        if comment.contact:
            meta.sandbox.seen(account, comment.contact, call.name, {"comment_id": comment_id})
        return {"success": True}

    call.apply = apply
    return call


def comment_key(account, post_id):
    """Messenger's comment ids begin with the post's second half; Instagram's are plain numbers."""
    return object_id() if account.platform == "instagram" else f"{post_id.split('_')[-1]}_{object_id()}"


def comment_value(account, comment, sender, verb="add"):
    """The `value` of a webhook's change about a comment."""
    if account.platform == "instagram":
        value = {
            "id": comment.id,
            "text": comment.text,
            "from": sender,
            "media": {"id": comment.post_id, "media_product_type": "FEED"},
        }
        if comment.parent_id:
            value["parent_id"] = comment.parent_id
        return value
    return {
        "item": "comment",
        "verb": verb,
        "comment_id": comment.id,
        "post_id": comment.post_id,
        "parent_id": comment.parent_id or comment.post_id,
        "from": sender,
        **({} if verb == "remove" else {"message": comment.text}),
        "created_time": comment.at // 1000,
        "post": {
            "id": comment.post_id,
            "permalink_url": f"https://www.facebook.com/{comment.post_id}",
            "is_published": True,
        },
    }


def own_comment(account, comment):
    sender = (
        {"id": account.id, "username": account.username}
        if account.platform == "instagram"
        else {"id": account.id, "name": account.title}
    )
    body = {
        "field": "comments" if account.platform == "instagram" else "feed",
        "value": comment_value(account, comment, sender),
    }
    return Item(
        account, None, "echo", body, "changes", text=comment.text, key=comment.id, lane="post:" + comment.post_id
    )
