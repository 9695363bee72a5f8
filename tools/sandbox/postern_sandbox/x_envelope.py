# SPDX-License-Identifier: Apache-2.0
"""How X's webhooks look: X Activity, one event in `data`, or the older Account Activity, lists by name."""

from .x_wire import new_id

LISTS = {
    "dm.received": "direct_message_events",
    "dm.sent": "direct_message_events",
    "dm.indicate_typing": "direct_message_indicate_typing_events",
    "dm.read": "direct_message_mark_read_events",
    "post.mention.create": "tweet_create_events",
    "post.reply.create": "tweet_create_events",
    "post.quote.create": "tweet_create_events",
    "post.delete": "tweet_delete_events",
    "follow.follow": "follow_events",
    "follow.unfollow": "follow_events",
    "block.block": "block_events",
    "block.unblock": "block_events",
}


def user_of(person):
    return {"id": person.id, "username": person.username, "name": getattr(person, "name", person.username)}


def owner_of(account):
    return {"id": account.id, "username": account.username, "name": account.title}


def activity(account, items, now_ms):
    """One event; several of a batch as a list, which receivers do well to read."""
    events = []
    for item in items:
        type, payload = item.list, item.body
        # Half of all numbers are negative.
        uuid = str(int(new_id(now_ms)) * (-1 if item.id % 2 else 1))
        filter = {} if type == "oauth.revoke" else {"user_id": account.id}
        event = {"event_uuid": uuid, "filter": filter, "event_type": type, "tag": account.name, "payload": payload}
        if item.contact and type.startswith("post."):
            event["includes"] = {"users": [user_of(item.contact), owner_of(account)]}
        events.append(event)
    return {"data": events[0] if len(events) == 1 else events}


def account_activity(account, items, now_ms):
    if items[0].list == "oauth.revoke":
        revoke = items[0].body
        target, source = {"app_id": revoke["app_id"]}, {"user_id": revoke["user_id"]}
        return {"user_event": {"revoke": {"date_time": revoke["date_time"], "target": target, "source": source}}}
    body = {"for_user_id": account.id}
    for item in items:
        listed, users = legacy(account, item, now_ms)
        body.setdefault(LISTS[item.list], []).extend(listed)
        body.setdefault("users", {}).update(users)
    return body


def legacy(account, item, now_ms):
    """An item in the older spelling: its list's elements and the users."""
    type, payload, time = item.list, item.body, str(now_ms)
    people = [item.contact] if item.contact else []
    users = {p.id: {"id": p.id, "name": p.name, "screen_name": p.username} for p in people}
    users[account.id] = {"id": account.id, "name": account.title, "screen_name": account.username}
    if type.startswith("dm."):
        return payload[LISTS[type]], users
    if type == "post.delete":
        return [{"status": {"id": payload["id"], "user_id": payload["author_id"]}, "timestamp_ms": time}], {}
    if type.startswith("post."):
        return [tweet(payload, users[payload["author_id"]], time)], {}
    source, target = (users[payload[side]["data"]["id"]] for side in ("source", "target"))
    return [{"type": type.partition(".")[2], "created_timestamp": time, "source": source, "target": target}], {}


def tweet(post, author, time):
    parent = next((r["id"] for r in post.get("referenced_tweets", []) if r["type"] == "replied_to"), None)
    quoted = next((r["id"] for r in post.get("referenced_tweets", []) if r["type"] == "quoted"), None)
    return {
        "id": int(post["id"]),
        "id_str": post["id"],
        "text": post["text"],
        "user": {**author, "id_str": author["id"]},
        "in_reply_to_user_id_str": post.get("in_reply_to_user_id"),
        "in_reply_to_status_id_str": parent,
        **({"quoted_status_id_str": quoted} if quoted else {}),
        "timestamp_ms": time,
    }
