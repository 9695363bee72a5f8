// SPDX-License-Identifier: Apache-2.0
// What a platform's answer meant, as interpret said it (plugin-api/schema/outcome.schema.json).
#pragma once
#include <optional>
#include <span>
#include <string>
#include <vector>
#include <zmq.hpp>

#include "base/error.hpp"
#include "broker/request.hpp"
#include "core/event.hpp"
#include "core/input.hpp"
#include "courier/errand.hpp"

namespace postern::broker {

/// How an account stands with its platform, as a check was told.
struct AccountTold {
  std::string id, name;                      ///< as the platform has them
  Micros ends = 0;                           ///< of the token, wall time; 0: not told
  std::vector<std::string> scopes, missing;  ///< what the token may do; sentences on what is lacking
};

struct Interpretation {
  std::optional<core::Attempted> outcome;  ///< its part and attempt are not set; "done" counts as sent
  std::vector<core::Event> events;
  std::string cursor;
  std::optional<core::Profiled> profile;
  std::optional<AccountTold> account;
  std::optional<Request> step;  ///< a further request before this is over
  std::string memo;             ///< JSON for the task of that step
  std::optional<FileAt> file;   ///< of a task `media`
};

/// `places`: of the further step.
Result<Interpretation> parse_interpretation(std::span<const zmq::message_t> items, Places places = Places::text);

}  // namespace postern::broker
