// SPDX-License-Identifier: Apache-2.0
// What a pack's rules say of time and number, worked out once more from the rules' own values: slowly, plainly, and
// with a memory of everything that was sent.
#pragma once
#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/policy/policy.hpp"

namespace postern::core::policy {

class Oracle {
 public:
  /// May it leave now, as far as windows, private replies and first contacts go?
  static bool in_time(const Pack& pack, const Question& asked) {
    if (asked.effect == EffectKind::private_reply) return replies(pack, asked);
    if (is_public(asked) || !pack.has("window")) return true;
    return std::any_of(pack.data().rules.begin(), pack.data().rules.end(), [&](const Rule& rule) {
      if (!of(rule, asked.author)) return false;
      return (rule.kind == "window" && holds(rule, asked)) || (rule.kind == "first_contact" && begins(rule, asked));
    });
  }

  /// Is there room for it under each rate and cap?
  bool within_limits(const Pack& pack, const Question& asked) const {
    return std::all_of(pack.data().rules.begin(), pack.data().rules.end(), [&](const Rule& rule) {
      const Row at = row(rule, asked);
      const auto found = at.first.empty() ? sent_.end() : sent_.find(at);
      if (found == sent_.end()) return true;
      const Log& log = found->second;
      const std::int64_t count = rule.number("count"), burst = rule.number("burst"), per = rule.number("per");
      const Micros since = asked.now - per - per * burst / count;
      const auto first = std::upper_bound(log.begin(), log.end(), since,
                                          [](Micros time, const auto& each) { return time < each.first; });
      const auto own = rule.kind == "rate" || !asked.retry ? 0 : std::count_if(first, log.end(), [&](const auto& each) {
        return each.second == asked.message;
      });
      return log.end() - first - own < count + burst;
    });
  }

  void sent(const Pack& pack, const Question& asked) {
    for (const Rule& rule : pack.data().rules)
      if (const Row at = row(rule, asked); !at.first.empty()) add(sent_[at], asked, rule.kind != "rate");
    if (!pack.has("promotion") && is_message(asked.effect) && asked.purpose == "marketing")
      add(sent_[{"promotion", std::to_string(asked.contact)}], asked, true);  // it counts for the packs that have a cap
  }

 private:
  using Row = std::pair<std::string, std::string>;          // rule, whom it counts
  using Log = std::deque<std::pair<Micros, std::int64_t>>;  // when, which message
  static constexpr Micros kLongest = 2 * kDay;              // that a limit of these packs counts

  static void add(Log& log, const Question& asked, bool by_message) {
    while (!log.empty() && log.front().first <= asked.now - kLongest) log.pop_front();
    if (by_message && asked.retry) std::erase_if(log, [&](const auto& each) { return each.second == asked.message; });
    log.emplace_back(asked.now, asked.message);
  }

  static bool has(const Rule& rule, std::string_view list, std::string_view word) {
    const auto& all = rule.list(list);
    return std::find(all.begin(), all.end(), word) != all.end();
  }
  static bool of(const Rule& rule, Author author) { return has(rule, "author", name(author)); }

  static bool holds(const Rule& window, const Question& asked) {
    if (asked.last_user == 0) return false;
    const Micros length = window.number("length");
    if (length != 0 && asked.now - asked.last_user >= length) return false;
    if (window.flag("template") && !asked.has_template) return false;
    if (!window.text("tag").empty() && asked.author != Author::human) return false;
    return window.number("most") == 0 || asked.since_user < window.number("most");
  }
  static bool begins(const Rule& rule, const Question& asked) {
    const bool known = (has(rule, "by", "follow") && asked.follows) || (has(rule, "by", "like") && asked.likes) ||
                       (has(rule, "by", "optin") && asked.opted_in);
    return asked.last_user == 0 && known && (rule.number("most") == 0 || asked.since_user < rule.number("most"));
  }
  static bool replies(const Pack& pack, const Question& asked) {
    for (const Rule& rule : pack.data().rules) {
      if (rule.kind != "private_reply") continue;
      const Micros within = rule.number("within");
      return !rule.flag("never") && (within == 0 || asked.now - asked.comment_at < within) &&
             (asked.retry || !rule.flag("once") || !asked.comment_replied);
    }
    return true;
  }

  /// Where a rule counts a message; nowhere: an empty name.
  static Row row(const Rule& rule, const Question& asked) {
    if (rule.kind == "rate" && applies(rule.text("applies"), asked)) {
      const std::string& scope = rule.text("scope");
      return {std::string(rule.id), scope == "app"       ? "the application"
                                    : scope == "contact" ? "contact " + std::to_string(asked.contact)
                                                         : "account " + std::to_string(asked.account)};
    }
    if (!is_message(asked.effect)) return {};
    if (rule.kind == "promotion" && has(rule, "purposes", asked.purpose))
      return {"promotion", std::to_string(asked.contact)};
    const bool compared = asked.text_hash != 0 || (!asked.retry && !asked.text.empty());
    if (rule.kind == "sameness" && rule.text("otherwise") == "deny" && of(rule, asked.author) && compared)
      return {"sameness", std::to_string(asked.text_hash)};
    return {};
  }
  static bool applies(const std::string& what, const Question& asked) {
    if (what == "message") return is_message(asked.effect);
    if (what == "media") return is_message(asked.effect) && attachments_of(asked) != 0;
    if (what == "private_reply") return asked.effect == EffectKind::private_reply;
    if (what == "public") return is_message(asked.effect) && is_public(asked);
    return true;
  }

  std::map<Row, Log> sent_;
};

}  // namespace postern::core::policy
