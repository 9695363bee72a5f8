// SPDX-License-Identifier: Apache-2.0
#include "control/pack_json.hpp"

#include <boost/json.hpp>

#include "core/interned.hpp"

namespace postern::control {
namespace {

namespace json = boost::json;
using namespace core::policy;

json::value value_json(const Rule::Value& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  if (const auto* text = std::get_if<std::string>(&value)) return json::string(*text);
  json::array list;
  for (const std::string& item : std::get<std::vector<std::string>>(value)) list.emplace_back(item);
  return list;
}

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::string(*text) : std::string();
}

std::optional<Rule::Value> read_value(const Parameter& parameter, const json::value& value) {
  switch (parameter.type) {
    case Parameter::Type::text:
      if (const auto* text = value.if_string()) return std::string(*text);
      return std::nullopt;
    case Parameter::Type::list: {
      std::vector<std::string> list;
      const auto* items = value.if_array();
      if (items == nullptr) return std::nullopt;
      for (const auto& item : *items) {
        if (!item.is_string()) return std::nullopt;
        list.emplace_back(item.get_string());
      }
      return list;
    }
    default: {
      const auto* number = value.if_int64();
      const bool fits = number != nullptr && *number >= parameter.least && *number <= parameter.most;
      if (!fits && !(number != nullptr && *number == 0 && !parameter.required)) return std::nullopt;
      return *number;
    }
  }
}

Result<Rule> read_rule(const json::value& value) {
  const auto* object = value.if_object();
  if (object == nullptr) return failure("a rule is no object");
  Rule rule;
  rule.id = core::intern(text_of(*object, "id"));
  const RuleKind* kind = rule_kind(text_of(*object, "kind"));
  if (kind == nullptr)
    return failure("rule " + std::string(rule.id) + " is of a kind that this daemon does not know",
                   "use a posternctl of its version");
  rule.kind = kind->name;
  rule.source = text_of(*object, "source");
  rule.date = text_of(*object, "date");
  rule.says = text_of(*object, "says");
  const auto* values = object->if_contains("values");
  for (const Parameter& parameter : kind->parameters) {
    const auto* given =
        values != nullptr && values->is_object() ? values->get_object().if_contains(parameter.name) : nullptr;
    if (given == nullptr) continue;
    auto read = read_value(parameter, *given);
    if (!read) return failure("rule " + std::string(rule.id) + ": its " + std::string(parameter.name) + " is none");
    rule.values.emplace_back(parameter.name, std::move(*read));
  }
  return rule;
}

}  // namespace

std::string pack_json(const PackData& pack) {
  json::array rules;
  for (const Rule& rule : pack.rules) {
    json::object values;
    for (const auto& [name, value] : rule.values) values[name] = value_json(value);
    rules.push_back({{"kind", rule.kind},
                     {"id", rule.id},
                     {"source", rule.source},
                     {"date", rule.date},
                     {"says", rule.says},
                     {"values", std::move(values)}});
  }
  return json::serialize(json::object{{"platform", pack.platform},
                                      {"version", pack.version},
                                      {"source", pack.source},
                                      {"review_by", pack.shelf_life_ends},
                                      {"rules", std::move(rules)}});
}

Result<std::shared_ptr<const Pack>> read_pack(const json::value& value) {
  const auto* object = value.if_object();
  const auto* rules = object != nullptr ? object->if_contains("rules") : nullptr;
  if (rules == nullptr || !rules->is_array()) return failure("expected a pack with its rules");
  PackData data;
  data.platform = core::intern(text_of(*object, "platform"));
  data.version = core::intern(text_of(*object, "version"));
  data.source = text_of(*object, "source");
  if (const auto* until = object->if_contains("review_by"); until != nullptr && until->is_int64())
    data.shelf_life_ends = until->get_int64();
  for (const auto& each : rules->get_array()) {
    auto rule = read_rule(each);
    if (!rule) return tl::unexpected(rule.error());
    data.rules.push_back(std::move(*rule));
  }
  data.hash = core::intern(content_hash(data));
  std::vector<Complaint> complaints;
  auto pack = std::make_shared<const Pack>(std::move(data), &complaints);
  if (!complaints.empty())
    return failure("rule " + std::string(complaints.front().rule->id) + ": " + complaints.front().what,
                   complaints.front().remedy);
  return pack;
}

}  // namespace postern::control
