# SPDX-License-Identifier: Apache-2.0
"""What Telegram makes of text: its length, and what HTML and Markdown leave of it."""

import html
import re

TAGS = {
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "span",
    "tg-spoiler",
    "a",
    "code",
    "pre",
    "blockquote",
    "tg-emoji",
}
RESERVED = ".!-=|{}+#>"


class BadMarkup(Exception):
    """The text cannot be parsed; the message is the end of Telegram's error description."""


def length(text):
    """In UTF-16 code units, the unit of Telegram's offsets."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def plain(text, mode):
    """The text as a person sees it. Raises BadMarkup."""
    if not mode:
        return text
    kind = str(mode).lower()
    if kind == "html":
        return plain_html(text)
    if kind in ("markdown", "markdownv2"):
        return plain_markdown(text, kind == "markdownv2")
    raise BadMarkup("unsupported parse_mode")


def plain_html(text):
    open_tags = []
    for match in re.finditer(r"<(/?)([A-Za-z0-9-]*)[^<>]*>|<", text):
        name = (match[2] or "").lower()
        if name not in TAGS:
            raise BadMarkup(f'Unsupported start tag "{name}" at byte offset {len(text[:match.start()].encode())}')
        if not match[1]:
            open_tags.append(name)
        elif not open_tags or open_tags.pop() != name:
            raise BadMarkup(f"Unexpected end tag at byte offset {len(text[:match.start()].encode())}")
    if open_tags:
        raise BadMarkup(f'Can\'t find end tag corresponding to start tag "{open_tags[-1]}"')
    return html.unescape(re.sub(r"<[^<>]*>", "", text))


def plain_markdown(text, second):
    """The second Markdown wants every reserved character escaped; both want every mark closed."""
    bare = re.sub(r"\\(.)", lambda match: chr(0xE000 + ord(match[1])) if ord(match[1]) < 128 else match[1], text)
    links = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", bare)
    if second:
        reserved = next((c for c in links if c in RESERVED), None)
        if reserved:
            raise BadMarkup(f"Character '{reserved}' is reserved and must be escaped with the preceding '\\'")
    for mark in ("*", "_", "`") + (("~",) if second else ()):
        if links.count(mark) % 2:
            raise BadMarkup(
                f"Can't find end of the entity starting at byte offset {len(links[:links.rindex(mark)].encode())}"
            )
    shown = re.sub(r"[*_`~]" if second else r"[*_`]", "", links)
    return "".join(chr(ord(c) - 0xE000) if 0xE000 <= ord(c) < 0xE080 else c for c in shown)
