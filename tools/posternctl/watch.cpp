// SPDX-License-Identifier: Apache-2.0
// The event feed as it comes. Events that were lost on the way show as gaps in the numbers of their topic.
#include <fmt/format.h>

#include <map>

#include "failure.hpp"
#include "time.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

constexpr Micros kPatience = kSecond;

Tone tone_of(std::string_view event) {
  if (event == "sent") return Tone::good;
  if (event == "refused" || event == "failed" || event == "escalated") return Tone::bad;
  if (event == "held" || event == "unknown") return Tone::warning;
  return Tone::plain;
}

void print_item(const Session& session, const Feed::Item& item) {
  if (session.json())
    return line(fmt::format(R"({{"topic":{},"number":{},"event":{}}})", json::serialize(json::value(item.topic)),
                            item.number, item.event));
  json::error_code code;
  const auto event = json::parse(item.event, code);
  const auto at = parse_time(text(event, "at"));
  const auto what = text(event, "event");
  const Screen& screen = session.screen();
  line(fmt::format("{} {} {:<20} {} {:>8} {}", screen.paint(Tone::faint, at ? clock_time(*at) : "        "),
                   screen.paint(tone_of(what), fmt::format("{:<10}", printable(what))),
                   printable(text(event, "account")), printable(text(event, "conversation")),
                   fmt::format("#{}", number(event, "index")),
                   screen.paint(Tone::faint, printable(text(event, "detail")))));
}

/// A number that is not one more than the last of its topic: something was missed, or the daemon has started again.
class Numbers {
 public:
  void check(const Session& session, const Feed::Item& item) {
    const auto [at, first] = last_.try_emplace(item.topic, item.number);
    const std::uint64_t expected = at->second + 1;
    if (!first && item.number != expected) {
      if (item.number > expected)
        tell(session, item.topic, item.number - expected, "missed");
      else
        last_.clear(), tell(session, item.topic, 0, "restarted");
    }
    last_[item.topic] = item.number;
  }

 private:
  static void tell(const Session& session, const std::string& topic, std::uint64_t events, std::string_view what) {
    if (session.json())
      return line(fmt::format(R"({{"topic":{},"{}":{}}})", json::serialize(json::value(topic)), what,
                              what == "missed" ? std::to_string(events) : "true"));
    const std::string text = what == "missed"
                                 ? fmt::format("-- {} events of {} were missed --", events, printable(topic))
                                 : "-- the daemon has started again: numbers begin anew --";
    line(session.screen().paint(Tone::warning, text));
  }

  std::map<std::string, std::uint64_t> last_;
};

}  // namespace

int watch(Session& session, const Watch& options) {
  Feed feed(session.runtime_dir(), options.topics);
  Numbers numbers;
  for (std::uint64_t seen = 0; options.count == 0 || seen < options.count;) {
    const auto item = feed.next(kPatience);
    if (!item) continue;
    numbers.check(session, *item);
    print_item(session, *item);
    flush();
    ++seen;
  }
  return 0;
}

}  // namespace postern::ctl
