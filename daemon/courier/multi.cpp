// SPDX-License-Identifier: Apache-2.0
#include "courier/multi.hpp"

#include <curl/curl.h>

#include <new>

namespace postern::courier {
namespace {

void initialise_once() {
  static const bool done = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (!done) throw std::bad_alloc();
}

}  // namespace

Multi::Multi(std::size_t idle_connections) {
  initialise_once();
  multi_ = curl_multi_init();
  if (multi_ == nullptr) throw std::bad_alloc();
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(idle_connections));
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
  int running = 0;
  curl_multi_perform(multi_, &running);
  collect(finished);
  if (!finished.empty()) return;
  curl_multi_poll(multi_, nullptr, 0, static_cast<int>(longest / kMilli), nullptr);
}

void Multi::collect(std::vector<Finished>& finished) {
  finished.clear();
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &transfer);
    finished.push_back({transfer, message->data.result});
    curl_multi_remove_handle(multi_, transfer->easy());
  }
}

void Multi::wake() {
  curl_multi_wakeup(multi_);
}

}  // namespace postern::courier
