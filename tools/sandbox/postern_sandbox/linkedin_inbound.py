# SPDX-License-Identifier: Apache-2.0
"""What a member can do on LinkedIn; each action makes a notification for the Page."""

import random

from .inbound import Item
from .world import Comment, Message

ACTIVITY = "urn:li:activity:7094637247890620418"
ADMIN = "urn:li:person:admin"


def number():
    return random.randrange(7 * 10**18, 8 * 10**18)


def member(contact):
    return contact.id if contact.id.startswith("urn:li:") else f"urn:li:person:{contact.id}"


def comment_urn(comment):
    return f"urn:li:comment:({comment.post_id},{comment.id})"


class Step:
    """One thing that a member does: the step's table, and who, where and when."""

    def __init__(self, account, contact, table):
        self.account, self.contact, self.table = account, contact, table
        self.at = table["at"]  # ms

    def get(self, name, default=None):
        return self.table.get(name, default)

    def mine(self, name):
        """The member's last comment."""
        found = [c for c in self.account.comments.values() if c.contact is self.contact]
        if not found:
            raise ValueError(f"{self.contact.person} has no comment to {name}")
        return found[-1]

    def brands(self):
        found = [c for c in self.account.comments.values() if c.contact is None]
        if not found:
            raise ValueError("the Page has no comment to answer")
        return found[-1]

    def item(self, kind, action, fields, text="", key="", lane=""):
        body = {**notification(self.account, action, self.at), **fields, **self.get("raw", {})}
        return Item(self.account, self.contact, kind, body, action, text, key, lane or self.contact.id)


def notification(account, action, at):
    return {
        "notificationId": random.randrange(10**9, 10**10),
        "organizationalEntity": account.id,
        "action": action,
        "sourcePost": ACTIVITY,
        "lastModifiedAt": at,
        "subscriber": ADMIN,
    }


def told(comment, owner):
    """How a notification speaks of a comment: beside its URN stands a short form."""
    urn = comment_urn(comment)
    details = {"entity": urn, "owner": owner, "text": comment.text, "object": comment.post_id}
    if comment.parent_id:
        details["parentComment"] = f"urn:li:comment:({comment.post_id},{comment.parent_id})"
    return {
        "sourcePost": comment.post_id,
        "generatedActivity": urn.replace("(urn:li:", "("),
        "decoratedGeneratedActivity": {"comment": details},
    }


def admin_comment(account, comment, at):
    """The Page has commented, through the API or on the site."""
    body = {**notification(account, "ADMIN_COMMENT", at), **told(comment, account.id)}
    return Item(account, None, "echo", body, "ADMIN_COMMENT", comment.text, comment_urn(comment), comment.post_id)


def comment(step):
    """With reply_to = "last" below the Page's own last comment."""
    post = str(step.get("post", ACTIVITY))
    above = step.brands().id if step.get("reply_to") else ""
    made = Comment(str(number()), post, above, step.contact, str(step.get("comment")), step.at)
    step.account.comments[made.id] = made
    fields = told(made, member(step.contact))
    if step.get("shape") == "short":
        del fields["decoratedGeneratedActivity"]
    return [step.item("comment", "COMMENT", fields, made.text, comment_urn(made), post)]


def edit_comment(step):
    mine = step.mine("edit")
    mine.text = str(step.get("edit_comment"))
    fields = told(mine, member(step.contact))
    return [step.item("edit", "COMMENT_EDIT", fields, mine.text, comment_urn(mine), mine.post_id)]


def remove_comment(step):
    mine = step.mine("remove")
    del step.account.comments[mine.id]
    fields = {"generatedActivity": comment_urn(mine), "sourcePost": mine.post_id}
    return [step.item("unsend", "COMMENT_DELETE", fields, "", comment_urn(mine), mine.post_id)]


def mention(step):
    """A post of the member's that names the Page; shape = "photo": a photo."""
    urn, text = f"urn:li:share:{number()}", str(step.get("mention"))
    shared = {"share": {"entity": urn, "owner": member(step.contact), "text": text}}
    step.account.remember(step.contact, Message(urn, "in", text, step.at, public=True))
    action = "PHOTO_MENTION" if step.get("shape") == "photo" else "SHARE_MENTION"
    return [step.item("mention", action, {"generatedActivity": urn, "decoratedGeneratedActivity": shared}, text, urn)]


def react(step):
    """shape = "nobody": who it was is not told."""
    nobody = step.get("shape") == "nobody"
    urn = ACTIVITY if nobody else f"urn:li:reaction:({member(step.contact)},{ACTIVITY})"
    return [step.item("notice" if nobody else "reaction", "LIKE", {"generatedActivity": urn}, key=ACTIVITY)]


def share(step):
    return [step.item("notice", "SHARE", {"generatedActivity": f"urn:li:share:{number()}"})]


def brand_says(step):
    """An admin answers on the site, below the member's last comment."""
    parent = step.mine("answer")
    own = Comment(str(number()), parent.post_id, parent.id, None, str(step.get("brand_says")), step.at)
    step.account.comments[own.id] = own
    return [admin_comment(step.account, own, step.at)]


def unknown(step):
    return [step.item("unknown", "TELEPATHY", {})]


ACTIONS = {
    "comment": comment,
    "edit_comment": edit_comment,
    "remove_comment": remove_comment,
    "mention": mention,
    "react": react,
    "share": share,
    "brand_says": brand_says,
    "unknown": unknown,
}
