// SPDX-License-Identifier: Apache-2.0
// When may we write? For how long after the contact's last act, and under which tag.
#include <algorithm>

#include "core/interned.hpp"
#include "core/policy/kinds/kinds.hpp"

namespace postern::core::policy {
namespace {

constexpr Parameter kParameters[] = {
    author_parameter("Who may write.", true),
    {"length",
     Parameter::Type::duration,
     "",
     false,
     "For how long after the contact's last act; absent: for ever, once they have written.",
     {},
     kSecond},
    {"tag", Parameter::Type::text, "", false, "What a human's message must carry to use this window."},
    {"most",
     Parameter::Type::integer,
     "0",
     false,
     "How many messages since the contact's last act; 0: no limit.",
     {},
     0,
     10'000},
    {"template", Parameter::Type::flag, "false", false, "Only for messages that are an approved template."},
};

struct Window {
  std::string_view rule;
  std::array<bool, 3> authors{};
  Micros length = 0;  ///< 0: for ever
  std::string_view tag;
  std::int64_t most = 0;
  bool needs_template = false;
};

class Windows : public Evaluator {
 public:
  Windows(std::span<const Rule> rules, std::vector<Complaint>& complaints) {
    for (const Rule& rule : rules) {
      windows_.push_back({rule.id, authors_of(rule), rule.number("length"), intern(rule.text("tag")),
                          rule.number("most"), rule.flag("template")});
      const Window& window = windows_.back();
      if (window.tag.empty()) continue;
      for (const std::string& who : rule.list("author"))
        if (who != "human")
          complaints.push_back({&rule, "tag", "rule \"" + std::string(rule.id) + "\" gives a tag to a " + who,
                                "a tag says that a person writes: author = [\"human\"]"});
    }
  }

  void ask(Judgement& judgement) const override {
    const Question& question = judgement.question;
    if (is_public(question) || question.effect == EffectKind::private_reply || judgement.admitted()) return;
    const Window* best = nullptr;    // the shortest that holds
    const Window* widest = nullptr;  // of those that are closed, for the reason
    const Window* spent = nullptr;   // one that holds, but has let through all that it may
    for (const Window& window : windows_) {
      if (!fits(window, question)) continue;
      const bool holds = question.last_user != 0 && (window.length == 0 || question.now < ends(window, question));
      const bool full = window.most != 0 && question.since_user >= window.most;
      if (holds && full) spent = &window;
      if (holds && !full && (best == nullptr || wider(*best, window))) best = &window;
      if (widest == nullptr || wider(window, *widest)) widest = &window;
    }
    if (best != nullptr) return judgement.admit(best->rule, best->length == 0 ? 0 : ends(*best, question), best->tag);
    refuse(judgement, widest, spent);
  }

 private:
  static Micros ends(const Window& window, const Question& question) { return question.last_user + window.length; }
  static bool wider(const Window& a, const Window& b) {
    return b.length != 0 && (a.length == 0 || a.length > b.length);
  }
  /// A tag is only ever given to a human's message, whatever the pack says.
  static bool fits(const Window& window, const Question& question) {
    if (!window.authors[static_cast<std::size_t>(question.author)]) return false;
    if (window.needs_template && !question.has_template) return false;
    return window.tag.empty() || (question.author == Author::human && is_message(question.effect));
  }

  void refuse(Judgement& judgement, const Window* widest, const Window* spent) const {
    const Question& question = judgement.question;
    const std::string who = "a " + std::string(name(question.author));
    if (spent != nullptr)
      return judgement.deny(spent->rule, std::to_string(question.since_user) + " messages have been sent since the " +
                                             "contact's last act, the platform takes " + std::to_string(spent->most) +
                                             ": wait until they write again");
    if (widest == nullptr) return judgement.deny(windows_.front().rule, who + " may not write on this platform");
    if (question.last_user == 0)
      return judgement.deny(widest->rule, "the contact has not written yet, and only they can begin: wait for them");
    judgement.deny(widest->rule, who + " may write for " + words(widest->length) + " after the contact's last act, " +
                                     "which was at " + rfc3339(question.last_user) + ": wait until they write again" +
                                     (question.author == Author::human ? "" : ", or let a person answer"));
  }

  std::vector<Window> windows_;
};

}  // namespace

const RuleKind kWindow = {
    "window",
    true,
    true,
    "A window is open from the contact's last act on. A message goes through the shortest window "
    "that holds, so that a tag is used only where one is needed; a window holds until the instant "
    "at which it ends, not at it. A pack without windows has no such limit; an author without "
    "one may not write.",
    kParameters,
    make<Windows>};

}  // namespace postern::core::policy
