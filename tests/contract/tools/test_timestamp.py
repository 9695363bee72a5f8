# SPDX-License-Identifier: Apache-2.0
"""posternctl audit timestamp: what it asks an authority, and that openssl alone verifies what it put into a bag.

The authority is made here, of openssl: nothing leaves the machine.
"""

import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from server import SOURCE, run

VECTORS = SOURCE / "tests/data/audit-vectors"
KEY = (VECTORS / "ledger/vkey").read_text().strip()
SETTINGS = """[tsa]
default_tsa = here
[here]
serial = {folder}/serial
default_policy = 1.2.3.4.1
digests = sha256, sha512
signer_digest = sha256
ess_cert_id_alg = sha256
"""
EXTENSIONS = "extendedKeyUsage = critical, timeStamping\nkeyUsage = critical, digitalSignature\n"


def openssl(folder, *arguments):
    return subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, text=True, timeout=60)


def make_bag(folder):
    """A bag around the vectors' ledger."""
    shutil.copytree(VECTORS / "ledger", folder / "data", copy_function=shutil.copyfile)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(folder)}\n" for path in files]
    (folder / "manifest-sha256.txt").write_text("".join(lines))
    size = sum(path.stat().st_size for path in files)
    (folder / "bag-info.txt").write_text(f"Payload-Oxum: {size}.{len(files)}\nPostern-Scope: all\n")
    (folder / "bagit.txt").write_text("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")


class Authority:
    """A root, and a certificate that may stamp."""

    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        (folder / "serial").write_text("01\n")
        (folder / "ts.cnf").write_text(SETTINGS.format(folder=folder))
        (folder / "stamps.ext").write_text(EXTENSIONS)
        self.ok("req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", f"/CN={name} root", "-days", "30",
                "-keyout", "root.key", "-out", "root.pem")  # fmt: skip
        self.ok("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}", "-keyout", "tsa.key", "-out", "tsa.csr")
        self.ok("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial",
                "-days", "30", "-extfile", "stamps.ext", "-out", "tsa.pem")  # fmt: skip

    def ok(self, *arguments):
        done = openssl(self.folder, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def answer(self, request, response):
        self.ok("ts", "-reply", "-config", "ts.cnf", "-section", "here", "-signer", "tsa.pem", "-inkey", "tsa.key",
                "-queryfile", str(request), "-out", str(response))  # fmt: skip


class Timestamp(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        places = [pathlib.Path(folder.name) / name for name in ("one", "two")]
        for place in places:
            place.mkdir()
        cls.authority, cls.other = (Authority(place, place.name) for place in places)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.bag = self.folder / "bag"
        make_bag(self.bag)
        self.request, self.response = self.folder / "request.tsq", self.folder / "answer.tsr"
        self.token = self.bag / "data/timestamps/43.tsr"

    def ask(self):
        done = run("audit", "timestamp", self.bag, "--request", self.request)
        self.assertEqual(done.returncode, 0, done.stderr)

    def put(self):
        return run("audit", "timestamp", self.bag, "--response", self.response)

    def stamp(self):
        self.ask()
        self.authority.answer(self.request, self.response)
        done = self.put()
        self.assertEqual(done.returncode, 0, done.stderr)

    def verified(self, authority=None):
        """As the bag's README says."""
        body = self.folder / "body"
        body.write_bytes(b"".join((self.bag / "data/checkpoint").read_bytes().splitlines(keepends=True)[:3]))
        root = (authority or self.authority).folder / "root.pem"
        done = openssl(self.bag, "ts", "-verify", "-data", str(body), "-in", str(self.token), "-CAfile", str(root))
        return done.returncode == 0 and "Verification: OK" in done.stdout

    def test_the_request_is_what_openssl_would_ask(self):
        self.ask()
        said = self.authority.ok("ts", "-query", "-in", str(self.request), "-text")
        self.assertIn("Hash Algorithm: sha256", said)
        self.assertIn("Certificate required: yes", said)
        (self.folder / "body").write_bytes(b"".join((VECTORS / "ledger/checkpoint").read_bytes().splitlines(True)[:3]))
        arguments = ("ts", "-query", "-data", str(self.folder / "body"), "-sha256", "-no_nonce", "-cert")
        self.assertEqual(openssl(self.folder, *arguments, "-out", "theirs.tsq").returncode, 0)
        self.assertEqual(self.request.read_bytes(), (self.folder / "theirs.tsq").read_bytes())

    def test_openssl_verifies_the_token_and_no_other_authority_or_change(self):
        self.stamp()
        self.assertTrue(self.verified())
        self.assertFalse(self.verified(self.other))
        whole = self.token.read_bytes()
        for at in range(12, len(whole), 29):  # before it are lengths and the status, which nobody signs
            self.token.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            self.assertFalse(self.verified(), f"byte {at} of {len(whole)}")
        self.token.write_bytes(whole)
        note = self.bag / "data/checkpoint"
        note.write_bytes(note.read_bytes().replace(b"\n43\n", b"\n42\n"))
        self.assertFalse(self.verified())

    def test_the_bag_stays_one_and_well(self):
        self.stamp()
        sums = subprocess.run(["sha256sum", "--quiet", "--strict", "-c", "manifest-sha256.txt"], cwd=self.bag, timeout=60)
        self.assertEqual(sums.returncode, 0)
        files = [path for path in (self.bag / "data").rglob("*") if path.is_file()]
        counted = f"Payload-Oxum: {sum(path.stat().st_size for path in files)}.{len(files)}"
        self.assertEqual((self.bag / "bag-info.txt").read_text().splitlines(), [counted, "Postern-Scope: all"])
        self.assertEqual(run("audit", "verify", self.bag, "--vkey", KEY).returncode, 4)  # with erasures, as before
        verifier = [sys.executable, SOURCE / "tools/verify.py", self.bag, "--vkey", KEY]
        self.assertEqual(subprocess.run(verifier, capture_output=True, timeout=60).returncode, 4)
        self.token.write_bytes(self.token.read_bytes()[:-1])
        self.assertEqual(run("audit", "verify", self.bag, "--vkey", KEY).returncode, 1)

    def test_what_is_no_token_of_this_checkpoint_is_not_put_in(self):
        self.ask()
        before = (self.bag / "manifest-sha256.txt").read_bytes()
        other = self.folder / "other"
        make_bag(other)
        (other / "data/checkpoint").write_bytes((VECTORS / "external/checkpoint-30").read_bytes())
        asked = run("audit", "timestamp", other, "--request", self.request)
        self.assertEqual(asked.returncode, 0, asked.stderr)
        self.authority.answer(self.request, self.response)
        self.assertEqual(self.put().returncode, 65)  # of another checkpoint
        self.request.write_bytes(b"not DER")
        self.authority.answer(self.request, self.response)  # openssl answers with a refusal
        done = self.put()
        self.assertEqual(done.returncode, 65)
        self.assertIn("not granted", done.stderr)
        for nothing in (b"", b"hello", b"\x30\x80"):
            self.response.write_bytes(nothing)
            self.assertEqual(self.put().returncode, 65, nothing)
        self.assertEqual((self.bag / "manifest-sha256.txt").read_bytes(), before)
        self.assertFalse(self.token.exists())

    def test_a_second_token_does_not_take_the_place_of_the_first(self):
        self.stamp()
        before = self.token.read_bytes()
        self.authority.answer(self.request, self.response)
        self.assertEqual(self.put().returncode, 73)
        self.assertEqual(self.token.read_bytes(), before)

    def test_usage(self):
        self.assertEqual(run("audit", "timestamp", self.bag).returncode, 64)
        self.assertEqual(run("audit", "timestamp", self.folder, "--request", self.request).returncode, 66)


if __name__ == "__main__":
    unittest.main()
