// SPDX-License-Identifier: Apache-2.0
#include "gateway/http_codec.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <cstring>

#include "gateway/framing.hpp"

namespace postern::gateway {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using Text = boost::beast::string_view;

constexpr std::size_t kBodySpace = 16 * 1024;  // room for body bytes behind the longest head
constexpr std::size_t kShortestChunks = 5;     // "0\r\n\r\n"

std::string_view std_view(Text text) {
  return {text.data(), text.size()};
}

/// Beast's parser, writing into a request of ours, without Beast's container of fields and its allocations.
class RequestParser final : public http::basic_parser<true> {
 public:
  RequestParser(HttpRequest& request, const Limits& limits) : request_(request), limits_(limits) {
    header_limit(static_cast<std::uint32_t>(limits.head_bytes));
    body_limit(limits.body_bytes);
  }

 private:
  using OptionalSize = boost::optional<std::uint64_t>;

  void on_request_impl(http::verb, Text method, Text target, int version, error_code&) override {
    request_.method = std_view(method);
    request_.target = std_view(target);
    request_.version = version;
  }
  void on_field_impl(http::field, Text name, Text value, error_code& ec) override {
    // Fields after a chunked body could contradict the head that has been judged already.
    if (is_header_done())
      ec = http::error::bad_field;
    else if (request_.fields.size() >= limits_.fields)
      ec = http::error::header_limit;
    else
      request_.fields.push_back({std_view(name), std_view(value)});
  }
  void on_body_init_impl(const OptionalSize& length, error_code&) override {
    // A length is only a promise: memory beyond this grows as the bytes come.
    request_.body.reserve(std::min<std::size_t>(length.value_or(0), limits_.large_body_bytes));
  }
  std::size_t on_body_impl(Text bytes, error_code&) override {
    request_.body.append(bytes.data(), bytes.size());
    return bytes.size();
  }
  std::size_t on_chunk_body_impl(std::uint64_t, Text bytes, error_code& ec) override { return on_body_impl(bytes, ec); }
  void on_response_impl(int, Text, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_chunk_header_impl(std::uint64_t, Text, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  HttpRequest& request_;
  const Limits& limits_;
};

Fault fault_of(const error_code& ec) {
  const auto code = ec == http::error::header_limit ? 431 : ec == http::error::body_limit ? 413 : 400;
  return {code, kStatuses[status_index(code)].sentence};
}

}  // namespace

struct HttpCodec::Parser : std::optional<RequestParser> {};

HttpCodec::HttpCodec(const Limits& limits)
    : limits_(limits),
      capacity_(limits.head_bytes + kBodySpace),
      buffer_(std::make_unique_for_overwrite<char[]>(capacity_)),
      parser_(std::make_unique<Parser>()) {
  request_.fields.reserve(24);
  parser_->emplace(request_, limits_);
}

HttpCodec::~HttpCodec() = default;

std::span<char> HttpCodec::space() {
  // What is behind the head moves down when the end is near; the head stays, since request_ points into it.
  if (begin_ > head_end_ && (begin_ == end_ || capacity_ - end_ < kBodySpace / 4)) {
    std::memmove(buffer_.get() + head_end_, buffer_.get() + begin_, end_ - begin_);
    end_ = head_end_ + (end_ - begin_);
    begin_ = head_end_;
  }
  return {buffer_.get() + end_, capacity_ - end_};
}

void HttpCodec::received(std::size_t n) {
  end_ += n;
}

HttpCodec::State HttpCodec::advance() {
  if (state_ == State::head) return read_head();
  if (state_ == State::body) return read_body();
  return state_;
}

HttpCodec::State HttpCodec::read_head() {
  const std::string_view bytes(buffer_.get(), end_);
  const auto scan = scan_head(bytes, line_);
  if (scan.fault) return fail(*scan.fault);
  if (scan.end > limits_.head_bytes || (scan.end == 0 && bytes.size() >= limits_.head_bytes))
    return fail({431, kStatuses[status_index(431)].sentence});
  if (scan.end == 0) return state_;

  auto& parser = **parser_;
  error_code ec;
  parser.put(boost::asio::const_buffer(bytes.data(), scan.end), ec);
  if (ec) return fail(fault_of(ec));
  if (const auto fault = framing_fault(request_)) return fail(*fault);
  begin_ = head_end_ = scan.end;
  request_.keep_alive = parser.keep_alive();
  if (parser.is_done()) return finish();
  parser.eager(true);
  return state_ = State::body;
}

HttpCodec::State HttpCodec::read_body() {
  auto& parser = **parser_;
  // Beast 1.81 asserts that it is given the whole of an empty chunked body at once when it has seen part of it.
  if (!body_begun_ && parser.chunked() && end_ - begin_ < kShortestChunks) return state_;
  if (!has_bytes()) return state_;
  body_begun_ = true;
  error_code ec;
  begin_ += parser.put(boost::asio::const_buffer(buffer_.get() + begin_, end_ - begin_), ec);
  if (ec && ec != http::error::need_more) return fail(fault_of(ec));
  if (parser.is_done()) return finish();
  if (begin_ == head_end_ && end_ == capacity_) return fail({400, "A chunk's header is too long."});
  return state_;
}

HttpCodec::State HttpCodec::finish() {
  if (!request_.keep_alive && has_bytes()) return fail({400, "Bytes follow a request that ends the connection."});
  return state_ = State::complete;
}

HttpCodec::State HttpCodec::fail(Fault fault) {
  fault_ = fault;
  request_.keep_alive = false;
  return state_ = State::failed;
}

void HttpCodec::next() {
  std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = head_end_ = line_ = 0;
  request_.method = request_.target = {};
  request_.fields.clear();
  request_.body.clear();
  body_begun_ = false;
  state_ = State::head;
  parser_->emplace(request_, limits_);
}

}  // namespace postern::gateway
