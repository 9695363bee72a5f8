# SPDX-License-Identifier: Apache-2.0
"""TikTok's API: who asks, and what can be asked beside sending."""

import hmac
import secrets

from . import tiktok_inbound
from .exchange import Call
from .samples import is_image
from .telegram import multipart
from .tiktok_comment import hide, reply
from .tiktok_send import send
from .tiktok_wire import bad, number, TikTokError

EVENTS = ("DIRECT_MESSAGE", "COMMENT", "BRAND_MENTION", "VIDEO")
APP_CALLS = ("business/webhook/", "tt_user/oauth2/")  # proven by the app's secret, not by an account's token


def account_of(platform, name, request):
    """The account whose token the request bears, or whose app's secret stands in its body."""
    accounts = platform.accounts()
    if name.startswith(APP_CALLS):
        body = parameters(request)
        secret = str(body.get("secret") or body.get("client_secret") or "")
        account = next((a for a in accounts if hmac.compare_digest(a.app_secret.encode(), secret.encode())), None)
        if account is None:
            raise TikTokError(40001, "The app's secret is wrong")
        return account
    token = request.headers.get("access-token", "")
    if not token:
        raise TikTokError(40104, "Access token is missing")
    account = next((a for a in accounts if hmac.compare_digest(a.token.encode(), token.encode())), None)
    if account is None or account.token_dead:
        raise TikTokError(40105, "Access token is incorrect or has been revoked")
    return account


def route(platform, account, method, name, request):
    found = CALLS.get((method, name))
    if found is None:
        raise TikTokError(40006, "no schema found")
    params = parameters(request)
    if not name.startswith(APP_CALLS) and str(params.get("business_id", "")) != account.id:
        raise bad("business_id")
    return found(platform, account, params)


def parameters(request):
    kind = request.headers.get("content-type", "")
    if kind.startswith("multipart/form-data"):
        fields, files = multipart(request.body, kind)
        return {**fields, **files}
    if not request.body:
        return dict(request.query)
    try:
        body = request.json()
    except ValueError as error:
        raise bad("body", "is not valid JSON") from error
    if not isinstance(body, dict):
        raise bad("body", "is no object")
    return body


def look_up(name, find):
    """A call that changes nothing a person could see."""
    return lambda platform, account, params: Call(account, name, lambda: find(platform, account, params))


def contact_of(account, params):
    """By conversation; a + that was not escaped has become a space, and then there is no such conversation."""
    id = str(params.get("conversation_id", ""))
    for contact in account.contacts.values():
        if tiktok_inbound.conversation(account, contact) == id and contact.messages:
            return contact
    raise bad("conversation_id")


def conversations(platform, account, params):
    """SINGLE: the brand has answered once; STRANGER: not yet."""
    type = params.get("conversation_type")
    if type not in ("SINGLE", "STRANGER"):
        raise bad("conversation_type")
    known = [c for c in account.contacts.values() if [m for m in c.messages if not m.public]]
    known = [c for c in known if (c.last("out") is not None) == (type == "SINGLE")]
    first, limit = int(params.get("cursor", 0)), int(params.get("limit", 100))
    if not 1 <= limit <= 100:
        raise bad("limit")
    shown = [
        {"conversation_id": tiktok_inbound.conversation(account, c), "update_time": max(m.at for m in c.messages)}
        for c in known[first : first + limit]
    ]
    return {"conversations": shown, "has_more": first + limit < len(known), "cursor": first + len(shown)}


def messages(platform, account, params):
    """The newest 20 of a conversation, and who takes part."""
    contact = contact_of(account, params)
    newest = [message for message in contact.messages if not message.public][-20:]
    participants = [
        {"role": "BUSINESS_ACCOUNT", "id": account.id, "display_name": account.title},
        {"role": "PERSONAL_ACCOUNT", "id": contact.id, "display_name": contact.name, "is_follower": contact.follows},
    ]
    return {"participants": participants, "messages": [listed(account, contact, each) for each in newest]}


def listed(account, contact, message):
    """The spelling of listings: the types in capitals, `sender` for `from`."""
    by_brand = message.direction == "out"
    about = tiktok_inbound.parties(account, contact, by_brand)
    type, content = message.fields["type"], message.fields["content"]
    known = type in ("text", "image", "share_post", "video", "emoji", "sticker", "template")
    return {
        "message_id": message.id,
        "conversation_id": about["conversation_id"],
        "sender": about["from"],
        "recipient": about["to"],
        "from_user": {"id": about["from_user"]["id"], "role": about["from_user"]["role"].upper()},
        "to_user": {"id": about["to_user"]["id"], "role": about["to_user"]["role"].upper()},
        "timestamp": message.at,
        "message_type": type.upper() if known else "OTHER",
        "message_tag": {"source": message.fields["source"]},
        **({type: content} if known else {}),
    }


def download(platform, account, params):
    """Asked for by the message that the medium came with."""
    if params.get("message_id") not in [message.id for message in contact_of(account, params).messages]:
        raise bad("message_id")
    id = params.get("media_id")
    if params.get("media_type") not in ("IMAGE", "VIDEO") or id not in platform.media:
        raise bad("media_id")
    name = "tiktok" if "tiktok" in platform.sandbox.urls else "all"
    return {"download_url": f"{platform.sandbox.urls[name]}/media/{id}"}


def upload(platform, account, params):
    content = params.get("file")
    if not isinstance(content, bytes) or params.get("media_type") != "IMAGE":
        raise bad("file", "is missing")
    if not is_image(content):
        raise TikTokError(40908, "The file is neither JPG nor PNG")
    if len(content) > 3 << 20:
        raise TikTokError(40908, "The file is larger than 3 MB")
    id = f"v12044gd{number():x}"
    platform.media[id] = content
    return {"media_id": id}


def capabilities(platform, account, params):
    contact_of(account, params)
    return {"capability_infos": [{"capability_type": "IMAGE_SEND", "capability_result": True}]}


def set_webhook(platform, account, params):
    event, url = params.get("event_type"), str(params.get("callback_url", ""))
    if event not in EVENTS:
        raise bad("event_type")
    if not url.startswith("https://") and "127.0.0.1" not in url:
        raise bad("callback_url", "must begin with https://")
    platform.hooks[account.name, event] = url
    return hooks(platform, account, params)


def hooks(platform, account, params):
    known = [
        {"event_type": e, "callback_url": url} for (name, e), url in platform.hooks.items() if name == account.name
    ]
    return {"app_id": str(account.option("app_id", "")), "webhooks": known}


def end_webhook(platform, account, params):
    platform.hooks.pop((account.name, params.get("event_type")), None)
    return {}


def refresh(platform, account, params):
    """Gives a new pair; the old refresh token is worth nothing from now on."""
    valid = platform.refresh_tokens.get(account.name, account.refresh_token)
    if not valid or params.get("grant_type") != "refresh_token" or params.get("refresh_token") != valid:
        raise TikTokError(40105, "Refresh token is invalid")
    account.token, account.token_dead = secrets.token_hex(16), False
    platform.refresh_tokens[account.name] = secrets.token_hex(16)
    return {
        "access_token": account.token,
        "expires_in": int(account.option("token_life", 86400)),
        "refresh_token": platform.refresh_tokens[account.name],
        "refresh_token_expires_in": 365 * 86400,
        "open_id": account.id,
        "scope": "message.list,message.send",
        "token_type": "Bearer",
    }


CALLS = {
    ("POST", "business/message/send/"): send,
    ("POST", "business/comment/reply/create/"): reply,
    ("POST", "business/comment/hide/"): hide,
    ("GET", "business/message/conversation/list/"): look_up("conversations", conversations),
    ("GET", "business/message/content/list/"): look_up("messages", messages),
    ("GET", "business/message/capabilities/get/"): look_up("capabilities", capabilities),
    ("POST", "business/message/media/download/"): look_up("media", download),
    ("POST", "business/message/media/upload/"): look_up("upload", upload),
    ("POST", "business/webhook/update/"): look_up("webhook", set_webhook),
    ("GET", "business/webhook/list/"): look_up("webhooks", hooks),
    ("POST", "business/webhook/delete/"): look_up("webhook_end", end_webhook),
    ("POST", "tt_user/oauth2/refresh_token/"): look_up("refresh", refresh),
}
