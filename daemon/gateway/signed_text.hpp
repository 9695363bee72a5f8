// SPDX-License-Identifier: Apache-2.0
// What the MAC of a webhook is over: most platforms sign the body, some put an id, a time or a word before it.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace postern::gateway {

/// A template: "{body}", "{timestamp}.{body}", "{id}.{timestamp}.{body}", "hmacsha256={body}".
class SignedText {
 public:
  /// What stands for the places of a template, as it came. Borrowed.
  struct Values {
    std::string_view body, timestamp = {}, id = {};
  };

  /// The body alone.
  SignedText() : pieces_{{Place::body, {}}} {}
  /// "body" stands for "{body}". Fails if a place is unknown or the body is not in it: what is not signed proves
  /// nothing.
  static Result<SignedText> parse(std::string_view text);

  bool has_timestamp() const { return has(Place::timestamp); }
  bool has_id() const { return has(Place::id); }
  /// The signed bytes, one after the other; views of `values` and of this.
  std::vector<ByteView> bytes(const Values& values) const;

 private:
  enum class Place { literal, body, timestamp, id };
  struct Piece {
    Place place;
    std::string literal;
  };

  bool has(Place place) const;

  std::vector<Piece> pieces_;
};

}  // namespace postern::gateway
