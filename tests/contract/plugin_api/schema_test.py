#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The published schemas are JSON Schema 2020-12, and they accept and refuse what their examples say.

usage: schema_test.py plugin-api/schema
"""
import sys
import unittest

from schemas import Schemas

FOLDER = sys.argv.pop()


class SchemaTest(unittest.TestCase):
    schemas = Schemas(FOLDER)

    def test_schemas_are_valid_and_name_themselves(self):
        self.assertEqual(
            sorted(self.schemas.documents),
            ["context", "effect", "event", "facts", "outcome", "request", "task", "turn"],
        )
        for name, schema in self.schemas.documents.items():
            with self.subTest(name):
                self.schemas.check(name)
                self.assertEqual(schema["$id"], f"{name}.schema.json")

    def test_unknown_fields_pass(self):
        for name in self.schemas.documents:
            for value in self.schemas.examples(name)["valid"]:
                with self.subTest(name, value=value):
                    self.assertEqual(self.schemas.errors(name, {**value, "a_field_of_tomorrow": [1]}), [])

    def test_valid_examples_pass(self):
        for name in self.schemas.documents:
            for value in self.schemas.examples(name)["valid"]:
                with self.subTest(name, value=value):
                    self.assertEqual(self.schemas.errors(name, value), [])

    def test_invalid_examples_fail(self):
        for name in self.schemas.documents:
            for example in self.schemas.examples(name)["invalid"]:
                with self.subTest(name, why=example["why"]):
                    self.assertNotEqual(self.schemas.errors(name, example["value"]), [])


if __name__ == "__main__":
    unittest.main()
