# SPDX-License-Identifier: Apache-2.0
"""An export is what C2SP's tlog-tiles and signed-note describe: code made for another log, Go's own, reads and proves it.

Needs Debian's golang-go and golang-golang-x-mod-dev; without them it is skipped (scripts/test --with-go installs them).
"""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.brand import Brand  # noqa: E402
from harness.daemon import Daemon  # noqa: E402
from harness.places import ROOT, SystemTest, until  # noqa: E402
from harness.webhooks import messenger_body, post_messenger  # noqa: E402

PACKAGES = "/usr/share/gocode"  # where Debian keeps sources of Go
MESSAGES = 300  # more than a tile holds


def build(folder):
    """The judge made of Go's code, without a network."""
    program = folder / "tlog"
    environment = dict(os.environ, GO111MODULE="off", GOPATH=PACKAGES, GOFLAGS="", GOCACHE=str(folder / "cache"))
    source = ROOT / "tests" / "system" / "tlog" / "main.go"
    subprocess.run(["go", "build", "-o", program, source], env=environment, check=True, timeout=240)
    return program


@unittest.skipUnless(
    shutil.which("go") and Path(PACKAGES, "src/golang.org/x/mod/sumdb/tlog").is_dir(),
    "Go's tlog is not here: apt-get install golang-go golang-golang-x-mod-dev",
)
class StockTools(SystemTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="postern-tlog-")
        cls.addClassCleanup(folder.cleanup)
        cls.program = build(Path(folder.name))

    def judge(self, data, vkey):
        return subprocess.run([self.program, data, vkey], capture_output=True, text=True, timeout=60)

    def refused(self, data, vkey, why):
        said = self.judge(data, vkey)
        self.assertEqual((said.returncode, said.stdout), (1, ""), f"{why}: {said.stderr}")

    def export(self):
        brand = Brand(accounts=("acme-messenger",), handlers="", routes="", ledger='reserve = "1MiB"\nkey_age = "2s"\n')
        daemon = Daemon(self.folder, brand)
        self.addCleanup(daemon.stop)
        daemon.start()
        for number in range(MESSAGES):
            self.assertEqual(post_messenger(daemon, messenger_body(f"hello {number}", f"m_{number}"))[0], 200)
        until(lambda: any(leaf["k"] == "key.rotate" for leaf in daemon.ctl("audit", "tail", "-n", "200")), "a new key")
        post_messenger(daemon, messenger_body("and more", "m_more"))
        daemon.ctl("audit", "export", self.folder / "export", "--tiles")
        judged = daemon.ctl("audit", "verify", self.folder / "export", "--vkey", daemon.vkey())
        self.assertEqual(judged["verdict"], "ok")
        return self.folder / "export" / "data", daemon.vkey()

    def test_an_export_is_proven_and_every_change_to_it_is_refused(self):
        data, vkey = self.export()
        said = self.judge(data, vkey)
        self.assertEqual(said.returncode, 0, said.stderr)
        records = int(said.stdout.split()[0])
        self.assertGreater(records, MESSAGES)
        self.assertEqual(records, len((data / "leaves.jsonl").read_bytes().splitlines()))
        files = [path for path in data.rglob("*") if path.is_file() and path.relative_to(data).parts[0] in
                 ("checkpoint", "checkpoints", "tiles", "leaves.jsonl")]  # fmt: skip
        self.assertGreaterEqual(len(files), 8)  # 2 bundles, 3 tiles, the newest note twice, that of the epoch, leaves
        for path in files:
            whole = path.read_bytes()
            for at in {0, len(whole) // 3, len(whole) // 2, len(whole) - 1}:
                path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
                self.refused(data, vkey, f"byte {at} of {path.relative_to(data)}")
            path.write_bytes(whole)
        self.assertEqual(self.judge(data, vkey).returncode, 0)

    def test_the_vectors_are_what_go_reads(self):
        data = ROOT / "tests" / "data" / "audit-vectors" / "ledger"
        vkey = (data / "vkey").read_text()
        said = self.judge(data, vkey)
        self.assertEqual((said.returncode, said.stdout[:20]), (0, "43 records included,"), said.stderr)
        other = vkey.strip()[:-2] + ("A=" if not vkey.strip().endswith("A=") else "Q=")
        self.refused(data, other, "another genesis key")


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v"])
