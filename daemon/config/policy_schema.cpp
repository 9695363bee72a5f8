// SPDX-License-Identifier: Apache-2.0
// The keys of a policy pack, made from the evaluator's own table of rule kinds.
#include <deque>
#include <string>
#include <vector>

#include "config/schema.hpp"
#include "core/policy/rule.hpp"

namespace postern::config {
namespace {

using core::policy::Parameter;
using core::policy::RuleKind;

Type type_of(Parameter::Type type) {
  switch (type) {
    case Parameter::Type::text:
      return Type::string;
    case Parameter::Type::integer:
      return Type::integer;
    case Parameter::Type::flag:
      return Type::boolean;
    case Parameter::Type::duration:
      return Type::duration;
    case Parameter::Type::size:
      return Type::size;
    case Parameter::Type::list:
      return Type::list;
  }
  return Type::string;
}

std::vector<Key> make() {
  std::vector<Key> keys = {
      {"", "platform", Type::string, "", true, true, "The platform whose rules these are."},
      {"", "version", Type::string, "", true, true, "The name of this state of the rules, as the file is called."},
      {"", "source", Type::string, "", true, true, "Where the rules come from."},
      {"", "review_by", Type::date, "", true, true, "From this day on the status warns that the rules may be stale."},
      {"", "extends", Type::string, "", false, true,
       "The version of the same platform that this pack changes: only what differs is written."},
  };
  static std::deque<std::string> sections;  // keys hold views of them
  for (const RuleKind& kind : core::policy::rule_kinds()) {
    const std::string_view section =
        sections.emplace_back(kind.many ? "[" + std::string(kind.name) + "]" : std::string(kind.name));
    keys.push_back({section, "id", Type::string, "", true, true, "The rule's name, \"<prefix>.<name>\"."});
    keys.push_back({section, "source", Type::string, "", true, true, "The document that the rule comes from."});
    keys.push_back({section, "date", Type::date, "", true, true, "The date of that document."});
    keys.push_back({section, "says", Type::string, "", true, true, "The rule as one sentence, for `policy explain`."});
    for (const Parameter& each : kind.parameters)
      keys.push_back({section, each.name, type_of(each.type), each.standard, each.required, true, each.help, each.words,
                      each.least, each.most});
  }
  return keys;
}

}  // namespace

std::span<const Key> policy_schema() {
  static const std::vector<Key> keys = make();
  return keys;
}

}  // namespace postern::config
