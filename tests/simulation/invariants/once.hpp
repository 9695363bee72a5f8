// SPDX-License-Identifier: Apache-2.0
// Promise 1, the way out: where the platform tells what arrived, or a person decides what it does not tell, each part
// is shown at most once, and each event is answered at most once for every time that it was given to a handler by name.
#pragma once
#include <map>

#include "brand.hpp"
#include "core/event.hpp"
#include "handlers.hpp"
#include "invariant.hpp"

namespace postern::simulation {

class Once : public Invariant {
 public:
  void committed(const core::Record& record) override {
    if (record.type == "msg.replayed") ++allowed_[tokens_[record.cause]];
    if (record.body && (record.type == "msg.in" || record.type == "timer.fired" || record.type == "msg.reaction"))
      tokens_[record.index] = token_of(*record.body);
  }
  void applied(const Request& request) override {
    if (request.account == kResender) return;
    if (++parts_[request.task] > 1 && !request.text.empty())
      throw Violation(
          "once", "part " + request.task + " was shown twice by " + std::string(request.account) + ": " + request.text);
    if (!request.text.starts_with("re:")) return;
    const std::string answer = request.text.substr(3, request.text.find(' ') - 3);
    const std::string token = answer.substr(0, answer.find('#'));
    if (++answers_[answer] > 1 + allowed_[token])
      throw Violation("once", std::string(request.account) + " has shown a second answer " + answer);
  }

 private:
  std::map<std::string, int> parts_, answers_, allowed_;
  std::map<std::int64_t, std::string> tokens_;
};

}  // namespace postern::simulation
