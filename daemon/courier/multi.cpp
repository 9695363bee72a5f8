// SPDX-License-Identifier: Apache-2.0
#include "courier/multi.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <limits>
#include <new>

namespace postern::courier {
namespace {

constexpr Micros kNever = std::numeric_limits<Micros>::max();

void initialise_once() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (!done) throw std::bad_alloc();
}

}  // namespace

/// How libcurl says which sockets it waits for. Runs inside its calls, on the courier's thread.
struct Multi::Callbacks {
  static int want(CURL*, curl_socket_t socket, int what, void* self, void*) {
    std::uint32_t events = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) events |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) events |= EPOLLOUT;
    static_cast<Multi*>(self)->sockets_.want(socket, events);
    return 0;
  }
};

Multi::Multi(Sockets& sockets, std::size_t idle_connections) : sockets_(sockets) {
  initialise_once();
  multi_ = curl_multi_init();
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(idle_connections));
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Callbacks::want);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
}

Multi::~Multi() {
  curl_multi_cleanup(multi_);
}

void Multi::add(Transfer& transfer) {
  curl_multi_add_handle(multi_, transfer.easy());
}
void Multi::remove(Transfer& transfer) {
  curl_multi_remove_handle(multi_, transfer.easy());
}

void Multi::turn(Micros longest, std::vector<Finished>& finished) {
  finished.clear();
  run_due();
  collect(finished);
  longest = finished.empty() ? std::min(longest, until_due()) : 0;
  int running = 0;
  for (const auto& event : sockets_.wait(longest)) {
    const int socket = event.data.fd;
    if (!sockets_.wanted(socket)) continue;
    int what = 0;
    if (event.events & (EPOLLIN | EPOLLHUP)) what |= CURL_CSELECT_IN;
    if (event.events & EPOLLOUT) what |= CURL_CSELECT_OUT;
    if (event.events & EPOLLERR) what |= CURL_CSELECT_ERR;
    curl_multi_socket_action(multi_, socket, what, &running);
  }
  run_due();
  collect(finished);
}

Micros Multi::until_due() const {
  long milliseconds = -1;
  curl_multi_timeout(multi_, &milliseconds);
  return milliseconds < 0 ? kNever : milliseconds * kMilli;
}

void Multi::run_due() {
  int running = 0;
  if (until_due() == 0) curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
}

void Multi::collect(std::vector<Finished>& finished) {
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const int code = message->data.result;  // the message dies with the handle's removal
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    finished.push_back({transfer, code});
    curl_multi_remove_handle(multi_, transfer->easy());
  }
}

}  // namespace postern::courier
