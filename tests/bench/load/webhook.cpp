// SPDX-License-Identifier: Apache-2.0
#include "load/webhook.hpp"

#include <fmt/format.h>

#include <charconv>
#include <chrono>

namespace postern::load {
namespace {

constexpr std::string_view kMark = "No. ";
constexpr std::size_t kMarkSize = 17;  // with twelve digits and a blank

std::string words(std::size_t size) {
  constexpr std::string_view kWords = "where is the parcel that was to be here on Monday ";
  std::string text;
  while (text.size() < size) text += kWords;
  text.resize(size);
  return text;
}

std::int64_t unix_millis() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace

WebhookWriter::WebhookWriter(const Options& options, const People& people, std::uint64_t run)
    : people_(people),
      page_(options.page),
      head_(fmt::format("POST {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nUser-Agent: facebookexternalua\r\n"
                        "Content-Type: application/json\r\nContent-Length: ",
                        options.path, options.port)),
      padding_(words(static_cast<std::size_t>(options.text) - kMarkSize)),
      run_(run),
      sha256_(view(options.secret)),
      sha1_(view(options.secret), "SHA1") {}

void WebhookWriter::append(std::int64_t message, std::string& out) {
  const std::string content = body(message);
  const Hash sha1 = sha1_({view(content)});
  fmt::format_to(std::back_inserter(out),
                 "{}{}\r\nX-Hub-Signature: sha1={}\r\nX-Hub-Signature-256: sha256={}\r\n\r\n{}", head_, content.size(),
                 hex(ByteView(sha1).first(20)), hex(sha256_({view(content)})), content);
}

std::string WebhookWriter::body(std::int64_t message) const {
  const std::int64_t time = unix_millis();
  return fmt::format(
      R"({{"object":"page","entry":[{{"id":"{}","time":{},"messaging":[{{"sender":{{"id":"{}"}},"recipient":{{"id":"{}"}},)"
      R"("timestamp":{},"message":{{"mid":"m_{:016x}-{:016x}-as-long-as-those-of-the-platform-are-which-is-about-this",)"
      R"("text":"{}{:012} {}"}}}}]}}]}})",
      page_, time, people_.id(people_.writer(message)), page_, time - 40, run_, message, kMark, message, padding_);
}

std::optional<std::int64_t> marked_message(std::string_view body) {
  const auto at = body.find(kMark);
  if (at == std::string_view::npos) return {};
  std::int64_t number = 0;
  const auto* digits = body.data() + at + kMark.size();
  if (std::from_chars(digits, body.data() + body.size(), number).ec != std::errc()) return {};
  return number;
}

}  // namespace postern::load
