# SPDX-License-Identifier: Apache-2.0
"""Who writes STOP, in whatever language, hears no machine any more until they write START; others go on."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import until  # noqa: E402
from harness.served import ServedTest  # noqa: E402

ACCOUNT = "acme-messenger"
# As people write them: in capitals, with punctuation, with spaces around.
STOPS = {
    "en": "STOP", "de": "Abbestellen!", "fr": "Arrêt.", "es": "¡Baja!", "pt": "Sair", "it": "BASTA", "nl": "afmelden",
    "sv": "Avsluta", "da": "Afmeld", "no": "Avmeld", "fi": "LOPETA", "pl": "Rezygnuję", "cs": "Odhlásit",
    "sk": "odhlásiť", "hu": "Leiratkozás", "ro": "Dezabonare", "bg": "СТОП", "el": "Διακοπή", "ru": "Отписаться",
    "uk": "Відписатися", "tr": "İptal", "ar": "توقف", "he": "הסר", "fa": "لغو", "hi": "रोकें", "bn": "বন্ধ",
    "id": " berhenti ", "vi": "HỦY", "th": "ยกเลิก", "zh": "退订", "ja": "配信停止", "ko": "수신거부", "hr": "Zaustavi",
}  # fmt: skip
TALK = {"en": "Don't stop now", "de": "Ich will nichts abbestellen", "es": "baja temperatura", "zh": "不要停止发货"}


class Stop(ServedTest):
    def test_stop_is_understood_in_many_languages(self):
        self.assertGreater(len(STOPS), 20)
        self.serve(Brand(accounts=(ACCOUNT,)))
        for language, word in {**STOPS, **{f"{one}-talk": said for one, said in TALK.items()}}.items():
            self.sandbox.do("contact", account=ACCOUNT, contact=language)
            self.sandbox.say(ACCOUNT, language, f"hello in {language}")
            self.sandbox.answered(f"You said: hello in {language}")
            self.sandbox.say(ACCOUNT, language, word, wait=True)
            self.sandbox.say(ACCOUNT, language, f"and more in {language}", wait=True)
        for language in TALK:
            self.sandbox.answered(f"You said: and more in {language}-talk")
        refused = lambda: self.daemon.ctl("status")["since_start"]["refused"]  # noqa: E731
        until(lambda: refused() >= 2 * len(STOPS), lambda: f"all are refused: {refused()} of {2 * len(STOPS)}")
        self.sandbox.say(ACCOUNT, "pt", "start")
        self.sandbox.answered("You said: start")
        sent = [record["text"] for record in self.sandbox.journal() if record["type"] == "request"]
        for language, word in STOPS.items():
            self.assertNotIn(f"You said: {word}", sent)
            self.assertNotIn(f"You said: and more in {language}", sent)
        self.assertEqual(self.daemon.stop(), 0)
        with Ledger(self.daemon.state) as ledger:
            self.assertEqual(len(ledger.leaves(["consent.revoked"])), len(STOPS))
            self.assertEqual(len(ledger.leaves(["consent.granted"])), 1)
            verdicts = {leaf["d"].split(":")[0] for leaf in ledger.leaves(["policy.refuse"])}
        self.assertEqual(verdicts, {"deny/msgr.stop"})


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
