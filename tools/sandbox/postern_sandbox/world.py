# SPDX-License-Identifier: Apache-2.0
"""What exists: accounts of the brand, the contacts who write to them, and what has been said."""

import random
from collections import deque
from dataclasses import dataclass, field

MESSAGES_KEPT = 200  # For each contact; enough for listings, bounded under load.


@dataclass
class Message:
    """A private message or a public comment; `text` is what a person would read."""

    id: str
    direction: str  # "in": from the contact; "out": from the brand
    text: str
    at: int  # Unix time, ms
    public: bool = False
    attachments: list = field(default_factory=list)
    choices: list = field(default_factory=list)  # what can be tapped: {"title", "payload", "as"}
    from_app: bool = True  # out only: False if a person wrote it in the platform's own app
    fields: dict = field(default_factory=dict)  # what one platform needs to remember


@dataclass
class Comment:
    id: str
    post_id: str
    parent_id: str
    contact: "Contact | None"  # None: the brand's own
    text: str
    at: int
    private_reply: bool = False
    hidden: bool = False
    live: bool = False
    summoned: bool = False  # X: it mentions or quotes the account, which may then answer


class Contact:
    def __init__(self, person, account, table):
        self.person = person
        self.account = account
        self.id = str(table["id"])
        self.name = table.get("name", person.capitalize())
        self.first_name = table.get("first_name", self.name.split(" ")[0])
        self.last_name = table.get("last_name", self.name.partition(" ")[2])
        self.username = table.get("username", person)
        self.locale = table.get("locale", "en_US")
        self.comment_user_id = str(table.get("comment_user_id", self.id))
        self.last_action = None  # ms; what the messaging window is computed from
        self.blocked = table.get("blocked", False)
        self.deactivated = table.get("deactivated", False)
        self.follows = table.get("follows", False)
        self.open = table.get("open", False)  # X: takes messages from everybody
        self.encrypted = table.get("encrypted", False)  # X: writes in X Chat
        self.receipts = table.get("receipts", True)
        self.region = table.get("region", "")  # TikTok: "eea" for people of whom nearly nothing is told
        self.phone = str(table.get("phone", ""))  # WhatsApp: beside a user id
        self.user_id = str(table.get("user_id", ""))
        self.stopped = False  # WhatsApp: marketing
        self.creator = str(table.get("creator", ""))  # Snapchat: the public profile of a creator
        self.owner_app = None  # set: another app controls the thread (standby)
        self.messages = deque(maxlen=MESSAGES_KEPT)

    def find(self, id):
        return next((message for message in reversed(self.messages) if message.id == id), None)

    def last(self, direction):
        return next((m for m in reversed(self.messages) if m.direction == direction and not m.public), None)


class Account:
    def __init__(self, name, platform, table, quirks):
        self.name = name
        self.platform = platform
        self.table = table
        self.quirks = quirks
        self.id = str(table["id"])
        self.title = table.get("name", name)
        self.username = table.get("username", name.replace("-", "_"))
        self.page_id = str(table.get("page_id", self.id))
        self.webhook = table.get("webhook", "")
        self.token = self.app_secret = self.verify_token = self.secret_token = self.refresh_token = ""
        self.app_token = self.token_secret = self.consumer_key = self.hook = ""
        self.token_dead = False
        self.connect = table.get("connect", False)
        self.subscribed = True
        self.contacts = {}  # by id
        self.people = {}  # by person's name
        self.comments = {}  # by id
        self.recent = deque(maxlen=1000)  # (id, contact): what was said last, for look-ups by message id

    def option(self, name, default=None):
        return self.table.get(name, default)

    def add(self, contact):
        self.contacts[contact.id] = contact
        self.people[contact.person] = contact
        return contact

    def add_person(self, person, table):
        """A new contact; without an id it gets one that fits the platform and follows from the names alone."""
        if "id" not in table:
            chance = random.Random(f"{self.name}/{person}")
            digits = {"instagram": 17, "telegram": 10, "whatsapp": 12, "x": 19}.get(self.platform, 16)
            table = {**table, "id": str(chance.randrange(6 * 10 ** (digits - 1), 7 * 10 ** (digits - 1)))}
        return self.add(Contact(person, self, table))

    def remember(self, contact, message):
        contact.messages.append(message)
        self.recent.append((message.id, contact))
        return message

    def find_message(self, id):
        """(contact, message) or (None, None)."""
        for known, contact in reversed(self.recent):
            if known == id:
                return contact, contact.find(id)
        return None, None


class World:
    def __init__(self):
        self.accounts = {}

    def account(self, name):
        if name not in self.accounts:
            raise ValueError(f"no account {name!r}: known are {', '.join(self.accounts)}")
        return self.accounts[name]

    def contact(self, person, account_name=None):
        """The contact of a person at an account; the account may be left out if there is only one."""
        accounts = [self.account(account_name)] if account_name else list(self.accounts.values())
        found = [account.people[person] for account in accounts if person in account.people]
        if len(found) != 1:
            why = "writes to several accounts: say which with `to`" if found else "is no contact"
            raise ValueError(f"{person!r} {why}")
        return found[0]
