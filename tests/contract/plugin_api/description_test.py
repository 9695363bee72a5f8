#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What the shipped plugins say about themselves is what the schema allows, and they export nothing else.

usage: description_test.py plugin-api/schema BUILD_DIR/plugins
"""
import ctypes
import json
import pathlib
import re
import subprocess
import sys
import unittest

from schemas import Schemas

SCHEMA, PLUGINS = sys.argv[1:3]
del sys.argv[1:]


class Option(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("type", ctypes.c_uint32), ("flags", ctypes.c_uint32),
                ("standard", ctypes.c_char_p), ("help", ctypes.c_char_p)]


class Plugin(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("kind", ctypes.c_uint32), ("id", ctypes.c_char_p),
                ("version", ctypes.c_char_p), ("summary", ctypes.c_char_p), ("options", ctypes.c_void_p),
                ("option_count", ctypes.c_uint32), ("option_stride", ctypes.c_uint32), ("facts", ctypes.c_char_p)]


PLATFORM, SECRET, REQUIRED = 1, 7, 1


def describe(path):
    library = ctypes.CDLL(str(path))
    library.postern_plugin_v1.restype = ctypes.POINTER(Plugin)
    return library.postern_plugin_v1().contents


def options(plugin):
    return [Option.from_address(plugin.options + i * plugin.option_stride) for i in range(plugin.option_count)]


class DescriptionTest(unittest.TestCase):
    schemas = Schemas(SCHEMA)
    plugins = {path: describe(path) for path in sorted(pathlib.Path(PLUGINS).glob("*.so"))}

    def each(self, check):
        self.assertTrue(self.plugins, f"no plugins in {PLUGINS}")
        for path, plugin in self.plugins.items():
            with self.subTest(path.name):
                check(path, plugin)

    def test_one_symbol_is_exported(self):
        def check(path, _):
            symbols = subprocess.run(["nm", "-D", "--defined-only", path], capture_output=True, text=True, check=True)
            self.assertEqual([line.split()[-1] for line in symbols.stdout.splitlines()], ["postern_plugin_v1"])

        self.each(check)

    def test_ids_and_versions(self):
        def check(_, plugin):
            self.assertRegex(plugin.id.decode(), r"^org\.postern\.[a-z0-9-]+$")
            self.assertRegex(plugin.version.decode(), r"^\d+\.\d+\.\d+$")
            self.assertRegex(plugin.summary.decode(), r"^[A-Z].*\.$")

        self.each(check)

    def test_facts_are_as_the_schema_has_them(self):
        def check(path, plugin):
            facts = json.loads(plugin.facts)
            self.assertEqual(self.schemas.errors("facts", facts), [])
            self.assertEqual(plugin.kind == PLATFORM, "platform" in facts)
            if plugin.kind == PLATFORM:
                self.assertEqual(facts["platform"], path.stem)

        self.each(check)

    def test_options_have_names_and_help(self):
        def check(_, plugin):
            for option in options(plugin):
                self.assertRegex(option.name.decode(), r"^[a-z][a-z0-9_]*$")
                self.assertRegex(option.help.decode(), r"\.$")
                if option.flags & REQUIRED:
                    self.assertIsNone(option.standard)

        self.each(check)

    def test_secrets_that_facts_name_are_declared(self):
        def check(_, plugin):
            declared = {option.name.decode() for option in options(plugin) if option.type == SECRET}
            named = set(re.findall(r'"(?:secret|option)": *"([a-z0-9_]+)"', plugin.facts.decode()))
            self.assertLessEqual(named, declared)

        self.each(check)


if __name__ == "__main__":
    unittest.main()
