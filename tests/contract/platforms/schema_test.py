# SPDX-License-Identifier: Apache-2.0
"""The cases are what the published schemas say: events, requests, outcomes, and the tasks that ask for them."""
import json
import pathlib
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))
HERE = ROOT / "tests" / "contract"
sys.path.insert(0, str(HERE / "plugin_api"))

from schemas import Schemas  # noqa: E402


class Cases(unittest.TestCase):
    schemas = Schemas(ROOT / "plugin-api" / "schema")

    def each(self, function):
        paths = sorted((HERE / "platforms").glob(f"*/{function}/*.json"))
        self.assertGreater(len(paths), 20)
        for path in paths:
            with self.subTest(path.relative_to(HERE)):
                yield json.loads(path.read_text("utf-8"))

    def fits(self, name, value):
        self.assertEqual(self.schemas.errors(name, value), [], value)

    def test_events(self):
        for case in self.each("decode"):
            for event in case.get("events", []):
                self.fits("event", event)

    def test_requests(self):
        for case in self.each("encode"):
            self.fits("request", case["request"])

    def test_outcomes(self):
        for case in self.each("interpret"):
            for answer in case["answers"]:
                for item in answer["items"]:
                    self.fits("outcome", item)


if __name__ == "__main__":
    unittest.main()
