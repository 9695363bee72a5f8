// SPDX-License-Identifier: Apache-2.0
// What a plugin is given when it is checked: a configuration, and inputs as the daemon would make them; the cases that
// its author wrote come first.
#pragma once
#include <string>
#include <vector>

#include "check.hpp"
#include "host/instance.hpp"

namespace postern::ctl {

inline constexpr Micros kSampleTime = 1'767'225'600 * kSecond;  ///< what every call is told: 2026-01-01T00:00:00Z

/// Throws std::runtime_error with the reason.
host::Library load(const Subject& subject);
std::string config_of(const host::Library& library, const Subject& subject);
host::Instance instance_of(const host::Library& library, const Subject& subject);

struct Webhook {
  std::string body, meta;
};
struct Answered {
  std::string task;
  std::uint32_t status = 200;
  std::string headers, body;
};
struct Event {
  std::string event, context, turn;
};

std::vector<Webhook> sample_webhooks(const Subject& subject);
std::vector<std::string> sample_tasks(const host::Library& library, const Subject& subject);
std::vector<Answered> sample_answers(const host::Library& library, const Subject& subject);
std::vector<Event> sample_events();

/// One call's result as one text, faults too, so that two can be compared.
std::string written(const host::Instance::Given& given);

}  // namespace postern::ctl
