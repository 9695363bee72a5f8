// SPDX-License-Identifier: Apache-2.0
// Verified bodies on their way to becoming events. What a codec cannot read must not make the platform repeat it for
// ever: after three tries it is kept raw, in quarantine, and answered 200.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <unordered_map>
#include <vector>

#include "broker/inbox.hpp"
#include "broker/number.hpp"
#include "bus/hosts.hpp"
#include "core/input.hpp"

namespace postern::broker {

class Webhooks {
 public:
  using Decide = std::function<void(core::Input&&)>;
  using Answer = std::function<void(std::uint64_t webhook, int status)>;

  /// `full`: is so much waiting that nothing may be taken that would have to wait as well?
  Webhooks(bus::Hosts& hosts, Decide decide, Answer answer, std::function<bool()> full)
      : hosts_(hosts), decide_(std::move(decide)), answer_(std::move(answer)), full_(std::move(full)) {}

  void take(Webhook&& webhook);
  void decoded(std::uint64_t index, bus::Done&& done);
  std::size_t size() const { return open_.size(); }

 private:
  struct Open {
    std::uint64_t webhook = 0;
    std::string_view section, account;  ///< interned
    core::Text body;
    std::string meta;
    int tries = 1;
  };
  void ask(std::uint64_t index, const Open& open);
  void give_up(Open&& open, std::string reason);
  /// How often this body has crashed its codec, this time included.
  int crashes(const core::Text& body);

  bus::Hosts& hosts_;
  const Decide decide_;
  const Answer answer_;
  const std::function<bool()> full_;
  std::uint64_t next_ = 1;
  std::unordered_map<std::uint64_t, Open> open_;
  std::unordered_map<std::int64_t, int> crashes_;  ///< by digest of the body
  std::deque<std::int64_t> crashes_order_;
};

}  // namespace postern::broker
