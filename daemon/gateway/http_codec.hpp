// SPDX-License-Identifier: Apache-2.0
// Bytes of a connection in, requests out: Boost.Beast's parser inside our own framing rules, with no socket, clock or
// thread, so that a fuzzer can sit where the network does.
#pragma once
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "gateway/http_message.hpp"
#include "gateway/limits.hpp"

namespace postern::gateway {

/// Reads the requests of one connection, one after another. One thread at a time.
///
///     read into space(), call received(n), call advance() until it needs more; when a request is complete, serve
///     request(), then call next(), and advance() again: a pipelined request may already be there.
class HttpCodec {
 public:
  enum class State {
    head,      ///< more bytes of the head are needed
    body,      ///< the head is there: request() has all but the body; more bytes are needed
    complete,  ///< request() is whole
    failed,    ///< fault() says why; nothing more can be read from this connection
  };

  /// `limits` must outlive the codec.
  explicit HttpCodec(const Limits& limits);
  ~HttpCodec();
  HttpCodec(const HttpCodec&) = delete;
  HttpCodec& operator=(const HttpCodec&) = delete;

  /// Where to put the bytes that come next. Empty only if a request is complete or has failed and the buffer is full.
  std::span<char> space();
  /// `n` bytes have been put at the start of space().
  void received(std::size_t n);

  /// Goes on as far as the bytes reach, but stops once at State::body, even if the body is there already, so that
  /// the caller can judge the head first.
  State advance();
  State state() const { return state_; }

  HttpRequest& request() { return request_; }
  const Fault& fault() const { return fault_; }
  /// Bytes are there that advance() has not used.
  bool has_bytes() const { return begin_ < end_; }

  /// Forgets the complete request; all views of it end here.
  void next();

 private:
  struct Parser;

  State read_head();
  State read_body();
  State finish();
  State fail(Fault fault);

  const Limits& limits_;
  const std::size_t capacity_;
  std::unique_ptr<char[]> buffer_;  // [0, head_end_) is the head, which request_ points into
  std::size_t head_end_ = 0;
  std::size_t begin_ = 0, end_ = 0;  // bytes received and not used
  std::size_t line_ = 0;             // scan_head's place
  std::unique_ptr<Parser> parser_;
  State state_ = State::head;
  bool body_begun_ = false;
  HttpRequest request_;
  Fault fault_;
};

}  // namespace postern::gateway
