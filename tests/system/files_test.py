# SPDX-License-Identifier: Apache-2.0
"""Files on platforms where a call leads to them and a call takes them: what comes in is found by the codec, fetched and
kept sealed; what goes out is fetched from its address, uploaded and sent."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.files import CANARY, FileServer  # noqa: E402
from harness.places import until  # noqa: E402
from harness.platform import Platform, PlatformTest  # noqa: E402
from tiktok_test import TIKTOK  # noqa: E402
from whatsapp_test import ANA, NUMBER, SECRETS, WABA  # noqa: E402
from x_test import RITA, x  # noqa: E402


class Files(PlatformTest):
    def outside(self):
        """Brand options: files are kept, and those of this machine may be fetched."""
        self.server = FileServer(self.folder)
        self.addCleanup(self.server.stop)
        return {
            "account_options": 'media = "store"\nsettle = "2s"\n',
            "outbound": f'allow_http = true\nallow_local = true\nca_file = "{self.server.certificate}"\n',
        }

    def records(self, type):
        conversation = self.daemon.ctl("conversations")["conversations"][0]["conversation"]
        shown = self.daemon.ctl("show", conversation, "--limit", "200")
        return [record for record in shown["records"] if record["type"] == type]

    def kept(self):
        folder = self.daemon.state / "media"
        return sorted(folder.iterdir()) if folder.exists() else []

    def arrives(self, kind, mime):
        """A file of that kind comes in; gives its record."""
        before = len(self.records("msg.media")) if self.daemon.ctl("conversations")["conversations"] else 0
        self.does(send=kind)
        found = until(lambda: (all := self.records("msg.media")) and len(all) > before and all, "the file is settled")
        record = found[-1]
        self.assertEqual((record["outcome"], record["decision"]), ("ok", "store"), self.daemon.log()[-2000:])
        self.assertEqual(record["body"]["mime"], mime)
        for file in [path for path in self.folder.rglob("*") if path.is_file() and path.suffix != ".so"]:
            self.assertNotIn(b"sandbox\nsandbox\n", file.read_bytes(), file)
        out = self.folder / f"out-{record['index']}"
        self.daemon.ctl("media", "get", record["index"], "--out", out)
        self.assertEqual(len(out.read_bytes()), record["count"])
        out.unlink()
        return record

    def uploads(self):
        return [r for r in self.sandbox.journal() if r["type"] == "request" and r["call"] == "upload"]

    def shows(self, path):
        self.does(say=f"show {self.server.url}{path}")

    def goes_out(self):
        """An image is fetched, uploaded and sent, and one that is none fails with the reason."""
        self.shows("/small.png")
        until(lambda: self.status()["since_start"]["sent"] >= 1, lambda: self.daemon.log()[-3000:])
        self.settled()
        self.assertEqual(self.server.asked, ["/small.png"])
        self.assertEqual(len(self.uploads()), 1)
        for number, path in enumerate(("/page", "/nothing", "/inside"), 1):
            self.shows(path)
            until(lambda: self.status()["conversations"]["turns_waiting"] == number, path)
        self.assertEqual(len(self.uploads()), 1, "what is no image is not uploaded")
        for file in [path for path in self.folder.rglob("*") if path.is_file()]:
            self.assertNotIn(CANARY, file.read_bytes(), file)
        self.assertEqual([leaf["d"] for leaf in self.leaves("msg.out.failed")], ["invalid:attachment"] * 3)


class TikTokFiles(Files):
    def platform(self):
        return Platform(**{**TIKTOK, **self.outside()})

    def test_in(self):
        self.arrives("image", "image/jpeg")
        self.arrives("video", "video/mp4")

    def test_out(self):
        self.goes_out()


class XFiles(Files):
    def platform(self):
        return x(**self.outside())

    def add(self, contact, **fields):
        super().add(contact, id=RITA, open=True, **fields)

    def test_in(self):
        self.arrives("image", "image/jpeg")

    def test_out(self):
        self.goes_out()

    def test_an_upload_that_fails_is_tried_again_and_nothing_is_said_twice(self):
        self.sandbox.do("option", account=self.account, name="upload_errors", value=[500, 429])
        self.shows("/small.png")
        until(lambda: self.status()["since_start"]["sent"] >= 1, lambda: self.daemon.log()[-3000:])
        self.settled()
        said = [r for r in self.sandbox.journal() if r["type"] == "request" and r["call"] == "send"]
        self.assertEqual((len(self.uploads()), len(said)), (3, 1))
        kinds = [leaf["k"] for leaf in self.leaves("msg.out.failed", "msg.out.unknown", "msg.out.sent")]
        self.assertEqual(kinds, ["msg.out.failed"] * 2 + ["msg.out.sent"])


class WhatsAppFiles(Files):
    def platform(self):
        return Platform(
            name="whatsapp",
            id=NUMBER,
            keys={"whatsapp-token": None},
            section=SECRETS.format("keys/"),
            account=f'waba_id = "{WABA}"\ntoken = {{ file = "keys/whatsapp-token" }}\n',
            twin=f'waba_id = "{WABA}"\ntoken = {{ file = "whatsapp-token" }}\n{SECRETS.format("")}',
            **self.outside(),
        )

    def add(self, contact, **fields):
        super().add(contact, id=ANA, **fields)

    def test_what_is_taken_back_is_shredded(self):
        for kind, mime in (("image", "image/jpeg"), ("voice", "audio/ogg"), ("file", "application/pdf")):
            self.arrives(kind, mime)
        self.assertEqual(len(self.kept()), 3)
        self.does(unsend=True)
        until(lambda: len(self.kept()) == 2, "the last file is gone")


if __name__ == "__main__":
    unittest.main()
