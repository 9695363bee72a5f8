// SPDX-License-Identifier: Apache-2.0
// What must hold in every world, whatever happens. Each promise is a class that watches and throws.
#pragma once
#include <stdexcept>
#include <string>

#include "core/action.hpp"
#include "core/conversation.hpp"
#include "core/core.hpp"
#include "core/decision.hpp"
#include "core/input.hpp"

namespace postern::simulation {

struct Violation : std::runtime_error {
  Violation(const std::string& invariant, const std::string& what) : std::runtime_error(invariant + ": " + what) {}
};

/// The id of a part, as its task carries it.
inline std::string part_id(const Id& message, std::int64_t number) {
  core::Part part;
  part.message = message;
  part.number = number;
  return part.id().hex();
}

/// A webhook as the platform made it: the events in it that must be on record before it is answered.
struct Promised {
  std::string_view account;
  std::vector<std::string> keys;  ///< of events that become records of their own
};

/// A request as it leaves for the platform.
struct Request {
  std::int64_t part = core::kNone, attempt = 0;
  std::string_view account;
  std::string task, thread, text;  ///< text: what a person reads; empty for typing and the like
};

/// Everything that a run shows of itself. An invariant overrides what it needs.
class Invariant {
 public:
  virtual ~Invariant() = default;
  virtual void decided(const core::Record&) {}                   ///< a record has been decided; not durable yet
  virtual void committed(const core::Record&) {}                 ///< a record is durable
  virtual void stored(const core::Row&) {}                       ///< and a row; after the records of its batch
  virtual void promised(const Promised&) {}                      ///< a webhook was answered 200
  virtual void called(const core::Handle&) {}                    ///< an event is handed to a handler
  virtual void returned(std::uint64_t, const core::Handled*) {}  ///< a call's answer is decided; null: its failure
  virtual void left(const Request&) {}                           ///< a request leaves for a platform
  virtual void applied(const Request&) {}                        ///< the platform has shown it to a person
  virtual void alarmed(const core::Alarm&, Micros) {}            ///< an alarm, and the wall clock's time
  /// A process has read what is durable, and done nothing yet.
  virtual void started(const core::Core&, const core::Settings&, Micros /*wall*/) {}
  virtual void crashed() {}                                  ///< whatever was in memory is gone
  virtual void swept(Micros /*wall*/, Micros /*up_for*/) {}  ///< a minute has passed; how long the process has run
  virtual void ended(Micros /*wall*/) {}                     ///< the world is quiet
};

}  // namespace postern::simulation
