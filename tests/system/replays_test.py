# SPDX-License-Identifier: Apache-2.0
"""Signed webhooks that come again, byte for byte: on every platform each kind is played by the sandbox and each body of
the contract suite is posted, then all of them are posted again in no order, before and after a restart of the daemon.
POSTERN_REPLAYS says how often on all platforms together (10,000 is what is promised); the ordinary run does fewer."""

import http.client
import json
import os
import random
import sys
import threading
import unittest
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness import contract  # noqa: E402
from harness.places import PATIENCE, until  # noqa: E402
from harness.platform import Platform, PlatformTest, instagram, messenger, telegram  # noqa: E402
from harness.recorder import Recorder  # noqa: E402
from linkedin_test import LINKEDIN  # noqa: E402
from linkedin_test import STEPS as LINKEDIN_STEPS  # noqa: E402
from snapchat_test import STEPS as SNAPCHAT_STEPS  # noqa: E402
from snapchat_test import SnapchatTest  # noqa: E402
from tiktok_test import STEPS as TIKTOK_STEPS  # noqa: E402
from tiktok_test import TIKTOK  # noqa: E402
from whatsapp_test import WhatsAppTest  # noqa: E402
from x_test import XTest  # noqa: E402

PLATFORMS = 8
REPLAYS = int(os.environ.get("POSTERN_REPLAYS", "1600")) // PLATFORMS  # on each
CONNECTIONS = 4
SEED = int(os.environ.get("POSTERN_SEED", "4711"))
ATTACHMENTS = ("image", "video", "audio", "voice", "file", "sticker", "location")


class Replays:
    """Mixed into a PlatformTest. `steps` are what a contact does, in this order."""

    steps = ()

    def gateway(self):
        self.recorder = Recorder(self.daemon.url)
        self.addCleanup(self.recorder.stop)
        return self.recorder.url

    def test_what_comes_again_has_no_effect(self):
        items = 0
        for step in self.steps:
            items += len(self.does(**step))
            self.quiet()
        webhooks = list(dict.fromkeys(self.recorder.taken))
        self.assertGreaterEqual(len(webhooks), items)
        path = self.brand.hook or f"/webhooks/{self.brand.name}"
        bodies = list(contract.webhooks(self.brand.name, self.daemon, path))
        self.assertEqual(self.post(bodies), {200: len(bodies)})
        webhooks += bodies

        again = [webhooks[number % len(webhooks)] for number in range(REPLAYS)]
        random.Random(SEED).shuffle(again)
        self.assertEqual(self.come_again(again[0::3]), {}, "while the daemon runs")
        self.assertEqual(self.daemon.stop(), 0)
        self.daemon.start()
        # A receipt is not kept on disk: each is counted once more, in records that are of nothing else.
        counted = self.come_again(again[1::3])
        self.assertLessEqual(counted.pop("record msg.read", 0), len(webhooks))
        self.assertEqual(counted, {}, "after a start")
        counted = self.come_again(again[2::3])
        self.assertLessEqual(counted.pop("record msg.read", 0), len(webhooks))
        self.assertEqual(counted, {}, "and once more")
        _, told = self.daemon.ctl("audit", "verify", fails=True)  # what was taken back is erased
        self.assertIn(json.loads(told)["verdict"], ("ok", "erased"))

    def come_again(self, webhooks):
        """Posts them; gives what there is beyond what was, and how often."""
        before = self.effects()
        self.assertEqual(self.post(webhooks), {200: len(webhooks)})
        turns, requests, newest = self.effects()
        records = self.tail(newest - before[2]) if newest > before[2] else []
        found = Counter(f"record {each['k']}" for each in records if each["k"] != "checkpoint.published")
        return found + Counter({"turns": turns - before[0], "requests": requests - before[1]})

    def post(self, webhooks):
        """Over a few connections at once; gives how many were answered how."""
        answers, left, lock = Counter(), list(reversed(webhooks)), threading.Lock()

        def work():
            connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=PATIENCE)
            while True:
                with lock:
                    if not left:
                        return connection.close()
                    webhook = left.pop()
                status = webhook.post(connection)
                with lock:
                    answers[status] += 1

        threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def quiet(self):
        """Waits until nothing moves any more, also what the sandbox has still to tell, and gives the status."""
        seen = []

        def still():
            status = self.settled()
            seen.append((status["since_start"], len(self.recorder.taken)))
            return status if len(seen) > 1 and seen[-1] == seen[-2] else None

        return until(still, "nothing moves", pause=0.05)

    def effects(self):
        """Turns of the handler, requests to the platform, and the newest record."""
        self.quiet()
        turns = self.daemon.plugins()["handler.hello"]["calls"]
        requests = sum(each["type"] == "request" and each.get("changes") for each in self.sandbox.journal())
        return turns, requests, self.tail(1)[0]["i"]

    def tail(self, count):
        found = self.daemon.ctl("audit", "tail", "-n", str(count))
        return found if isinstance(found, list) else [found]


class OnMessenger(Replays, PlatformTest):
    steps = [
        {"say": "hello"},
        {"say": "choose"},
        {"tap": "Small"},
        *({"send": kind} for kind in (*ATTACHMENTS, "share", "post", "reel", "appointment")),
        {"postback": "size-s"},
        {"react": "❤"},
        {"unreact": True},
        {"edit": "better"},
        {"comment": "Is it waterproof?"},
        {"edit_comment": "Is it really?"},
        {"remove_comment": True},
        {"mention": "I like them"},
        {"brand_says": "I am Ana"},
        {"read": True},
        {"delivered": True},
        {"refer": {"ref": "autumn"}},
        {"optin": "news"},
        {"optout": "news"},
        {"plugin_optin": "box"},
        {"policy": "warning"},
        {"unknown": True},
        {"handover": "pass"},
        {"handover": "take"},
    ]

    def platform(self):
        return messenger(policy="fast")


class OnInstagram(Replays, PlatformTest):
    steps = [
        {"say": "hello"},
        {"say": "choose"},
        {"tap": "Small"},
        *({"send": kind} for kind in ("image", "video", "audio", "share", "ig_post", "story_mention", "like_heart")),
        {"send": "ephemeral"},
        {"story_reply": "Love it"},
        {"unsupported": True},
        {"postback": "size-s"},
        {"react": "❤"},
        {"unreact": True},
        {"edit": "better"},
        {"unsend": True},
        {"comment": "Is it waterproof?"},
        {"mention": "I like them"},
        {"brand_says": "I am Ana"},
        {"read": True},
        {"refer": {"ref": "autumn"}},
        {"unknown": True},
        {"handover": "pass"},
    ]

    def platform(self):
        return instagram(policy="fast")


class OnTelegram(Replays, PlatformTest):
    steps = [
        {"start": True},
        {"say": "hello"},
        {"say": "choose"},
        {"tap": "Small"},
        *({"send": kind} for kind in (*ATTACHMENTS, "animation", "video_note", "contact", "dice", "poll", "venue")),
        {"postback": "size-s"},
        {"edit": "better"},
        {"react": "❤"},
        {"unreact": True},
        {"say": "in a group", "group": "-1001"},
        {"join": True, "group": "-1001"},
        {"leave": True, "group": "-1001"},
        {"block": True},
        {"unblock": True},
    ]

    def platform(self):
        return telegram(policy="fast")


class OnX(Replays, XTest):
    steps = [
        {"say": "hello"},
        *({"send": kind} for kind in ("image", "video", "gif", "location", "share")),
        {"encrypted": "secret"},
        {"mention": "help"},
        {"comment": "@acme still waiting"},
        {"quote": "see what they did"},
        *({step: True} for step in ("typing", "read", "remove_comment", "follow", "unfollow", "unknown")),
        {"brand_says": "I am Ana"},
        {"block": True},
        {"unblock": True},
    ]


class OnWhatsApp(Replays, WhatsAppTest):
    steps = [
        {"say": "hello"},
        {"say": "choose"},
        {"tap": "Small"},
        *({"send": kind} for kind in (*ATTACHMENTS, "contact", "order", "flow")),
        {"unsupported": True},
        {"unknown": True},
        {"react": "❤️"},
        {"unreact": "last"},
        {"edit": "better"},
        {"unsend": True},
        {"optout": True},
        {"optin": True},
        {"brand_says": "I am Ana"},
        {"notice": {"field": "message_template_status_update", "event": "PAUSED"}},
        {"change_number": "351910000009"},
    ]


class OnTikTok(Replays, PlatformTest):
    steps = [step for step, _ in TIKTOK_STEPS]

    def platform(self):
        return Platform(**TIKTOK)


class OnLinkedIn(Replays, PlatformTest):
    steps = [step for step, _ in LINKEDIN_STEPS]

    def platform(self):
        return Platform(**LINKEDIN)


class OnSnapchat(Replays, SnapchatTest):
    steps = [step for step, _ in SNAPCHAT_STEPS]


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
