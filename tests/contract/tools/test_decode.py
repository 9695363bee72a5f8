# SPDX-License-Identifier: Apache-2.0
"""posternctl decode gives what the platforms' cases say, and checks signatures as the gateway does."""

import json
import os
import unittest

from server import SOURCE, run

CASES = SOURCE / "tests/contract/platforms"
VECTORS = json.loads((SOURCE / "tests/data/platforms/test-vectors.json").read_text())
PLATFORMS = ("instagram", "linkedin", "messenger", "snapchat", "telegram", "tiktok")


def body_of(case):
    return case["body_text"] if "body_text" in case else json.dumps(case["body"], ensure_ascii=False)


def decode(platform, body, *arguments):
    return run("decode", "--platform", platform, *arguments, "-", input=body)


def events(done):
    return [json.loads(line) for line in done.stdout.splitlines()]


class Cases(unittest.TestCase):
    def test_every_case_of_every_platform(self):
        count = 0
        for platform in PLATFORMS:
            for path in sorted((CASES / platform / "decode").glob("*.json")):
                with self.subTest(f"{platform}/{path.stem}"):
                    self.check(platform, json.loads(path.read_text()))
                    count += 1
        self.assertGreater(count, 100)

    def check(self, platform, case):
        meta = case.get("meta", {})
        headers = {name.lower(): value for name, value in meta.get("headers", {}).items()}
        arguments = ["--account", meta["account"]] if "account" in meta else []
        if signature := case.get("signature"):
            headers[signature["header"].lower()] = signature["value"]
            headers |= signature.get("headers", {})
            arguments += ["--secret", signature["secret"]]
        arguments += [f"--header={name}={value}" for name, value in headers.items()]
        done = decode(platform, body_of(case), *arguments)
        if "error" in case:
            self.assertEqual(done.returncode, 65, done.stderr)
            self.assertIn(case["error"], done.stderr)
        else:
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(events(done), case["events"])


class Signatures(unittest.TestCase):
    def signed(self, vector, secret=None, value=None):
        header = f"--header={vector['header']}={value or vector['value']}"
        return decode(vector["platform"], vector["body"], header, "--secret", secret or vector["secret"])

    def vectors(self, kind):
        found = [vector for vector in VECTORS if vector["platform"] in PLATFORMS and vector["kind"] == kind]
        self.assertTrue(found)
        return found

    def test_published_signatures_are_right(self):
        for vector in self.vectors("webhook-signature"):
            done = self.signed(vector)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertTrue(events(done))

    def test_a_body_that_was_written_again_is_refused(self):
        right = next(vector for vector in VECTORS if vector["name"] == "instagram-text-escaped")
        for vector in self.vectors("negative"):
            done = self.signed({**right, "body": vector["body"]})
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("wrong signature", done.stderr)

    def test_another_secret_and_a_changed_value_are_refused(self):
        for vector in self.vectors("webhook-signature"):
            other = vector["value"][:-1] + ("0" if vector["value"][-1] != "0" else "1")
            for done in (self.signed(vector, secret="another"), self.signed(vector, value=other)):
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertIn(vector["header"], done.stderr)

    def test_a_missing_header_is_refused(self):
        vector = self.vectors("webhook-signature")[0]
        done = decode(vector["platform"], vector["body"], "--secret", vector["secret"])
        self.assertEqual(done.returncode, 1)
        self.assertIn("missing", done.stderr)

    def test_a_header_given_twice_is_refused(self):
        vector = self.vectors("webhook-signature")[0]
        header = f"--header={vector['header']}={vector['value']}"
        done = decode(vector["platform"], vector["body"], "--secret", vector["secret"], header, header)
        self.assertEqual(done.returncode, 1)

    def test_telegrams_token(self):
        token = next(vector for vector in VECTORS if vector["kind"] == "webhook-header")
        case = json.loads((CASES / "telegram/decode/text-signed.json").read_text())
        for secret, code in ((token["secret"], 0), ("another", 1)):
            header = f"--header={token['header'].lower()}={token['value']}"
            self.assertEqual(decode("telegram", body_of(case), "--secret", secret, header).returncode, code)


class Failures(unittest.TestCase):
    def test_a_platform_that_is_not_there(self):
        done = decode("friendster", "{}")
        self.assertEqual(done.returncode, 69)
        self.assertIn("friendster.so", done.stderr)

    def test_a_file_that_is_not_there(self):
        done = run("decode", "--platform", "messenger", "/nonexistent/body.json")
        self.assertEqual(done.returncode, 66)

    def test_a_plugin_by_its_path(self):
        path = os.path.join(os.environ["POSTERN_PLUGINS"], "telegram.so")
        done = decode(path, '{"update_id": 1}')
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_header_without_a_value(self):
        self.assertEqual(decode("messenger", "{}", "--header", "nonsense").returncode, 64)


if __name__ == "__main__":
    unittest.main()
