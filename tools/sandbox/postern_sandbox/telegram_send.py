# SPDX-License-Identifier: Apache-2.0
"""Sending through the Bot API: what may be sent, to whom, and what becomes of it."""

import re
from collections import deque

from .telegram_bot import TelegramError, bad
from .telegram_markup import BadMarkup, length, plain
from .world import Message

MEDIA = {
    "sendPhoto": "photo",
    "sendVideo": "video",
    "sendAudio": "audio",
    "sendVoice": "voice",
    "sendDocument": "document",
    "sendAnimation": "animation",
    "sendSticker": "sticker",
    "sendVideoNote": "video_note",
}
SENDS = {"sendMessage", "sendLocation", "sendContact", *MEDIA}
MOST_TEXT = 4096
MOST_CAPTION = 1024


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
    if (
        "reply_markup" in params
        and isinstance(params["reply_markup"], dict)
        and "inline_keyboard" in params["reply_markup"]
    ):
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
    counted = [(bot.sends.setdefault(chat, deque()), most) for chat, most in (("all", 30), (contact.id, 1))]
    for times, most in counted:
        while times and now - times[0] >= 1:
            times.popleft()
        if len(times) >= most:
            raise TelegramError(429, "Too Many Requests: retry after 1", {"retry_after": 1})
    for times, _ in counted:
        times.append(now)
