# SPDX-License-Identifier: Apache-2.0
"""X's API v2: who asks, and what can be asked beside sending."""

import base64
import hmac
import re
import secrets
from urllib.parse import parse_qsl

from .exchange import Call
from .http import Response
from .samples import is_image
from .telegram import multipart
from .x_send import group, is_group, message, post
from .x_wire import XError, invalid, new_id, oauth1_fields, oauth1_signature, unauthorized

PAGE = 100


def account_of(platform, request):
    """The account whose token, or whose OAuth 1.0a signature, the request bears. An App's own token is refused."""
    header = request.headers.get("authorization", "")
    fields = oauth1_fields(header)
    if fields is not None:
        return signer(platform, request, fields)
    token = header.removeprefix("Bearer ")
    for account in platform.accounts():
        if account.app_token and hmac.compare_digest(account.app_token.encode(), token.encode()):
            raise XError(
                403,
                "Unsupported Authentication",
                "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint.",
                "https://api.x.com/2/problems/unsupported-authentication",
            )
        if hmac.compare_digest(account.token.encode(), token.encode()):
            if account.token_dead or platform.expired(account):
                raise unauthorized()
            return account
    raise unauthorized()


def signer(platform, request, fields):
    """The account that has signed a request; a signature counts once and for five minutes."""
    account = next((a for a in platform.accounts() if a.token == fields.get("oauth_token")), None)
    if account is None or account.token_dead or fields.get("oauth_consumer_key") != account.consumer_key:
        raise unauthorized()
    params = [(name, value) for name, value in fields.items() if name not in ("oauth_signature", "realm")]
    params += list(request.query.items())
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        params += parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
    scheme = request.headers.get("x-forwarded-proto", "http")
    url = f"{scheme}://{request.headers.get('host', '')}{request.path}"
    wanted = oauth1_signature(request.method, url, params, account.app_secret, account.token_secret)
    late = abs(platform.sandbox.clock.now() - int(fields.get("oauth_timestamp") or 0)) > 300
    nonce = (account.name, fields.get("oauth_nonce"))
    if late or nonce in platform.nonces or not hmac.compare_digest(wanted, fields.get("oauth_signature", "")):
        raise unauthorized()
    platform.nonces.add(nonce)
    return account


def app_of(platform, request):
    """The accounts of the App whose own token the request bears: webhooks belong to the App."""
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    accounts = [a for a in platform.accounts() if a.app_token and hmac.compare_digest(a.app_token, token)]
    if not accounts:
        raise unauthorized()
    return accounts


def route(platform, account, request):
    """The call that a request of an account asks for."""
    path = request.path.removeprefix("/2/").strip("/")
    body = body_of(request) if path != "media/upload" else {}
    if request.method == "POST" and path == "tweets":
        return post(platform, account, body)
    if request.method == "POST" and path == "dm_conversations":
        return group(platform, account, body)
    if request.method == "POST" and (match := re.fullmatch(r"dm_conversations/(with/)?([\d-]+)/messages", path)):
        return message(platform, account, whom(account, match[2]), body)
    if request.method == "POST" and path == "activity/subscriptions":
        return Call(account, "subscribe", lambda: subscribe(platform, account, body))
    if request.method == "POST" and path == "media/upload":
        return Call(account, "upload", lambda: upload(platform, account, request))
    if request.method == "GET" and path.startswith("dm_conversations/media/"):
        return Call(account, "media", lambda: download(platform, path.removeprefix("dm_conversations/media/")))
    if request.method == "GET" and path == "dm_events":
        return Call(account, "poll", lambda: events(platform, account, request.query))
    if request.method == "GET" and (match := re.fullmatch(r"users/(\w+)", path)):
        return Call(account, "profile", lambda: user(account, match[1]))
    if request.method == "DELETE" and (match := re.fullmatch(r"dm_events/(\d+)", path)):
        return Call(account, "delete", lambda: {"data": {"deleted": account.find_message(match[1])[1] is not None}})
    raise XError(404, "Not Found")


def body_of(request):
    if not request.body or request.headers.get("content-type", "").startswith("application/x-www-form"):
        return {}
    try:
        body = request.json()
    except ValueError as error:
        raise invalid("The body is no JSON") from error
    if not isinstance(body, dict):
        raise invalid("The body is no object")
    return body


def whom(account, id):
    """The contact of a participant's or a conversation's id."""
    other = next((part for part in id.split("-") if part != account.id), id)
    return account.contacts.get(other)


def user(account, id):
    if id in ("me", account.id):
        return {"data": {"id": account.id, "name": account.title, "username": account.username}}
    contact = account.contacts.get(id)
    if contact is None or is_group(contact) or contact.deactivated:
        problem = {"value": id, "title": "Not Found Error", "detail": f"Could not find user with id: [{id}]."}
        return {"errors": [{**problem, "type": "https://api.x.com/2/problems/resource-not-found"}]}
    takes = not contact.blocked and bool(contact.follows or contact.last_action or contact.open)
    return {"data": {"id": id, "name": contact.name, "username": contact.username, "receives_your_dm": takes}}


def events(platform, account, query):
    """GET /2/dm_events: newest first."""
    most = int(query.get("max_results", PAGE))
    first = int(query.get("pagination_token", "0"))
    listed = list(reversed(platform.events.get(account.name, [])))
    page = listed[first : first + most]
    platform.polled(account, page)
    includes = {"users": [user(account, c.id)["data"] for c in account.contacts.values() if not is_group(c)]}
    meta = {"result_count": len(page)}
    if first + most < len(listed):
        meta["next_token"] = str(first + most)
    return {**({"data": [event for event, _ in page]} if page else {}), "includes": includes, "meta": meta}


def download(platform, place):
    if place not in platform.files:
        raise XError(404, "Not Found")
    return Response(200, platform.files[place], {"Content-Type": "application/octet-stream"})


def upload(platform, account, request):
    """An image in one piece. The option `upload_errors` holds statuses for the next ones."""
    if later := account.option("upload_errors", []):
        raise XError(int(later.pop(0)), "Service Unavailable")
    fields, files = multipart(request.body, request.headers.get("content-type", ""))
    category, content = fields.get("media_category"), files.get("media")
    if category not in ("dm_image", "tweet_image"):
        raise invalid("media_category is none of an upload in one piece")
    if not is_image(content):
        raise invalid("media type unrecognized")
    if len(content) > 5 << 20:
        raise invalid("File size exceeds 5242880 bytes.")
    id = new_id(platform.sandbox.clock.now_ms())
    platform.uploads[id] = category
    return {"data": {"id": id, "media_key": f"3_{id}", "size": len(content), "expires_after_secs": 86400}}


def subscribe(platform, account, body):
    type, hook = body.get("event_type"), str(body.get("webhook_id", ""))
    if not isinstance(type, str) or (body.get("filter") or {}).get("user_id") != account.id:
        raise invalid("event_type and filter.user_id are wanted")
    if hook not in platform.hooks:
        raise invalid("There is no such webhook")
    if type in platform.subscribed[account.name]:
        raise invalid("DuplicateSubscriptionFailed: A subscription with the same parameters exists.")
    platform.subscribed[account.name].add(type)
    account.hook = hook
    subscription = {"subscription_id": str(len(platform.subscribed[account.name])), "event_type": type}
    return {"data": {"subscription": subscription}, "meta": {"total_subscriptions": 1}}


def refresh(platform, request):
    """POST /2/oauth2/token: a new pair of tokens; the old refresh token is worth nothing from now on."""
    form = dict(parse_qsl(request.body.decode("utf-8", "replace")))
    client, secret = form.get("client_id", ""), None
    header = request.headers.get("authorization", "")
    if header.startswith("Basic "):
        client, _, secret = base64.b64decode(header[6:]).decode().partition(":")
    for account in platform.accounts():
        if account.refresh_token and account.refresh_token == form.get("refresh_token"):
            known = client == account.option("client_id") and secret in (None, account.app_secret)
            if form.get("grant_type") != "refresh_token" or not known:
                break
            account.token, account.refresh_token = secrets.token_hex(16), secrets.token_hex(16)
            account.token_dead = False
            platform.issued[account.name] = platform.sandbox.clock.now()
            return account, {
                "token_type": "bearer",
                "access_token": account.token,
                "refresh_token": account.refresh_token,
                "expires_in": int(platform.life(account) or 7200),
                "scope": "dm.read dm.write tweet.read users.read offline.access",
            }
    detail = "Value passed for the token was invalid."
    raise XError(400, "invalid_request", detail, error="invalid_request", error_description=detail)
