// SPDX-License-Identifier: Apache-2.0
// What a run has come across: a simulation that meets no trouble proves nothing.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

namespace postern::simulation {

struct Coverage {
  std::uint64_t inputs = 0, records = 0, webhooks = 0, repeated = 0, duplicates = 0, calls = 0, requests = 0,
                applied = 0, unclear = 0, retries = 0, failures = 0, pauses = 0, echoes = 0, held = 0, refused = 0,
                parked = 0, quarantined = 0, requeued = 0, discarded = 0, escalated = 0, answered = 0, cold_loads = 0,
                lookups = 0, timers = 0, commands = 0, reloads = 0, replaced = 0, clock_steps = 0, crashes = 0,
                lost_batches = 0, refreshes = 0, unposted = 0, missed = 0, files = 0, purged = 0, erased = 0;

  struct Figure {
    std::string_view name;
    std::uint64_t Coverage::*value;
  };
  static const std::array<Figure, 36>& figures();
  Coverage& operator+=(const Coverage& other) {
    for (const auto& figure : figures()) this->*figure.value += other.*figure.value;
    return *this;
  }
};

inline const std::array<Coverage::Figure, 36>& Coverage::figures() {
  static constexpr std::array<Figure, 36> kFigures{{
      {"inputs", &Coverage::inputs},           {"records", &Coverage::records},
      {"webhooks", &Coverage::webhooks},       {"repeated", &Coverage::repeated},
      {"duplicates", &Coverage::duplicates},   {"calls", &Coverage::calls},

      {"requests", &Coverage::requests},       {"applied", &Coverage::applied},
      {"unclear", &Coverage::unclear},         {"retries", &Coverage::retries},
      {"failures", &Coverage::failures},       {"pauses", &Coverage::pauses},
      {"echoes", &Coverage::echoes},           {"held", &Coverage::held},
      {"refused", &Coverage::refused},         {"parked", &Coverage::parked},
      {"quarantined", &Coverage::quarantined}, {"requeued", &Coverage::requeued},
      {"discarded", &Coverage::discarded},     {"escalated", &Coverage::escalated},
      {"answered", &Coverage::answered},       {"cold loads", &Coverage::cold_loads},

      {"look-ups", &Coverage::lookups},        {"timers", &Coverage::timers},
      {"commands", &Coverage::commands},       {"reloads", &Coverage::reloads},
      {"replaced", &Coverage::replaced},       {"clock steps", &Coverage::clock_steps},
      {"crashes", &Coverage::crashes},         {"lost batches", &Coverage::lost_batches},
      {"refreshes", &Coverage::refreshes},     {"not posted", &Coverage::unposted},
      {"missed", &Coverage::missed},           {"files", &Coverage::files},
      {"purged", &Coverage::purged},           {"erased", &Coverage::erased},
  }};
  return kFigures;
}

}  // namespace postern::simulation
