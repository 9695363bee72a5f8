# SPDX-License-Identifier: Apache-2.0
"""Judges a journal: was every accepted message answered, and nothing answered twice?"""

import re
from collections import Counter
from datetime import datetime

from .exchange import ANSWERS
from .inbound import TURNS

TOKEN = re.compile(r"#t[0-9a-f]{12}")
SHOWN = 20


class Judge:
    """Takes records one by one, in the journal's order.

    A message with a token (load) is answered by an applied send whose text holds the token; one without, by any
    send applied to the same contact after it was written. The same answer applied twice is a duplicate: the same
    text with the same token, or the same part id.
    """

    def __init__(self):
        self.posted = {}  # item id -> its record; every turn that was posted at all
        self.accepted = {}  # item id -> its record with the account
        self.by_token = {}  # token -> item id
        self.sends = 0
        self.refused = 0
        self.answers = {}  # token -> how many sends applied
        self.answered_at = {}  # token -> time of the first
        self.same = Counter()  # what must be unique -> how often applied
        self.last_send = {}  # (account, contact) -> time of the last applied send
        self.misdirected = []
        self.reordered = 0
        self.progress = 0  # grows whenever something was accepted or answered for the first time
        self.last_item = {}  # (account, contact) -> the newest item answered

    def feed(self, record):
        if record["type"] in ("webhook", "polled"):
            self.feed_items(record, record["type"] == "polled" or 200 <= record["status"] < 300)
        elif record["type"] == "request" and record["call"] in ANSWERS:
            if record["applied"]:
                self.feed_send(record)
            else:
                self.refused += 1

    def feed_items(self, record, accepted):
        for item in record["items"]:
            if item["kind"] not in TURNS:
                continue
            self.posted[item["item"]] = item
            token = TOKEN.search(item["text"])
            if token:
                self.by_token[token[0]] = (item["item"], record["account"], item["contact"])
            if accepted and item["item"] not in self.accepted:
                self.accepted[item["item"]] = {**item, "account": record["account"]}
                self.progress += 1

    def feed_send(self, record):
        self.sends += 1
        where = (record["account"], record["contact"])
        self.last_send[where] = record["t"]
        tokens = set(TOKEN.findall(record["text"]))
        if tokens:
            self.same[(*where, record["text"])] += 1
        elif record["part"]:
            self.same[(*where, record["part"])] += 1
        for token in tokens:
            self.feed_answer(token, where, record)

    def feed_answer(self, token, where, record):
        item, *asked = self.by_token.get(token, (0, *where))
        if tuple(asked) != where:
            self.misdirected.append(token)
        if token not in self.answers:
            self.answers[token] = 0
            self.answered_at[token] = record["t"]
            self.progress += 1
            self.reordered += item < self.last_item.get(where, 0)
            self.last_item[where] = max(item, self.last_item.get(where, 0))
        self.answers[token] += 1

    def is_answered(self, item):
        token = TOKEN.search(item["text"])
        if token:
            return token[0] in self.answers
        return self.last_send.get((item["account"], item["contact"]), "") >= item["made"]

    def report(self):
        unanswered = [item for item in self.accepted.values() if not self.is_answered(item)]
        duplicates = {key: count - 1 for key, count in self.same.items() if count > 1}
        spread = Counter(self.answers.values())
        return {
            "posted": len(self.posted),
            "accepted": len(self.accepted),
            "answered": len(self.accepted) - len(unanswered),
            "unanswered": len(unanswered),
            "duplicates": sum(duplicates.values()),
            "misdirected": len(self.misdirected),
            "reordered": self.reordered,
            "sends_applied": self.sends,
            "sends_not_applied": self.refused,
            "sends_per_message": {str(count): spread[count] for count in sorted(spread)},
            "answer_ms": self.latency(),
            "unanswered_messages": [item["text"] or item["key"] for item in unanswered[:SHOWN]],
            "duplicate_answers": [list(key) for key in list(duplicates)[:SHOWN]],
        }

    def latency(self):
        """From the contact's writing to the first answer, in ms; of messages with a token."""
        times = []
        for item in self.accepted.values():
            token = TOKEN.search(item["text"])
            if token and token[0] in self.answered_at:
                spent = datetime.fromisoformat(self.answered_at[token[0]]) - datetime.fromisoformat(item["made"])
                times.append(spent.total_seconds() * 1000)
        times.sort()
        return (
            {f"p{p}": round(times[min(len(times) - 1, len(times) * p // 100)], 1) for p in (50, 90, 99)}
            if times
            else {}
        )


def is_clean(report):
    return not (report["unanswered"] or report["duplicates"] or report["misdirected"])


def describe(report):
    """The report for a person."""
    lines = [
        f"{report['accepted']} messages accepted ({report['posted']} posted), {report['answered']} answered, "
        f"{report['unanswered']} unanswered, {report['duplicates']} answers applied twice, "
        f"{report['misdirected']} misdirected, "
        f"{report['reordered']} out of order",
        f"{report['sends_applied']} sends applied, {report['sends_not_applied']} not applied",
    ]
    if report["answer_ms"]:
        lines.append(
            "answered after (ms): " + ", ".join(f"{name} {value:g}" for name, value in report["answer_ms"].items())
        )
    lines += [f"unanswered: {text}" for text in report["unanswered_messages"]]
    lines += [f"twice: {' '.join(map(str, key))}" for key in report["duplicate_answers"]]
    return "\n".join(lines)
