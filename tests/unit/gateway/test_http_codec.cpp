// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "catch.hpp"
#include "gateway/http_codec.hpp"
#include "rig.hpp"

namespace postern::gateway {
namespace {

using State = HttpCodec::State;

// What a server does with the codec, for bytes that come in pieces of at most `piece`.
std::vector<std::string> bodies(std::string_view bytes, std::size_t piece, State& last) {
  static const Limits limits;
  HttpCodec codec(limits);
  std::vector<std::string> found;
  while (true) {
    for (auto before = codec.state(); codec.advance() != before; before = codec.state()) {
      if (codec.state() != State::complete) continue;
      found.push_back(std::string(codec.request().target) + " " + codec.request().body);
      codec.next();
    }
    last = codec.state();
    if (bytes.empty() || last == State::failed) return found;
    const auto space = codec.space();
    const auto n = std::min({piece, bytes.size(), space.size()});
    std::copy_n(bytes.begin(), n, space.begin());
    codec.received(n);
    bytes.remove_prefix(n);
  }
}

TEST_CASE("Pipelined requests are found whatever the pieces they come in") {
  const std::string bytes =
      "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nfirst"
      "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nthi\r\n2;x=\"y\"\r\nrd\r\n0\r\n\r\n"
      "POST /4 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      "POST /5 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
  const std::vector<std::string> expected = {"/1 first", "/2 ", "/3 third", "/4 ", "/5 "};
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    INFO(piece);
    State last{};
    REQUIRE(bodies(bytes, piece, last) == expected);
    REQUIRE(last == State::head);
  }
}

TEST_CASE("A body larger than the buffer arrives whole, plain or in chunks") {
  std::string body(100'000, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7);
  std::string chunked = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0; at < body.size(); at += 1000) chunked += "3e8\r\n" + body.substr(at, 1000) + "\r\n";
  chunked += "0\r\n\r\n";
  const auto plain = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n" + body;
  for (const auto& bytes : {plain, chunked})
    for (const std::size_t piece : {1009u, 4096u, 16'384u, 1'000'000u}) {
      State last{};
      const auto found = bodies(bytes, piece, last);
      REQUIRE(found.size() == 1);
      CHECK(found.front() == "/ " + body);
      CHECK(last == State::head);
    }
}

}  // namespace
}  // namespace postern::gateway
