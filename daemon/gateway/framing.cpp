// SPDX-License-Identifier: Apache-2.0
#include "gateway/framing.hpp"

namespace postern::gateway {
namespace {

constexpr Fault kBareLineFeed{400, "A line of the header does not end with CR LF."};
constexpr Fault kEmptyLine{400, "The request begins with an empty line."};
constexpr Fault kFolded{400, "A header field is folded over several lines."};
constexpr Fault kHost{400, "The request needs exactly one Host field."};
constexpr Fault kEncoding{400, "The only Transfer-Encoding taken is chunked, once."};
constexpr Fault kTwoLengths{400, "Transfer-Encoding and Content-Length exclude each other."};
constexpr Fault kOldChunks{400, "HTTP/1.0 has no Transfer-Encoding."};
constexpr Fault kLength{400, "Content-Length must be one plain number, given once."};
constexpr Fault kTarget{400, "The request target must be a path."};
constexpr Fault kExpectation{417, "The only expectation met here is 100-continue."};

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

HeadScan scan_head(std::string_view bytes, std::size_t& line) {
  for (;;) {
    const auto end = bytes.find('\n', line);
    if (end == std::string_view::npos) return {};
    if (end == line || bytes[end - 1] != '\r') return {0, kBareLineFeed};
    const bool empty = end == line + 1;
    if (empty && line == 0) return {0, kEmptyLine};
    if (empty) return {end + 1, std::nullopt};
    if (line > 0 && (bytes[line] == ' ' || bytes[line] == '\t')) return {0, kFolded};
    line = end + 1;
  }
}

std::optional<Fault> framing_fault(const HttpRequest& head) {
  std::size_t hosts = 0, encodings = 0, lengths = 0;
  bool chunked = true, number = true, expectation = true;
  for (const auto& [name, value] : head.fields) {
    if (same_name(name, "host")) ++hosts;
    if (same_name(name, "transfer-encoding")) ++encodings, chunked = same_name(value, "chunked");
    if (same_name(name, "content-length")) ++lengths, number = is_number(value);
    if (same_name(name, "expect")) expectation = same_name(value, "100-continue");
  }
  if (encodings > 0 && lengths > 0) return kTwoLengths;
  if (encodings > 0 && head.version < 11) return kOldChunks;
  if (encodings > 1 || !chunked) return kEncoding;
  if (lengths > 1 || !number) return kLength;
  if (hosts != 1) return kHost;
  if (!head.target.starts_with('/')) return kTarget;
  if (!expectation) return kExpectation;
  return std::nullopt;
}

}  // namespace postern::gateway
