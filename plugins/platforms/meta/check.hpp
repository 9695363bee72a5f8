// SPDX-License-Identifier: Apache-2.0
// The task "check": whose token it is, which fields of the webhook come, and where Meta tells it what the token may do
// and when it ends. A request each; what the earlier ones brought is in the memo.
#pragma once
#include <postern/platform.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace meta {

/// What an account needs: fields of the webhook, separated by commas, and permissions of the token. No permissions:
/// this API does not tell them.
struct Needs {
  std::string_view fields, scopes;
};

class Check {
 public:
  using Node = postern::Node;

  Check(const postern::Task& task, std::string_view root, const Needs& needs)
      : memo_(task.memo()), root_(root), needs_(needs) {}

  /// An answer with a good status.
  void interpret(Node answer, postern::Outcome& outcome) const {
    if (!memo_) return ask(outcome, "subscribed_apps", answer["id"].id_if_any(), answer["name"].text(), {});
    const std::string_view step = memo_["step"].text();
    if (step == "subscribed_apps") {
      const std::vector<std::string> lacking = unsubscribed(answer["data"]);
      if (!needs_.scopes.empty())
        return ask(outcome, "debug_token", std::string(memo_["id"].text()), memo_["name"].text(), lacking);
      return tell(outcome, lacking, {});
    }
    tell(outcome, known(), answer["data"]);
  }

  /// What Meta does not let be asked is left out: that the token is good the first answer has said.
  bool forgives() const { return memo_["step"].text() == "debug_token"; }
  void without(postern::Outcome& outcome) const { tell(outcome, known(), {}); }

 private:
  void ask(postern::Outcome& outcome, std::string_view what, const std::string& id, std::string_view name,
           const std::vector<std::string>& missing) const {
    boost::json::object memo{{"step", std::string(what)}, {"id", id}, {"name", std::string(name)}};
    boost::json::array list;
    for (const auto& text : missing) list.emplace_back(text);
    memo["missing"] = std::move(list);
    postern::Request& request = outcome.step(memo);
    request.get(std::string(root_) + (what == "debug_token" ? "" : "me/") + std::string(what)).bearer().safe();
    if (what == "debug_token") request.query("input_token", "{credential:token}");
  }

  std::vector<std::string> unsubscribed(Node apps) const {
    if (apps.size() == 0) return {"Meta sends this account's webhooks nowhere: is the app live and subscribed?"};
    std::vector<std::string> missing;
    each(needs_.fields, [&](std::string_view field) {
      for (const Node app : apps)
        for (const Node subscribed : app["subscribed_fields"])
          if (subscribed.text() == field || subscribed["name"].text() == field) return;
      missing.push_back("the webhook's field \"" + std::string(field) + "\" is not subscribed");
    });
    return missing;
  }

  std::vector<std::string> known() const {
    std::vector<std::string> missing;
    for (const Node text : memo_["missing"]) missing.emplace_back(text.text());
    return missing;
  }

  void tell(postern::Outcome& outcome, std::vector<std::string> missing, Node token) const {
    postern::AccountStanding account;
    account.id = memo_["id"].text();
    account.name = memo_["name"].text();
    for (const Node scope : token["scopes"]) account.scopes.emplace_back(scope.text());
    if (token)
      each(needs_.scopes, [&](std::string_view scope) {
        if (std::find(account.scopes.begin(), account.scopes.end(), scope) == account.scopes.end())
          missing.push_back("the token lacks the permission \"" + std::string(scope) + "\"");
      });
    const std::int64_t ends = token["expires_at"].integer(0);  // 0: never
    if (ends > 0) account.ends = ends * 1'000'000;
    account.missing = std::move(missing);
    outcome.done();
    outcome.account(account);
  }

  template <typename Visit>
  static void each(std::string_view list, Visit&& visit) {
    while (!list.empty()) {
      const auto comma = std::min(list.find(','), list.size());
      visit(list.substr(0, comma));
      list.remove_prefix(std::min(comma + 1, list.size()));
    }
  }

  const Node memo_;
  const std::string_view root_;
  const Needs needs_;
};

}  // namespace meta
