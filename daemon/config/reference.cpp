// SPDX-License-Identifier: Apache-2.0
// The schema as texts for people.
#include <algorithm>

#include "config/schema.hpp"

namespace postern::config {
namespace {

/// `"a", "b"` for "a|b".
std::string listed(std::string_view words) {
  std::string out = "\"";
  for (const char c : words) out += c == '|' ? std::string("\", \"") : std::string(1, c);
  return out + "\"";
}

std::string toml_value(const Key& key) {
  switch (key.type) {
    case Type::list:
      return key.standard.empty() ? "[]" : "[" + listed(key.standard) + "]";
    case Type::integer:
    case Type::boolean:
      return std::string(key.standard);
    default:
      return "\"" + std::string(key.standard) + "\"";
  }
}

std::string header_of(std::string_view section) {
  return "[" + std::string(section) + "]";
}

/// A table of Markdown ends a cell at each bar.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string type_cell(const Key& key) {
  return std::string(name(key.type)) + (key.words.empty() ? "" : ": " + cell(listed(key.words)));
}

}  // namespace

std::string reference_markdown(std::span<const Key> keys) {
  std::string out;
  std::string_view section = "-";
  for (const Key& key : keys) {
    if (key.section != section) {
      section = key.section;
      out += std::string(out.empty() ? "" : "\n") + "## " +
             (section.empty() ? "Top level" : "`" + header_of(section) + "`") +
             "\n\n| key | type | default | holds from | meaning |\n| --- | --- | --- | --- | --- |\n";
    }
    const std::string standard = key.required           ? "*required*"
                                 : key.standard.empty() ? "none"
                                                        : "`" + cell(toml_value(key)) + "`";
    out += "| `" + std::string(key.name) + "` | " + type_cell(key) + " | " + standard + " | " +
           (key.reloadable ? "reload" : "start") + " | " + cell(key.help) +
           (range(key).empty() ? "" : " " + range(key) + ".") + " |\n";
  }
  return out;
}

std::string reference_page() {
  return "# Configuration\n\n"
         "All keys of `postern.toml` and `conf.d/*.toml`. This page is made from the schema that checks the files "
         "(`postern-config-reference`); `config/postern.toml` explains the same keys at more leisure.\n\n"
         "Durations are written `\"300ms\"`, `\"2s\"`, `\"5m\"`, `\"24h\"`, `\"7d\"`; sizes `\"512\"`, `\"64KiB\"`, "
         "`\"3MiB\"`, `\"1GiB\"`. A secret is a reference, `{ credential = \"name\" }` or `{ file = \"path\" }`, or a "
         "list "
         "of them where several hold at once. Relative paths begin at the folder of `postern.toml`. *Holds from* says "
         "whether a change takes effect with `posternctl reload` or with the next start.\n\n"
         "Sections of platforms, accounts and handlers also hold what their plugin declares: see its README.\n\n" +
         reference_markdown(daemon_schema()) +
         "\n# Policy packs\n\n"
         "The keys of `<policy_dirs>/<platform>/<version>.toml`. A pack with `extends` holds only what differs from "
         "the "
         "one it names: a single rule is changed key by key, a `[[window]]` or `[[rate]]` replaces the one with its "
         "`id`.\n\n" +
         reference_markdown(policy_schema());
}

std::string defaults_text(std::span<const Key> keys) {
  std::string out;
  std::string_view section;
  for (const Key& key : keys) {
    if (key.standard.empty()) continue;
    if (key.section != section) {
      section = key.section;
      out += "\n" + header_of(section) + "\n";
    }
    out += std::string(key.name) + " = " + toml_value(key) + "\n";
  }
  return out;
}

}  // namespace postern::config
