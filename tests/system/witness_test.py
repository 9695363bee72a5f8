# SPDX-License-Identifier: Apache-2.0
"""What leaves the machine of the record, so that whoever has the machine cannot take it back: checkpoints published and
cosigned, older copies and forks found, and the way on. POSTERN_KILLS says how often the daemon is killed for the limit
of what is not witnessed (100 is what is promised); the ordinary run does fewer."""

import base64
import json
import os
import random
import shutil
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.ledger import Ledger  # noqa: E402
from harness.places import BIN, PATIENCE, ROOT, SystemTest, until  # noqa: E402
from harness.sandbox import ask  # noqa: E402
from harness.webhooks import messenger_body, post_messenger  # noqa: E402
from harness.witness import Listener, Witness  # noqa: E402

KILLS = int(os.environ.get("POSTERN_KILLS", "6"))
SEED = int(os.environ.get("POSTERN_SEED", "4711"))
VERIFIED = 6 if KILLS <= 6 else 20  # each so manieth ledger that a kill leaves is verified whole
EVERY, RECORDS = 1, 50  # seconds and records that may be not witnessed
SLACK = float(os.environ.get("POSTERN_SLACK", "2"))  # seconds that a busy machine may need to publish


class Published(SystemTest):
    def begin(self, every="0s", records=1000, more="", ledger='reserve = "1MiB"\n', witness=True):
        """A daemon, and a witness that knows it."""
        self.witness = Witness(self.folder / "witness")
        self.addCleanup(self.witness.stop)
        section = f'[publish]\nevery = "{every}"\nrecords = {records}\n{more}'
        sections = section + (self.witness.section() if witness else "")
        brand = Brand(accounts=("acme-messenger",), platforms=sections, ledger=ledger)
        self.daemon = Daemon(self.folder, brand)
        self.addCleanup(self.daemon.stop)
        self.daemon.start()
        self.vkey = self.daemon.vkey()
        self.witness.start(self.vkey)

    def write(self, number, daemon=None):
        return post_messenger(daemon or self.daemon, messenger_body(f"hello {number}", f"m_{number}"))[0]

    def leaves(self, kind):
        return [leaf for leaf in self.daemon.ctl("audit", "tail", "-n", "200") if leaf["k"] == kind]

    def marks(self):
        return {each["name"]: each for each in self.daemon.ctl("status")["ledger"]["published"]}

    def mark(self):
        return self.marks()["witness witness.test/w1"]

    def caught_up(self):
        """Everything is witnessed, and nothing more comes."""

        def still():
            newest = self.daemon.ctl("audit", "tail", "-n", "1")
            newest = newest[0] if isinstance(newest, list) else newest
            return self.witness.size() == newest["i"] + 1

        until(still, "all is witnessed", pause=0.1)

    def verify(self, bag, *options, vkey=None):
        """By the independent verifier and by ours, which must agree; gives the code."""
        options = ["--vkey", vkey or self.vkey, *options]
        theirs = self.run_program("/usr/bin/python3", ROOT / "tools" / "verify.py", bag, *options)
        ours = self.run_program(BIN / "posternctl", "audit", "verify", bag, *options)
        self.assertEqual(theirs.returncode, ours.returncode, theirs.stdout + ours.stdout + ours.stderr)
        return theirs.returncode, theirs.stdout

    def run_program(self, *command):
        return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=PATIENCE)

    def posternd(self, *options):
        return self.run_program(BIN / "posternd", "--config", self.daemon.config, *options)

    def stands_by(self, daemon, why):
        """It lives, says why, and takes nothing."""
        until(lambda: "ledger.alarm" in daemon.log() or daemon.process.poll() is not None, "it says why", pause=0.05)
        until(lambda: self.answers(daemon), "it answers")
        status, _, body = ask(f"{daemon.admin_url}/readyz")
        self.assertEqual(status, 503)
        self.assertIn(why, body.decode())
        self.assertIn("postern_ledger_alarm 1", ask(f"{daemon.admin_url}/metrics")[2].decode())
        self.assertEqual(self.write("late", daemon), 503)

    def answers(self, daemon):
        try:
            return b"must not go on" in ask(f"{daemon.admin_url}/readyz")[2]
        except OSError:
            return False


class Publishing(Published):
    def test_each_checkpoint_goes_to_every_sink_and_comes_into_the_record(self):
        listener = Listener()
        self.addCleanup(listener.stop)
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir(0o700)
        more = f'folder = "{elsewhere}/notes"\nhighwater = "{elsewhere}/highwater"\n'
        more += f'syslog = ["{listener.syslog}"]\npost = ["{listener.url}"]\n'
        self.begin(more=more)
        self.assertEqual(self.write(1), 200)
        self.caught_up()
        newest = (elsewhere / "highwater").read_text()
        until(lambda: newest in listener.posted, "it was posted")
        sent = until(lambda: [text for text in listener.datagrams if f" size={newest.splitlines()[1]} " in text], "sent")
        self.assertEqual(base64.b64decode(sent[0].split("note=")[1]).decode(), newest)
        self.assertRegex(sent[0], r"^<109>1 \S+Z \S+ postern \d+ checkpoint - origin=")
        [day] = (elsewhere / "notes").iterdir()
        self.assertIn(newest, day.read_text())
        told = self.leaves("checkpoint.published")
        self.assertTrue(told)
        self.assertEqual({leaf["o"] for leaf in told}, {"ok"})
        with Ledger(self.daemon.state) as ledger:
            kept = {size for (size,) in ledger.rows("SELECT size FROM checkpoint")}
        self.assertLessEqual({leaf["q"] for leaf in told}, kept)

        listener.stop()
        self.assertEqual(self.write(2), 200, "a sink that is away holds nothing up")
        trouble = until(lambda: self.marks()[f"post {listener.url}"].get("trouble"), "the trouble is shown")
        self.assertIn("ask who runs it", trouble)
        page = ask(f"{self.daemon.admin_url}/metrics")[2].decode()
        self.assertIn(f'postern_publish_trouble{{sink="post {listener.url}"}} 1', page)
        self.assertIn("publish.failed", self.daemon.log())
        self.assertIn("not published to post", self.run_program(
            BIN / "posternctl", "--socket", self.daemon.runtime, "status").stdout)
        until(lambda: [leaf for leaf in self.leaves("checkpoint.published") if leaf["o"] == "failed"], "and recorded")

    def test_what_cannot_be_meant_is_said_before_anything_runs(self):
        self.begin()
        sections = '[publish]\nsyslog = ["loghost"]\n[[witness]]\nurl = "http://127.0.0.1:9"\nvkey = "nonsense"\n'
        self.daemon.brand.platforms = sections + f'[[witness]]\nurl = "http://127.0.0.1:9"\nvkey = "{self.vkey}"\n'
        self.daemon.write_config()
        checked = self.posternd("--check-config")
        self.assertEqual(checked.returncode, 78)
        for text in ("is no place for a log", "fewer than three parts", "is not the key of a witness"):
            self.assertIn(text, checked.stderr)

    def test_silence_is_published_once_and_then_there_is_silence(self):
        self.begin()

        def silent():
            before = self.daemon.ctl("audit", "tail", "-n", "1")
            time.sleep(1)
            return self.daemon.ctl("audit", "tail", "-n", "1") == before

        until(silent, "nothing is recorded about publishing what was recorded about publishing")
        self.caught_up()

    def test_a_witness_follows_the_signing_key_and_its_lines_are_evidence(self):
        self.begin(ledger='reserve = "1MiB"\nkey_age = "1s"\n')
        until(lambda: len(self.leaves("key.rotate")) >= 3, "the key has given way three times")
        self.assertEqual(self.write(1), 200)
        until(lambda: self.witness.size() > self.leaves("key.rotate")[-2]["i"], "the witness has followed")
        self.assertEqual(self.daemon.ctl("audit", "export", self.folder / "bag", fails=True)[0], 0)
        code, said = self.verify(self.folder / "bag", "--witness", self.witness.vkey)
        self.assertEqual(code, 0, said)
        self.assertRegex(said, r"\([1-9]\d* witnessed\)")
        line = self.witness.vkey.split("+")[0]
        noted = [path for path in (self.folder / "bag/data/checkpoints").iterdir() if line in path.read_text()]
        self.assertTrue(noted)
        # A line that is not the witness's: its time is one bit later.
        note = noted[0].read_text().splitlines()
        at = next(number for number, text in enumerate(note) if line in text)
        signature = bytearray(base64.b64decode(note[at].split()[2]))
        signature[11] ^= 1
        note[at] = " ".join([*note[at].split()[:2], base64.b64encode(signature).decode()])
        noted[0].write_text("\n".join(note) + "\n")
        self.assertEqual(self.verify(self.folder / "bag/data", "--witness", self.witness.vkey)[0], 1)

    def test_a_witness_that_is_away_is_on_record_once_and_so_is_its_return(self):
        self.begin()
        self.caught_up()
        before = self.leaves("witness.missing")  # the daemon had started first
        self.witness.stop()
        for number in range(3):
            self.assertEqual(self.write(number), 200)
            until(lambda: self.mark().get("trouble"), "it is missed")
        until(lambda: self.leaves("witness.missing") != before, "and that is on record")
        self.witness.start()
        self.assertEqual(self.write(4), 200)
        self.caught_up()
        until(lambda: "trouble" not in self.mark(), "it is well")
        [missing] = self.leaves("witness.missing")[len(before) :]
        self.assertEqual((missing["o"], missing["witness"]), ("failed", "witness.test/w1"))
        self.assertTrue([leaf for leaf in self.leaves("witness.cosigned") if leaf["i"] > missing["i"]])


class Superseded(Published):
    def copy(self, name):
        shutil.copytree(self.daemon.state, self.folder / name)

    def restore(self, name):
        shutil.rmtree(self.daemon.state)
        shutil.copytree(self.folder / name, self.daemon.state)

    def grow(self, first, last):
        for number in range(first, last):
            self.assertEqual(self.write(number), 200)
        self.caught_up()
        self.assertEqual(self.daemon.stop(), 0)

    def test_an_older_copy_stands_by_and_goes_on_as_a_fork(self):
        self.begin()
        self.grow(0, 3)
        self.copy("older")
        self.daemon.start()
        self.grow(3, 6)
        self.restore("older")  # with the high-water mark of its own time: only the witness knows better
        self.daemon.spawn()
        self.stands_by(self.daemon, "witness witness.test/w1")
        self.assertEqual(self.daemon.stop(), 0)
        self.witness.stop()
        self.daemon.spawn()  # nobody can be asked, but the alarm was left
        self.stands_by(self.daemon, "witness witness.test/w1")
        self.assertNotEqual(self.posternd("--fork", "while it runs").returncode, 0)
        self.assertEqual(self.daemon.stop(), 0)
        self.witness.start()

        evidence = self.posternd("--export", self.folder / "stale")
        self.assertEqual(evidence.returncode, 0, evidence.stderr)
        (self.folder / "outside").write_text(self.witness.seen())
        self.assertEqual(self.verify(self.folder / "stale")[0], 0)
        self.assertEqual(self.verify(self.folder / "stale", "--external", self.folder / "outside")[0], 1)

        seen = self.witness.size()
        forked = self.posternd("--fork", "restored from the copy of Monday")
        self.assertEqual(forked.returncode, 0, forked.stderr)
        fresh = forked.stdout.strip().splitlines()[-1]
        self.assertIn("/1+", fresh)
        self.witness.stop()
        self.witness.start(fresh)
        self.daemon.start()
        [first] = [leaf for leaf in self.daemon.ctl("audit", "tail", "-n", "200") if leaf["i"] == 0]
        self.assertEqual((first["k"], first["vkey"]), ("audit.fork", fresh))
        self.assertEqual((first["old"], first["q"]), (self.vkey.split("+")[0], seen))
        self.assertEqual(self.write(7), 200)
        self.daemon.ctl("audit", "export", self.folder / "new")
        self.assertEqual(self.verify(self.folder / "new", vkey=fresh)[0], 0)
        self.assertEqual(self.daemon.stop(), 0)
        old = self.posternd("--export", self.folder / "old", "--of", "0")
        self.assertEqual(old.returncode, 0, old.stderr)
        self.assertEqual(self.verify(self.folder / "old")[0], 0)

    def test_an_older_copy_is_known_by_the_high_water_mark_and_the_newest_one_ends_the_alarm(self):
        elsewhere = self.folder / "elsewhere"
        elsewhere.mkdir(0o700)
        self.begin(more=f'highwater = "{elsewhere}/highwater"\n', witness=False)
        self.write(0)
        self.assertEqual(self.daemon.stop(), 0)
        self.copy("older")
        self.daemon.start()
        self.write(1)
        self.assertEqual(self.daemon.stop(), 0)
        self.copy("newest")
        self.restore("older")
        self.daemon.spawn()
        self.stands_by(self.daemon, "were published")
        self.assertEqual(self.daemon.stop(), 0)
        self.assertTrue((self.daemon.state / "alarm").exists())
        alarm = self.daemon.state / "alarm"
        shutil.copy(alarm, self.folder / "newest" / "alarm")
        self.restore("newest")
        self.daemon.start()
        self.assertFalse(alarm.exists())
        self.assertEqual(self.write(2), 200)

    def test_of_two_daemons_on_one_copy_the_second_stands_by(self):
        self.begin()
        self.grow(0, 2)
        other = self.folder / "other"
        other.mkdir(0o700)
        for name in ("kek.1", "keys", "policies", "state"):
            source = self.folder / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, other / name)
        second = Daemon(other, self.daemon.brand)
        self.addCleanup(second.stop)
        self.daemon.start()
        second.spawn()  # its start finds nothing yet, or that the first has gone on
        self.assertEqual(self.write(2), 200)
        self.caught_up()
        try:
            post_messenger(second, messenger_body("another", "m_another"))
        except OSError:
            pass  # it may stand by already
        self.stands_by(second, "witness witness.test/w1")
        self.assertEqual(self.write(3), 200, "the first goes on")
        self.caught_up()
        self.assertNotIn("ledger.alarm", self.daemon.log())


class Killed(Published):
    """Goal A2."""

    def test_nothing_is_unsigned_after_a_kill_and_little_is_unwitnessed(self):
        self.begin(every=f"{EVERY}s", records=RECORDS)
        draw, number, tails, ages = random.Random(SEED), 0, [], []
        for kill in range(1, KILLS + 1):
            stop = threading.Event()

            def load():
                nonlocal number
                while not stop.is_set():
                    number += 1
                    try:
                        self.write(number)
                    except OSError:
                        return

            loader = threading.Thread(target=load)
            loader.start()
            time.sleep(0.3 + 2 * draw.random())
            killed = self.daemon.kill()
            stop.set()
            loader.join()
            with Ledger(self.daemon.state) as ledger:
                [(size, note)] = ledger.rows("SELECT size, note FROM head")
                [(count,)] = ledger.rows("SELECT count(*) FROM event")
                self.assertEqual(count, size, "records without a signature")
                self.assertEqual(note.split(b"\n")[1], str(size).encode())
                if kill % VERIFIED == 0 or kill == KILLS:  # which takes as long as there are records
                    out = self.folder / "export"
                    ledger.export(out)
                    self.assertEqual(self.verify(out)[0], 0)
                    shutil.rmtree(out)
                seen = self.witness.size()
                tails.append(size - seen)
                first = [json.loads(leaf) for (leaf,) in ledger.rows("SELECT leaf FROM event WHERE i = ?", seen)]
                ages.append(killed - first[0]["t"] / 1e6 if first else 0)
            self.daemon.start()
        print(f"{KILLS} kills: unsigned 0, unwitnessed at most {max(tails)} records, {max(ages):.2f} s")
        self.assertLessEqual(max(ages), EVERY + SLACK)


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
