// SPDX-License-Identifier: Apache-2.0
// Where a checkpoint can be put so that whoever has this machine cannot take it back. One thread at a time.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "publish/caller.hpp"
#include "publish/settings.hpp"

namespace postern::publish {

class Sink {
 public:
  explicit Sink(std::string name) : name_(std::move(name)) {}
  virtual ~Sink() = default;
  const std::string& name() const { return name_; }
  /// May wait some seconds. `note` is the whole checkpoint, `wall` the time.
  virtual Result<void> put(const std::string& note, Micros wall) = 0;

 private:
  const std::string name_;
};

/// The folder and the high-water mark, then log hosts and URLs in the order of the settings. `caller` outlives them.
std::vector<std::unique_ptr<Sink>> make_sinks(const Settings& settings, Caller& caller);

}  // namespace postern::publish
