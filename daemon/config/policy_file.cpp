// SPDX-License-Identifier: Apache-2.0
#include "config/policy_file.hpp"

#include <algorithm>
#include <map>

#include "config/schema.hpp"
#include "core/interned.hpp"

namespace postern::config {
namespace {

using namespace core::policy;

bool is_rule_id(std::string_view id) {
  const std::size_t dot = id.find('.');
  return dot != 0 && dot != std::string_view::npos && dot + 1 < id.size() &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-", dot + 1) == std::string_view::npos &&
         id.substr(0, dot).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string_view::npos;
}

/// Reads a document into a pack, rule by rule.
class Reader {
 public:
  Reader(const Node& document, bool is_profile, Problems& problems)
      : document_(document), is_profile_(is_profile), problems_(problems) {}

  PackData read() {
    read_head();
    for (const RuleKind& kind : rule_kinds())
      for (const Node* item : items(kind)) read_rule(kind, *item);
    check();
    pack_.hash = core::intern(content_hash(pack_));
    return std::move(pack_);
  }

 private:
  void read_head() {
    const Table table(&document_, policy_schema(), "", Table::Others::unknown, problems_);
    pack_.platform = core::intern(table.text("platform"));
    pack_.version = core::intern(table.text("version"));
    pack_.source = table.text("source");
    pack_.shelf_life_ends = table.number("review_by");
    if (is_profile_) return;  // it adds to packs that have all that a platform needs
    for (const std::string_view needed : {"window", "text", "attachments"})
      if (document_.find(needed) == nullptr)
        problems_.add(document_.place, "the pack has no rule \"" + std::string(needed) + "\"",
                      "every platform has one; write it down");
  }

  std::vector<const Node*> items(const RuleKind& kind) {
    const Node* node = document_.find(kind.name);
    if (node == nullptr) return {};
    if (!kind.many) return {node};
    std::vector<const Node*> out;
    if (node->kind != Node::Kind::list) {
      problems_.add(node->place,
                    "\"" + std::string(kind.name) + "\": expected a list of rules, found " + node->described(),
                    "write [[" + std::string(kind.name) + "]]");
      return out;
    }
    for (const Node& item : node->items) out.push_back(&item);
    return out;
  }

  void read_rule(const RuleKind& kind, const Node& node) {
    const std::string section = kind.many ? "[" + std::string(kind.name) + "]" : std::string(kind.name);
    const Table table(&node, policy_schema(), section, Table::Others::unknown, problems_);
    Rule rule;
    rule.kind = kind.name;
    rule.id = core::intern(table.text("id"));
    check_id(table, rule.id);
    const Node* date = table.node("date");
    rule.source = table.text("source");
    rule.date = date == nullptr ? "" : date->text;
    rule.says = table.text("says");
    for (const Parameter& each : kind.parameters) {
      switch (each.type) {
        case Parameter::Type::list:
          if (table.has(each.name) && each.required && table.list(each.name).empty() && each.name == "author")
            problems_.add(table.place(each.name), "\"author\" is empty", "say who may write");
          rule.values.emplace_back(each.name, table.list(each.name));
          break;
        case Parameter::Type::text:
          rule.values.emplace_back(each.name, table.text(each.name));
          break;
        case Parameter::Type::flag:
          rule.values.emplace_back(each.name, std::int64_t{table.flag(each.name) ? 1 : 0});
          break;
        default:
          rule.values.emplace_back(each.name, table.number(each.name));
      }
    }
    nodes_[rule.id] = &node;
    pack_.rules.push_back(std::move(rule));
  }

  void check_id(const Table& table, std::string_view id) {
    if (id.empty()) return;
    const std::string_view first = pack_.rules.empty() ? id : pack_.rules.front().id;
    const std::string_view prefix = first.substr(0, first.find('.'));
    if (!is_rule_id(id))
      problems_.add(table.place("id"),
                    "\"id\": expected \"<prefix>.<name>\" of a-z, 0-9 and -, found \"" + std::string(id) + "\"");
    else if (id.substr(0, id.find('.')) != prefix)
      problems_.add(table.place("id"),
                    "rule \"" + std::string(id) + "\" has another prefix than \"" + std::string(first) + "\"",
                    "a pack has one prefix: call it \"" + std::string(prefix) + "." +
                        std::string(id.substr(id.find('.') + 1)) + "\"");
    if (nodes_.contains(id))
      problems_.add(table.place("id"), "rule \"" + std::string(id) + "\" is there already", "give it another id");
  }

  /// What the kinds themselves have against the rules.
  void check() {
    std::vector<Complaint> complaints;
    const Pack compiled(pack_, &complaints);
    // A complaint points at a rule of the compiled copy, so it is placed before that goes.
    for (const Complaint& complaint : complaints) {
      const Node& node = *nodes_.at(complaint.rule->id);
      const Node* value = node.find(complaint.parameter);
      problems_.add(value == nullptr ? node.place : value->place, complaint.what, complaint.remedy);
    }
  }

  const Node& document_;
  const bool is_profile_;
  Problems& problems_;
  PackData pack_;
  std::map<std::string_view, const Node*> nodes_;  ///< by rule
};

}  // namespace

std::optional<PackData> read_pack(const Node& document, Problems& problems, bool is_profile) {
  const std::size_t before = problems.size();
  PackData pack = Reader(document, is_profile, problems).read();
  if (problems.size() != before) return std::nullopt;
  return pack;
}

}  // namespace postern::config
