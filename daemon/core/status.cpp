// SPDX-License-Identifier: Apache-2.0
// What tools see of the state. No content, no names: ids, counts, times, reasons.
#include "core/json_text.hpp"
#include "core/machine.hpp"

namespace postern::core {
namespace {

constexpr std::size_t kHeldListed = 1'000;

}  // namespace

Figures Core::Machine::figures() const {
  Figures figures = figures_;
  figures.conversations = conversations_.size();
  figures.lanes_busy = calls_.size();
  figures.files_waiting = media_.size();
  figures.records = next_index_;
  for (const auto& [key, part] : parts_) {
    switch (part->state) {
      case PartState::queued:
      case PartState::retry:
        ++figures.parts_queued;
        break;
      case PartState::held:
      case PartState::asks:
      case PartState::wants:
        ++figures.parts_held;
        break;
      case PartState::sending:
        ++figures.parts_sending;
        break;
      case PartState::unknown:
        ++figures.parts_unknown;
        break;
      case PartState::parked:
        ++figures.parts_parked;
        break;
    }
  }
  return figures;
}

Tally Core::Machine::tally() const {
  return {figures_.received,     figures_.duplicates,     figures_.sent,          figures_.refused,
          figures_.answered,     figures_.escalated,      figures_.turns_waiting, figures_.quarantined,
          conversations_.size(), figures_.account_changes};
}

std::string Core::Machine::accounts_json() const {
  std::string out = "[";
  for (const auto& settings : settings_->accounts) {
    const AccountState& account = accounts_.at(settings.name);
    if (out.size() > 1) out += ',';
    JsonObject object(out);
    object.add("account", settings.name)
        .add("platform", settings.platform)
        .add("policy", settings.pack->data().version)
        .add("policy_review_by", rfc3339(settings.pack->data().shelf_life_ends).substr(0, 10));
    object.add("sent", static_cast<std::int64_t>(account.sent))
        .add("failed", static_cast<std::int64_t>(account.failed));
    if (settings.list_every > 0) {
      if (account.listing.looked_at > 0) object.add("listed_at", rfc3339(account.listing.looked_at));
      object.add("missed", static_cast<std::int64_t>(account.listing.missed));
      object.add_if("listing_error", account.listing.error);
    }
    object.add_if("paused", account.paused).add_if("pause_class", account.pause_class);
    const TokenRow& token = account.token;
    if (token.ends > 0) object.add("token_ends", rfc3339(token.ends));
    if (token.due > 0 && settings.refresh.possible) object.add("token_refresh", rfc3339(token.due));
    if (token.asked > 0) object.add("token_asked", rfc3339(token.asked));
    object.add_if("token_trouble", token.trouble).end();
  }
  return out + "]";
}

std::vector<AccountMark> Core::Machine::account_marks() const {
  std::vector<AccountMark> marks;
  for (const auto& settings : settings_->accounts) {
    const AccountState& account = accounts_.at(settings.name);
    marks.push_back(
        {settings.name, account.paused.empty() ? std::string_view() : account.pause_class, account.token.ends});
  }
  return marks;
}

std::string Core::Machine::quarantine_json() const {
  std::map<std::int64_t, const Turn*> listed;
  for (const auto& [index, turn] : turns_)
    if (turn->stage == Turn::Stage::quarantine) listed[index] = turn.get();
  std::string out = "[";
  for (const auto& [index, turn] : listed) {
    if (out.size() > 1) out += ',';
    JsonObject object(out);
    object.add("index", index).add("account", turn->conversation->row.account);
    object.add("conversation", turn->conversation->row.id.hex()).add("kind", name(turn->event.kind));
    object.add("received_at", rfc3339(turn->received));
    const auto reason = quarantine_reasons_.find(index);
    object.add("reason", reason == quarantine_reasons_.end() ? "" : reason->second).end();
  }
  return out + "]";
}

std::string Core::Machine::parked_json() const {
  std::map<std::int64_t, const Part*> listed;
  for (const auto& [key, part] : parts_)
    if (part->state != PartState::queued && part->state != PartState::sending && part->state != PartState::retry)
      listed[key] = part;
  // Held ones may be many, where a rate is exceeded; the others wait for somebody and are all shown.
  std::size_t held = 0;
  std::erase_if(listed,
                [&](const auto& entry) { return entry.second->state == PartState::held && ++held > kHeldListed; });
  std::string out = "[";
  for (const auto& [key, part] : listed) {
    if (out.size() > 1) out += ',';
    JsonObject object(out);
    object.add("part", key).add("message", part->message.hex()).add("state", name(part->state));
    object.add("account", part->conversation->row.account).add("conversation", part->conversation->row.id.hex());
    object.add("attempts", part->attempt).add("since", rfc3339(part->since));
    if (part->due > 0) object.add("until", rfc3339(part->due));
    object.end();
  }
  return out + "]";
}

}  // namespace postern::core
