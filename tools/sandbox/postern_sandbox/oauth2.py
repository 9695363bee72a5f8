# SPDX-License-Identifier: Apache-2.0
"""OAuth 2.0: a refresh token that goes on holding is traded for a new access token."""

import hmac
import secrets
from urllib.parse import parse_qsl

from .exchange import Call
from .http import Response


def refresh(accounts, request):
    """The call of POST /token with a form; its answer is JSON, also of an error."""
    form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    given = str(form.get("refresh_token", "")).encode()
    account = next(
        (a for a in accounts if a.refresh_token and hmac.compare_digest(a.refresh_token.encode(), given)), None
    )
    return Call(account, "refresh", lambda: answer(account, form))


def answer(account, form):
    right = (
        account and form.get("grant_type") == "refresh_token" and form.get("client_id") and form.get("client_secret")
    )
    if not right:
        return Response.of_json({"error": "invalid_grant", "error_description": "The refresh token is not valid"}, 400)
    account.token, account.token_dead = secrets.token_hex(16), False
    lasts = int(account.option("token_life", 3600))
    return Response.of_json(
        {"access_token": account.token, "expires_in": lasts, "refresh_token": account.refresh_token}
    )
