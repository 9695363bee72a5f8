// SPDX-License-Identifier: Apache-2.0
// Who writes which message.
#pragma once
#include <cstdint>

namespace postern::load {

class People {
 public:
  /// `contacts` of them, or as many as there are messages with 0. Their ids are the run's own, so that a target that
  /// keeps what it has seen meets new people.
  People(std::int64_t contacts, std::uint64_t run) : contacts_(contacts), first_id_(kIds + run % 1'000'000 * kSpan) {}

  /// Each writes once, in turn; from then on they write in no order, the same in every run.
  std::int64_t writer(std::int64_t message) const {
    if (contacts_ == 0 || message < contacts_) return message;
    std::uint64_t mixed = static_cast<std::uint64_t>(message) * 0x9e3779b97f4a7c15u;
    mixed = (mixed ^ (mixed >> 29)) * 0xd6e8feb86659fd93u;
    return static_cast<std::int64_t>((mixed >> 16) % static_cast<std::uint64_t>(contacts_));
  }
  /// Sixteen digits, as the platform's ids have.
  std::uint64_t id(std::int64_t writer) const { return first_id_ + static_cast<std::uint64_t>(writer); }

 private:
  static constexpr std::uint64_t kIds = 6'000'000'000'000'000, kSpan = 1'000'000'000;
  std::int64_t contacts_;
  std::uint64_t first_id_;
};

}  // namespace postern::load
