# SPDX-License-Identifier: Apache-2.0
"""The methods of the Bot API."""

import re
from collections import deque

from .exchange import Call
from .telegram_bot import TelegramError, bad
from .telegram_markup import length
from .telegram_send import MOST_TEXT, SENDS, parsed, send


def call(telegram, bot, method, params, files):
    """The call that a request to /bot<token>/<method> asks for. Method names are not case-sensitive."""
    found = next((name for name in (*SENDS, *METHODS) if name.lower() == method.lower()), None)
    if found is None:
        return Call(bot.account, method, not_found)
    changes = found in SENDS or found in CHANGES
    decoded = {name: value for name, value in params.items() if name not in ("_ended", "secret_token")}
    text = params.get("text") or params.get("caption") or ""
    made = Call(
        bot.account,
        "send" if found in SENDS else found,
        None,
        changes,
        str(params.get("chat_id", "")),
        str(text),
        decoded={"method": found, **decoded},
    )
    if found in SENDS:
        made.apply = lambda: send(telegram, bot, found, params, files, made)
    else:
        made.apply = lambda: METHODS[found](telegram, bot, params, made)
    return made


def not_found():
    raise TelegramError(404, "Not Found")


# Webhook and updates


def set_webhook(telegram, bot, params, made):
    url, secret = str(params.get("url") or ""), str(params.get("secret_token") or "")
    if secret and not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", secret):
        raise bad("secret token contains unallowed characters")
    if url and not re.match(r"https?://[^\s/]+", url):
        raise bad("bad webhook: invalid webhook URL specified")
    bot.url, bot.secret_token = url, secret
    bot.allowed = params.get("allowed_updates") or None
    bot.max_connections = max(1, min(int(params.get("max_connections") or 40), 100))
    bot.last_error = None
    if params.get("drop_pending_updates") in (True, "true", "True", "1"):
        bot.waiting.clear()
    waiting, bot.waiting = (bot.waiting, deque()) if url else ((), bot.waiting)
    for item in waiting:
        telegram.sandbox.delivery.offer(item)
    bot.arrived.set()
    return True


def delete_webhook(telegram, bot, params, made):
    return set_webhook(telegram, bot, {"drop_pending_updates": params.get("drop_pending_updates")}, made)


def webhook_info(telegram, bot, params, made):
    undelivered = telegram.sandbox.delivery.waiting_for(bot.account)
    info = {"url": bot.url, "has_custom_certificate": False, "pending_update_count": len(bot.waiting) + undelivered}
    if bot.url:
        info["max_connections"] = bot.max_connections
    if bot.allowed:
        info["allowed_updates"] = bot.allowed
    if bot.last_error:
        info["last_error_date"], info["last_error_message"] = bot.last_error
    return info


def confirm(telegram, bot, params):
    """An offset confirms the updates before it; a negative one forgets all but the last."""
    offset = int(params.get("offset") or 0)
    if bot.url or not offset:
        return
    if offset < 0:
        while len(bot.waiting) > -offset:
            bot.waiting.popleft()
        return
    taken = []
    while bot.waiting and bot.waiting[0].body["update_id"] < offset:
        taken.append(bot.waiting.popleft())
        taken[-1].accepted.set()
    if taken:
        telegram.sandbox.journal.write("polled", account=bot.account.name, items=[item.record() for item in taken])


def get_updates(telegram, bot, params, made):
    if bot.url:
        raise TelegramError(
            409,
            "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete "
            "the webhook first",
        )
    if params.get("_ended"):
        raise TelegramError(
            409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
        )
    confirm(telegram, bot, params)
    if params.get("allowed_updates"):
        bot.allowed = params["allowed_updates"]
    limit = max(1, min(int(params.get("limit") or 100), 100))
    return [item.body for item in list(bot.waiting)[:limit]]


# Everything else


def get_me(telegram, bot, params, made):
    return {
        **bot.user(),
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
    }


def get_chat(telegram, bot, params, made):
    contact = bot.account.contacts.get(str(params.get("chat_id")))
    if contact is None:
        raise bad("chat not found")
    return bot.chat(contact)


def chat_action(telegram, bot, params, made):
    contact = bot.reachable(params.get("chat_id"))
    if not params.get("action"):
        raise bad("wrong parameter action in request")
    made.applied = True
    telegram.sandbox.seen(bot.account, contact, str(params["action"]), {})
    return True


def answer_callback(telegram, bot, params, made):
    chat = bot.callbacks.pop(str(params.get("callback_query_id")), None)
    if chat is None:
        raise bad("query is too old and response timeout expired or query ID is invalid")
    made.applied, made.contact = True, chat
    return True


def get_file(telegram, bot, params, made):
    found = bot.files.get(str(params.get("file_id")))
    if found is None:
        raise bad("wrong file_id or the file is temporarily unavailable")
    return {
        "file_id": params["file_id"],
        "file_unique_id": str(params["file_id"])[-12:],
        "file_size": len(found[1]),
        "file_path": found[0],
    }


def own_message(bot, params, what):
    contact = bot.reachable(params.get("chat_id"))
    said = contact.find(str(params.get("message_id")))
    if said is None:
        raise bad(f"message to {what} not found")
    return contact, said


def reaction(telegram, bot, params, made):
    contact, _ = own_message(bot, params, "react")
    made.applied = True
    new = params.get("reaction") or []
    telegram.sandbox.seen(
        bot.account, contact, "react" if new else "unreact", {"reaction": new[0].get("emoji") if new else ""}
    )
    return True


def edit_text(telegram, bot, params, made):
    contact, said = own_message(bot, params, "edit")
    shown = parsed(params.get("text"), params.get("parse_mode"))
    if said.direction != "out":
        raise bad("message can't be edited")
    if not shown.strip():
        raise bad("message text is empty")
    if length(shown) > MOST_TEXT:
        raise bad("message is too long")
    if shown == said.text:
        raise bad(
            "message is not modified: specified new message content and reply markup are exactly the same as a current "
            "content and reply markup of the message"
        )
    made.applied = True
    said.text = shown
    said.fields["body"] |= {"text": shown, "edit_date": int(telegram.sandbox.clock.now())}
    telegram.sandbox.seen(bot.account, contact, "edit", {"text": shown})
    return said.fields["body"]


def delete_message(telegram, bot, params, made):
    contact, said = own_message(bot, params, "delete")
    if telegram.sandbox.clock.now_ms() - said.at > 48 * 3600 * 1000:
        raise bad("message can't be deleted for everyone")
    made.applied = True
    contact.messages.remove(said)
    telegram.sandbox.seen(bot.account, contact, "delete", {})
    return True


def read_business(telegram, bot, params, made):
    contact, _ = own_message(bot, params, "read")
    made.applied = True
    telegram.sandbox.seen(bot.account, contact, "mark_seen", {})
    return True


def done(telegram, bot, params, made):
    return True


METHODS = {
    "getMe": get_me,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": webhook_info,
    "getUpdates": get_updates,
    "getChat": get_chat,
    "sendChatAction": chat_action,
    "answerCallbackQuery": answer_callback,
    "getFile": get_file,
    "setMessageReaction": reaction,
    "editMessageText": edit_text,
    "deleteMessage": delete_message,
    "readBusinessMessage": read_business,
    "setMyCommands": done,
    "deleteMyCommands": done,
    "close": done,
    "logOut": done,
}
CHANGES = {
    "sendChatAction",
    "answerCallbackQuery",
    "setMessageReaction",
    "editMessageText",
    "deleteMessage",
    "readBusinessMessage",
}
