// SPDX-License-Identifier: Apache-2.0
#include "core/policy/policy.hpp"

#include <algorithm>

#include "core/interned.hpp"
#include "core/policy/rate_book.hpp"

namespace postern::core::policy {
namespace {

bool is_message(EffectKind kind) {
  return kind == EffectKind::reply || kind == EffectKind::send || kind == EffectKind::comment_reply ||
         kind == EffectKind::private_reply;
}

bool is_public(const Question& question) {
  return question.public_ || question.effect == EffectKind::comment_reply || question.effect == EffectKind::hide;
}

std::size_t attachments_of(const Question& question) {
  return question.attachments == nullptr ? 0 : question.attachments->size();
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

/// "24 h", "7 d", "300 ms": the largest unit that leaves no rest.
std::string words(Micros length) {
  struct {
    Micros size;
    const char* name;
  } constexpr kUnits[] = {{kDay, " d"}, {kHour, " h"}, {kMinute, " min"}, {kSecond, " s"}, {kMilli, " ms"}};
  for (const auto& unit : kUnits)
    if (length >= 2 * unit.size && length % unit.size == 0) return std::to_string(length / unit.size) + unit.name;
  return std::to_string(length / kSecond) + " s";
}

/// Returns false, so that a rule can say `return deny(…)`.
bool deny(Verdict& verdict, std::string_view rule, std::string reason) {
  verdict.outcome = Verdict::Outcome::deny;
  verdict.rule = rule;
  verdict.reason = std::move(reason);
  verdict.until = 0;
  verdict.tag = {};
  return false;
}

bool counts(const RateLimit& limit, const Question& question) {
  switch (limit.applies) {
    case RateLimit::Applies::all:
      return true;
    case RateLimit::Applies::message:
      return is_message(question.effect);
    case RateLimit::Applies::private_reply:
      return question.effect == EffectKind::private_reply;
    case RateLimit::Applies::media:
      return is_message(question.effect) && attachments_of(question) > 0;
  }
  return true;
}

std::int64_t key_of(const RateLimit& limit, const Question& question) {
  return limit.scope == RateLimit::Scope::account ? question.account : question.contact;
}

std::string too_long(const char* what, std::int64_t found, std::int64_t max, Unit unit) {
  return std::string(what) + " has " + std::to_string(found) + " " + std::string(name(unit)) + ", the platform takes " +
         std::to_string(max) + ": shorten it";
}

}  // namespace

std::string_view name(Author author) {
  switch (author) {
    case Author::human:
      return "human";
    case Author::bot:
      return "bot";
    case Author::campaign:
      return "campaign";
  }
  return "";
}

std::optional<Author> parse_author(std::string_view word) {
  for (const Author author : {Author::human, Author::bot, Author::campaign})
    if (word == name(author)) return author;
  return std::nullopt;
}

std::string_view name(Verdict::Outcome outcome) {
  switch (outcome) {
    case Verdict::Outcome::allow:
      return "allow";
    case Verdict::Outcome::transform:
      return "transform";
    case Verdict::Outcome::hold:
      return "hold";
    case Verdict::Outcome::deny:
      return "deny";
  }
  return "";
}

Pack::Pack(PackData data) : data_(std::move(data)) {
  const std::string_view any = data_.rules.empty() ? data_.text_rule : data_.rules.front().rule;
  const std::string_view prefix = any.substr(0, any.find('.'));
  nothing_objects_ = intern(std::string(prefix.empty() ? data_.platform : prefix) + ".allow");
}

Verdict Pack::judge(const Question& question, const RateBook& rates) const {
  Verdict verdict;
  verdict.rule = nothing_objects_;
  if (!admit(question, verdict)) return verdict;
  if (!question.retry && !fits(question, verdict)) return verdict;
  pace(question, rates, verdict);
  return verdict;
}

bool Pack::admit(const Question& question, Verdict& verdict) const {
  if (question.effect == EffectKind::private_reply) return admit_private_reply(question, verdict);
  if (is_public(question) || data_.windows.empty()) return true;

  const Window* best = nullptr;    // the shortest that holds
  const Window* widest = nullptr;  // of those that are closed, for the reason
  const auto ends = [&](const Window& window) { return question.last_user + window.length; };
  const auto wider = [](const Window& a, const Window& b) {
    return b.length != 0 && (a.length == 0 || a.length > b.length);
  };
  for (const Window& window : data_.windows) {
    if (window.author != question.author) continue;
    if (!window.tag.empty() && (question.author != Author::human || !is_message(question.effect))) continue;
    const bool holds = question.last_user != 0 && (window.length == 0 || question.now < ends(window));
    if (holds && (best == nullptr || wider(*best, window))) best = &window;
    if (widest == nullptr || wider(window, *widest)) widest = &window;
  }
  if (best != nullptr) {
    verdict.rule = best->rule;
    verdict.tag = best->tag;
    verdict.until = best->length == 0 ? 0 : ends(*best);
    return true;
  }

  const std::string who = "a " + std::string(name(question.author));
  if (widest == nullptr) return deny(verdict, data_.windows.front().rule, who + " may not write on this platform");
  if (question.last_user == 0)
    return deny(verdict, widest->rule, "the contact has not written yet, and only they can begin: wait for them");
  return deny(verdict, widest->rule,
              who + " may write for " + words(widest->length) + " after the contact's last act, which was at " +
                  rfc3339(question.last_user) + ": wait until they write again" +
                  (question.author == Author::human ? "" : ", or let a person answer"));
}

bool Pack::admit_private_reply(const Question& question, Verdict& verdict) const {
  const Micros ends = question.comment_at + data_.private_reply_within;
  if (data_.private_reply_within != 0 && question.now >= ends)
    return deny(verdict, data_.private_reply_rule,
                "a private reply may follow its comment for " + words(data_.private_reply_within) +
                    ", this one was made at " + rfc3339(question.comment_at) + ": answer in public");
  // A retry is the same reply again, known not to have arrived.
  if (data_.private_reply_once && question.comment_replied && !question.retry)
    return deny(verdict, data_.private_reply_rule,
                "this comment had its private reply: wait until the contact answers it");
  if (!data_.private_reply_rule.empty()) verdict.rule = data_.private_reply_rule;
  verdict.until = data_.private_reply_within == 0 ? 0 : ends;
  return true;
}

bool Pack::fits(const Question& question, Verdict& verdict) const {
  if (!is_message(question.effect)) return true;
  if (is_blank(question.text) && attachments_of(question) == 0)
    return deny(verdict, data_.text_rule, "there is nothing to say: give a text or an attachment");

  if (question.attachments != nullptr)
    for (const Attachment& attachment : *question.attachments)
      if (std::find(data_.attachments.begin(), data_.attachments.end(), attachment.type) == data_.attachments.end())
        return deny(verdict, data_.attachments_rule,
                    "the platform takes no attachment of type \"" + attachment.type + "\": send a link in the text");

  if (question.quick_replies != nullptr) {
    const auto count = static_cast<std::int64_t>(question.quick_replies->size());
    if (data_.quick_replies_max != 0 && count > data_.quick_replies_max)
      return deny(verdict, data_.quick_replies_rule,
                  "there are " + std::to_string(count) + " quick replies, the platform takes " +
                      std::to_string(data_.quick_replies_max) + ": leave some out");
    for (const QuickReply& reply : *question.quick_replies) {
      const std::int64_t title = length(reply.title, Unit::codepoints), payload = length(reply.payload, Unit::bytes);
      if (data_.quick_reply_title_max != 0 && title > data_.quick_reply_title_max)
        return deny(verdict, data_.quick_replies_rule,
                    too_long("the title of a quick reply", title, data_.quick_reply_title_max, Unit::codepoints));
      if (data_.quick_reply_payload_max != 0 && payload > data_.quick_reply_payload_max)
        return deny(verdict, data_.quick_replies_rule,
                    too_long("the payload of a quick reply", payload, data_.quick_reply_payload_max, Unit::bytes));
    }
  }
  return fits_text(question, verdict);
}

bool Pack::fits_text(const Question& question, Verdict& verdict) const {
  const bool once = question.effect == EffectKind::private_reply;
  if (once && attachments_of(question) + (question.text.empty() ? 0 : 1) > 1)
    return deny(verdict, data_.private_reply_rule,
                "a private reply is one message: send the text or one attachment, not both");
  if (is_public(question)) {
    const std::int64_t found = length(question.text, data_.comment_unit);
    if (data_.comment_max == 0 || found <= data_.comment_max) return true;
    return deny(verdict, data_.comment_rule, too_long("the comment", found, data_.comment_max, data_.comment_unit));
  }
  const std::int64_t found = length(question.text, data_.text_unit);
  if (data_.text_max == 0 || found <= data_.text_max) return true;
  if (once || !data_.text_split)
    return deny(verdict, data_.text_rule, too_long("the text", found, data_.text_max, data_.text_unit));
  verdict.outcome = Verdict::Outcome::transform;
  verdict.rule = data_.text_rule;
  verdict.texts = split(question.text, data_.text_unit, data_.text_max);
  verdict.reason =
      "the text is longer than one message may be and goes out in " + std::to_string(verdict.texts.size()) + " parts";
  return true;
}

void Pack::pace(const Question& question, const RateBook& rates, Verdict& verdict) const {
  const RateLimit* last = nullptr;
  Micros until = question.now;
  for (const RateLimit& limit : data_.rates) {
    if (!counts(limit, question)) continue;
    const Micros next = rates.next(limit, key_of(limit, question), question.now);
    if (next <= until) continue;
    until = next;
    last = &limit;
  }
  if (last == nullptr) return;
  verdict.outcome = Verdict::Outcome::hold;  // the texts stay: what is held has its form already
  verdict.rule = last->rule;
  verdict.until = until;
  verdict.reason = "at most " + std::to_string(last->count) + " may be sent in " + words(last->per) + ": it waits";
}

void Pack::count(const Question& question, RateBook& rates) const {
  for (const RateLimit& limit : data_.rates)
    if (counts(limit, question)) rates.take(limit, key_of(limit, question), question.now);
}

Micros Pack::rates_look_back() const {
  Micros longest = 0;
  for (const RateLimit& limit : data_.rates) longest = std::max(longest, limit.per);
  return longest;
}

std::string Pack::decision(const Verdict& verdict) const {
  return std::string(name(verdict.outcome)) + "/" + std::string(verdict.rule) + ":" + std::string(data_.hash);
}

}  // namespace postern::core::policy
