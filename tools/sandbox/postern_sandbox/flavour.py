# SPDX-License-Identifier: Apache-2.0
"""In what Messenger and Instagram differ, beside the kinds of messages that contacts can send."""

import base64
import random
import re
from dataclasses import dataclass
from typing import Callable


@dataclass(frozen=True)
class Flavour:
    object: str  # of the webhook's envelope
    too_long: Callable  # text -> what is wrong with its length, or None
    public_too_long: Callable
    comment_edge: str  # POST /{comment-id}/<edge> answers a comment
    id_prefix: str
    unknown_user: str  # names of errors
    blocked: str
    window: str
    delivered: bool  # are there delivery receipts?


def messenger_length(text):
    return "Length of param message[text] must be less than or equal to 2000" if len(text) > 2000 else None


def instagram_length(text):
    return "Message text must be UTF-8 and 1000 bytes or less" if len(text.encode("utf-8", "replace")) > 1000 else None


def messenger_public(text):
    return "Comment is too long" if len(text) > 8000 else None


def instagram_public(text):
    if len(text) > 300:
        return "The comment must not exceed 300 characters"
    if len(re.findall(r"#\w", text)) > 4:
        return "The comment must not contain more than 4 hashtags"
    if len(re.findall(r"https?://", text)) > 1:
        return "The comment must not contain more than 1 URL"
    return None


MESSENGER = Flavour(
    "page",
    messenger_length,
    messenger_public,
    "comments",
    "m_",
    "no_user",
    "blocked_messenger",
    "window_messenger",
    True,
)
INSTAGRAM = Flavour(
    "instagram",
    instagram_length,
    instagram_public,
    "replies",
    "aWdf",
    "not_igsid",
    "blocked_instagram",
    "window_instagram",
    False,
)


def message_id(flavour):
    """Unique, opaque, and shaped like the platform's."""
    return flavour.id_prefix + base64.urlsafe_b64encode(random.randbytes(24)).decode()


def object_id():
    return str(random.randrange(10**16, 10**17))
