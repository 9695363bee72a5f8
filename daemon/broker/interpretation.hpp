// SPDX-License-Identifier: Apache-2.0
// What a platform's answer meant, as interpret said it (plugin-api/schema/outcome.schema.json).
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "base/error.hpp"
#include "core/event.hpp"
#include "core/input.hpp"
#include "courier/errand.hpp"

namespace postern::broker {

struct Interpretation {
  std::optional<core::Attempted> outcome;  ///< its part and attempt are not set; "done" counts as sent
  std::vector<core::Event> events;
  std::string cursor;
  std::optional<core::Profiled> profile;
  std::optional<courier::Request> step;  ///< a further request before this is over
  std::string memo;                      ///< JSON for the task of that step
};

Result<Interpretation> parse_interpretation(std::span<const zmq::message_t> items);

}  // namespace postern::broker
