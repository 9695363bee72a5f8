// SPDX-License-Identifier: Apache-2.0
// What the loop, its servers and their connections share of Boost.Asio. Included by their sources alone: Asio stays
// behind http_server.hpp.
#pragma once
#include <atomic>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <thread>
#include <vector>

#include "gateway/http_server.hpp"

namespace postern::gateway {

namespace asio = boost::asio;
using boost::system::error_code;
using Executor = asio::io_context::executor_type;  // the concrete one: any_io_executor costs a count per handler
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, Executor>;

// Deadlines are counted in ticks, so that a request arms no timer and reads no clock.
using Tick = std::uint64_t;
constexpr auto kTick = std::chrono::milliseconds(250);
constexpr Tick kTicksPerMinute = 240;
constexpr Tick ticks_of(Micros time) {
  return static_cast<Tick>(std::max<Micros>(1, time / (250 * kMilli)));
}

struct HttpLoop::Impl {
  asio::io_context context{1};
  asio::executor_work_guard<Executor> work{context.get_executor()};
  Timer timer{context};
  std::atomic<Tick> ticks{0};
  std::vector<HttpServer::Impl*> servers;
  std::thread thread;

  void tick();
  Tick now() const { return ticks.load(std::memory_order_relaxed); }
};

}  // namespace postern::gateway
