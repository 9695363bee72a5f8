# SPDX-License-Identifier: Apache-2.0
"""The bodies of the contract suite, signed as each platform signs them with the secrets of a test's daemon."""

import base64
import hashlib
import hmac
import json
import time
import uuid

from .places import ROOT
from .recorder import Webhook

CASES = ROOT / "tests" / "contract" / "platforms"


def mac(key, text, method=hashlib.sha256):
    return hmac.new(key, text, method)


def meta(secret, body):
    return {"X-Hub-Signature-256": "sha256=" + mac(secret, body).hexdigest()}


def telegram(secret, _):
    return {"X-Telegram-Bot-Api-Secret-Token": secret.decode()}


def x(secret, body):
    return {"x-twitter-webhooks-signature": "sha256=" + base64.b64encode(mac(secret, body).digest()).decode()}


def tiktok(secret, body):
    at = str(int(time.time()))
    return {"TikTok-Signature": f"t={at},s={mac(secret, at.encode() + b'.' + body).hexdigest()}"}


def linkedin(secret, body):
    return {"X-LI-Signature": mac(secret, b"hmacsha256=" + body).hexdigest()}


def snapchat(secret, body):
    id, at = str(uuid.uuid4()), str(int(time.time()))
    key = base64.b64decode(secret.removeprefix(b"whsec_"))
    value = base64.b64encode(mac(key, f"{id}.{at}.".encode() + body).digest()).decode()
    return {"webhook-id": id, "webhook-timestamp": at, "webhook-signature": "v1," + value}


# Platform -> the file of its secret, and how it signs.
SIGNED = {
    "messenger": ("meta-app-secret", meta),
    "instagram": ("meta-app-secret", meta),
    "whatsapp": ("meta-app-secret", meta),
    "telegram": ("telegram-secret-token", telegram),
    "x": ("x-consumer-secret", x),
    "tiktok": ("tiktok-app-secret", tiktok),
    "linkedin": ("linkedin-client-secret", linkedin),
    "snapchat": ("snapchat-bridge", snapchat),
}


def webhooks(platform, daemon, path):
    """Every case of a platform's decode/ that needs no configuration of its own, as a webhook to `path`."""
    file, sign = SIGNED[platform]
    secret = (daemon.folder / "keys" / file).read_bytes().strip()
    for case_file in sorted((CASES / platform / "decode").glob("*.json")):
        case = json.loads(case_file.read_bytes())
        if "config" in case:
            continue
        if "body_text" in case:
            body = case["body_text"].encode("utf-8", "surrogatepass")
        else:
            body = json.dumps(case["body"], separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", **sign(secret, body)}
        yield Webhook(path, tuple(headers.items()), body)
