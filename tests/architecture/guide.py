# SPDX-License-Identifier: Apache-2.0
"""Makes a program of the code in docs/plugin-guide.md: the handler, and its test as main.

usage: guide.py docs/plugin-guide.md guide_test.cpp
"""
import pathlib
import re
import sys

handler, test = re.findall(r"```cpp\n(.*?)```", pathlib.Path(sys.argv[1]).read_text("utf-8"), re.S)
pathlib.Path(sys.argv[2]).write_text(
    f"#undef NDEBUG\n#include <cassert>\n#include <postern/fake_host.hpp>\n{handler}\nint main() {{\n{test}}}\n", "utf-8")
