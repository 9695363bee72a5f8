// SPDX-License-Identifier: Apache-2.0
#include "control/keys_json.hpp"

#include "core/json_text.hpp"
#include "ledger/key_status.hpp"

namespace postern::control {
namespace {

using core::JsonObject;

Result<std::string> epoch_json(ledger::View& view) {
  const auto epoch = ledger::signing_epoch(view);
  if (!epoch) return tl::unexpected(epoch.error());
  std::string out;
  JsonObject object(out);
  object.add("epoch", epoch->number).add("vkey", epoch->key.text());
  if (epoch->since > 0)
    object.add("since", rfc3339(epoch->since)).add("next", rfc3339(epoch->since + view.shared().key_age));
  object.end();
  return out;
}

std::string keks_json(const std::map<std::int64_t, std::int64_t>& counts) {
  std::string out = "[";
  for (const auto& [number, count] : counts) {
    if (out.size() > 1) out += ',';
    JsonObject(out).add("kek", number).add("keys", count).end();
  }
  return out + "]";
}

}  // namespace

Answered keys_rotated(ledger::View& view, const Params&) {
  auto epoch = epoch_json(view);
  if (!epoch) return broken(epoch.error());
  return std::move(*epoch);
}

Answered keys_status(ledger::View& view, const Params&) {
  const auto epoch = epoch_json(view);
  if (!epoch) return broken(epoch.error());
  const auto counts = ledger::wrapped_by(view);
  if (!counts) return broken(counts.error());
  std::string out;
  JsonObject(out).raw("signing", *epoch).add("kek", view.shared().keks.newest()).raw("keks", keks_json(*counts)).end();
  return out;
}

}  // namespace postern::control
