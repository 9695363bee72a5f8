// SPDX-License-Identifier: Apache-2.0
// When somebody is there. Hours are local: 09:00 stays 09:00 when the clocks change.
#pragma once
#include <date/tz.h>
#include <postern/time.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mistake.hpp"

namespace autoresponder {

class Hours {
 public:
  /// Reads the table `hours`: zone, one member for each day that has hours, holidays. Throws postern::BadConfig.
  explicit Hours(const postern::Config& config) {
    const postern::Node table = config.table("hours");
    if (!table) return;
    find_zone(config, table["zone"].text());
    for (const auto& member : table.json()->get_object())
      read_member(config, {member.key().data(), member.key().size()}, postern::Node(member.value()));
    if (std::ranges::all_of(week_, [](const auto& day) { return day.empty(); }))
      refuse(config, "/hours", "hours", "no day has hours");
  }

  /// Without hours somebody is always there.
  bool configured() const { return zone_ != nullptr; }

  bool open_at(postern::Timestamp now) const {
    if (!configured()) return true;
    const auto local = local_time(now);
    const auto day = date::floor<date::days>(local);
    return std::ranges::any_of(hours_of(day), [minute = local - day](const auto& span) {
      return span.first <= minute && minute < span.second;
    });
  }

  /// When the next span begins, local; nothing if there is none for a year (all holidays).
  std::optional<date::local_seconds> next_opening(postern::Timestamp now) const {
    if (!configured()) return std::nullopt;
    const auto local = local_time(now);
    const auto today = date::floor<date::days>(local);
    for (int ahead = 0; ahead <= 366; ++ahead) {
      const auto day = today + date::days(ahead);
      for (const auto& [begin, end] : hours_of(day))
        if (day + begin > local) return date::local_seconds(day + begin);
    }
    return std::nullopt;
  }

 private:
  using Minutes = std::chrono::minutes;
  using Spans = std::vector<std::pair<Minutes, Minutes>>;

  date::local_time<std::chrono::seconds> local_time(postern::Timestamp now) const {
    return date::floor<std::chrono::seconds>(
        zone_->to_local(date::sys_time<std::chrono::microseconds>(std::chrono::microseconds(now))));
  }

  const Spans& hours_of(date::local_days day) const {
    static const Spans kNone;
    return holidays_.contains(day) ? kNone : week_[date::weekday(day).iso_encoding() - 1];
  }

  void find_zone(const postern::Config& config, std::string_view name) {
    if (name.empty()) refuse(config, "/hours", "hours", "expected a \"zone\" like \"Europe/Lisbon\", found none");
    try {
      zone_ = date::locate_zone(std::string(name));
      zone_->get_info(date::sys_seconds());  // reads the zone's file now instead of in the first call
    } catch (const std::exception&) {
      refuse(config, "/hours/zone", "hours", "there is no time zone \"" + std::string(name) + "\"");
    }
  }

  void read_member(const postern::Config& config, std::string_view name, postern::Node value) {
    static constexpr std::array<std::string_view, 7> kDays = {"monday", "tuesday",  "wednesday", "thursday",
                                                              "friday", "saturday", "sunday"};
    if (name == "zone") return;
    if (name == "holidays") {
      for (const postern::Node day : value) holidays_.insert(read_day(config, day.text()));
      return;
    }
    const auto day = std::ranges::find(kDays, name);
    const std::string pointer = "/hours/" + std::string(name);
    if (day == kDays.end())
      refuse(config, pointer, "hours", "unknown key \"" + std::string(name) + "\"; expected a day, zone or holidays");
    Spans& spans = week_[static_cast<std::size_t>(day - kDays.begin())];
    if (value.is_string()) spans.push_back(read_span(config, pointer, value.text()));
    for (const postern::Node span : value) spans.push_back(read_span(config, pointer, span.text()));
    std::ranges::sort(spans);
  }

  static std::pair<Minutes, Minutes> read_span(const postern::Config& config, const std::string& pointer,
                                               std::string_view text) {
    const auto minutes = [text](std::size_t at) {  // "hh:mm", or -1
      const auto digit = [&](std::size_t i) {
        return text[at + i] >= '0' && text[at + i] <= '9' ? text[at + i] - '0' : 99;
      };
      const int hour = digit(0) * 10 + digit(1), minute = digit(3) * 10 + digit(4);
      return text[at + 2] == ':' && minute < 60 && hour * 60 + minute <= 24 * 60 ? hour * 60 + minute : -1;
    };
    const bool formed = text.size() == 11 && text[5] == '-';
    const int begin = formed ? minutes(0) : -1, end = formed ? minutes(6) : -1;
    if (begin < 0 || end <= begin)
      refuse(config, pointer, "hours", "expected a span like \"09:00-18:00\", found \"" + std::string(text) + "\"");
    return {Minutes(begin), Minutes(end)};
  }

  static date::local_days read_day(const postern::Config& config, std::string_view text) {
    const auto time = postern::parse_time(std::string(text) + "T00:00:00Z");
    if (!time || text.size() != 10)
      refuse(config, "/hours/holidays", "hours",
             "expected a date like \"2026-12-25\", found \"" + std::string(text) + "\"");
    return date::local_days(date::floor<date::days>(std::chrono::microseconds(*time)));
  }

  const date::time_zone* zone_ = nullptr;
  std::array<Spans, 7> week_;  // from Monday on
  std::set<date::local_days> holidays_;
};

}  // namespace autoresponder
