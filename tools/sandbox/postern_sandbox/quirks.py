# SPDX-License-Identifier: Apache-2.0
"""Quirks: how a platform misbehaves, as probabilities and as a script; drawn from a seeded source of chance."""

import random
import re
from collections import deque

# What can befall a send. The first five leave it unapplied, the next two apply it and say nothing useful.
# A script may also have the platform say any error: "error 100/2018109" (Telegram: "error 400 Bad Request: …")
# instead of applying the send, or "applied error 1/1357046" after it.
FATES = ("rate_limit", "fail_before", "reset_before", "token_death", "window_error", "fail_after", "reset_after")
WEBHOOK = (
    "duplicate",
    "reorder",
    "webhook_delay",
    "batch",
    "batch_linger",
    "echo_loss",
    "echo_delay",
    "receipt_loss",
    "webhook_loss",
)
ANSWER = ("slow", "slow_by", "answer_delay", "retry_after", "rate_code", "fail_status")
NAMES = (*FATES, *WEBHOOK, *ANSWER, "script")
ERROR = re.compile(r"(applied )?error (\d+)(?:/(\d+))? ?(.*)")
DEFAULTS = {"batch": 1, "batch_linger": 0.05, "slow_by": 3.0, "retry_after": 1, "rate_code": 613, "fail_status": 503}


class Quirks:
    """The quirks of one account. A probability is 0..1; a delay is seconds or [least, most]."""

    def __init__(self, seed, table=None):
        # Two sources, so that what befalls the sends does not depend on how webhooks fall between them.
        self.chance = random.Random(f"{seed}/webhooks")
        self.answer_chance = random.Random(f"{seed}/answers")
        self.table = {}
        self.script = deque()
        self.change(table or {})

    def change(self, table):
        for name, value in table.items():
            if name not in NAMES:
                raise ValueError(f"unknown quirk {name!r}: known are {', '.join(NAMES)}")
            if name == "script":
                for fate in value:
                    if fate != "ok" and fate not in FATES and not ERROR.fullmatch(fate):
                        raise ValueError(
                            f"unknown fate {fate!r} in a script: known are ok, {', '.join(FATES)}, "
                            "error CODE/SUBCODE, applied error CODE/SUBCODE"
                        )
                self.script = deque(value)
            else:
                self.table[name] = value

    def value(self, name):
        return self.table.get(name, DEFAULTS.get(name, 0))

    def happens(self, name):
        probability = self.value(name)
        return bool(probability) and self.source(name).random() < probability

    def source(self, name):
        return self.chance if name in WEBHOOK else self.answer_chance

    def delay(self, name):
        """Seconds to wait for the named delay."""
        value = self.value(name)
        return self.source(name).uniform(*value) if isinstance(value, list) else float(value)

    def answer_delay(self):
        return self.delay("answer_delay") + (self.delay("slow_by") if self.happens("slow") else 0.0)

    def fate(self, scripted=True):
        """What befalls the next call: the script's word as long as it lasts, then by chance; "ok" if nothing.

        A script is about messages alone (`scripted`), so that it does not matter whether somebody types first.
        """
        if self.script and scripted:
            return self.script.popleft()
        if self.script:
            return "ok"
        return next((fate for fate in FATES if self.happens(fate)), "ok")
