// SPDX-License-Identifier: Apache-2.0
#include "broker/connect.hpp"

#include "control/request.hpp"
#include "core/interned.hpp"
#include "core/json_text.hpp"

namespace postern::broker {
namespace {

using Outcome = core::Attempted::Outcome;

constexpr std::string_view kSubscribe = "subscribe", kCheck = "check";

std::string list(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    if (out.size() > 1) out += ',';
    core::append_json(out, text);
  }
  return out + "]";
}

std::string_view word(const core::Attempted& outcome) {
  switch (outcome.outcome) {
    case Outcome::sent:
      return "done";
    case Outcome::retry:
      return "later";
    case Outcome::pause:
      return "refused";
    case Outcome::unclear:
      return "unclear";
    case Outcome::failed:
      break;
  }
  return outcome.code == "task" ? "by hand" : "failed";
}

}  // namespace

void Connect::connect(std::uint64_t reply_to, std::string_view account) {
  auto run = std::make_shared<Run>();
  run->reply_to = reply_to;
  run->account = account;
  step(run, kSubscribe);
}

void Connect::step(const std::shared_ptr<Run>& run, std::string_view kind) {
  const bool known = tasks_.run(run->account, kind, [this, run, kind](core::Attempted&& outcome, AccountTold&& told) {
    add_step(*run, kind, outcome);
    if (kind == kSubscribe) return step(run, kCheck);
    run->told = std::move(told);
    if (outcome.outcome == Outcome::pause && outcome.error_class == "auth")
      decide_(core::Standing{core::intern(run->account), "auth", outcome.text, 0});
    else if (run->told.ends > 0)
      decide_(core::Standing{core::intern(run->account), {}, {}, run->told.ends});
    finish(*run);
  });
  if (known) return;
  std::string error;
  core::JsonObject(error).add("code", control::kNotFound).add("message", "no such account: " + run->account).end();
  reply_({run->reply_to, false, std::move(error)});
}

void Connect::add_step(Run& run, std::string_view kind, const core::Attempted& outcome) {
  if (run.steps.size() > 1) run.steps += ',';
  const std::string_view how = word(outcome);
  run.well &= how == "done" || how == "by hand";
  core::JsonObject(run.steps).add("step", kind).add("outcome", how).add_if("text", outcome.text).end();
}

void Connect::finish(Run& run) {
  std::vector<std::string> missing = run.told.missing;
  if (const std::string lacks = tasks_.lacks(run.account); !lacks.empty())
    missing.push_back("not configured: " + lacks +
                      "; so nothing refreshes the token, and somebody has to log in again before it ends");
  std::string out;
  core::JsonObject object(out);
  object.add("account", run.account).add("well", run.well && missing.empty()).raw("steps", run.steps + "]");
  object.add_if("id", run.told.id).add_if("name", run.told.name).raw("scopes", list(run.told.scopes));
  if (run.told.ends > 0) object.add("token_ends", rfc3339(run.told.ends));
  object.raw("missing", list(missing)).end();
  reply_({run.reply_to, true, std::move(out)});
}

}  // namespace postern::broker
