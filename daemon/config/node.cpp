// SPDX-License-Identifier: Apache-2.0
#include "config/node.hpp"

#include <toml++/toml.h>
#include <algorithm>
#include <chrono>
#include <sstream>

#include "core/interned.hpp"

namespace postern::config {
namespace {

constexpr std::ptrdiff_t kMostDots = 1'000;

Place place_of(const toml::source_region& source, std::string_view file) {
  return {file, source.begin.line, source.begin.column};
}

Node convert(const toml::node& from, std::string_view file);

Node convert_table(const toml::table& table, std::string_view file) {
  Node node;
  for (const auto& [key, value] : table)
    node.members.push_back({std::string(key.str()), place_of(key.source(), file), convert(value, file)});
  std::stable_sort(node.members.begin(), node.members.end(),
                   [](const Member& a, const Member& b) { return a.place < b.place; });
  return node;
}

Micros begin_of(const toml::date& date) {
  const std::chrono::sys_days day = std::chrono::year(date.year) / std::chrono::month(date.month) / date.day;
  return std::chrono::duration_cast<std::chrono::microseconds>(day.time_since_epoch()).count();
}

Node convert(const toml::node& from, std::string_view file) {
  Node node;
  if (const auto* table = from.as_table()) {
    node = convert_table(*table, file);
  } else if (const auto* array = from.as_array()) {
    node.kind = Node::Kind::list;
    for (const toml::node& item : *array) node.items.push_back(convert(item, file));
  } else if (const auto* text = from.as_string()) {
    node.kind = Node::Kind::text;
    node.text = text->get();
  } else if (const auto* integer = from.as_integer()) {
    node.kind = Node::Kind::integer;
    node.number = integer->get();
  } else if (const auto* real = from.as_floating_point()) {
    node.kind = Node::Kind::real;
    node.real = real->get();
  } else if (const auto* boolean = from.as_boolean()) {
    node.kind = Node::Kind::boolean;
    node.number = boolean->get() ? 1 : 0;
  } else if (const auto* date = from.as_date()) {
    std::ostringstream written;
    written << date->get();
    node.kind = Node::Kind::date;
    node.text = written.str();
    node.number = begin_of(date->get());
  } else {
    // A time of day means nothing to any key; its kind then says that something else was expected.
    node.kind = Node::Kind::real;
  }
  node.place = place_of(from.source(), file);
  return node;
}

/// True, and a problem, if a line has more dots than a key could mean.
bool too_deep(std::string_view text, std::string_view file, Problems& problems) {
  std::uint32_t line = 1;
  for (std::size_t begin = 0; begin <= text.size(); ++line) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view row = text.substr(begin, end - begin);
    if (std::count(row.begin(), row.end(), '.') > kMostDots) {
      problems.add({file, line, 1}, "the line has more than 1000 dots", "break it up");
      return true;
    }
    begin = end + 1;
  }
  return false;
}

}  // namespace

const Node* Node::find(std::string_view name) const {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const Member& member) { return member.name == name; });
  return found == members.end() ? nullptr : &found->value;
}

std::string Node::described() const {
  switch (kind) {
    case Kind::text:
      return "the string \"" + (text.size() > 40 ? text.substr(0, 40) + "…" : text) + "\"";
    case Kind::integer:
      return "the integer " + std::to_string(number);
    case Kind::real:
      return "a number or time";
    case Kind::boolean:
      return number != 0 ? "true" : "false";
    case Kind::date:
      return "the date " + text;
    case Kind::list:
      return "a list";
    case Kind::table:
      return "a table";
  }
  return "";
}

std::optional<Node> parse_document(std::string_view text, std::string_view file, Problems& problems) {
  file = core::intern(file);
  if (text.size() > kLongestFile) {
    problems.add({file}, "the file is larger than 1 MiB", "split it into files of conf.d");
    return std::nullopt;
  }
  if (too_deep(text, file, problems)) return std::nullopt;
  try {
    Node node = convert_table(toml::parse(text), file);
    node.place = {file, 1, 1};
    return node;
  } catch (const toml::parse_error& error) {
    problems.add(place_of(error.source(), file), "not valid TOML: " + std::string(error.description()));
    return std::nullopt;
  }
}

void merge(Node& base, Node&& over) {
  if (base.kind != Node::Kind::table || over.kind != Node::Kind::table) {
    base = std::move(over);
    return;
  }
  for (Member& member : over.members) {
    const auto same = std::find_if(base.members.begin(), base.members.end(),
                                   [&](const Member& other) { return other.name == member.name; });
    if (same == base.members.end()) {
      base.members.push_back(std::move(member));
    } else {
      same->place = member.place;
      merge(same->value, std::move(member.value));
    }
  }
}

}  // namespace postern::config
