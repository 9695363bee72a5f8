# SPDX-License-Identifier: Apache-2.0
"""LinkedIn's API: who asks, in which version, and comments on behalf of a Page."""

import hmac
import re

from . import linkedin_inbound
from .exchange import Call
from .http import Response
from .world import Comment, Message

MOST = 1250  # characters of a comment
OLDEST = "202511"  # a version is served for a year
SUBSCRIPTION = re.compile(
    r"/rest/eventSubscriptions/\(developerApplication:urn:li:developerApplication:(\d+),user:urn:li:person:([^,]+),"
    r"entity:([^,]+),eventType:ORGANIZATION_SOCIAL_ACTION_NOTIFICATIONS\)"
)


class LinkedInError(Exception):
    def __init__(self, status, service_code, message):
        super().__init__(message)
        self.status, self.service_code = status, service_code

    def response(self):
        body = {"status": self.status, "serviceErrorCode": self.service_code, "message": str(self)}
        return Response.of_json(body, self.status)


def account_of(platform, request):
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    account = next((a for a in platform.accounts() if hmac.compare_digest(a.token.encode(), token.encode())), None)
    if account is None:
        raise LinkedInError(401, 65600, "Invalid access token")
    if account.token_dead:
        raise LinkedInError(401, 65602, "The token used in the request has expired")
    return account


def route(platform, account, request):
    version = request.headers.get("linkedin-version", "")
    if not re.fullmatch(r"20\d{4}", version):
        raise LinkedInError(400, 0, "A version must be present: add the LinkedIn-Version header.")
    if version < str(account.option("oldest_version", OLDEST)):
        raise LinkedInError(426, 0, f"Requested version {version} is not active")
    if request.headers.get("x-restli-protocol-version") != "2.0.0":
        raise LinkedInError(400, 0, "Syntax exception in path variables")
    if match := re.fullmatch(r"/rest/organizations/(\d+)", request.path):
        return Call(account, "check", lambda: organization(account, match[1]))
    if request.method == "PUT" and (match := SUBSCRIPTION.fullmatch(request.path)):
        return Call(account, "subscribe", lambda: subscribe(platform, account, match, request))
    match = re.fullmatch(r"/rest/socialActions/([^/]+)/comments", request.path)
    if not match or request.method != "POST":
        raise LinkedInError(404, 0, "No virtual resource found")
    try:
        body = request.json()
    except ValueError as error:
        raise LinkedInError(400, 0, "The body is no JSON") from error
    return answer(platform, account, match[1], body)


def subscribe(platform, account, key, request):
    """Only a webhook that has passed its check."""
    if key[3] != account.id:
        raise LinkedInError(403, 100, "Not enough permissions to access")
    url = request.json().get("webhook", "")
    if url != platform.hooks.get(account.name):
        raise LinkedInError(400, 0, "The webhook has not been validated")
    return Response(204)


def organization(account, id):
    if not account.id.endswith(f":{id}"):
        raise LinkedInError(403, 100, "Not enough permissions to access")
    return Response.of_json({"id": int(id), "localizedName": account.title})


def answer(platform, account, target, body):
    """A comment of the Page's below a comment, or below a post that names it."""
    text = str((body.get("message") or {}).get("text") or "")
    call = Call(account, "comment", None, True, text=text, decoded={"target": target, **body})
    inner = re.fullmatch(r"urn:li:comment:\((.+),(\d+)\)", target)
    parent = account.comments.get(inner[2]) if inner else None
    contact, _ = account.find_message(target)
    if parent:
        contact = parent.contact
    call.contact = contact.id if contact else ""

    def apply():
        if body.get("actor") != account.id:
            raise LinkedInError(403, 100, "Not enough permissions to access: partnerApiSocialActions.CREATE")
        if not 1 <= len(text) <= MOST:
            raise LinkedInError(400, 100, f"message.text: length must be between 1 and {MOST}")
        if inner and (parent is None or inner[1] != parent.post_id):
            raise LinkedInError(404, 0, "Could not find entity")
        if inner and (body.get("parentComment") != target or body.get("object") != inner[1]):
            raise LinkedInError(400, 100, "parentComment and object must be those of the path")
        if inner and parent.parent_id:
            raise LinkedInError(400, 100, "parentComment must be a comment of the first level")
        if not inner and (contact is None or body.get("object") != target):
            raise LinkedInError(404, 0, "Could not find entity")
        call.applied = True
        return applied(platform, account, target, parent, contact, text)

    call.apply = apply
    return call


def applied(platform, account, target, parent, contact, text):
    now = platform.sandbox.clock.now_ms()
    post = parent.post_id if parent else target
    own = Comment(str(linkedin_inbound.number()), post, parent.id if parent else "", None, text, now)
    account.comments[own.id] = own
    urn = linkedin_inbound.comment_urn(own)
    if contact:
        said = account.remember(contact, Message(urn, "out", text, now, public=True))
        platform.sandbox.sent(account, contact, said)
    if account.option("echoes", True) and not account.quirks.happens("echo_loss"):
        item = linkedin_inbound.admin_comment(account, own, now)
        platform.sandbox.delivery.offer(item, account.quirks.delay("echo_delay"))
    body = {"id": own.id, "commentUrn": urn, "actor": account.id, "object": post, "message": {"text": text}}
    return Response.of_json(body, 201, {"x-restli-id": own.id})
