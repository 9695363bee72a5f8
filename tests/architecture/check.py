# SPDX-License-Identifier: Apache-2.0
"""Each check takes what it looks at and yields what is wrong, one sentence each. test_architecture.py runs them."""
import re

from rules import (ALLOWED_IN_CORE, ARROWS, LIBRARIES, LINES, LONG_FILES, MOST_LINES, NOT_IN_CORE, WORDS,
                   WORDS_OF_OTHERS)

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def module_of(path):
    """daemon/ledger/format/leaf.cpp -> ledger/format; none outside daemon/ and for main.cpp."""
    parts = path.split("/")
    if parts[0] != "daemon" or len(parts) < 3:
        return None
    return "ledger/format" if parts[1:3] == ["ledger", "format"] and len(parts) > 3 else parts[1]


def named_module(include):
    """The module that an include line names: "ledger/format/leaf.hpp" -> ledger/format."""
    folder = include.rpartition("/")[0]
    while folder and folder not in ARROWS:
        folder = folder.rpartition("/")[0]
    return folder or None


def arrows(path, text):
    module = module_of(path)
    if module is None:
        return
    if module not in ARROWS:
        yield f"{path}: the module {module} is not in rules.py; give it its arrows"
        return
    for kind, name in INCLUDE.findall(text):
        other = named_module(name) if kind == '"' else None
        if other and other != module and other not in ARROWS[module]:
            yield f"{path}: {module} may not include {name}: {module} -> {other} is no arrow of rules.py"


def borders(path, text):
    """Plugins see the plugin API alone, the plugin API sees nobody, and nobody sees plugins."""
    for _, name in INCLUDE.findall(text):
        if path.startswith(("plugins/", "plugin-api/")) and named_module(name):
            yield f"{path}: a plugin and the plugin API may not include the daemon's {name}"
        if path.startswith(("daemon/", "plugin-api/", "tools/")) and re.match(r"(\.\./)*plugins/", name):
            yield f"{path}: nothing may include a plugin: {name}"


def libraries(path, text):
    if path.startswith("tests/"):
        return
    for _, name in INCLUDE.findall(text):
        for header, places in LIBRARIES.items():
            if re.match(header, name) and not any(path == place or (place.endswith("/") and path.startswith(place))
                                                  for place in places):
                yield f"{path}: only {', '.join(sorted(places))} may include {name}"


def purity(path, text):
    if module_of(path) != "core":
        return
    for _, name in INCLUDE.findall(text):
        if re.match(NOT_IN_CORE, name) and (path, name) not in ALLOWED_IN_CORE:
            yield f"{path}: the core may not include {name}; let the shell do it and hand the result in as an input"


def links(path, text):
    """postern_module(postern_x … LINK postern_y …): the targets' arrows are those of the includes."""
    text = re.sub(r"#.*", "", text)
    for body in re.findall(r"postern_module\(([^)]*)\)", text):
        name, *words = body.split()
        module = target_module(name)
        if module not in ARROWS:
            yield f"{path}: the target {name} is no module of rules.py"
            continue
        for other in filter(None, (target_module(word) for word in words if word.startswith("postern_"))):
            if other != module and other not in ARROWS[module]:
                yield f"{path}: {name} may not link postern_{other.replace('/', '_')}"


def target_module(target):
    name = target.removeprefix("postern_")
    return "ledger/format" if name == "ledger_format" else name


def licence(path, text):
    if "SPDX-License-Identifier: Apache-2.0" not in "\n".join(text.splitlines()[:4]):
        yield f"{path}: the first lines lack SPDX-License-Identifier: Apache-2.0"


def places(path, text):
    """Nothing of the machine it was written on, no registry but what that machine's apt knows, no page that is not here."""
    for pattern in (r"(?<![\w.])/(work|root|home/\w+)/", r"registry\.npmjs|pypi\.org|npm\.pkg\.|proxy\.golang|crates\.io",
                    r"deb\.debian\.org", r"\b(AUDIT|DESIGN)\b"):
        for found in re.finditer(pattern, text):
            line = text.count("\n", 0, found.start()) + 1
            yield f"{path}:{line}: names what is not in this repository: {found.group(0)}"


def length(path, text):
    lines = text.count("\n")
    if lines > MOST_LINES and path not in LONG_FILES:
        yield f"{path}: {lines} lines; a file has one noun and at most {MOST_LINES} lines"


def is_long(text):
    return text.count("\n") > LINES


def words(path, text):
    for word, instead in WORDS.items():
        for found in re.finditer(rf"(?<![a-z]){re.escape(word)}s?(?![a-z])", text, re.I):
            if any(path.startswith(place) and word == theirs for place, theirs in WORDS_OF_OTHERS):
                continue
            line = text.count("\n", 0, found.start()) + 1
            yield f'{path}:{line}: says "{found.group(0)}"; the word is {instead}'


# ---- documents: what they speak of is there, and what is there they speak of

LOG_ID = re.compile(r'(?:\blog::(?:debug|info|warning|error)\(|\bAlarm\{)\s*"([a-z_]+\.[a-z_.]+)"')
METRIC = re.compile(r'page\.(?:counter|gauge)\(\s*"(postern_\w+)"')


def missing_words(names, page, where):
    return [f"{page[0]}: does not explain {name} ({where})" for name in sorted(set(names)) if f"`{name}" not in page[1]]


def functions(page, text, sources):
    """`Class::function` in a page: some source has such a function of such a class."""
    for name in sorted(set(re.findall(r"`((?:\w+::)+\w+)`", text))):
        owner, function = name.split("::")[-2:]
        if not any(re.search(rf"\b{owner}\b", source) and re.search(rf"\b{function}\(", source) for source in sources):
            yield f"{page}: there is no {name}"


def dead_links(page, text, exists):
    """Relative links of a page; `exists` says of a path from the root whether it is there."""
    folder = page.rpartition("/")[0]
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if re.match(r"[a-z]+:", target):
            continue
        parts = []
        for part in (f"{folder}/{target}" if folder else target).split("/"):
            parts = parts[:-1] if part == ".." else parts + [part] * (part not in ("", "."))
        if not exists("/".join(parts)):
            yield f"{page}: leads to {target}, which is not there"
