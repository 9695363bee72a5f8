# SPDX-License-Identifier: Apache-2.0
"""Prints the conversations as a person would see them."""

import sys
import time

PLATFORMS = {"messenger": "34", "instagram": "35", "telegram": "36", "tiktok": "31", "whatsapp": "33", "x": "37"}
PLATFORMS |= {"linkedin": "94", "snapchat": "93"}
COLOURS = {**PLATFORMS, "out": "32", "dim": "2", "bad": "31", "good": "32"}


class Transcript:
    def __init__(self, clock, out=sys.stdout, quiet=False):
        self.clock, self.out, self.quiet = clock, out, quiet
        self.colour = out.isatty()

    def paint(self, text, colour):
        return f"\x1b[{COLOURS[colour]}m{text}\x1b[0m" if self.colour else text

    def line(self, account, who, text, colour=None, mark=" "):
        if self.quiet:
            return
        now = self.clock.now()
        clock = time.strftime("%H:%M:%S", time.localtime(now)) + f".{int(now * 10) % 10}"
        name = f"{who:>12}"
        shown = text.replace("\n", "\n" + " " * 40)
        print(
            self.paint(clock, "dim"),
            self.paint(f"{account.platform:<9}", account.platform),
            self.paint(name, colour) if colour else name,
            mark,
            shown,
            file=self.out,
            flush=True,
        )

    def said(self, account, contact, item):
        """A contact did something."""
        if item.kind == "message":
            text = item.text or "(attachment)"
        elif item.kind in ("comment", "mention"):
            text = f"{item.text}   (public {item.kind})"
        else:
            text = f"({item.kind}{': ' + item.text if item.text else ''})"
        who = account.title if item.kind == "echo" else contact.first_name
        self.line(account, who, text, mark="›")

    def sent(self, account, contact, message):
        text = message.text
        for one in message.attachments:
            text = f"{text} [{one['type']}] {one['url']}".strip()
        if message.choices:
            text += "   " + " ".join(f"[{choice['title']}]" for choice in message.choices)
        if message.public:
            text += "   (public reply)"
        elif message.fields.get("private_reply"):
            text += "   (private reply)"
        self.line(account, account.title, f"{text}   → {contact.first_name}", "out", mark="‹")

    def seen(self, account, contact, action, details):
        what = {"typing_on": "is typing …", "typing": "is typing …", "mark_seen": "has seen it"}.get(action)
        if what:
            self.line(account, account.title, self.paint(what, "dim"), mark="‹")
        elif action != "typing_off":
            shown = details.get("reaction") or details.get("text") or details.get("comment_id") or ""
            self.line(account, account.title, self.paint(f"{action} {shown}".strip(), "dim"), mark="‹")

    def note(self, text, colour="dim"):
        if not self.quiet:
            print(self.paint(text, colour), file=self.out, flush=True)

    def notice(self, account, text):
        self.line(account, "!", text, "bad", mark="!")
