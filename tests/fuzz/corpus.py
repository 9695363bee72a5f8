#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a fuzz target's first inputs, of what the tests have anyway.

usage: corpus.py http_codec_fuzz build/dev/corpus/http_codec_fuzz
"""
import json
import pathlib
import sys
import tarfile

TESTS = pathlib.Path(__file__).resolve().parents[1]


def http_codec():
    """The first byte says how the rest is cut."""
    requests = [
        b"POST /webhooks/meta HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
        b"GET /webhooks/meta?hub.mode=subscribe&hub.challenge=1 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /webhooks/meta HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        b"POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
    ]
    return [bytes([cut]) + request for request in requests for cut in (0, 6)]


def courier_target():
    texts = ["https://graph.example/v25.0/me", "https://[::1]:8443/a?b=c#d", "http://user:word@10.0.0.1/", "/bot{token}/send",
             "/v25.0/me/messages?access_token={token}", "https://xn--bcher-kva.example/%2e%2e/a", "//other.example/\r\nHost: b"]
    return [text.encode() for text in texts]


def ledger_format():
    """The first byte chooses the reader."""
    data = TESTS / "data" / "audit-vectors"
    leaves = json.loads((data / "leaves.json").read_text("utf-8"))
    for case in leaves["good"] + leaves["bad"]:
        if "leaf" in case:
            yield b"\0" + case["leaf"].encode("utf-8", "surrogatepass")
    for case in json.loads((data / "notes.json").read_text("utf-8"))["good"]:
        yield b"\1" + case["note"].encode()
    for path in sorted((data / "ledger" / "proofs").iterdir()):
        yield b"\2" + path.read_bytes()
    yield b"\3" + (data / "ledger" / "vkey").read_bytes().strip()


def config():
    shipped = TESTS.parent / "config"
    return [path.read_bytes() for path in sorted(shipped.rglob("*.toml"))]


def policy_text():
    """Unit, limit, text."""
    texts = ["One sentence. And another one, which is longer!", "👩‍👩‍👧‍👦 Olá, ação — naïve…", "e\u0301" * 20, "no_spaces_at_all" * 9]
    return [bytes([unit, limit]) + text.encode() for text in texts for unit in range(3) for limit in (1, 10, 40)]


def control_request():
    return [b'{"jsonrpc":"2.0","id":1,"method":"status"}', b'{"jsonrpc":"2.0","id":"a\\"b","method":"show","params":{"limit":3}}',
            b'{"id":1.5,"jsonrpc":"2.0"}', b"[]", b'{"jsonrpc":"2.0","method":"x","params":[1]}']


def terminal():
    """The first byte is a width."""
    texts = ["Rita 🌻 L.", "\x1b[2J\x07\u202eevil\u2066", "e\u0301👩‍👩‍👧‍👦 ação\t\n", "\x9b31m", "日本語のテキスト"]
    return [b"\7" + text.encode() for text in texts] + [b"\7\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80\xff"]


def platform(name):
    """Each body that a platform sends or answers, of the contract cases, and what ten minutes of searching found."""
    cases = TESTS / "contract" / "platforms" / name
    for path in sorted(cases.glob("decode/*.json")):
        yield body(json.loads(path.read_text("utf-8")))
    for path in sorted(cases.glob("interpret/*.json")):
        for answer in json.loads(path.read_text("utf-8"))["answers"]:
            yield body(answer)
    found = TESTS / "fuzz" / "found" / f"{name}.tar.xz"
    if found.exists():
        with tarfile.open(found) as archive:
            yield from (archive.extractfile(member).read() for member in archive if member.isfile())


def body(case):
    text = case["body_text"] if "body_text" in case else json.dumps(case["body"], separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def main():
    target, folder = sys.argv[1].removesuffix("_fuzz"), pathlib.Path(sys.argv[2])
    known = {made.__name__: made for made in (http_codec, courier_target, ledger_format, config, policy_text,
                                               control_request, terminal)}
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for number, data in enumerate(known[target]() if target in known else platform(target)):
        (folder / f"{number:04}").write_bytes(data)


main()
