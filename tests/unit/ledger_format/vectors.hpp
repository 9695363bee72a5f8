// SPDX-License-Identifier: Apache-2.0
// Reads tests/data/audit-vectors, which pin the formats to the byte.
#pragma once
#include <boost/json.hpp>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "base/bytes.hpp"

namespace postern::test {

inline const std::filesystem::path kVectors = std::filesystem::path(POSTERN_TEST_DATA) / "audit-vectors";

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

inline boost::json::object vectors(const std::string& name) {
  return boost::json::parse(read_file(kVectors / name)).as_object();
}

inline std::string str(const boost::json::value& value) {
  return std::string(std::string_view(value.as_string()));
}

/// Processor time, since other programs take the wall clock's.
inline double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// The bytes of a hexadecimal text.
inline Bytes raw(const boost::json::value& value) {
  return unhex(str(value)).value();
}

/// A key or hash of 32 bytes.
inline Hash raw32(const boost::json::value& value) {
  const auto bytes = raw(value);
  Hash out{};
  if (bytes.size() != out.size()) throw std::runtime_error("not 32 bytes");
  std::copy(bytes.begin(), bytes.end(), out.begin());
  return out;
}

/// `plain`: the text; `plain_hex`: its bytes.
inline std::string text_or_hex(const boost::json::object& object, std::string_view key) {
  if (const auto* text = object.if_contains(key)) return str(*text);
  const auto bytes = raw(object.at(std::string(key) + "_hex"));
  return {bytes.begin(), bytes.end()};
}

}  // namespace postern::test
