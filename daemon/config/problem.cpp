// SPDX-License-Identifier: Apache-2.0
#include "config/problem.hpp"

#include <algorithm>

namespace postern::config {
namespace {

/// Levenshtein's distance, with a swap of neighbours as one step.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> steps(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) steps[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) steps[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i)
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t change = steps[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      steps[i][j] = std::min({change, steps[i - 1][j] + 1, steps[i][j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        steps[i][j] = std::min(steps[i][j], steps[i - 2][j - 2] + 1);
    }
  return steps[a.size()][b.size()];
}

}  // namespace

std::string Place::text() const {
  std::string out(file);
  if (line != 0) out += ":" + std::to_string(line) + ":" + std::to_string(column);
  return out;
}

std::string Problem::text() const {
  return place.text() + ": " + what + (remedy.empty() ? "" : " (" + remedy + ")");
}

std::vector<Problem> Problems::sorted() const {
  std::vector<Problem> out = list_;
  std::stable_sort(out.begin(), out.end(), [](const Problem& a, const Problem& b) { return a.place < b.place; });
  return out;
}

std::string Problems::text() const {
  std::string out;
  for (const Problem& problem : sorted()) out += problem.text() + "\n";
  return out;
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(1, std::min<std::size_t>(word.size(), 64) / 3) + 1;
  if (word.size() > 64) return best;
  for (const std::string_view candidate : candidates) {
    const std::size_t steps = distance(word, candidate);
    if (steps >= least) continue;
    least = steps;
    best = candidate;
  }
  return best;
}

}  // namespace postern::config
