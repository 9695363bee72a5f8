// SPDX-License-Identifier: Apache-2.0
// Policy packs as files: what one says otherwise than another, and whether it gives the verdicts that somebody expects.
#include <fmt/format.h>

#include <map>

#include "config/files.hpp"
#include "config/policy_cases.hpp"
#include "config/policy_file.hpp"
#include "failure.hpp"
#include "packs.hpp"
#include "table.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

using core::policy::Pack;
using core::policy::Parameter;
using core::policy::Rule;

std::string value_text(const Parameter& parameter, const Rule& rule) {
  switch (parameter.type) {
    case Parameter::Type::list: {
      std::string out;
      for (const std::string& item : rule.list(parameter.name)) out += (out.empty() ? "" : ", ") + item;
      return out.empty() ? "none" : out;
    }
    case Parameter::Type::text:
      return rule.text(parameter.name).empty() ? "none" : rule.text(parameter.name);
    case Parameter::Type::flag:
      return rule.flag(parameter.name) ? "yes" : "no";
    case Parameter::Type::duration:
      return rule.number(parameter.name) == 0 ? "none" : core::policy::words(rule.number(parameter.name));
    default:
      return std::to_string(rule.number(parameter.name));
  }
}

std::map<std::string_view, const Rule*> by_id(const Pack& pack) {
  std::map<std::string_view, const Rule*> out;
  for (const Rule& rule : pack.data().rules) out[rule.id] = &rule;
  return out;
}

}  // namespace

int policy_diff(Session& session, const std::string& before, const std::string& after) {
  const auto old_pack = read_pack(session, before), new_pack = read_pack(session, after);
  const auto old_rules = by_id(*old_pack), new_rules = by_id(*new_pack);
  int changes = 0;
  const auto say = [&](const std::string& text) {
    line(text);
    ++changes;
  };
  for (const auto& [id, rule] : old_rules)
    if (!new_rules.contains(id)) say(fmt::format("gone     {}: {}", id, rule->says));
  for (const auto& [id, rule] : new_rules) {
    const auto at = old_rules.find(id);
    if (at == old_rules.end()) {
      say(fmt::format("new      {}: {}", id, rule->says));
      continue;
    }
    const Rule& old_rule = *at->second;
    if (old_rule.kind != rule->kind) {
      say(fmt::format("changed  {}: a rule of the kind {} is now one of {}", id, old_rule.kind, rule->kind));
      continue;
    }
    for (const Parameter& parameter : core::policy::rule_kind(rule->kind)->parameters) {
      const std::string was = value_text(parameter, old_rule), is = value_text(parameter, *rule);
      if (was != is) say(fmt::format("changed  {}: {} was {}, is {}", id, parameter.name, was, is));
    }
  }
  if (changes == 0) line("both say the same");
  return 0;
}

int policy_test(Session& session, const std::filesystem::path& cases) {
  config::Problems problems;
  const auto text = config::read_config_file(cases);
  if (!text) throw Failure(66, text.error().what);
  const auto document = config::parse_document(*text, cases.string(), problems);
  const config::Node* pack_name = document ? document->find("pack") : nullptr;
  const config::Node* list = document ? document->find("case") : nullptr;
  const config::Node* profile = document ? document->find("profile") : nullptr;
  if (pack_name == nullptr || list == nullptr || list->kind != config::Node::Kind::list)
    throw Failure(78, problems.text() + cases.string() + " needs pack = \"FILE\" and [[case]]s (docs/policy.md)");
  // A file is named as seen from the cases.
  const bool is_file = pack_name->text.ends_with(".toml");
  const auto pack = read_pack(session, is_file ? (cases.parent_path() / pack_name->text).string() : pack_name->text,
                              profile == nullptr ? "" : profile->text);
  int wrong = 0;
  for (const config::Node& entry : list->items) {
    const std::string difference = config::ask_policy_case(*pack, entry, session.now(), problems).difference;
    if (difference.empty()) continue;
    ++wrong;
    const config::Node* name = entry.find("name");
    line(
        fmt::format("{}:{}: {}: {}", cases.string(), entry.place.line, name == nullptr ? "?" : name->text, difference));
  }
  if (!problems.empty()) throw Failure(78, problems.text());
  line(fmt::format("{} cases, {} wrong", list->items.size(), wrong));
  return wrong == 0 ? 0 : 1;
}

}  // namespace postern::ctl
