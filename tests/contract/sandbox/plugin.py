# SPDX-License-Identifier: Apache-2.0
"""A platform's plugin against its twin: what the twin posts is decoded, what is encoded the twin is asked."""

import json
import os
import unittest
from pathlib import Path
from urllib.parse import urlencode

from codec import Codec
from harness import ROOT, SandboxTest, ask
from jsonschema import Draft202012Validator

PLUGINS = Path(os.environ.get("POSTERN_PLUGINS", ROOT / "build" / "dev" / "plugins"))
EVENT = Draft202012Validator(json.loads((ROOT / "plugin-api/schema/event.schema.json").read_text(encoding="utf-8")))


@unittest.skipUnless(PLUGINS.exists(), f"no plugins in {PLUGINS}: build them, or set POSTERN_PLUGINS")
class PluginTest(SandboxTest):
    """One account, acme-<platform>, with a bearer token."""

    platform = ""
    key = ""  # the account's
    token = ""
    secrets = ()  # options of the plugin that are secrets
    config = {}  # its other options
    options = {}  # of the account

    def setUp(self):
        super().setUp()
        config = {**self.config, **{name: True for name in self.secrets}}
        self.codec = Codec(PLUGINS / f"{self.platform}.so", config)
        self.addCleanup(self.codec.destroy)

    def say(self, contact="rita", **step):
        return self.sandbox.say(account=f"acme-{self.platform}", contact=contact, wait=True, **step)["items"]

    def decoded(self):
        """The events of all webhooks so far."""
        events = [event for _, _, _, body in list(self.gateway.requests) for event in self.codec.decode(body, {})]
        for event in events:
            EVENT.validate(event)
        return events

    def check_kinds(self, steps):
        """Each step becomes events of the kinds that the twin says it is of."""
        for step in steps:
            with self.subTest(step=step):
                self.gateway.requests.clear()
                items = self.say(**step)
                events = self.decoded()
                self.assertEqual([event["kind"] for event in events], [item["kind"] for item in items], events)
                texts = {item["text"] for item in items if item["kind"] in ("message", "comment", "mention", "edit")}
                self.assertLessEqual(texts - {""}, {event.get("text") for event in events})

    def part(self, thread, visibility="private", options=None, **part):
        """The outcome of sending it."""
        return self.run_task("part", options, thread=thread, visibility=visibility, part=part)

    def run_task(self, kind, options=None, **fields):
        """What the courier does, as often as it takes; gives the outcome."""
        task = {"task": "ab" * 16, "kind": kind, "account": f"acme-{self.platform}", "account_key": self.key, **fields}
        task["options"] = options or self.options
        request = self.codec.encode(task)
        for _ in range(8):
            if "cannot" in request:
                return request
            found = self.codec.interpret(task, *self.ask(request))
            if "request" not in found[0]:
                self.assertNotIn(self.token, json.dumps(found))
                return found[0]
            request, task = found[0]["request"], {**task, "memo": found[0].get("memo", {})}
        raise AssertionError("too many steps")

    def ask(self, request):
        query = "?" + urlencode(request["query"]) if "query" in request else ""
        headers = {**request.get("headers", {}), "Authorization": f"Bearer {self.token}"}
        url = self.sandbox.urls[self.platform] + request["path"] + query
        status, answered, body = ask(url, request["method"], request.get("json"), headers)
        return status, {name.lower(): value for name, value in answered.items()}, body

    def script(self, *fates):
        self.sandbox.do("quirks", account=f"acme-{self.platform}", quirks={"script": list(fates)})

    def option(self, name, value):
        self.sandbox.do("option", account=f"acme-{self.platform}", name=name, value=value)

    def check_fates(self, fates, send):
        """Each fate of a send leads to an outcome and a class."""
        for fate, outcome, error_class in fates:
            with self.subTest(fate=fate):
                self.script(fate)
                found = send()
                self.assertEqual((found["outcome"], found.get("class")), (outcome, error_class), found)
