// SPDX-License-Identifier: Apache-2.0
#include "catch.hpp"
#include "codec_run.hpp"

namespace postern::gateway {
namespace {

using State = HttpCodec::State;
using test::run_codec;

const Limits kLimits;

TEST_CASE("Pipelined requests are found whatever the pieces they come in") {
  const std::string bytes =
      "POST /1 HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nfirst"
      "GET /2 HTTP/1.1\r\nHost: h\r\n\r\n"
      "POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nthi\r\n2;x=\"y\"\r\nrd\r\n0\r\n\r\n"
      "POST /4 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
      "POST /5 HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
  const std::vector<std::string> expected = {"POST /1 first", "GET /2 ", "POST /3 third", "POST /4 ", "POST /5 "};
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    INFO(piece);
    const auto run = run_codec(kLimits, bytes, piece);
    REQUIRE(run.requests == expected);
    REQUIRE(run.last == State::head);
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
      const auto run = run_codec(kLimits, bytes, piece);
      REQUIRE(run.requests.size() == 1);
      CHECK(run.requests.front() == "POST / " + body);
      CHECK(run.last == State::head);
    }
}

TEST_CASE("The views of a head hold while its body comes") {
  HttpCodec codec(kLimits);
  const std::string bytes = "POST /there HTTP/1.1\r\nHost: h\r\nX-Mark: here\r\nContent-Length: 60000\r\n\r\n";
  const auto put = [&](std::string_view piece) {
    std::copy(piece.begin(), piece.end(), codec.space().begin());
    codec.received(piece.size());
  };
  put(bytes);
  REQUIRE(codec.advance() == State::body);
  for (int i = 0; i < 60; ++i) {
    CHECK(codec.advance() == State::body);
    put(std::string(1000, static_cast<char>('a' + i % 26)));
  }
  REQUIRE(codec.advance() == State::complete);
  CHECK(codec.request().target == "/there");
  CHECK(codec.request().only("x-mark") == "here");
  CHECK(codec.request().body.size() == 60'000);
}

}  // namespace
}  // namespace postern::gateway
