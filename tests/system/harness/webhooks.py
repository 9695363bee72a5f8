# SPDX-License-Identifier: Apache-2.0
"""Webhooks made by hand: signed as the platforms sign them, or not."""

import hashlib
import hmac
import json

from .sandbox import ask


def secret(daemon, name):
    return (daemon.folder / "keys" / name).read_text().strip()


def messenger_body(text, mid, sender="6712345678901234", account="104857600000001"):
    return json.dumps(
        {
            "object": "page",
            "entry": [
                {
                    "id": account,
                    "time": 1767225600000,
                    "messaging": [
                        {
                            "sender": {"id": sender},
                            "recipient": {"id": account},
                            "timestamp": 1767225600000,
                            "message": {"mid": mid, "text": text},
                        }
                    ],
                }
            ],
        }
    ).encode()


def signature(daemon, body):
    return "sha256=" + hmac.new(secret(daemon, "meta-app-secret").encode(), body, hashlib.sha256).hexdigest()


def post_messenger(daemon, body, signed=True, **headers):
    """`signed`: True, False, or the header's text. Gives (status, headers)."""
    if signed:
        headers["X-Hub-Signature-256"] = signature(daemon, body) if signed is True else signed
    return ask(f"{daemon.url}/webhooks/messenger", "POST", body, {"Content-Type": "application/json", **headers})[:2]
