// SPDX-License-Identifier: Apache-2.0
// What a contact may ask for beside being forgotten: that nothing is done with what they write, and that what is kept
// of them is right.
#include <boost/json.hpp>

#include "core/json_text.hpp"
#include "core/machine.hpp"

namespace postern::core {
namespace {

constexpr std::size_t kLongestValue = 500;  // bytes
constexpr int kRefused = -32010, kInvalid = -32602;

std::string error(int code, std::string_view message) {
  std::string out;
  JsonObject(out).add("code", code).add("message", message).end();
  return out;
}

}  // namespace

Core::Machine::CommandAnswer Core::Machine::restrict_command(Step& step, const Command& input,
                                                             const SubjectFound& found) {
  const std::shared_ptr<Contact> contact = adopt(found.contact->account, found.contact);
  if (!contact) return {false, error(kRefused, "this contact is being erased, or was")};
  const bool on = input.text != "off";
  const bool changes = std::exchange(contact->restricted, on) != on;
  std::int64_t index = kNone;
  if (changes) {
    Record& made = record(step, "subject.restricted");
    made.actor = input.actor;
    made.account = contact->account;
    if (const AccountState* account = account_state(contact->account)) made.platform = account->settings->platform;
    made.contact = contact->id;
    made.decision = on ? "on" : "off";
    index = made.index;
    save(step, contact);
    if (!on) release_for(step, *contact);
  }
  std::string out;
  JsonObject object(out);
  object.add("contact", contact->id.hex()).add("restricted", on);
  if (index != kNone) object.add("record", index);
  object.end();
  return {true, std::move(out)};
}

// What was wrong and what is right is sealed, like everything that says something of the contact.
Core::Machine::CommandAnswer Core::Machine::rectify_command(Step& step, const Command& input,
                                                            const SubjectFound& found) {
  boost::json::error_code code;
  const auto change = boost::json::parse(input.change, code);
  const auto* wanted = code ? nullptr : change.if_object();
  if (wanted == nullptr || wanted->empty())
    return {false, error(kInvalid, "nothing is to be put right: name, first_name, handle or locale")};
  const std::shared_ptr<Contact> contact = adopt(found.contact->account, found.contact);
  if (!contact) return {false, error(kRefused, "this contact is being erased, or was")};
  const std::pair<std::string_view, std::string*> fields[] = {{"name", &contact->name},
                                                              {"first_name", &contact->first_name},
                                                              {"handle", &contact->handle},
                                                              {"locale", &contact->locale}};
  for (const auto& [name, value] : *wanted) {
    const auto* text = value.if_string();
    const bool known = std::ranges::any_of(
        fields, [&, name = std::string_view(name)](const auto& field) { return field.first == name; });
    if (!known || text == nullptr || text->size() > kLongestValue)
      return {false, error(kInvalid, std::string(name) + ": expected name, first_name, handle or locale, a text of at "
                                                         "most 500 bytes")};
  }
  std::int64_t changed = 0;
  for (const auto& [name, field] : fields) {
    const auto* value = wanted->if_contains(name);
    if (value == nullptr) continue;
    std::string text(value->get_string().data(), value->get_string().size());
    if (*field != text) ++changed;
    *field = std::move(text);
  }
  contact->rectified = true;
  Record& made = record(step, "subject.rectified");
  made.actor = input.actor;
  made.account = contact->account;
  if (const AccountState* account = account_state(contact->account)) made.platform = account->settings->platform;
  made.contact = contact->id;
  made.count = changed;
  made.retention = "dm";
  made.body = std::make_shared<const std::string>(boost::json::serialize(change));
  const std::int64_t index = made.index;
  save(step, contact);
  std::string out;
  JsonObject(out).add("contact", contact->id.hex()).add("changed", changed).add("record", index).end();
  return {true, std::move(out)};
}

// Policy, and before it the contact's own word: to whoever has asked for restriction nothing is said until that ends.
policy::Verdict Core::Machine::judge(const Conversation& conversation, const policy::Question& question,
                                     bool all) const {
  policy::Verdict verdict = settings_of(conversation).pack->judge(question, rates_, all);
  if (!conversation.contact->restricted || verdict.outcome == policy::Outcome::deny) return verdict;
  verdict.outcome = policy::Outcome::hold;
  verdict.rule = "core.restricted";
  verdict.reason = "the contact has restricted what may be done with their messages";
  verdict.awaits = policy::Awaits::consent;
  verdict.until = 0;
  verdict.spoken.push_back({verdict.rule, verdict.outcome, verdict.reason, 0});
  return verdict;
}

}  // namespace postern::core
