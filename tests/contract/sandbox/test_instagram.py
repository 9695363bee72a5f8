# SPDX-License-Identifier: Apache-2.0
"""Instagram: what differs from Messenger."""

import unittest

from harness import SandboxTest
from test_messenger import safely

RITA = "991234567890123"


class Instagram(SandboxTest):
    def say(self, **fields):
        return self.sandbox.say(account="acme-instagram", wait=True, **fields)["items"]

    def graph(self, path, body=None, method="POST"):
        return self.sandbox.graph(path, body, method, "ig-token", "instagram")

    def send(self, **message):
        return self.graph("/v26.0/me/messages", {"recipient": {"id": RITA}, "message": message})

    def items(self):
        return [i for body in self.gateway.bodies("instagram") for e in body["entry"] for i in e.get("messaging", [])]

    def test_text_is_limited_in_bytes(self):
        self.say(say="oi")
        self.assertEqual(self.send(text="😀" * 250)[0], 200)
        self.assert_error(self.send(text="😀" * 251), 100)
        self.assert_error(self.send(text="é" * 501), 100)

    def test_window_and_people(self):
        self.assert_error(self.send(text="x"), 10, 2534022)
        self.say(story_reply="Love it")
        self.assertEqual(self.send(text="x")[0], 200)
        self.assert_error(
            self.graph("/me/messages", {"recipient": {"id": "1"}, "message": {"text": "x"}}), 100, 2534014
        )
        self.sandbox.do("option", account="acme-instagram", name="access_allowed", value=False)
        self.assert_error(self.send(text="x"), 200, 2534041)
        self.sandbox.do("option", account="acme-instagram", name="access_allowed", value=True)
        self.sandbox.say(account="acme-instagram", block=True)
        self.assert_error(self.send(text="x"), 100, 2534013)

    def test_seen_names_the_message_and_there_is_no_delivery_receipt(self):
        self.say(say="oi")
        sent = self.send(text="x")[2]["message_id"]
        self.arrived("instagram", 3)
        reads = [i["read"] for i in self.items() if "read" in i]
        self.assertEqual(reads, [{"mid": sent}])
        self.assertFalse([i for i in self.items() if "delivery" in i])

    def test_kinds(self):
        self.say(say="oi")
        for step, fits in [
            ({"story_reply": "Love it"}, lambda i: i["message"]["reply_to"]["story"]["id"]),
            ({"send": "story_mention"}, lambda i: i["message"]["attachments"][0]["type"] == "story_mention"),
            ({"send": "ig_post"}, lambda i: i["message"]["attachments"][0]["payload"]["ig_post_media_id"]),
            ({"send": "ig_story"}, lambda i: i["message"]["attachments"][0]["payload"]["story_media_url"]),
            ({"send": "like_heart"}, lambda i: i["message"]["attachments"] == [{"type": "like_heart"}]),
            ({"send": "ephemeral"}, lambda i: i["message"]["attachments"] == [{"type": "ephemeral"}]),
            ({"unsupported": True}, lambda i: i["message"]["is_unsupported"]),
            ({"unsend": True}, lambda i: i["message"]["is_deleted"]),
            ({"edit": "new"}, lambda i: i["message_edit"]["num_edit"] == 1),
        ]:
            self.say(**step)
            self.assertTrue([i for i in self.items() if safely(fits, i)], step)

    def test_comments_in_both_shapes(self):
        self.say(comment="never arrived", post="179")
        self.say(comment="still not", post="179", shape="flat")
        one, two = (body["entry"][0] for body in self.gateway.bodies("instagram"))
        self.assertEqual(one["changes"][0]["field"], "comments")
        self.assertEqual(
            (two["field"], two["value"]["text"], two["value"]["from"]["username"]), ("comments", "still not", "rita")
        )

    def test_private_reply_once(self):
        id = self.say(comment="never arrived")[0]["key"]
        body = {"recipient": {"comment_id": id}, "message": {"text": "Sorry!"}}
        self.assertEqual(self.graph("/me/messages", body)[2]["recipient_id"], RITA)
        self.assert_error(self.graph("/me/messages", body), 100, 2534025)
        self.assert_error(self.graph("/me/messages", {**body, "recipient": {"comment_id": "1"}}), 100, 2534025)

    def test_public_replies_have_rules(self):
        id = self.say(comment="never arrived")[0]["key"]
        self.assertEqual(self.graph(f"/{id}/replies?message=Sorry")[0], 200)
        self.assert_error(self.graph(f"/{id}/replies", {"message": "x" * 301}), 100)
        self.assert_error(self.graph(f"/{id}/replies", {"message": "#a #b #c #d #e"}), 100)
        self.assertEqual(self.graph(f"/{id}?hide=true")[2], {"success": True})
        self.assertEqual(self.graph(f"/{id}", method="DELETE")[2], {"success": True})
        self.assert_error(self.graph(f"/{id}?hide=true"), 100, 33)

    def test_a_mention_brings_ids_and_is_looked_up(self):
        id = self.say(mention="@acme look")[0]["key"]
        value = self.gateway.bodies("instagram")[0]["entry"][0]["changes"][0]["value"]
        self.assertEqual(set(value), {"media_id", "comment_id"})
        found = self.graph(
            f"/17841400000000001?fields=mentioned_comment.comment_id({id}){{text,username}}", method="GET"
        )[2]
        self.assertEqual(
            (found["mentioned_comment"]["text"], found["mentioned_comment"]["username"]), ("@acme look", "rita")
        )

    def test_profile_needs_consent(self):
        self.assert_error(self.graph(f"/{RITA}?fields=name", method="GET"), 230)
        self.say(say="oi")
        self.assertEqual(
            self.graph(f"/{RITA}?fields=name,username", method="GET")[2],
            {"name": "Rita L.", "username": "rita", "id": RITA},
        )


if __name__ == "__main__":
    unittest.main()
