# SPDX-License-Identifier: Apache-2.0
"""posternctl plugin: every plugin that is shipped passes its check, what is broken does not, and what `new` writes out
builds and passes."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

from server import SOURCE, run

PLUGINS = Path(os.environ["POSTERN_PLUGINS"])
FIXTURES = PLUGINS.parent / "fixtures"
CASES = SOURCE / "tests/contract/platforms"


def check(file, *arguments):
    done = run("--json", "plugin", "check", file, *arguments)
    return done.returncode, {each["check"]: each for each in map(json.loads, done.stdout.splitlines())}


def shell(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout}")


class Check(unittest.TestCase):
    def assert_passes(self, file, *arguments):
        code, found = check(file, *arguments)
        bad = {name: each for name, each in found.items() if each["verdict"] in ("fail", "crash", "warn")}
        self.assertEqual((code, bad), (0, {}), file)
        return found

    def test_every_shipped_plugin_passes(self):
        plugins = sorted(PLUGINS.glob("*.so"))
        self.assertGreater(len(plugins), 4)
        for plugin in plugins:
            with self.subTest(plugin.stem):
                cases = CASES / plugin.stem
                arguments = ["--cases", cases] if cases.is_dir() else []
                found = self.assert_passes(plugin, *arguments, "--fuzz", "1s", "--seed", "7")
                self.assertEqual(found["calls.same"]["verdict"], "pass")
                self.assertIn("seed 7", found["fuzz"]["text"])
                if arguments:
                    self.assertEqual(found["platform.cases"]["verdict"], "pass")

    def test_what_is_broken_is_named(self):
        for name, where, verdict in (
            ("is_not_elf", "file.symbol", "fail"),
            ("is_cut_off", "file.symbol", "fail"),
            ("has_no_symbol", "file.symbol", "fail"),
            ("is_of_another_major", "file.resolved", "fail"),
            ("throws_in_create", "life.leak", "fail"),
            ("gives_junk_json", "handler.effects", "fail"),
            ("gives_too_much", "handler.effects", "fail"),
            ("throws_in_handle", "handler.effects", "fail"),
            ("gives_two_requests", "platform.encode", "fail"),
        ):
            with self.subTest(name):
                code, found = check(FIXTURES / f"{name}.so")
                self.assertEqual((code, found[where]["verdict"]), (1, verdict), found[where])
                self.assertTrue(found[where]["text"])

    def test_a_crash_ends_one_check_alone(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "decode").mkdir()
            (Path(folder) / "decode" / "abort.json").write_text(json.dumps({"body": ["abort"]}))
            code, found = check(FIXTURES / "aborts_in_decode.so", "--cases", folder)
            self.assertEqual((code, found["platform.cases"]["verdict"]), (1, "crash"))
            self.assertIn("Abort", found["platform.cases"]["text"])
            self.assertEqual(found["platform.encode"]["verdict"], "pass")

    def test_wrong_use_has_its_own_codes(self):
        self.assertEqual(run("plugin", "check", "/nowhere.so").returncode, 66)
        self.assertEqual(run("plugin", "new", "Not A Name").returncode, 64)


class New(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="postern-new-")
        cls.prefix = Path(cls.folder.name) / "prefix"
        shell("cmake", "--install", PLUGINS.parent, "--component", "sdk", "--prefix", cls.prefix)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def make(self, kind):
        folder = Path(self.folder.name) / kind
        done = run("plugin", "new", f"my-{kind}", "--kind", kind, "--into", folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(run("plugin", "new", "other", "--into", folder).returncode, 73)
        build = folder / "build"
        shell("cmake", "-S", folder, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}",
              "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Wshadow -Werror")
        shell("cmake", "--build", build)
        shell("ctest", "--test-dir", build)
        code, found = check(build / f"my-{kind}.so", *(["--cases", folder / "cases"] if kind == "platform" else []),
                            "--fuzz", "1")
        bad = {name: each for name, each in found.items() if each["verdict"] in ("fail", "crash", "warn")}
        self.assertEqual((code, bad), (0, {}))
        return found

    def test_a_handler_builds_and_passes(self):
        self.assertEqual(self.make("handler")["handler.effects"]["verdict"], "pass")

    def test_a_platform_builds_and_passes(self):
        self.assertEqual(self.make("platform")["platform.cases"]["verdict"], "pass")


if __name__ == "__main__":
    unittest.main()
