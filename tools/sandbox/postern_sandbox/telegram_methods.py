# SPDX-License-Identifier: Apache-2.0
"""The methods of the Bot API."""

import re
from collections import deque

from .exchange import Call
from .telegram_bot import TelegramError, bad
from .telegram_markup import BadMarkup, length, plain
from .world import Message

MEDIA = {"sendPhoto": "photo", "sendVideo": "video", "sendAudio": "audio", "sendVoice": "voice", "sendDocument": "document",
         "sendAnimation": "animation", "sendSticker": "sticker", "sendVideoNote": "video_note"}
SENDS = {"sendMessage", "sendLocation", "sendContact", *MEDIA}
MOST_TEXT = 4096
MOST_CAPTION = 1024


def call(telegram, bot, method, params, files):
    """The call that a request to /bot<token>/<method> asks for. Method names are not case-sensitive."""
    found = next((name for name in (*SENDS, *METHODS) if name.lower() == method.lower()), None)
    if found is None:
        return Call(bot.account, method, not_found)
    changes = found in SENDS or found in CHANGES
    decoded = {name: value for name, value in params.items() if name not in ("_ended", "secret_token")}
    text = params.get("text") or params.get("caption") or ""
    made = Call(bot.account, "send" if found in SENDS else found, None, changes, str(params.get("chat_id", "")), str(text),
                decoded={"method": found, **decoded})
    if found in SENDS:
        made.apply = lambda: send(telegram, bot, found, params, files, made)
    else:
        made.apply = lambda: METHODS[found](telegram, bot, params, made)
    return made


def not_found():
    raise TelegramError(404, "Not Found")


# Sending ---------------------------------------------------------------------------------------------------------------

def send(telegram, bot, method, params, files, made):
    contact = bot.reachable(params.get("chat_id"))
    shown, fields = content(bot, method, params, files)
    choices = buttons(params.get("reply_markup"))
    reply = params.get("reply_parameters") or {}
    quoted = reply.get("message_id") or params.get("reply_to_message_id")
    if quoted and contact.find(str(quoted)) is None and not reply.get("allow_sending_without_reply"):
        raise bad("message to be replied not found")
    count(telegram, bot, contact)
    made.applied = True
    made.contact = contact.id
    id, now = bot.next_message_id(contact.id), telegram.sandbox.clock.now_ms()
    body = {"message_id": id, "from": bot.user(), "chat": bot.chat(contact), "date": now // 1000, **fields}
    if "reply_markup" in params and isinstance(params["reply_markup"], dict) and "inline_keyboard" in params["reply_markup"]:
        body["reply_markup"] = params["reply_markup"]
    attached = [{"type": MEDIA[method], "url": str(params.get(MEDIA[method], ""))}] if method in MEDIA else []
    said = Message(str(id), "out", shown, now, attachments=attached, choices=choices, fields={"body": body})
    bot.account.remember(contact, said)
    telegram.sandbox.sent(bot.account, contact, said)
    return body


def content(bot, method, params, files):
    """What is shown as text, and the fields of the message. Raises TelegramError."""
    if method == "sendLocation":
        return "", {"location": {"latitude": float(params["latitude"]), "longitude": float(params["longitude"])}}
    if method == "sendContact":
        return "", {"contact": {"phone_number": params.get("phone_number"), "first_name": params.get("first_name")}}
    if method == "sendMessage":
        shown = parsed(params.get("text"), params.get("parse_mode"))
        if not shown.strip():
            raise bad("message text is empty")
        if length(shown) > MOST_TEXT:
            raise bad("message is too long")
        return shown, {"text": shown}
    kind = MEDIA[method]
    id = media_file(bot, kind, params.get(kind), files)
    caption = parsed(params.get("caption"), params.get("parse_mode"))
    if length(caption) > MOST_CAPTION:
        raise bad("message caption is too long")
    one = {"file_id": id, "file_unique_id": id[-12:]}
    return caption, {kind: [one] if kind == "photo" else one, **({"caption": caption} if caption else {})}


def parsed(text, mode):
    try:
        return plain(str(text or ""), mode)
    except BadMarkup as error:
        raise bad(f"can't parse entities: {error}") from error


def media_file(bot, kind, value, files):
    """The file_id of what is sent: a known one, a URL's, or an upload's."""
    upload = files.get(kind) or files.get(str(value or "").removeprefix("attach://"))
    if upload is not None:
        if len(upload) > (10 if kind == "photo" else 50) * 1024 * 1024:
            raise TelegramError(413, "Request Entity Too Large")
        return bot.keep_file(kind, upload)
    if not value:
        raise bad(f"there is no {kind} in the request")
    if str(value) in bot.files:
        return str(value)
    if not re.match(r"https?://[^\s/]+", str(value)):
        raise bad("wrong file identifier/HTTP URL specified")
    return bot.keep_file(kind, str(value).encode())


def buttons(markup):
    """What the contact can tap. Raises TelegramError for callback data of more than 64 bytes."""
    markup, found = markup if isinstance(markup, dict) else {}, []
    for row in markup.get("inline_keyboard", []):
        for button in row:
            if "callback_data" in button:
                if not 1 <= len(str(button["callback_data"]).encode()) <= 64:
                    raise bad("BUTTON_DATA_INVALID")
                found.append({"title": button.get("text", ""), "payload": button["callback_data"], "as": "callback"})
    for row in markup.get("keyboard", []):
        for button in row:
            title = button if isinstance(button, str) else button.get("text", "")
            found.append({"title": title, "payload": title, "as": "text"})
    return found


def count(telegram, bot, contact):
    """30 messages a second in all, one a second in a chat, if the account wants `limits`."""
    if not bot.account.option("limits", False):
        return
    now = telegram.sandbox.clock.now()
    for times, most in ((bot.account.table.setdefault("_all", deque()), 30), (contact.__dict__.setdefault("times", deque()), 1)):
        while times and now - times[0] >= 1:
            times.popleft()
        if len(times) >= most:
            raise TelegramError(429, "Too Many Requests: retry after 1", {"retry_after": 1})
        times.append(now)


# Webhook and updates ---------------------------------------------------------------------------------------------------

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
        raise TelegramError(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete "
                            "the webhook first")
    if params.get("_ended"):
        raise TelegramError(409, "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running")
    confirm(telegram, bot, params)
    if params.get("allowed_updates"):
        bot.allowed = params["allowed_updates"]
    limit = max(1, min(int(params.get("limit") or 100), 100))
    return [item.body for item in list(bot.waiting)[:limit]]


# Everything else -------------------------------------------------------------------------------------------------------

def get_me(telegram, bot, params, made):
    return {**bot.user(), "can_join_groups": True, "can_read_all_group_messages": False, "supports_inline_queries": False}


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
    return {"file_id": params["file_id"], "file_unique_id": str(params["file_id"])[-12:], "file_size": len(found[1]), "file_path": found[0]}


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
    telegram.sandbox.seen(bot.account, contact, "react" if new else "unreact", {"reaction": new[0].get("emoji") if new else ""})
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
        raise bad("message is not modified: specified new message content and reply markup are exactly the same as a current "
                  "content and reply markup of the message")
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


METHODS = {"getMe": get_me, "setWebhook": set_webhook, "deleteWebhook": delete_webhook, "getWebhookInfo": webhook_info,
           "getUpdates": get_updates, "getChat": get_chat, "sendChatAction": chat_action, "answerCallbackQuery": answer_callback,
           "getFile": get_file, "setMessageReaction": reaction, "editMessageText": edit_text, "deleteMessage": delete_message,
           "readBusinessMessage": read_business, "setMyCommands": done, "deleteMyCommands": done, "close": done, "logOut": done}
CHANGES = {"sendChatAction", "answerCallbackQuery", "setMessageReaction", "editMessageText", "deleteMessage", "readBusinessMessage"}
