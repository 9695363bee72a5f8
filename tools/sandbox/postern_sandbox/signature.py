# SPDX-License-Identifier: Apache-2.0
"""How Meta writes and signs the body of a webhook."""

import hashlib
import hmac
import json


def meta_body(value):
    """JSON as Meta sends it: no spaces, non-ASCII as \\uXXXX, and "/" as "\\/". The signature covers these bytes."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True).replace("/", "\\/").encode()


def meta_headers(app_secret, body):
    """Both the header that counts and the legacy one that Meta still sends."""
    key = app_secret.encode()
    return {
        "X-Hub-Signature": "sha1=" + hmac.new(key, body, hashlib.sha1).hexdigest(),
        "X-Hub-Signature-256": "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest(),
    }


def appsecret_proof(app_secret, token):
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
