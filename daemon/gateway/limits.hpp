// SPDX-License-Identifier: Apache-2.0
// What a stranger may cost the gateway. Every wait ends and every queue is bounded; these are the figures. Times are
// kept to a quarter of a second, rather early than late.
#pragma once
#include <cstddef>

#include "base/clock.hpp"

namespace postern::gateway {

struct Limits {
  std::size_t head_bytes = 16 * 1024;                 ///< request line and header fields; then 431
  std::size_t fields = 100;                           ///< header fields of a request; then 431
  std::size_t body_bytes = 3 * 1024 * 1024;           ///< then 413
  std::size_t large_body_bytes = 64 * 1024;           ///< a body that has grown beyond this counts as large
  std::size_t large_bodies_bytes = 16 * 1024 * 1024;  ///< large bodies nobody has verified yet, together; then 503
  std::size_t connections = 512;  ///< then one that has not sent its request makes room, or 503; at most 65,535
  std::size_t requests_per_connection = 100'000;  ///< then the connection is closed, politely
  Micros head_time = 10 * kSecond;                ///< from a request's first byte to the end of its head; then 408
  Micros body_time = 10 * kSecond;                ///< from the end of the head to the last byte; then 408
  Micros idle_time = kMinute;                     ///< between two requests of a connection; then it is closed
  Micros answer_time = 4 * kSecond;               ///< from the last byte to the answer; then 503
  Micros write_time = 10 * kSecond;               ///< for the peer to take a response; then it is cut off
};

}  // namespace postern::gateway
