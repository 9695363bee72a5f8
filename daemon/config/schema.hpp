// SPDX-License-Identifier: Apache-2.0
// Every key that a file may hold, declared once: what checks a file, what `config show --defaults` prints and what
// docs/configuration.md is made of.
#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "config/node.hpp"

namespace postern::config {

enum class Type : std::uint8_t {
  string,
  integer,
  boolean,
  duration,  ///< as Micros
  size,      ///< in bytes
  date,
  secret,  ///< a reference: { credential = "…" } or { file = "…" }, or a list of them
  list,    ///< of strings
  table,   ///< whatever it holds is checked elsewhere
};
std::string_view name(Type type);

inline constexpr std::int64_t kNoMost = std::numeric_limits<std::int64_t>::max();

struct Key {
  std::string_view section;  ///< "": top level; "account.NAME": each table below `account`; "[route]": a list of tables
  std::string_view name;
  Type type;
  std::string_view standard;  ///< the default, as it is written in the file without quotes; "": none, it may be absent
  bool required;
  bool reloadable;                         ///< holds from `posternctl reload` on; else from the next start
  std::string_view help;                   ///< sentences
  std::string_view words = {};             ///< string: the allowed words, "thread|process|external"; empty: any text
  std::int64_t least = 0, most = kNoMost;  ///< integer, duration, size
};

/// "10ms to 5m", "at least 1s"; empty where there is no range.
std::string range(const Key& key);

/// The daemon's configuration, in the order in which a reader wants to learn it.
std::span<const Key> daemon_schema();
/// A policy pack.
std::span<const Key> policy_schema();

/// The reference as Markdown: a table a section.
std::string reference_markdown(std::span<const Key> keys);
/// docs/configuration.md, whole: both schemas.
std::string reference_page();
/// Every key that has a default, with it, as a TOML text.
std::string defaults_text(std::span<const Key> keys);

/// One table of a file, checked against its section of a schema. Values are asked for by name; one that is absent or
/// wrong gives the default, so that reading can go on and find the other mistakes.
class Table {
 public:
  enum class Others : std::uint8_t { unknown, kept };  ///< keys that the schema does not name: a mistake, or a plugin's
  /// Checks everything at once. `node` null: all defaults. Node and keys outlive the table.
  Table(const Node* node, std::span<const Key> keys, std::string_view section, Others others, Problems& problems);

  bool has(std::string_view key) const { return node(key) != nullptr; }
  /// Is the key there, and its text empty?
  bool is_blank(std::string_view key) const {
    const Node* value = node(key);
    return value != nullptr && value->kind == Node::Kind::text && value->text.empty();
  }
  std::string text(std::string_view key) const;
  std::int64_t number(std::string_view key) const;  ///< integer; duration as Micros; size in bytes; date as Micros
  bool flag(std::string_view key) const;
  std::vector<std::string> list(std::string_view key) const;
  const Node* node(std::string_view key) const { return node_ == nullptr ? nullptr : node_->find(key); }
  /// Of the key's value, else of the table.
  Place place(std::string_view key) const;
  /// The members that the schema does not name.
  std::vector<Member> others() const;

 private:
  const Key* key(std::string_view name) const;
  bool is_section(std::string_view name) const;

  const Node* node_;
  std::span<const Key> keys_;
  std::string_view section_;
};

/// Is the value one that the key takes? If not, a problem says what was expected.
bool check_value(const Key& key, const Node& value, Problems& problems);
/// { credential = "…" } or { file = "…" }.
bool is_secret_reference(const Node& value);

}  // namespace postern::config
