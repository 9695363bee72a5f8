# SPDX-License-Identifier: Apache-2.0
"""One bot as Telegram's servers know it: its webhook, waiting updates, files, and who may be written to."""

import asyncio
import itertools
import random
from collections import deque

OFF_BY_DEFAULT = {"chat_member", "message_reaction", "message_reaction_count"}
FILES_KEPT = 2000


class TelegramError(Exception):
    def __init__(self, code, description, parameters=None):
        super().__init__(description)
        self.code, self.description, self.parameters = code, description, parameters


def bad(description):
    return TelegramError(400, "Bad Request: " + description)


class Bot:
    def __init__(self, account):
        self.account = account
        self.url = ""
        self.secret_token = ""
        self.allowed = None  # allowed_updates; None: the default
        self.max_connections = 40
        self.last_error = None  # (unix time, text)
        self.gone_since = None  # when the webhook began to answer nothing but 410
        self.waiting = deque()  # items for getUpdates
        self.arrived = asyncio.Event()
        self.poll = 0  # counts getUpdates calls; a newer one ends the older
        self.update_ids = itertools.count(random.randrange(10**8, 9 * 10**8))
        self.message_ids = {}  # chat id -> last message id
        self.files = {}  # file_id -> (path, content)
        self.callbacks = {}  # callback query id -> chat id
        self.sends = {}  # chat id, or "all" -> times of the last second's sends, for the limits
        self.moved = {}  # group id -> supergroup id
        self.kicked = set()  # groups that threw the bot out
        self.members = {}  # group id -> title and type

    def user(self):
        account = self.account
        return {"id": int(account.id), "is_bot": True, "first_name": account.title, "username": account.username}

    def wants(self, kind):
        return kind in self.allowed if self.allowed else kind not in OFF_BY_DEFAULT

    def next_message_id(self, chat_id):
        self.message_ids[chat_id] = self.message_ids.get(chat_id, 0) + 1
        return self.message_ids[chat_id]

    def keep_file(self, kind, content):
        """A new file; gives its file_id."""
        while len(self.files) >= FILES_KEPT:
            del self.files[next(iter(self.files))]
        id = f"AgACAgQ{random.randbytes(18).hex()}"
        self.files[id] = (f"{kind}/file_{len(self.files)}", content)
        return id

    def chat(self, contact):
        """How a message shows the chat."""
        group = self.members.get(contact.id)
        if group:
            return {"id": int(contact.id), **group}
        chat = {
            "id": int(contact.id),
            "type": "private",
            "first_name": contact.first_name,
            "username": contact.username,
        }
        return {**chat, "last_name": contact.last_name} if contact.last_name else chat

    def reachable(self, chat_id):
        """The contact (or group) of a chat that may be written to. Raises TelegramError."""
        contact = self.account.contacts.get(str(chat_id))
        if str(chat_id) in self.moved:
            raise TelegramError(
                400,
                "Bad Request: group chat was upgraded to a supergroup chat",
                {"migrate_to_chat_id": int(self.moved[str(chat_id)])},
            )
        if contact is None:
            raise bad("chat not found")
        if contact.id in self.kicked:
            raise TelegramError(403, "Forbidden: bot was kicked from the group chat")
        if contact.blocked:
            raise TelegramError(403, "Forbidden: bot was blocked by the user")
        if contact.deactivated:
            raise TelegramError(403, "Forbidden: user is deactivated")
        if contact.last_action is None and contact.id not in self.members:
            raise TelegramError(403, "Forbidden: bot can't initiate conversation with a user")
        return contact
