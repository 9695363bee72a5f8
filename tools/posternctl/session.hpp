// SPDX-License-Identifier: Apache-2.0
// What every verb of posternctl is given: the options that hold for all, the daemon, and the screen.
#pragma once
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client.hpp"
#include "fields.hpp"
#include "screen.hpp"

namespace postern::ctl {

struct Globals {
  std::string socket;            ///< --socket
  std::filesystem::path config;  ///< --config
  bool json = false;
  std::optional<double> timeout;  ///< seconds; none: what suits the question
};

class Session {
 public:
  explicit Session(Globals globals);

  bool json() const { return globals_.json; }
  const Globals& globals() const { return globals_; }
  const Screen& screen() const { return screen_; }
  Micros now() const { return now_; }

  std::filesystem::path runtime_dir() const;
  /// Asks the daemon; connects at the first question. `patience` holds if no --timeout was given.
  json::value ask(std::string_view method, const json::object& params = {}, Micros patience = 5 * kSecond);

  /// With --json prints the answer as one line, and that was all.
  bool print_json(const json::value& answer) const;

 private:
  const Globals globals_;
  const Micros now_;
  Screen screen_;
  std::unique_ptr<Client> client_;
};

}  // namespace postern::ctl
