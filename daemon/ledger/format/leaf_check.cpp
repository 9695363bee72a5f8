// SPDX-License-Identifier: Apache-2.0
// The reading half of leaf.hpp.
#include <algorithm>

#include "ledger/format/leaf.hpp"
#include "ledger/format/leaf_scan.hpp"
#include "ledger/format/vkey.hpp"

namespace postern::ledger {
namespace {

using namespace scan;

/// A leaf while it is read: its required integers may still be absent.
struct Reading : Leaf {
  std::optional<std::int64_t> version, index, wall, boot;
};

/// Where the value of a one-letter key goes; nowhere for the letters that version 1 does not have.
struct Field {
  std::string_view Reading::*text = nullptr;
  std::optional<std::int64_t> Reading::*number = nullptr;
};

constexpr std::array<Field, 26> fields() {
  std::array<Field, 26> table{};
  const auto at = [&](char key) -> Field& { return table[static_cast<std::size_t>(key - 'a')]; };
  at('a').text = &Reading::a, at('b').text = &Reading::b, at('c').text = &Reading::c, at('d').text = &Reading::d;
  at('f').text = &Reading::f, at('h').text = &Reading::h, at('k').text = &Reading::k, at('o').text = &Reading::o;
  at('p').text = &Reading::p, at('s').text = &Reading::s, at('w').text = &Reading::w, at('x').text = &Reading::x;
  at('i').number = &Reading::index, at('m').number = &Reading::boot, at('n').number = &Reading::n;
  at('q').number = &Reading::q, at('r').number = &Reading::r, at('t').number = &Reading::wall;
  at('v').number = &Reading::version;
  return table;
}
constexpr auto kFields = fields();

/// Puts one pair in its place; what is wrong with it, or nothing.
const char* place(Reading& reading, const Scanner::Pair& pair) {
  std::int64_t value = 0;
  if (!pair.is_text) {
    value = to_integer(pair.value);
    if (value > kMaxInteger || value < -kMaxInteger) return "has an integer beyond 2^53-1";
  }
  if (pair.key.size() > 1) return nullptr;
  const char key = pair.key.front();
  const auto& field = kFields[static_cast<std::size_t>(key - 'a')];
  if (field.text != nullptr) {
    if (!pair.is_text) return "has an integer where a text belongs";
    reading.*field.text = pair.value;
  } else if (field.number != nullptr) {
    if (pair.is_text) return "has a text where an integer belongs";
    if (value < 0 && key != 'q') return "has a negative integer other than q";
    reading.*field.number = value;
  } else {
    return "has a one-letter key that version 1 does not know";
  }
  return nullptr;
}

/// [a-z]+(\.[a-z]+)+
bool is_event_type(std::string_view text) {
  bool dot = false;
  char before = '.';
  for (const char c : text) {
    if (c == '.' ? before == '.' : !is(c, kLower)) return false;
    dot |= c == '.';
    before = c;
  }
  return dot && before != '.';
}

bool is_actor(std::string_view text) {
  if (text == "system") return true;
  if (text.starts_with("user:")) return is_hex(text.substr(5), 32);
  if (!text.starts_with("plugin:")) return false;
  const auto at = text.find('@');
  return at != text.npos && at > 7 && at + 1 < text.size() && text.find('@', at + 1) == text.npos;
}

bool is_outcome(std::string_view text) {
  return text == "ok" || text == "refused" || text == "failed" || text == "unknown" || text == "deferred";
}

/// The rules about single fields and about what needs what; what is broken, or nothing.
const char* judge(const Leaf& leaf) {
  if (!is_hex(leaf.b, 8)) return "has a boot id b that is not 8 hex digits";
  if (!is_event_type(leaf.k)) return "has a type k that is not words joined by dots";
  if (!is_outcome(leaf.o)) return "has an outcome o that is not one of the five words";
  if (!is_actor(leaf.a)) return "has an actor a of no known kind";
  for (const auto& id : {leaf.s, leaf.c, leaf.x})
    if (!id.empty() && !is_hex(id, 32)) return "has a pseudonym s, c or x that is not 32 hex digits";
  if (leaf.r && static_cast<std::uint64_t>(*leaf.r) >= leaf.i) return "has a cause r that is not before it";
  if (leaf.h.empty() != !leaf.n) return "has only one of h and n";
  if (leaf.h.empty()) return nullptr;
  if (!is_hex(leaf.h, 64)) return "has a hash h that is not 64 hex digits";
  if (*leaf.n < 64 || *leaf.n % 64 != 0) return "has a length n that is not a positive multiple of 64";
  if (leaf.s.empty() || leaf.f.empty()) return "has a sealed body but no subject s or retention class f";
  return nullptr;
}

/// `<outcome>/<rule>:<16 hex digits>`
bool is_verdict(std::string_view text, std::initializer_list<std::string_view> outcomes) {
  const auto slash = text.find('/');
  if (slash == text.npos || std::find(outcomes.begin(), outcomes.end(), text.substr(0, slash)) == outcomes.end())
    return false;
  text.remove_prefix(slash + 1);
  return text.size() > 17 && text[text.size() - 17] == ':' && is_hex(text.substr(text.size() - 16), 16);
}

bool has_key_of(const Leaf& leaf, std::string_view origin) {
  const auto text = leaf.text("vkey");
  if (!text) return false;
  const auto vkey = VKey::parse_log_key(*text);
  return vkey && (origin.empty() || vkey->name == origin);
}

/// The rules about the types that a verifier acts on; what is broken, or nothing.
const char* judge_type(const Leaf& leaf, std::string_view origin) {
  const bool first = leaf.k == "audit.fork" || (leaf.i == 0 && leaf.k == "audit.start");
  if (first != (leaf.i == 0)) return "must be audit.start or audit.fork if and only if it is the first";
  if (first && !has_key_of(leaf, {})) return "begins a ledger without a valid vkey";
  if (leaf.k == "key.rotate" && !has_key_of(leaf, origin)) return "is key.rotate without a valid vkey of this ledger";
  if ((leaf.k == "msg.out.intent" || leaf.k == "policy.allow") && !is_verdict(leaf.d, {"allow", "transform"}))
    return "needs a verdict d of allow or transform";
  if (leaf.k == "policy.hold" && !is_verdict(leaf.d, {"hold"})) return "needs a verdict d of hold";
  if (leaf.k == "policy.refuse" && !is_verdict(leaf.d, {"deny"})) return "needs a verdict d of deny";
  if (leaf.k == "subject.erased" && leaf.s.empty()) return "is subject.erased without s";
  if (leaf.k == "retention.purged") {
    const auto from = leaf.number("from"), to = leaf.number("to");
    if (leaf.f.empty() || !from || !to || *from < 0 || *from > *to || static_cast<std::uint64_t>(*to) > leaf.i)
      return "is retention.purged without f and a range from, to before it";
  }
  return nullptr;
}

}  // namespace

Result<Leaf> check_leaf(std::string_view bytes, std::uint64_t position, std::string_view origin) {
  const auto refuse = [&](const char* why) { return failure("leaf " + std::to_string(position) + " " + why); };
  if (bytes.size() > kMaxLeaf) return refuse("is longer than 2048 bytes");
  Reading leaf;
  leaf.bytes = bytes;
  Scanner scan(bytes);
  std::string_view before;
  while (const auto pair = scan.next()) {
    if (pair->key <= before) return refuse("has keys that are not in ascending order");
    before = pair->key;
    if (const char* why = place(leaf, *pair)) return refuse(why);
  }
  if (scan.error() != nullptr) return refuse(scan.error());
  if (leaf.version != 1) return refuse("has no version v or another than 1");
  if (!leaf.index || static_cast<std::uint64_t>(*leaf.index) != position)
    return refuse("has an index i that is not its place");
  if (!leaf.wall || !leaf.boot) return refuse("has no time t or m");
  leaf.i = position;
  leaf.t = *leaf.wall;
  leaf.m = *leaf.boot;
  if (const char* why = judge(leaf)) return refuse(why);
  if (const char* why = judge_type(leaf, origin)) return refuse(why);
  return static_cast<Leaf&>(leaf);
}

std::optional<std::string_view> Leaf::text(std::string_view key) const {
  Scanner scan(bytes);
  while (const auto pair = scan.next())
    if (pair->key == key) return pair->is_text ? std::optional(pair->value) : std::nullopt;
  return std::nullopt;
}

std::optional<std::int64_t> Leaf::number(std::string_view key) const {
  Scanner scan(bytes);
  while (const auto pair = scan.next())
    if (pair->key == key) return pair->is_text ? std::nullopt : std::optional(to_integer(pair->value));
  return std::nullopt;
}

}  // namespace postern::ledger
