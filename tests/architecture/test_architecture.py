# SPDX-License-Identifier: Apache-2.0
"""The tree keeps its own rules: python3 tests/architecture/test_architecture.py"""
import pathlib
import subprocess
import sys
import unittest

import check

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = (".cpp", ".hpp", ".c", ".h", ".py", ".sql", ".cmake", ".js", ".sh", ".in", "CMakeLists.txt")
TEXT = SOURCE + (".md", ".toml", ".json", ".service", ".xml", ".txt")


def tracked():
    """What is in the repository, and what is about to be; in a tarball all but the build."""
    git = subprocess.run(["git", "-c", f"safe.directory={ROOT}", "-C", ROOT, "ls-files", "-co", "--exclude-standard"],
                         capture_output=True, text=True)
    if git.returncode == 0:
        names = git.stdout.splitlines()
    else:
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]
    return sorted(name for name in names if not name.startswith(("build/", "var/", ".git/")) and (ROOT / name).is_file())


def is_code(path):
    script = path.startswith(("scripts/", ".ci/")) and "packages" not in path
    return script or (path.endswith(SOURCE) and "tests/data/" not in path)


def ours(path):
    """Code that speaks of Postern, and not of its own checks or of what a platform calls things."""
    return is_code(path) and path.startswith(("daemon/", "plugins/", "plugin-api/", "tools/posternctl/"))


class Tree(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.texts = {name: (ROOT / name).read_text(errors="replace") for name in tracked()
                     if is_code(name) or name.endswith(TEXT)}

    def holds(self, rule, applies):
        wrong = [sentence for path, text in self.texts.items() if applies(path) for sentence in rule(path, text)]
        self.assertEqual([], wrong, "\n" + "\n".join(wrong))

    def test_is_read_at_all(self):
        self.assertGreater(sum(check.module_of(path) is not None for path in self.texts), 100)

    def test_includes_point_inward(self):
        self.holds(check.arrows, is_code)

    def test_targets_point_inward(self):
        self.holds(check.links, lambda path: path.startswith("daemon/") and path.endswith("CMakeLists.txt"))

    def test_plugins_know_the_plugin_api_alone(self):
        self.holds(check.borders, is_code)

    def test_libraries_stay_behind_their_walls(self):
        self.holds(check.libraries, is_code)

    def test_the_core_is_pure(self):
        self.holds(check.purity, is_code)

    def test_every_source_names_its_licence(self):
        self.holds(check.licence, is_code)

    def test_nothing_names_a_place_of_one_machine(self):
        self.holds(check.places, lambda path: "tests/data/" not in path and not path.startswith("tests/architecture/"))

    def test_files_are_short(self):
        applies = lambda path: is_code(path)
        for path, text in self.texts.items():
            if applies(path) and check.is_long(text):
                print(f"long: {path} has {text.count(chr(10))} lines", file=sys.stderr)
        self.holds(check.length, applies)

    def test_one_word_for_one_thing(self):
        self.holds(check.words, ours)

    def daemon(self):
        return [text for path, text in self.texts.items() if check.module_of(path) and path.endswith((".cpp", ".hpp"))]

    def test_operations_explains_every_message_and_metric(self):
        page = ("docs/operations.md", self.texts["docs/operations.md"])
        code = "\n".join(self.daemon())
        messages, metrics = check.LOG_ID.findall(code), check.METRIC.findall(code)
        self.assertGreater(len(messages), 20)
        self.assertGreater(len(metrics), 10)
        self.assertEqual([], check.missing_words(messages, page, "a log message") +
                         check.missing_words(metrics, page, "a metric"))

    def test_architecture_names_functions_that_there_are(self):
        self.holds(lambda path, text: check.functions(path, text, self.daemon()),
                   lambda path: path == "docs/architecture.md")

    def test_links_lead_somewhere(self):
        self.holds(lambda path, text: check.dead_links(path, text, lambda target: (ROOT / target).exists()),
                   lambda path: path.endswith(".md"))


class Checks(unittest.TestCase):
    """Each rule finds what it is there for."""

    def finds(self, rule, path, text):
        self.assertTrue(list(rule(path, text)), f"{rule.__name__} finds nothing in {text!r}")

    def test_find_what_is_wrong(self):
        self.finds(check.arrows, "daemon/core/core.cpp", '#include "ledger/writer.hpp"\n')
        self.finds(check.arrows, "daemon/ledger/format/leaf.cpp", '#include "ledger/sqlite.hpp"\n')
        self.finds(check.arrows, "daemon/fresh/a.cpp", "\n")
        self.finds(check.links, "daemon/core/CMakeLists.txt", "postern_module(postern_core\n  LINK postern_ledger)")
        self.finds(check.borders, "plugins/handlers/echo/echo.cpp", '#include "core/event.hpp"\n')
        self.finds(check.borders, "daemon/host/runner.cpp", '#include "../../plugins/handlers/echo/echo.hpp"\n')
        self.finds(check.libraries, "daemon/broker/broker.cpp", "#include <curl/curl.h>\n")
        self.finds(check.libraries, "daemon/gateway/gateway.cpp", "#include <zmq.hpp>\n")
        self.finds(check.purity, "daemon/core/core.cpp", "#include <chrono>\n")
        self.finds(check.licence, "scripts/run", "#!/bin/sh\n")
        self.finds(check.places, "README.md", "see /" + "home/me/notes\n")
        self.finds(check.length, "daemon/core/core.cpp", "\n" * 500)
        self.finds(check.words, "daemon/core/core.cpp", "// of the " + "tenant\n")
        self.finds(lambda path, text: check.functions(path, text, ["class Broker { void run(); };"]),
                   "docs/architecture.md", "`Broker::walk`")
        self.finds(lambda path, text: check.dead_links(path, text, lambda target: False), "README.md", "[x](docs/x.md)")
        self.assertEqual(["gone.away"], check.LOG_ID.findall('log::error(\n   "gone.away", text)'))
        self.assertTrue(check.missing_words(["gone.away"], ("page", "`gone.by`"), "a log message"))

    def test_leave_alone_what_is_right(self):
        self.assertEqual([], list(check.arrows("daemon/core/core.cpp", '#include "base/clock.hpp"\n')))
        self.assertEqual([], list(check.libraries("daemon/broker/broker.cpp", "#include <zmq.hpp>\n")))
        self.assertEqual([], list(check.links("daemon/core/CMakeLists.txt", "postern_module(postern_core LINK postern_base)")))


if __name__ == "__main__":
    unittest.main()
