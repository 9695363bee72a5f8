// SPDX-License-Identifier: Apache-2.0
// The leaf: the canonical bytes of one record, which are what is hashed, stored and exported (docs/ledger-format.md).
// One JSON object, keys ascending by bytes, no white space, values strings or integers, at most 2,048 bytes.
// Pure functions; any thread.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/bytes.hpp"
#include "base/error.hpp"

namespace postern::ledger {

inline constexpr std::size_t kMaxLeaf = 2048;                             ///< bytes, without the line feed of an export
inline constexpr std::int64_t kMaxInteger = (std::int64_t{1} << 53) - 1;  ///< what every JSON reader holds exactly

/// An argument that belongs to a type of event: a key of two to sixteen of [a-z0-9_], a letter first.
struct LeafExtra {
  std::string_view key;
  std::variant<std::string_view, std::int64_t> value;
};

/// What goes into a leaf. An empty text, a zero id and an empty optional mean that the key is left out. The views
/// must live as long as the call that reads them.
struct LeafFields {
  std::uint64_t i = 0;                 ///< index of the record
  std::int64_t t = 0;                  ///< wall clock, microseconds since 1970
  std::int64_t m = 0;                  ///< CLOCK_BOOTTIME, microseconds
  std::string_view b;                  ///< boot: eight hex digits
  std::string_view k;                  ///< type of event, "msg.in"
  std::string_view o = "ok";           ///< ok, refused, failed, unknown or deferred
  std::string_view a = "system";       ///< actor: system, user:<32 hex> or plugin:<name>@<version>
  std::string_view w{};                ///< account
  std::string_view p{};                ///< platform
  std::string_view d{};                ///< decision, channel, basis or code
  std::string_view f{};                ///< retention class
  Id s{};                              ///< subject
  Id c{};                              ///< conversation
  Id x{};                              ///< message, hold or request
  std::optional<std::uint64_t> r{};    ///< index of the record that caused this one, < i
  std::optional<std::int64_t> q{};     ///< the argument: a count, a size, a part's number
  std::optional<Hash> h{};             ///< hash of the sealed body; needs n, s and f
  std::uint64_t n = 0;                 ///< length of the body's ciphertext; only written with h
  std::span<const LeafExtra> extra{};  ///< ascending by key
};

/// Appends the leaf's bytes to `out`. Nothing is checked here, as the fields come from typed values: the writer runs
/// check_leaf over what it is about to sign.
void append_leaf(std::string& out, const LeafFields& fields);

/// A leaf that has been read and found well formed. Views point into the bytes that were checked; an absent text is
/// empty, since the format has no empty strings.
struct Leaf {
  std::string_view bytes;
  std::uint64_t i = 0;
  std::int64_t t = 0, m = 0;
  std::string_view b, k, o, a, w, p, s, c, x, d, f, h;
  std::optional<std::int64_t> r, n, q;

  /// An argument of the leaf's type, such as "vkey"; nothing if it is not there or of the other kind. Costs a scan.
  std::optional<std::string_view> text(std::string_view key) const;
  std::optional<std::int64_t> number(std::string_view key) const;
};

/// Reads strictly: refuses any other bytes than those of a well-formed leaf at `position`, with the arguments that its
/// type needs. Types of event and keys of two letters or more may be unknown. `origin` is the ledger's name, which a
/// new signing key must carry (empty: not compared; leaf 0 names it itself). The error says what is wrong, without
/// quoting the leaf.
Result<Leaf> check_leaf(std::string_view bytes, std::uint64_t position, std::string_view origin = {});

/// SHA-256(0x00 ‖ leaf), as in RFC 6962.
Hash leaf_hash(std::string_view bytes);

}  // namespace postern::ledger
