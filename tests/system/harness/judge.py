# SPDX-License-Identifier: Apache-2.0
"""Joins what the platforms saw (the sandbox's journal) with what the daemon had on record (the ledger's leaves)."""

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from datetime import datetime

from .ledger import part_id

TOKEN = re.compile(r"#t[0-9a-f]{12}")
VERDICTS = ("msg.out.intent", "policy.allow")  # the records that let one attempt leave
SLACK = 1000  # microseconds: the journal's times are cut to milliseconds


def microseconds(text):
    return round(datetime.fromisoformat(text).timestamp() * 1e6)


class Messages:
    """Each message that a contact wrote (it has a token), and what the journal says became of it."""

    def __init__(self, journal):
        self.accepted = {}  # token -> (account, contact id)
        self.posted = {}
        self.applied = Counter()  # token -> sends applied that answer it
        self.requests = []  # (time, account, contact, part id or None, token, answered at)
        for record in journal:
            if record["type"] == "webhook":
                self._posted(record)
            elif record["type"] == "request" and record["call"] == "send":
                self._sent(record)

    def _posted(self, record):
        for item in record["items"]:
            token = TOKEN.search(item["text"] or "")
            if item["kind"] != "message" or not token:
                continue
            self.posted.setdefault(token[0], (record["account"], item["contact"]))
            if 200 <= record["status"] < 300:
                self.accepted.setdefault(token[0], (record["account"], item["contact"]))

    def _sent(self, record):
        token = TOKEN.search(record["text"])
        at = microseconds(record["t"])
        answered_at = at + round(1e6 * record.get("answer_delay", 0))
        self.requests.append(
            (at, record["account"], record["contact"], record["part"], token and token[0], answered_at)
        )
        if token and record["applied"]:
            self.applied[token[0]] += 1

    def unanswered(self):
        return [token for token in self.accepted if not self.applied[token]]

    def twice(self, accounts):
        return [token for token, count in self.applied.items() if count > 1 and self.posted[token][0] in accounts]


class Directory:
    """Which conversation of the ledger is which contact of the sandbox. Contacts are introduced one after another, so
    the n-th conversation of an account is that of the n-th contact."""

    def __init__(self, contacts):
        self.contacts = contacts  # account -> ids of the contacts, in the order in which they wrote first

    def conversations(self, ledger):
        """conversation -> (account, contact id)"""
        named = {}
        for account, ids in self.contacts.items():
            found = ledger.conversations(account)
            assert len(found) == len(ids), f"{account}: {len(found)} conversations of {len(ids)} contacts"
            named.update({conversation: (account, id) for conversation, id in zip(found, ids)})
        return named


def unjudged(messages, leaves, named):
    """Sends that left without a verdict of their own, committed before: the n-th attempt of a part, and the n-th
    request to a contact, need n earlier verdicts. Gives sentences."""
    by_part, by_contact = defaultdict(list), defaultdict(list)
    for leaf in leaves:
        if leaf["k"] not in VERDICTS:
            continue
        number = 1 if leaf["k"] == "msg.out.intent" else leaf["q"]
        by_part[part_id(leaf, number)].append(leaf["t"])
        by_contact[named[leaf["c"]]].append(leaf["t"])
    found, parts, contacts = [], Counter(), Counter()
    for at, account, contact, part, token, _ in sorted(messages.requests, key=lambda request: request[0]):
        contacts[account, contact] += 1
        judged = bisect_right(by_contact[account, contact], at + SLACK)
        if judged < contacts[account, contact]:
            found.append(
                f"{token} to {contact} of {account} left as request {contacts[account, contact]} after {judged}"
            )
        if part:
            parts[part] += 1
            if bisect_right(by_part[part], at + SLACK) < parts[part]:
                found.append(f"attempt {parts[part]} of part {part} ({token}) left without a verdict")
    return found


def inbound_tokens(messages_in_order, leaves, named):
    """msg.in record -> token, where a contact's messages keep their order: the n-th record is the n-th message."""
    records = defaultdict(list)
    for leaf in leaves:
        if leaf["k"] == "msg.in":
            records[named[leaf["c"]]].append(leaf["i"])
    return {
        i: token
        for contact, indices in records.items()
        for i, token in zip(indices, messages_in_order.get(contact, []))
    }


def messages_in_order(journal, account):
    """contact -> tokens of what it wrote, in the order in which it wrote (the items' own numbers)."""
    items = {}
    for record in journal:
        if record["type"] == "webhook" and record["account"] == account:
            for item in record["items"]:
                token = TOKEN.search(item["text"] or "")
                if item["kind"] == "message" and token:
                    items[item["item"]] = ((account, item["contact"]), token[0])
    order = defaultdict(list)
    for _, (contact, token) in sorted(items.items()):
        order[contact].append(token)
    return order


def latencies(journal, account, start, end):
    """Milliseconds from writing to the first answer, of the messages that were written in that time."""
    written, spent = {}, {}
    for record in journal:
        if record["type"] == "webhook" and record["account"] == account:
            for item in record["items"]:
                token = TOKEN.search(item["text"] or "")
                if token and start <= microseconds(item["made"]) / 1e6 < end:
                    written.setdefault(token[0], microseconds(item["made"]))
        elif record["type"] == "request" and record["account"] == account and record["applied"]:
            token = TOKEN.search(record["text"])
            if token:
                spent.setdefault(token[0], microseconds(record["t"]))
    return [(at - written[token]) / 1000 for token, at in spent.items() if token in written]
