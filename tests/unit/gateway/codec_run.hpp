// SPDX-License-Identifier: Apache-2.0
// What a connection does with the codec, for bytes that come in pieces: shared by the unit test and the fuzzer.
#pragma once
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http_codec.hpp"

namespace postern::gateway::test {

struct CodecRun {
  std::vector<std::string> requests;  ///< "METHOD target body"
  HttpCodec::State last = HttpCodec::State::head;
  bool ended = false;  ///< by a request that ends its connection
};

/// Feeds `bytes` in pieces of at most `piece`, until they or the connection end.
inline CodecRun run_codec(const Limits& limits, std::string_view bytes, std::size_t piece) {
  HttpCodec codec(limits);
  CodecRun run;
  while (!run.ended) {
    for (auto before = codec.state(); codec.advance() != before; before = codec.state()) {
      if (codec.state() != HttpCodec::State::complete) continue;
      const auto& request = codec.request();
      run.requests.push_back(std::string(request.method) + " " + std::string(request.target) + " " + request.body);
      run.ended = !request.keep_alive;
      if (run.ended) break;
      codec.next();
    }
    run.last = codec.state();
    if (bytes.empty() || run.last == HttpCodec::State::failed) return run;
    const auto space = codec.space();
    const auto n = std::min({piece, bytes.size(), space.size()});
    std::copy_n(bytes.begin(), n, space.begin());
    codec.received(n);
    bytes.remove_prefix(n);
  }
  return run;
}

}  // namespace postern::gateway::test
