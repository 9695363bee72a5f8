// SPDX-License-Identifier: Apache-2.0
// Texts as they are compared: words in small letters, and what is looked for among them. Pure; any thread.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace postern::search {

/// " where is my order ": the words of a text in small letters (Latin, Greek, Cyrillic; other scripts have none), one
/// blank around each. A sign of a script that puts no blanks between words is a word of its own. Without any: empty.
std::string words_of(std::string_view text);

/// What somebody looks for. All of it has to be in a text: words, "phrases" in quotation marks; of a last word that
/// stands outside of them the beginning is enough.
class Wanted {
 public:
  explicit Wanted(std::string_view text);
  /// There is not a word in it.
  bool empty() const { return needles_.empty(); }
  /// Is it in these words (as of words_of)?
  bool in(std::string_view words) const;

 private:
  void add(std::string_view text, bool whole);

  std::vector<std::string> needles_;
};

}  // namespace postern::search
