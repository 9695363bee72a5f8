# SPDX-License-Identifier: Apache-2.0
"""What a platform tells the brand: one item of a webhook, before it is packed into a request."""

import asyncio
import itertools
from dataclasses import dataclass, field

COUNTER = itertools.count(1)
TURNS = ("message", "comment", "mention", "postback")  # the kinds that a brand is expected to answer


@dataclass
class Item:
    account: object
    contact: object  # None: the item concerns the account
    kind: str  # for the journal; mostly as in Postern's events
    body: dict
    list: str = "messaging"  # Meta: the list of the entry it goes to: messaging, standby, changes
    text: str = ""
    key: str = ""  # the platform's id of what happened
    lane: str = ""  # items of one lane are posted in order
    id: int = field(default_factory=lambda: next(COUNTER))
    accepted: asyncio.Event = field(default_factory=asyncio.Event)  # set once the gateway answered 2xx

    made: str = ""  # RFC 3339; when the contact did it

    def record(self):
        """What the journal says about it."""
        contact = self.contact.id if self.contact else None
        return {
            "item": self.id,
            "kind": self.kind,
            "key": self.key,
            "contact": contact,
            "text": self.text,
            "made": self.made,
        }
