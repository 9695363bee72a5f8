# SPDX-License-Identifier: Apache-2.0
"""The messages endpoint of the Cloud API: checks a message, accepts it, and tells by statuses what became of it."""

from . import whatsapp_inbound
from .exchange import Call
from .inbound import Item
from .whatsapp_error import CloudError
from .whatsapp_inbound import STATUSES, is_user_id, phone, user_id, wamid
from .world import Message

DAY_MS = 24 * 3600 * 1000
MEDIA = ("image", "video", "audio", "document", "sticker")
MARKETING = (131049, 131050)


def send(platform, account, params):
    """The call that POST /{phone-number-id}/messages asks for."""
    type = str(params.get("type", "text"))
    content = params.get(type) if isinstance(params.get(type), dict) else {}
    reads = params.get("status") == "read"
    name = ("typing_on" if "typing_indicator" in params else "mark_seen") if reads else "send"
    name = "react" if type == "reaction" else name
    contact = whom(account, params)
    call = Call(
        account,
        name,
        None,
        True,
        contact=contact.id if contact else str(params.get("to") or params.get("recipient") or ""),
        text=text_of(type, content),
        part=params.get("biz_opaque_callback_data"),
        decoded=dict(params),
    )
    if reads:
        call.apply = lambda: mark_read(platform, account, params, call)
    else:
        call.apply = lambda: accept(platform, account, params, type, content, contact, call)
    return call


def whom(account, params):
    """The phone number wins over the user id. None: nobody that the sandbox knows."""
    if params.get("to"):
        to = str(params["to"]).lstrip("+")
        if params.get("recipient_type") == "group":
            return account.contacts.get(to)
        return next((c for c in account.contacts.values() if phone(c) == to), None)
    id = str(params.get("recipient", ""))
    return next((c for c in account.contacts.values() if id and user_id(c) == id), None)


def text_of(type, content):
    if type == "template":
        words = [p.get("text", "") for c in content.get("components", []) for p in c.get("parameters", [])]
        return " ".join([f"[{content.get('name')}]", *filter(None, words)])
    if type == "interactive":
        return str((content.get("body") or {}).get("text", ""))
    return str(content.get("body") or content.get("caption") or content.get("emoji") or "")


def mark_read(platform, account, params, call):
    contact, message = account.find_message(str(params.get("message_id", "")))
    if message is None or message.direction != "in":
        raise CloudError(131009, "message_id is no message that was received")
    call.applied, call.contact = True, contact.id
    platform.sandbox.seen(account, contact, call.name, {})
    return {"success": True}


def accept(platform, account, params, type, content, contact, call):
    check(account, params, type, content)
    platform_limits(platform, account, contact)
    call.applied = True
    made = Message(
        wamid(),
        "out",
        call.text,
        platform.sandbox.clock.now_ms(),
        attachments=[{"type": type, "url": content.get("link") or content.get("id")}] if type in MEDIA else [],
        choices=choices(type, content),
    )
    trouble = refusal(platform, account, type, content, contact)
    if contact and not trouble:
        account.remember(contact, made)
        if type == "reaction":
            platform.sandbox.seen(account, contact, "react", {"reaction": content.get("emoji", "")})
        else:
            platform.sandbox.sent(account, contact, made)
    else:
        call.applied = False  # accepted, and it will not arrive
    follow_up(platform, account, params, contact, made, trouble)
    to = params.get("to") or params.get("recipient")
    person = {"input": to} | ({"wa_id": phone(contact), "user_id": user_id(contact)} if contact else {"wa_id": to})
    return {
        "messaging_product": "whatsapp",
        "contacts": [{name: value for name, value in person.items() if value}],
        "messages": [{"id": made.id, "message_status": "accepted"}],
    }


def wrong(details):
    return CloudError(131009, details)


def check(account, params, type, content):
    """The form of a message. Raises CloudError."""
    if params.get("messaging_product") != "whatsapp":
        raise CloudError(100, "The parameter messaging_product is required.")
    if not params.get("to") and not params.get("recipient"):
        raise CloudError(131008, "The parameter to is required.")
    if params.get("recipient") and not params.get("to") and not is_user_id(str(params["recipient"])):
        raise wrong("recipient is no user id")
    if not content:
        raise CloudError(131008, f"The parameter {type} is required.")
    if len(str(params.get("biz_opaque_callback_data", ""))) > 512:
        raise wrong("biz_opaque_callback_data has more than 512 characters")
    checks = {"text": check_text, "interactive": check_interactive, "template": check_template}
    checks |= {name: check_media for name in MEDIA}
    if type in checks:
        checks[type](account, content)
    elif type not in ("reaction", "location", "contacts"):
        raise CloudError(100, f"Invalid type {type}")


def check_text(account, content):
    if not 0 < len(str(content.get("body", ""))) <= 4096:
        raise wrong("text.body has 1 to 4096 characters")


def check_media(account, content):
    link = str(content.get("link", ""))
    if not content.get("id") and not link.startswith(("http://", "https://")):
        raise wrong("a medium has an id or a link")
    if len(str(content.get("caption", ""))) > 1024:
        raise wrong("a caption has at most 1024 characters")


def check_interactive(account, content):
    action = content.get("action") or {}
    if not 0 < len(str((content.get("body") or {}).get("text", ""))) <= 1024:
        raise wrong("the body of an interactive message has 1 to 1024 characters")
    if content.get("type") == "button":
        shown = [(button.get("reply") or {}) for button in action.get("buttons", [])]
        most, longest = 3, 20
    else:
        shown = [row for section in action.get("sections", []) for row in section.get("rows", [])]
        most, longest = 10, 24
        if not 0 < len(str(action.get("button", ""))) <= 20:
            raise wrong("the button of a list has 1 to 20 characters")
    if not 0 < len(shown) <= most:
        raise wrong(f"there are 1 to {most} choices")
    for one in shown:
        if not 0 < len(str(one.get("title", ""))) <= longest or not 0 < len(str(one.get("id", ""))) <= 256:
            raise wrong(f"a choice has an id of 256 and a title of {longest} characters")
    if len({one["id"] for one in shown}) != len(shown):
        raise wrong("two choices have the same id")


def check_template(account, content):
    """The option `templates` says how many parameters the body of each has."""
    known, name = account.option("templates", {"hello_world": 0}), content.get("name")
    if name not in known or not (content.get("language") or {}).get("code"):
        raise CloudError(132001, f"template name ({name}) does not exist in the language")
    given = sum(len(c.get("parameters", [])) for c in content.get("components", []) if c.get("type") == "body")
    if given != known[name]:
        raise CloudError(132000, f"body: number of localizable_params ({given}) does not match ({known[name]})")


def platform_limits(platform, account, contact):
    """The number's throughput and the rate to one person, if the account wants `limits`."""
    if not account.option("limits", False):
        return
    for what, most, span, code in (("all", 80, 1, 130429), (contact and contact.id, 45, 6, 131056)):
        times, now = platform.calls.setdefault((account.name, what), []), platform.sandbox.clock.now()
        times[:] = [time for time in times if now - time < span]
        if len(times) >= most:
            raise CloudError(code)
        times.append(now)


def refusal(platform, account, type, content, contact):
    """Why an accepted message will not arrive, or None. The option `fail_later` holds codes for the next ones."""
    later = account.option("fail_later", [])
    if later:
        return CloudError(int(later.pop(0)))
    if contact is None or contact.blocked or contact.deactivated:
        return CloudError(131026)
    if type == "template":
        marketing = content.get("name") in account.option("marketing", [])
        return CloudError(131050) if marketing and contact.stopped else None
    now = platform.sandbox.clock.now_ms()
    if contact.last_action is None or now - contact.last_action > DAY_MS:
        return CloudError(131047, "More than 24 hours have passed since the recipient last replied")
    return None


def choices(type, content):
    """What the person can tap."""
    action = content.get("action") or {}
    if type == "interactive" and content.get("type") == "button":
        shown = [button["reply"] for button in action.get("buttons", [])]
        return [{"title": r["title"], "payload": r["id"], "as": "button_reply"} for r in shown]
    if type == "interactive":
        rows = [row for section in action.get("sections", []) for row in section.get("rows", [])]
        return [{"title": row["title"], "payload": row["id"], "as": "list_reply"} for row in rows]
    return []


def follow_up(platform, account, params, contact, made, trouble):
    """The statuses, each in its own time or not at all: `sent` is what echoes are elsewhere."""
    quirks, offer = account.quirks, platform.sandbox.delivery.offer

    def status(word, **more):
        group = params.get("recipient_type") == "group"
        body = {"id": made.id, "status": word, "timestamp": str(platform.sandbox.clock.now_ms() // 1000)}
        body |= {"recipient_id": str(params.get("to") or "") or (phone(contact) if contact else "")}
        body |= {"recipient_type": "group", "recipient_participant_id": "351910000099"} if group else {}
        if contact and user_id(contact):
            body["recipient_user_id"] = user_id(contact)
        if params.get("biz_opaque_callback_data"):
            body["biz_opaque_callback_data"] = params["biz_opaque_callback_data"]
        lane = contact.id if contact else str(params.get("to"))
        known = contact if contact and not group else None
        return Item(account, known, "receipt", body | more, STATUSES, key=made.id, lane=lane)

    if trouble:
        return offer(status("failed", errors=[trouble.in_status()]), quirks.delay("echo_delay"))
    if account.option("echoes", True) and not quirks.happens("echo_loss"):
        pricing = {"billable": True, "pricing_model": "PMP", "category": "service"}
        offer(status("sent", pricing=pricing), quirks.delay("echo_delay"))
    if account.option("receipts", True) and contact.receipts and not quirks.happens("receipt_loss"):
        offer(status("delivered"), 0.05)
        offer(status("read"), 0.1)
    return None
