// SPDX-License-Identifier: Apache-2.0
// Bytes of strangers through the HTTP codec. Beyond not crashing: how the network cuts the bytes must not change which
// requests are found, or two servers, and one server twice, would read different things.
#include <cstdlib>

#include "unit/gateway/codec_run.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postern::gateway;
  static const Limits limits = [] {
    Limits small;
    small.head_bytes = 1024;
    small.fields = 16;
    small.body_bytes = 4096;
    return small;
  }();
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto whole = test::run_codec(limits, bytes, bytes.size() + 1);
  auto cut = test::run_codec(limits, bytes, 1 + data[0]);
  // Bytes behind a request that ends the connection are a fault only if they come with it.
  if (cut.ended && !whole.ended && whole.last == HttpCodec::State::failed) cut.requests.pop_back();
  if (whole.requests != cut.requests) std::abort();
  return 0;
}
