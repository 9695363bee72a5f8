# SPDX-License-Identifier: Apache-2.0
"""What TikTok's ids and answers look like: HTTP 200, and in the body a code that is 0 if it went well."""

import base64
import hashlib
import random

from .http import Response


class TikTokError(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def answer_of(code, message, data=None):
    request_id = f"2026{random.randrange(10**29, 10**30)}"
    return Response.of_json({"code": code, "message": message, "request_id": request_id, "data": data or {}})


def bad(name, what="is invalid"):
    return TikTokError(40002, f"Param {name} {what}")


def opaque(*parts):
    """An id of base64 with +, / and =. The same parts give the same."""
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return "u5+/" + base64.b64encode(digest[:14]).decode()


def number():
    """An id of 19 digits, which no double holds."""
    return random.randrange(7 * 10**18, 8 * 10**18) | 1
