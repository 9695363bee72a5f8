// SPDX-License-Identifier: Apache-2.0
#include "control/verdict_json.hpp"

#include "core/json_text.hpp"

namespace postern::control {
namespace {

using core::JsonObject;

std::int64_t integer(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}

/// A JSON list of what `add(object, item)` writes of each item.
template <typename Items, typename Add>
std::string list_of(const Items& items, Add add) {
  std::string out = "[";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    JsonObject object(out);
    add(object, item);
    object.end();
  }
  return out + "]";
}

}  // namespace

std::string_view word(ledger::Code code) {
  switch (code) {
    case ledger::Code::ok:
      return "ok";
    case ledger::Code::tampered:
      return "tampered";
    case ledger::Code::incomplete:
      return "incomplete";
    case ledger::Code::unattested:
      return "unattested";
    case ledger::Code::erased:
      return "erased";
    case ledger::Code::usage:
      break;
  }
  return "usage";
}

std::string verdict_json(const ledger::Verdict& verdict) {
  std::string out, inner;
  JsonObject object(out);
  object.add("code", static_cast<int>(verdict.code())).add("verdict", word(verdict.code()));
  object.add("leaves", integer(verdict.leaves)).add("size", integer(verdict.size.value_or(0)));
  object.add("epochs", integer(verdict.epochs));
  JsonObject(inner)
      .add("intact", integer(verdict.intact))
      .add("erased", integer(verdict.shredded))
      .add("missing", integer(verdict.missing))
      .add("bad", integer(verdict.bad))
      .end();
  object.raw("bodies", inner);
  inner.clear();
  JsonObject counts(inner);
  for (int code = 1; code <= 4; ++code)
    counts.add(word(static_cast<ledger::Code>(code)), integer(verdict.found[static_cast<std::size_t>(code)]));
  counts.end();
  object.raw("found", inner);
  object.raw("findings", list_of(verdict.findings, [](JsonObject& item, const ledger::Finding& finding) {
               item.add("code", static_cast<int>(finding.code)).add("where", finding.where).add("what", finding.what);
             }));
  object.raw("clock_steps", list_of(verdict.steps, [](JsonObject& item, const ledger::ClockStep& step) {
               item.add("record", integer(step.i)).add("step_us", step.step_us);
             }));
  object.raw("bounds", list_of(verdict.bounds, [](JsonObject& item, const ledger::TimeBound& bound) {
               item.add("size", integer(bound.size)).add("time", integer(bound.time)).add("witness", bound.witness);
             }));
  object.end();
  return out;
}

}  // namespace postern::control
