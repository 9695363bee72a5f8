# SPDX-License-Identifier: Apache-2.0
"""One request to a platform's API: what was asked, what befell it, and how it is answered and put on record."""

import asyncio
from dataclasses import dataclass, field
from typing import Callable

from .http import Reset, Response
from .quirks import ERROR

ANSWERS = ("send", "comment")  # calls that say something; the rest are typing, reactions, look-ups …
UNAPPLIED = ("rate_limit", "fail_before", "reset_before", "token_death", "window_error")


@dataclass
class Call:
    """A decoded request. `apply` does it and gives the answer's JSON, or raises the platform's error."""

    account: object
    name: str  # send, typing, profile, ...
    apply: Callable
    changes: bool = False  # does it change anything a person could see? Then quirks befall it.
    contact: str = ""
    text: str = ""
    part: str | None = None  # the sender's own id for it, where the platform carries one
    decoded: dict = field(default_factory=dict)
    applied: bool = False


async def perform(sandbox, platform, call, path):
    """Does a call under the account's quirks and writes it to the journal. Raises Reset to cut the connection."""
    quirks = call.account.quirks
    fate = quirks.fate(scripted=call.name in ANSWERS) if call.changes else "ok"
    if fate == "token_death":
        call.account.token_dead = True
    error = ERROR.fullmatch(fate)
    if fate in UNAPPLIED:
        response = platform.refusal(call.account, fate)
    elif error and not error[1]:
        response = platform.scripted_error(error)
    else:
        response = platform.answer(call)
    if call.applied and error:
        response = platform.scripted_error(error)
    if call.applied and fate == "fail_after":
        response = Response(int(quirks.value("fail_status")))
    cut = fate == "reset_before" or (call.applied and fate == "reset_after")
    delay = quirks.answer_delay()
    record(sandbox, call, path, None if cut else response, fate, delay)
    if delay:
        await asyncio.sleep(delay)
    if cut:
        raise Reset
    return response


def record(sandbox, call, path, response, fate="ok", delay=0.0):
    answer = None
    if response is not None and response.headers.get("Content-Type", "").startswith("application/json"):
        answer = response.json()
    extra = {"fate": fate} if fate != "ok" else {}
    extra |= {"answer_delay": round(delay, 6)} if delay else {}
    sandbox.journal.write(
        "request",
        account=call.account.name if call.account else None,
        call=call.name,
        path=path,
        contact=call.contact,
        text=call.text,
        part=call.part,
        decoded=call.decoded,
        changes=call.changes,
        applied=call.applied,
        status=response.status if response is not None else 0,
        answer=answer,
        **extra,
    )
