// SPDX-License-Identifier: Apache-2.0
// What the control socket needs of the daemon. The broker implements it; everything here is called on its thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "core/action.hpp"
#include "core/input.hpp"

namespace postern::control {

/// A question that only the ledger can answer; it is asked on the reader's thread.
struct Query {
  std::uint64_t reply_to = 0;  ///< comes back in the answer
  std::string method;          ///< "conversations", "show", "gaps", "audit.tail", …, "media.get", "media.more"
  std::string params;          ///< JSON object as the caller gave it
};

class Backend {
 public:
  virtual ~Backend() = default;

  // JSON texts, made at once. Ids, counts, times and reasons; no content, no names.
  virtual std::string status() = 0;              ///< object: docs/protocol.md "status"
  virtual std::string plugins() = 0;             ///< array
  virtual std::string accounts() = 0;            ///< array
  virtual std::string quarantine() = 0;          ///< array
  virtual std::string outbox() = 0;              ///< array of parked and unknown parts
  virtual std::string counters_of_policy() = 0;  ///< object: what rates and caps have counted

  // Answered later through Control::reply, with the command's or query's `reply_to`. False: too busy now.
  virtual bool command(core::Command&& command) = 0;
  /// With a record, the question is asked when that is durable: who reads content or names, or has the ledger written
  /// out, must not be able to do so unseen.
  virtual bool query(Query&& query, std::optional<core::Record>&& record) = 0;
  /// Puts on record what has become of something that was asked.
  virtual void note(core::Record record) = 0;
  virtual bool reload(std::uint64_t reply_to, std::string_view actor) = 0;
  /// Has the platform send its webhooks here and asks it how the account stands; the answer comes later.
  virtual bool connect(std::uint64_t reply_to, std::string_view actor, const std::string& account) = 0;
  /// Gives a plugin that crashed as a thread its thread back.
  virtual bool trust(std::uint64_t reply_to, std::string_view actor, std::string section) = 0;

  /// Puts on record that `actor` reads a file, and has it answered as the query `media.get` when that is durable.
  virtual bool read_file(std::uint64_t reply_to, std::string_view actor, std::int64_t record) = 0;
};

/// The other direction, for the broker: answers and the feed. core::Reply::json is a result or a JSON-RPC error object.
class Outlet {
 public:
  virtual ~Outlet() = default;
  virtual void reply(core::Reply&& reply) = 0;
  virtual void publish(const core::Publish& event) = 0;
};

}  // namespace postern::control
