# SPDX-License-Identifier: Apache-2.0
"""More is waiting than the broker takes: new messages are put off, and what lets the others go on is taken still."""

import json
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.places import SystemTest, until  # noqa: E402
from harness.sandbox import Sandbox  # noqa: E402
from harness.webhooks import messenger_body, post_messenger  # noqa: E402

MOST_WAITING = 20_000  # daemon/broker/broker.cpp
BATCH = 500  # messages of one webhook


class Overload(SystemTest):
    def test_an_echo_is_taken_when_nothing_else_is(self):
        brand = Brand(accounts=("acme-messenger",), account_options='settle = "1h"\n')
        daemon = Daemon(self.folder, brand)
        sandbox = Sandbox(self.folder, brand.scenario('echo_loss = 1\nscript = ["reset_after"]\n'), daemon.url)
        self.addCleanup(sandbox.stop)
        brand.base_url = sandbox.url
        daemon.write_config()
        self.addCleanup(daemon.stop)
        daemon.start()
        sandbox.connect()
        rita = sandbox.do("contact", account="acme-messenger", contact="rita")["id"]
        sandbox.say("acme-messenger", "rita", "first", wait=True)
        until(lambda: daemon.ctl("status")["outbox"]["unknown"] == 1, "its answer may or may not have arrived")

        for batch in range(MOST_WAITING // BATCH):  # all of them wait behind that answer
            self.assertEqual(post_messenger(daemon, self.batch(rita, batch))[0], 200)
        until(lambda: daemon.ctl("status")["outbox"]["queued"] == MOST_WAITING, "all have their answer", 200)
        status, headers = post_messenger(daemon, messenger_body("one more", "m_more", rita))
        self.assertEqual(status, 503)
        self.assertIn("retry-after", headers)
        self.assertEqual(daemon.ctl("status")["outbox"]["unknown"], 1)
        self.assertEqual(post_messenger(daemon, self.echo(rita, sandbox))[0], 200)
        until(lambda: daemon.ctl("status")["outbox"]["unknown"] == 0, "the echo has told", 60)
        until(
            lambda: post_messenger(daemon, messenger_body("again", "m_again", rita))[0] == 200, "new ones are taken", 60
        )

    def echo(self, rita, sandbox):
        """Of the answer to the first message, which the platform has had all along."""
        [sent] = [record for record in sandbox.journal() if record["type"] == "request" and record["applied"]]
        body = json.loads(messenger_body(sent["text"], "m_echo", "104857600000001"))
        event = body["entry"][0]["messaging"][0]
        event["recipient"]["id"] = rita
        event["message"] |= {"is_echo": True, "app_id": 1517776481860111, "metadata": sent["part"]}
        return json.dumps(body).encode()

    def batch(self, sender, number):
        body = json.loads(messenger_body("", "", sender))
        event = body["entry"][0]["messaging"][0]
        now = int(time.time() * 1000)
        body["entry"][0]["messaging"] = [
            {**event, "timestamp": now, "message": {"mid": f"m_{number}_{each}", "text": "hello"}}
            for each in range(BATCH)
        ]
        return json.dumps(body).encode()


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
