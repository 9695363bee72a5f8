// SPDX-License-Identifier: Apache-2.0
#include "config/schema.hpp"

#include <algorithm>
#include <charconv>

#include "config/units.hpp"

namespace postern::config {
namespace {

std::vector<std::string_view> words_of(std::string_view words) {
  std::vector<std::string_view> out;
  while (!words.empty()) {
    const std::size_t bar = words.find('|');
    out.push_back(words.substr(0, bar));
    words = bar == std::string_view::npos ? std::string_view() : words.substr(bar + 1);
  }
  return out;
}

std::string_view expected(Type type) {
  switch (type) {
    case Type::string:
      return "a string";
    case Type::integer:
      return "an integer";
    case Type::boolean:
      return "true or false";
    case Type::duration:
      return "a duration like \"10s\" or \"24h\"";
    case Type::size:
      return "a size like \"64KiB\" or \"3MiB\"";
    case Type::date:
      return "a date like 2026-09-01, without quotes";
    case Type::secret:
      return "a reference like { credential = \"acme-page\" } or { file = \"page.token\" }";
    case Type::list:
      return "a list of strings";
    case Type::table:
      return "a table";
  }
  return "";
}

std::optional<std::int64_t> number_of(Type type, std::string_view text) {
  if (type == Type::duration) return parse_duration(text);
  if (type == Type::size) return parse_size(text);
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::int64_t> number_of(Type type, const Node& value) {
  if (value.kind == Node::Kind::text && type != Type::integer) return number_of(type, value.text);
  if (value.kind == Node::Kind::integer && type != Type::duration) return value.number;
  return std::nullopt;
}

/// A number as it would be written for this type.
std::string written(Type type, std::int64_t number) {
  struct Unit {
    Type type;
    std::int64_t factor;
    std::string_view name;
  };
  static constexpr Unit kUnits[] = {{Type::duration, kDay, "d"},    {Type::duration, kHour, "h"},
                                    {Type::duration, kMinute, "m"}, {Type::duration, kSecond, "s"},
                                    {Type::duration, kMilli, "ms"}, {Type::size, 1 << 30, "GiB"},
                                    {Type::size, 1 << 20, "MiB"},   {Type::size, 1 << 10, "KiB"}};
  for (const Unit& unit : kUnits)
    if (unit.type == type && number != 0 && number % unit.factor == 0)
      return std::to_string(number / unit.factor) + std::string(unit.name);
  return type == Type::duration ? std::to_string(number / kMilli) + "ms" : std::to_string(number);
}

std::string in_quotes(std::string_view key) {
  return "\"" + std::string(key) + "\"";
}

bool has_kind(Type type, const Node& value) {
  using Kind = Node::Kind;
  switch (type) {
    case Type::string:
      return value.kind == Kind::text;
    case Type::boolean:
      return value.kind == Kind::boolean;
    case Type::date:
      return value.kind == Kind::date;
    case Type::table:
      return value.kind == Kind::table;
    case Type::list:
      return value.kind == Kind::list && std::all_of(value.items.begin(), value.items.end(),
                                                     [](const Node& item) { return item.kind == Kind::text; });
    case Type::secret:
      return is_secret_reference(value) || (value.kind == Kind::list && !value.items.empty() &&
                                            std::all_of(value.items.begin(), value.items.end(), is_secret_reference));
    case Type::integer:
    case Type::duration:
    case Type::size:
      return number_of(type, value).has_value();
  }
  return false;
}

bool check_words(const Key& key, const Node& value, Problems& problems) {
  const auto words = words_of(key.words);
  const auto check = [&](const Node& node) {
    if (std::find(words.begin(), words.end(), node.text) != words.end()) return true;
    std::string list;
    for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
    const std::string_view meant = nearest(node.text, words);
    problems.add(node.place, in_quotes(key.name) + ": expected one of " + list + ", found " + node.described(),
                 meant.empty() ? "" : "did you mean " + in_quotes(meant) + "?");
    return false;
  };
  if (value.kind != Node::Kind::list) return check(value);
  return std::all_of(value.items.begin(), value.items.end(), check);
}

/// Names the item of a list that does not belong there, and says nothing of what may be a secret.
void add_wrong_kind(const Key& key, const Node& value, Problems& problems) {
  const auto add = [&](const Node& wrong, std::string_view wanted, const std::string& found, std::string remedy = {}) {
    problems.add(wrong.place, in_quotes(key.name) + ": expected " + std::string(wanted) + ", found " + found,
                 std::move(remedy));
  };
  if (key.type == Type::secret && value.kind == Node::Kind::text)
    return add(value, expected(key.type), "a string: a secret never stands in the configuration itself",
               "write it into a file of mode 0600 and name that");
  if (key.type == Type::secret && value.kind == Node::Kind::table)
    return add(value, expected(key.type), "a table with other keys", "name one place, \"credential\" or \"file\"");
  if (key.type == Type::list && value.kind == Node::Kind::list)
    for (const Node& item : value.items)
      if (item.kind != Node::Kind::text) return add(item, "a string in the list", item.described());
  add(value, expected(key.type), value.described());
}

/// The name at the top of the file: "account" for "account.NAME", "route" for "[route]".
std::string_view first_part(std::string_view section) {
  if (section.starts_with("[")) section.remove_prefix(1);
  return section.substr(0, section.find_first_of(".]"));
}

}  // namespace

std::string_view name(Type type) {
  static constexpr std::string_view kNames[] = {"string", "integer", "bool", "duration", "size",
                                                "date",   "secret",  "list", "table"};
  return kNames[static_cast<std::size_t>(type)];
}

bool is_secret_reference(const Node& value) {
  if (value.kind != Node::Kind::table || value.members.size() != 1) return false;
  const Member& member = value.members.front();
  return (member.name == "credential" || member.name == "file") && member.value.kind == Node::Kind::text;
}

std::string range(const Key& key) {
  const bool counts = key.type == Type::integer || key.type == Type::duration || key.type == Type::size;
  if (!counts || (key.least == 0 && key.most == kNoMost)) return {};
  if (key.most == kNoMost) return "at least " + written(key.type, key.least);
  return written(key.type, key.least) + " to " + written(key.type, key.most);
}

bool check_value(const Key& key, const Node& value, Problems& problems) {
  if (!has_kind(key.type, value)) {
    add_wrong_kind(key, value, problems);
    return false;
  }
  if (!key.words.empty() && !check_words(key, value, problems)) return false;
  if (const auto number = number_of(key.type, value); number && (*number < key.least || *number > key.most)) {
    problems.add(value.place,
                 in_quotes(key.name) + ": expected " + range(key) + ", found " + written(key.type, *number));
    return false;
  }
  return true;
}

Table::Table(const Node* node, std::span<const Key> keys, std::string_view section, Others others, Problems& problems)
    : node_(node), keys_(keys), section_(section) {
  if (node_ != nullptr && node_->kind != Node::Kind::table) {
    problems.add(node_->place, in_quotes(section_) + ": expected a table, found " + node_->described());
    node_ = nullptr;
    return;
  }
  std::vector<std::string_view> known;
  for (const Key& each : keys_)
    if (each.section == section_) {
      known.push_back(each.name);
      if (each.required && !has(each.name))
        problems.add(node_ == nullptr ? Place{} : node_->place, in_quotes(each.name) + " is missing",
                     std::string(each.help));
    }
  if (node_ == nullptr) return;
  if (section_.empty())
    for (const Key& each : keys_) known.push_back(first_part(each.section));
  for (const Member& member : node_->members) {
    if (section_.empty() && is_section(member.name)) continue;
    if (const Key* declared = key(member.name)) {
      check_value(*declared, member.value, problems);
    } else if (others == Others::unknown) {
      const std::string_view meant = nearest(member.name, known);
      problems.add(member.place, "unknown key " + in_quotes(member.name),
                   meant.empty() ? "remove it" : "did you mean " + in_quotes(meant) + "?");
    }
  }
}

bool Table::is_section(std::string_view name) const {
  return std::any_of(keys_.begin(), keys_.end(), [&](const Key& each) { return first_part(each.section) == name; });
}

const Key* Table::key(std::string_view name) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(),
                                  [&](const Key& each) { return each.section == section_ && each.name == name; });
  return found == keys_.end() ? nullptr : &*found;
}

std::string Table::text(std::string_view key_name) const {
  const Node* value = node(key_name);
  if (value != nullptr && value->kind == Node::Kind::text) return value->text;
  return std::string(key(key_name)->standard);
}

std::int64_t Table::number(std::string_view key_name) const {
  const Key& declared = *key(key_name);
  const Node* value = node(key_name);
  if (value != nullptr && value->kind == Node::Kind::date) return value->number;
  std::optional<std::int64_t> number;
  if (value != nullptr) number = number_of(declared.type, *value);
  if (!number) number = number_of(declared.type, declared.standard);
  return number.value_or(0);
}

bool Table::flag(std::string_view key_name) const {
  const Node* value = node(key_name);
  if (value != nullptr && value->kind == Node::Kind::boolean) return value->number != 0;
  return key(key_name)->standard == "true";
}

std::vector<std::string> Table::list(std::string_view key_name) const {
  std::vector<std::string> out;
  const Node* value = node(key_name);
  if (value != nullptr && value->kind == Node::Kind::list) {
    for (const Node& item : value->items) out.push_back(item.text);
  } else {
    for (const std::string_view word : words_of(key(key_name)->standard)) out.emplace_back(word);
  }
  return out;
}

Place Table::place(std::string_view key_name) const {
  if (const Node* value = node(key_name)) return value->place;
  return node_ == nullptr ? Place{} : node_->place;
}

std::vector<Member> Table::others() const {
  std::vector<Member> out;
  if (node_ != nullptr)
    for (const Member& member : node_->members)
      if (key(member.name) == nullptr) out.push_back(member);
  return out;
}

}  // namespace postern::config
