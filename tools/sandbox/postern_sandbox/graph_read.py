# SPDX-License-Identifier: Apache-2.0
"""What can be looked up through the Graph API: the account, profiles, conversations, messages, comments."""

import re
import time

from .exchange import Call
from .graph_error import GraphError

NEWEST = 20  # of a conversation's messages so many can be read
PROFILE = {"messenger": ("first_name", "last_name", "profile_pic"), "instagram": ("name", "username", "profile_pic")}


def read(meta, account, path, params, own):
    fields = str(params.get("fields", ""))
    edge = path[1] if len(path) > 1 else ""
    contact = account.contacts.get(path[0])
    if own and edge == "conversations":
        return Call(account, "conversations", lambda: conversations(meta, account, fields, params))
    if own and not edge:
        return Call(account, "account", lambda: about_account(account, fields))
    if contact and not edge:
        return Call(account, "profile", lambda: profile(account, contact, fields), contact=contact.id)
    thread = account.contacts.get(path[0].removeprefix("t_")) if path[0].startswith("t_") else None
    if thread:
        return Call(
            account,
            "conversation",
            lambda: conversation(meta, account, thread, edge, fields, params),
            contact=thread.id,
        )
    return Call(account, "object", lambda: one_object(account, path[0]))


def about_account(account, fields):
    mentioned = re.search(r"mentioned_comment\.comment_id\(([^)]+)\)", fields)
    if mentioned:
        comment = account.comments.get(mentioned[1])
        if comment is None:
            raise GraphError("no_object", mentioned[1])
        return {"mentioned_comment": about_comment(comment), "id": account.id}
    known = {"id": account.id, "user_id": account.id, "name": account.title, "username": account.username}
    return {name: known[name] for name in (fields.split(",") if fields else ("id", "name")) if name in known}


SCOPES = ["pages_show_list", "pages_messaging", "pages_manage_metadata", "pages_read_engagement"]


def about_token(account, params):
    """A Page's token never ends, unless the scenario says when (`token_ends`, Unix time)."""
    if params.get("input_token") != account.token:
        raise GraphError("bad_parameter", "input_token")
    return {
        "data": {
            "app_id": str(account.option("app_id", 1517776481860111)),
            "type": "PAGE",
            "is_valid": True,
            "expires_at": int(account.option("token_ends", 0)),
            "scopes": list(account.option("scopes", SCOPES)),
        }
    }


def profile(account, contact, fields):
    if account.platform == "instagram" and contact.last_action is None:
        raise GraphError("no_consent")
    known = {
        "id": contact.id,
        "name": contact.name,
        "first_name": contact.first_name,
        "last_name": contact.last_name,
        "username": contact.username,
        "locale": contact.locale,
        "timezone": 0,
        "profile_pic": None,
        "follower_count": 10,
        "is_user_follow_business": contact.follows,
        "is_business_follow_user": False,
    }
    wanted = [name.strip() for name in fields.split(",")] if fields else PROFILE[account.platform]
    return {**{name: known[name] for name in wanted if name in known}, "id": contact.id}


def conversations(meta, account, fields, params):
    """Newest first; `user_id` narrows it to one person; `limit` and `after` page through it."""
    meta.count(account, "conversations")
    threads = [c for c in account.contacts.values() if any(not m.public for m in c.messages)]
    if "user_id" in params:
        threads = [c for c in threads if c.id == str(params["user_id"])]
    threads.sort(key=lambda c: c.messages[-1].at, reverse=True)
    return page([about_thread(account, thread, fields) for thread in threads], params)


def conversation(meta, account, contact, edge, fields, params):
    meta.count(account, "conversations")
    if edge == "messages":
        return page([about_message(account, contact, m, fields) for m in private(contact)], params)
    return about_thread(account, contact, fields)


def about_thread(account, contact, fields):
    thread = {"id": "t_" + contact.id, "updated_time": graph_time(contact.messages[-1].at if contact.messages else 0)}
    if "participants" in fields:
        thread["participants"] = {"data": [person(contact), {"id": account.id, "name": account.title}]}
    if "messages" in fields:
        limit = re.search(r"messages\.limit\((\d+)\)", fields)
        wanted = fields[fields.index("messages") :]
        thread["messages"] = page(
            [about_message(account, contact, m, wanted) for m in private(contact)], {"limit": limit[1] if limit else 25}
        )
    return thread


def private(contact):
    """Newest first, as Meta lists them."""
    return [message for message in reversed(contact.messages) if not message.public][:NEWEST]


def about_message(account, contact, message, fields=""):
    brand, them = {"id": account.id, "name": account.title}, person(contact)
    sender, receiver = (them, brand) if message.direction == "in" else (brand, them)
    about = {
        "id": message.id,
        "created_time": graph_time(message.at),
        "from": sender,
        "to": {"data": [receiver]},
        "message": message.text,
    }
    files = [about_file(one) for one in message.attachments if one["type"] in MIME]
    if files and "attachments" in fields:
        about["attachments"] = {"data": files}
    shares = [{"link": one["url"], "name": "A page"} for one in message.attachments if one["type"] not in MIME]
    if shares and "shares" in fields:
        about["shares"] = {"data": shares}
    return about


MIME = {"image": "image/jpeg", "video": "video/mp4", "audio": "audio/mpeg", "file": "application/pdf"}


def about_file(one):
    """Images and videos have a member of their own for the address."""
    kind, about = one["type"], {"id": "1", "mime_type": MIME[one["type"]], "name": one["type"], "size": 1000}
    if kind in ("image", "video"):
        return {**about, kind + "_data": {"width": 640, "height": 480, "url": one["url"]}}
    return {**about, "file_url": one["url"]}


def about_comment(comment):
    return {
        "id": comment.id,
        "text": comment.text,
        "message": comment.text,
        "username": comment.contact.username if comment.contact else None,
        "timestamp": graph_time(comment.at),
    }


def one_object(account, id):
    contact, message = account.find_message(id)
    if message:
        return about_message(account, contact, message)
    if id in account.comments:
        return about_comment(account.comments[id])
    raise GraphError("no_object", id)


def person(contact):
    return {"id": contact.id, "name": contact.name, "username": contact.username}


def page(items, params):
    start, limit = int(params.get("after") or 0), max(1, min(int(params.get("limit") or 25), 100))
    cut = items[start : start + limit]
    paging = {"cursors": {"before": str(start), "after": str(start + len(cut))}}
    if start + limit < len(items):
        paging["next"] = f"?after={start + limit}"
    return {"data": cut, "paging": paging}


def graph_time(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(ms / 1000))
