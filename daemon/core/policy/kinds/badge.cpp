// SPDX-License-Identifier: Apache-2.0
// What a platform asks of who wants its badge for being responsive. Nothing is judged by it; reports measure by it.
#include "core/policy/kinds/kinds.hpp"

namespace postern::core::policy {
namespace {

constexpr Parameter kParameters[] = {
    {"answered",
     Parameter::Type::integer,
     "",
     true,
     "How many of a hundred messages have to be answered …",
     {},
     1,
     100},
    {"within", Parameter::Type::duration, "", true, "… within this time.", {}, kSecond, 7 * kDay},
};

class Badge : public Evaluator {
 public:
  Badge(std::span<const Rule>, std::vector<Complaint>&) {}
  void ask(Judgement&) const override {}
};

}  // namespace

const RuleKind kBadge = {"badge",     false,      false, "What the platform's badge for being responsive asks for.",
                         kParameters, make<Badge>};

}  // namespace postern::core::policy
