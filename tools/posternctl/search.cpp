// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "table.hpp"
#include "time.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

constexpr Micros kPatience = 30 * kSecond;
constexpr std::size_t kShown = 60;  // characters of a text in the table

}  // namespace

// An answer looks at a part of the index; the questions go on until there is enough, or no more.
int search(Session& session, const Search& options) {
  std::string words;
  for (const auto& word : options.words) words.append(words.empty() ? "" : " ").append(word);
  json::object params{{"text", words}, {"limit", options.limit}};
  for (const auto& [name, value] : {std::pair("account", &options.account),
                                    {"contact", &options.contact},
                                    {"since", &options.since},
                                    {"until", &options.until},
                                    {"tag", &options.tag}})
    if (!value->empty()) params[name] = *value;
  if (options.before) params["before"] = *options.before;
  json::array found;
  json::value answer;
  do {
    answer = session.ask("search", params, kPatience);
    for (const auto& item : list(answer, "found")) found.push_back(item);
    if (find(answer, "next")) params["before"] = number(answer, "next");
  } while (find(answer, "next") && static_cast<std::int64_t>(found.size()) < options.limit);

  json::object whole{{"found", found}, {"behind", number(answer, "behind")}};
  if (find(answer, "next")) whole["next"] = number(answer, "next");
  if (session.print_json(whole)) return 0;
  Table table({"RECORD", "AT", "ACCOUNT", "CONVERSATION", "BY", "TEXT"});
  for (const auto& item : found)
    table.add({fmt::format("{}", number(item, "record")), both(text(item, "at"), session.now()), text(item, "account"),
               text(item, "conversation"), text(item, "side"), cut(printable(text(item, "text")), kShown)});
  if (!table.empty()) table.print(session.screen());
  if (table.empty() && !find(answer, "next")) line("nobody has said that");
  if (const auto behind = number(answer, "behind"))
    line(session.screen().paint(Tone::faint, fmt::format("{} records are not in the index yet", behind)));
  if (find(answer, "next"))
    line(session.screen().paint(Tone::faint, fmt::format("older ones: --before {}", number(answer, "next"))));
  return 0;
}

}  // namespace postern::ctl
