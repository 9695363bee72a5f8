// SPDX-License-Identifier: Apache-2.0
#include "gateway/signed_text.hpp"

#include <algorithm>

namespace postern::gateway {

Result<SignedText> SignedText::parse(std::string_view text) {
  SignedText made;
  if (text == "body") return made;
  made.pieces_.clear();
  for (std::string_view rest = text; !rest.empty();) {
    const auto open = std::min(rest.find('{'), rest.size());
    if (open > 0) made.pieces_.push_back({Place::literal, std::string(rest.substr(0, open))});
    rest.remove_prefix(open);
    if (rest.empty()) break;
    const auto close = rest.find('}');
    const auto name = rest.substr(1, close == rest.npos ? rest.npos : close - 1);
    if (close != rest.npos && name == "body")
      made.pieces_.push_back({Place::body, {}});
    else if (close != rest.npos && name == "timestamp")
      made.pieces_.push_back({Place::timestamp, {}});
    else if (close != rest.npos && name == "id")
      made.pieces_.push_back({Place::id, {}});
    else
      return failure("has the unknown place \"{" + std::string(name) + "\"");
    rest.remove_prefix(close + 1);
  }
  if (!made.has(Place::body)) return failure("does not name {body}");
  return made;
}

bool SignedText::has(Place place) const {
  return std::any_of(pieces_.begin(), pieces_.end(), [&](const Piece& piece) { return piece.place == place; });
}

std::vector<ByteView> SignedText::bytes(const Values& values) const {
  std::vector<ByteView> all;
  all.reserve(pieces_.size());
  for (const auto& piece : pieces_) switch (piece.place) {
      case Place::literal:
        all.push_back(view(piece.literal));
        break;
      case Place::body:
        all.push_back(view(values.body));
        break;
      case Place::timestamp:
        all.push_back(view(values.timestamp));
        break;
      case Place::id:
        all.push_back(view(values.id));
        break;
    }
  return all;
}

}  // namespace postern::gateway
