// SPDX-License-Identifier: Apache-2.0
#include "gateway/http_loop.hpp"

#include <pthread.h>

#include <boost/asio/post.hpp>

#include "gateway/http_server_impl.hpp"

namespace postern::gateway {

void HttpLoop::Impl::tick() {
  ticks.fetch_add(1, std::memory_order_relaxed);
  for (auto* server : servers) server->sweep();
  timer.expires_after(kTick);
  timer.async_wait([this](const error_code& stopped) {
    if (!stopped) tick();
  });
}

HttpLoop::HttpLoop() : impl_(std::make_unique<Impl>()) {}

HttpLoop::~HttpLoop() {
  stop();
}

void HttpLoop::start() {
  impl_->thread = std::thread([this] {
    pthread_setname_np(pthread_self(), "gateway");
    impl_->tick();
    impl_->context.run();
  });
}

void HttpLoop::stop() {
  impl_->context.stop();
  if (impl_->thread.joinable()) impl_->thread.join();
}

void HttpLoop::post(std::function<void()> work) {
  asio::post(impl_->context, std::move(work));
}

std::uint64_t HttpLoop::ticks() const {
  return impl_->ticks.load(std::memory_order_relaxed);
}

}  // namespace postern::gateway
