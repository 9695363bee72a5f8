# SPDX-License-Identifier: Apache-2.0
"""X's ids, shortened links, problems and signatures."""

import base64
import hashlib
import hmac
import itertools
import re
from urllib.parse import parse_qsl, quote

from .http import Response

FIRST_ID = 1288834974657  # ms; ids count from November 2010
COUNTER = itertools.count()
LINK = re.compile(r"https?://[^\s]+")


class XError(Exception):
    """A refusal as problem JSON; `headers` go with it."""

    def __init__(self, status, title, detail="", type="about:blank", headers=None, **more):
        super().__init__(detail or title)
        self.status, self.headers = status, headers or {}
        self.body = {"title": title, "detail": detail or title, "type": type, "status": status, **more}

    def response(self):
        return Response.of_json(self.body, self.status, self.headers)


def invalid(detail):
    return XError(400, "Invalid Request", detail, "https://api.x.com/2/problems/invalid-request")


def forbidden(detail):
    return XError(403, "Forbidden", detail)


def unauthorized():
    return XError(401, "Unauthorized")


def new_id(ms):
    """A number that grows with time; the lower bits only make it unique."""
    return str((ms - FIRST_ID) << 22 | next(COUNTER) & 0x3FFFFF)


def pair(a, b):
    return "-".join(sorted((a, b), key=int))


def shortened(text):
    """The text with its links shortened, and the entities that say what they stood for."""
    urls = []

    def shorten(match):
        link = "https://t.co/" + hashlib.sha256(match[0].encode()).hexdigest()[:10]
        urls.append({"url": link, "expanded_url": match[0], "display_url": match[0].partition("//")[2][:27]})
        return link

    return LINK.sub(shorten, text), {"hashtags": [], "symbols": [], "user_mentions": [], "urls": urls}


def sha256_base64(key, message):
    return "sha256=" + base64.b64encode(hmac.new(key.encode(), message, hashlib.sha256).digest()).decode()


def oauth1_fields(header):
    """The fields of an `Authorization: OAuth …` header, or None if it is none."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "oauth":
        return None
    fields = re.findall(r'(\w+)="([^"]*)"', rest)
    return {name: dict(parse_qsl(f"v={value}")).get("v", "") for name, value in fields}


def oauth1_signature(method, url, params, consumer_secret, token_secret):
    """HMAC-SHA1 over method, URL and the sorted parameters; a JSON body is not signed."""
    escaped = sorted((quote(name, safe="~"), quote(value, safe="~")) for name, value in params)
    text = "&".join(f"{name}={value}" for name, value in escaped)
    base = "&".join(quote(part, safe="~") for part in (method, url, text))
    key = f"{quote(consumer_secret, safe='~')}&{quote(token_secret, safe='~')}"
    return base64.b64encode(hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()).decode()
