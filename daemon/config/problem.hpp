// SPDX-License-Identifier: Apache-2.0
// What is wrong with a configuration, and where. Problems are collected, not thrown: who corrects a file wants to see
// all of them at once.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace postern::config {

/// A place in a file. Line and column count from 1; 0: the file as a whole.
struct Place {
  std::string_view file;  ///< interned, as the administrator would name it
  std::uint32_t line = 0, column = 0;

  /// "conf.d/20-telegram.toml:14:1"
  std::string text() const;
  bool operator<(const Place& other) const {
    return std::tie(file, line, column) < std::tie(other.file, other.line, other.column);
  }
};

struct Problem {
  Place place;
  std::string what;    ///< one sentence: what was expected and what was found
  std::string remedy;  ///< what to do; empty if `what` says it

  /// "postern.toml:3:1: unknown key "lisen" (did you mean "listen"?)"
  std::string text() const;
};

class Problems {
 public:
  void add(const Place& place, std::string what, std::string remedy = {}) {
    list_.push_back({place, std::move(what), std::move(remedy)});
  }
  bool empty() const { return list_.empty(); }
  std::size_t size() const { return list_.size(); }
  /// By file, line and column.
  std::vector<Problem> sorted() const;
  /// One line each, sorted.
  std::string text() const;

 private:
  std::vector<Problem> list_;
};

/// The one of `candidates` that `word` is most likely a misspelling of; empty if none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace postern::config
