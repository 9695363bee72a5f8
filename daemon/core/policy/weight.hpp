// SPDX-License-Identifier: Apache-2.0
// What X counts: a letter of most alphabets one, any other character two, an emoji two however it is composed, a link
// 23 however long it is (twitter-text, configuration 3). Where its own tables would be needed, for domains without
// "https://" and composed letters, this counts rather too much than too little. Pure; any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postern::core::policy {

/// What is weighed as one and not cut where that can be helped.
struct Piece {
  std::size_t end = 0;
  std::int64_t weight = 0;
};

/// The piece that begins at byte `at`: a run of visible ASCII, so that a link stays whole, else a grapheme cluster.
Piece weighed_piece(std::string_view text, std::size_t at);

}  // namespace postern::core::policy
