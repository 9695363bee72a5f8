#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The SDK as a stranger gets it: installed into an empty prefix, used without this tree and without the daemon.

usage: package_test.py BUILD_DIR CMAKE CXX
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

BUILD, CMAKE, CXX = sys.argv[1:4]
del sys.argv[1:]
STRICT = "-Wall -Wextra -Wpedantic -Wshadow -Werror"


def run(*command, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240, **options)
    if done.returncode != 0:
        raise AssertionError(f"{' '.join(map(str, command))}\n{done.stdout}")
    return done.stdout


def exported(library):
    return [line.split()[-1] for line in run("nm", "-D", "--defined-only", library).splitlines()]


class PackageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="postern-sdk-")
        cls.prefix = pathlib.Path(cls.folder.name) / "prefix"
        run(CMAKE, "--install", BUILD, "--component", "sdk", "--prefix", cls.prefix)
        cls.template = cls.prefix / "share/postern-plugin/template"

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def build(self, name, *, defines=(), source=None):
        build = pathlib.Path(self.folder.name) / name
        run(CMAKE, "-S", source or self.template, "-B", build, "-G", "Ninja", f"-DCMAKE_PREFIX_PATH={self.prefix}",
            f"-DCMAKE_CXX_COMPILER={CXX}", f"-DCMAKE_CXX_FLAGS={STRICT}", *defines)
        run(CMAKE, "--build", build)
        return build

    def test_the_template_builds_without_warnings_and_passes_its_own_test(self):
        build = self.build("template")
        self.assertIn("100% tests passed", run("ctest", cwd=build))
        self.assertEqual(exported(build / "hello.so"), ["postern_plugin_v1"])

    def test_nothing_of_boost_or_the_daemon_is_needed_at_run_time(self):
        dynamic = run("readelf", "-d", self.build("needed") / "hello.so")
        needed = set(re.findall(r"\(NEEDED\).*\[(.*?)\.so", dynamic))
        self.assertIn("libstdc++", needed)
        self.assertLessEqual(needed, {"libstdc++", "libgcc_s", "libc", "libm", "ld-linux-x86-64"})

    def test_pkg_config_does_the_same(self):
        environment = {**os.environ, "PKG_CONFIG_PATH": str(self.prefix / "share/pkgconfig")}

        def package(*arguments):
            found = run("pkg-config", *arguments, "postern-plugin", env=environment).strip()
            return found.replace(self.installed_prefix(environment), str(self.prefix)).split()

        library = pathlib.Path(self.folder.name) / "hello.so"
        run(CXX, "-std=c++20", "-fPIC", "-shared", self.template / "hello.cpp", *package("--variable=json_source"),
            *package("--cflags", "--libs"), "-o", library)
        self.assertEqual(exported(library), ["postern_plugin_v1"])

    def installed_prefix(self, environment):
        """The .pc file names the prefix that was configured; this installation is elsewhere."""
        return run("pkg-config", "--variable=prefix", "postern-plugin", env=environment).strip()

    def test_a_missing_symbol_is_refused_when_the_plugin_is_linked(self):
        source = pathlib.Path(self.folder.name) / "incomplete"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(incomplete CXX)\nfind_package(PosternPlugin 1 REQUIRED)\n"
            "postern_add_plugin(incomplete incomplete.cpp)\n")
        (source / "incomplete.cpp").write_text("int nowhere();\nint caller();\nint caller() { return nowhere(); }\n")
        with self.assertRaisesRegex(AssertionError, "undefined reference to .*nowhere"):
            self.build("incomplete-build", source=source)

    def test_another_major_version_is_not_found(self):
        source = pathlib.Path(self.folder.name) / "later"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(later CXX)\nfind_package(PosternPlugin 2 REQUIRED)\n")
        with self.assertRaisesRegex(AssertionError, "version: 1.0.0"):
            self.build("later-build", source=source)

    def test_the_header_is_c11_and_stands_alone(self):
        program = "#include <postern/plugin.h>\nint main(void) { return POSTERN_OK; }\n"
        for compiler in (("cc", "-std=c11", "-x", "c"), (CXX, "-std=c++20", "-x", "c++")):
            run(*compiler, *STRICT.split(), f"-I{self.prefix / 'include'}", "-fsyntax-only", "-", input=program)


if __name__ == "__main__":
    unittest.main()
