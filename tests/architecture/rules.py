# SPDX-License-Identifier: Apache-2.0
"""The rules of the tree, as data. docs/architecture.md gives the reasons."""

# Which modules a module of daemon/ may include and link, itself aside. Only arrows that point inward.
ARROWS = {
    "base": set(),
    "core": {"base"},
    "ledger/format": {"base"},
    "ledger": {"base", "core", "ledger/format"},
    "bag": {"base", "core", "ledger", "ledger/format"},
    "backup": {"base", "bag", "ledger", "ledger/format"},
    "search": {"base", "bag", "core", "ledger", "ledger/format"},
    "gateway": {"base"},
    "courier": {"base"},
    "publish": {"base", "core", "courier", "ledger", "ledger/format"},
    "host": {"base"},
    "bus": {"base", "core", "host"},
    "control": {"base", "backup", "bag", "core", "ledger", "ledger/format", "search"},
    "config": {"base", "core"},
    "broker": {"base", "core", "bus", "control", "courier", "gateway", "ledger"},
    "service": {"bag", "base", "core", "bus", "config", "control", "courier", "gateway", "host", "ledger",
                "ledger/format", "publish", "broker", "search"},
}

# Headers of libraries and who may include them: what costs seconds to compile, and what the rest must not know of.
LIBRARIES = {
    r"boost/beast/": {"daemon/gateway/http_codec.cpp"},
    r"boost/asio/": {"daemon/gateway/http_connection.cpp", "daemon/gateway/http_loop.cpp",
                     "daemon/gateway/http_loop.hpp", "daemon/gateway/http_server_impl.hpp"},
    r"curl/": {"daemon/courier/multi.cpp", "daemon/courier/transfer.cpp"},
    r"CLI/": {"tools/posternctl/command_line.cpp", "tools/posternctl/verb_tree.hpp"},
    r"toml\+\+/": {"daemon/config/node.cpp"},
    r"sqlite3\.h": {"daemon/ledger/sqlite.hpp", "daemon/ledger/gathering_vfs.cpp"},
    r"zip\.h": {"daemon/bag/zip.cpp"},
    r"boost/dll/": {"daemon/host/library.cpp"},
    r"re2/": {"daemon/core/policy/kinds/phrases.cpp", "daemon/core/policy/kinds/personal_data.cpp", "plugins/"},
    r"date/": {"daemon/config/zones.cpp", "plugins/"},
    r"spdlog/": {"daemon/base/log.cpp"},
    r"systemd/": {"daemon/base/log.cpp", "daemon/service/service.cpp", "daemon/service/standby.cpp"},
    r"prometheus/": {"daemon/service/metrics.cpp"},
    r"zmq": {"daemon/bus/", "daemon/broker/", "daemon/control/", "daemon/host/", "daemon/service/", "tools/posternctl/"},
}

# The core is pure: what has a clock, a thread, a socket or chance in it does not enter.
NOT_IN_CORE = (r"zmq|sqlite|boost/(beast|asio|dll)|curl|toml|spdlog|systemd|prometheus|openssl/rand|"
               r"(thread|mutex|condition_variable|future|chrono|random|ctime|time\.h|fstream|iostream|filesystem|unistd\.h)$|"
               r"sys/|netinet/|arpa/")
# The names of accounts, sections and record types are shared with other threads, so their table has a lock.
ALLOWED_IN_CORE = {("daemon/core/interned.cpp", "mutex")}

LINES = 400  # a file over this is named in the output
MOST_LINES = 460  # and over this it fails
LONG_FILES = set()  # with a reason in the commit that adds one

# One word for one thing: words that stand for something that has a name already.
WORDS = {
    "tenant": "account, or brand",
    "channel": "account",
    "plug-in": "plugin",
    "chatbot": "handler",
    "customer_id": "contact",
    "webhook_handler": "gateway, or Webhooks",
}
# Where such a word is somebody else's: a platform's own, or a field of the leaf.
WORDS_OF_OTHERS = {
    ("daemon/core/intake.cpp", "tenant"),  # another company behind the same application, which has no account here
    ("daemon/ledger/format/leaf.hpp", "channel"),  # of a notice, by which it went out
    ("daemon/bag/rsmf.cpp", "channel"),  # of RSMF: a conversation of more than two
    ("plugins/platforms/telegram/", "channel"),  # Telegram's
}
