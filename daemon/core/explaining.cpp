// SPDX-License-Identifier: Apache-2.0
// Why policy says what it says: to who asks, and to the author of what it has refused. Every rule is asked, also those
// behind one that denies, so that all that stands in the way is seen at once.
#include "core/json_text.hpp"
#include "core/machine.hpp"

namespace postern::core {
namespace {

using policy::Verdict;

// Where a rule comes from; what the core itself says comes from no pack.
void add_origin(JsonObject& object, const policy::PackData& pack, std::string_view id) {
  for (const policy::Rule& rule : pack.rules)
    if (rule.id == id) {
      object.add_if("says", rule.says);
      object.add("source", rule.source + (rule.date.empty() ? "" : ", " + rule.date));
      return;
    }
}

std::string spoken_json(const policy::PackData& pack, const Verdict& verdict) {
  std::string rules = "[";
  for (const policy::Spoken& spoken : verdict.spoken) {
    if (rules.size() > 1) rules += ',';
    JsonObject object(rules);
    object.add("rule", spoken.rule).add("outcome", policy::name(spoken.outcome)).add_if("reason", spoken.reason);
    if (spoken.until) object.add("until", rfc3339(spoken.until));
    add_origin(object, pack, spoken.rule);
    object.end();
  }
  return rules + "]";
}

// The first instant at which a rule says something else; 0: none knows one.
Micros changes_at(const Verdict& verdict, Micros now) {
  Micros first = 0;
  for (const policy::Spoken& spoken : verdict.spoken)
    if (spoken.until > now && (first == 0 || spoken.until < first)) first = spoken.until;
  return first;
}

}  // namespace

std::string Core::Machine::explain_json(const Step& step, const Conversation& conversation, policy::Author author,
                                        const Command& input) {
  const AccountSettings& account = settings_of(conversation);
  policy::Question question = questions_.about(conversation, account.key, author, step.now.wall);
  const bool public_ = input.in_public;
  question.public_ = public_;
  question.any_text = input.said.empty();
  question.text = question.any_text ? std::string_view("?") : std::string_view(input.said);
  if (author == policy::Author::campaign) question.purpose = "marketing";
  const policy::PackData& pack = account.pack->data();
  const Verdict verdict = judge(conversation, question, true);
  std::string out;
  JsonObject object(out);
  object.add("conversation", conversation.row.id.hex()).add("account", account.name).add("platform", account.platform);
  object.add("author", policy::name(author)).add("visibility", public_ ? "public" : "private");
  object.add("outcome", policy::name(verdict.outcome)).add("rule", verdict.rule).add("reason", verdict.reason);
  object.add_if("tag", verdict.tag);
  if (!verdict.texts.empty()) {
    std::string texts;
    for (const std::string& each : verdict.texts) append_json(texts += texts.empty() ? "[" : ",", each);
    object.raw("texts", texts + "]");
  }
  if (verdict.awaits != policy::Awaits::time) object.add("awaits", policy::name(verdict.awaits));
  if (verdict.until) object.add("until", rfc3339(verdict.until));
  if (const Micros at = changes_at(verdict, step.now.wall)) object.add("changes_at", rfc3339(at));
  object.raw("rules", spoken_json(pack, verdict));
  if (conversation.row.last_user) object.add("last_user_action", rfc3339(conversation.row.last_user));
  object.add("policy", pack.version).add("policy_hash", pack.hash);
  object.add("decision", account.pack->decision(verdict)).end();
  return out;
}

// What the author of a refused message is told; the same that `explain` says, of the very message.
std::string Core::Machine::refusal_json(const Step& step, const policy::Pack& pack, const Verdict& verdict) {
  std::string out;
  JsonObject object(out);
  object.add("rule", verdict.rule).add("reason", verdict.reason);
  add_origin(object, pack.data(), verdict.rule);
  if (const Micros at = changes_at(verdict, step.now.wall)) object.add("changes_at", rfc3339(at));
  object.raw("rules", spoken_json(pack.data(), verdict)).add("policy", pack.data().version);
  object.add("decision", pack.decision(verdict)).end();
  return out;
}

}  // namespace postern::core
