// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/leaf.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/crypto.hpp"
#include "ledger/format/vkey.hpp"

namespace postern::ledger {
namespace {

enum : std::uint8_t { kValue = 1, kLower = 2, kDigit = 4, kHex = 8, kKeyTail = 16 };

constexpr std::array<std::uint8_t, 256> classes() {
  std::array<std::uint8_t, 256> table{};
  for (int c = 'a'; c <= 'z'; ++c) table[c] = kValue | kLower | kKeyTail | (c <= 'f' ? kHex : 0);
  for (int c = 'A'; c <= 'Z'; ++c) table[c] = kValue;
  for (int c = '0'; c <= '9'; ++c) table[c] = kValue | kDigit | kHex | kKeyTail;
  for (const char c : {'.', ':', '/', '@', '+', '=', '-'}) table[static_cast<std::uint8_t>(c)] = kValue;
  table['_'] = kValue | kKeyTail;
  return table;
}
constexpr auto kClasses = classes();

bool is(char c, std::uint8_t what) {
  return (kClasses[static_cast<std::uint8_t>(c)] & what) != 0;
}

bool all(std::string_view text, std::uint8_t what) {
  for (const char c : text)
    if (!is(c, what)) return false;
  return !text.empty();
}

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && all(text, kHex);
}

// ---- writing

class Writer {
 public:
  Writer(std::string& out, std::span<const LeafExtra> extra) : out_(out), extra_(extra) {}

  void text(char key, std::string_view value) {
    if (value.empty()) return;
    name(key);
    quoted(value);
  }
  void number(char key, std::int64_t value) {
    name(key);
    digits(value);
  }
  void bytes(char key, ByteView value) {
    static constexpr char kDigits[] = "0123456789abcdef";
    name(key);
    out_ += '"';
    for (const auto byte : value) {
      out_ += kDigits[byte >> 4];
      out_ += kDigits[byte & 15];
    }
    out_ += '"';
  }
  void id(char key, const Id& value) {
    if (value) bytes(key, value.bytes);
  }
  void finish() {
    extras_before('{');  // the character after 'z'
    out_ += '}';
  }

 private:
  void name(char key) {
    extras_before(key);
    separator();
    const char text[] = {'"', key, '"', ':'};
    out_.append(text, sizeof text);
  }
  /// Keys of two letters and more sort before the first one-letter key with a greater first letter.
  void extras_before(char key) {
    for (; !extra_.empty() && extra_.front().key.front() < key; extra_ = extra_.subspan(1)) {
      const auto& extra = extra_.front();
      separator();
      quoted(extra.key);
      out_ += ':';
      if (const auto* text = std::get_if<std::string_view>(&extra.value)) {
        quoted(*text);
      } else {
        digits(std::get<std::int64_t>(extra.value));
      }
    }
  }
  void separator() {
    out_ += first_ ? '{' : ',';
    first_ = false;
  }
  void quoted(std::string_view text) {
    out_ += '"';
    out_ += text;
    out_ += '"';
  }
  void digits(std::int64_t value) {
    char text[24];
    out_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
  }

  std::string& out_;
  std::span<const LeafExtra> extra_;
  bool first_ = true;
};

// ---- reading

/// Walks over the pairs of a leaf, knowing nothing of their meaning.
class Scanner {
 public:
  struct Pair {
    std::string_view key, value;  ///< a text without its quotes; an integer's characters
    bool is_text = false;
  };

  explicit Scanner(std::string_view bytes) : rest_(bytes) {}

  /// The next pair; nothing at the end of the object or where the form is broken, which `error` then tells.
  std::optional<Pair> next() {
    if (rest_ == "}" && !first_) {
      rest_ = {};
      return std::nullopt;
    }
    Pair pair;
    if (!take(first_ ? '{' : ',')) return broken("is not one object without white space");
    first_ = false;
    if (!take_string(pair.key, kKeyTail) || !is(pair.key.front(), kLower) || pair.key.size() > 16)
      return broken("has a key of another form than [a-z][a-z0-9_]{0,15}");
    if (!take(':')) return broken("has a key without a value");
    if (!rest_.empty() && rest_.front() == '"') {
      pair.is_text = true;
      if (!take_string(pair.value, kValue)) return broken("has a text outside [A-Za-z0-9._:/@+=-]+");
    } else if (!take_integer(pair.value)) {
      return broken("has a value that is neither text nor a canonical integer");
    }
    return pair;
  }
  const char* error() const { return error_; }

 private:
  std::optional<Pair> broken(const char* why) {
    error_ = why;
    return std::nullopt;
  }
  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool take_string(std::string_view& out, std::uint8_t alphabet) {
    std::size_t end = 1;
    while (end < rest_.size() && is(rest_[end], alphabet)) ++end;
    if (rest_.empty() || rest_.front() != '"' || end == 1 || end == rest_.size() || rest_[end] != '"') return false;
    out = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return true;
  }
  bool take_integer(std::string_view& out) {
    const std::size_t sign = !rest_.empty() && rest_.front() == '-' ? 1 : 0;
    std::size_t end = sign;
    while (end < rest_.size() && is(rest_[end], kDigit)) ++end;
    const std::size_t digits = end - sign;
    if (digits == 0 || digits > 16 || (rest_[sign] == '0' && (digits > 1 || sign == 1))) return false;
    out = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return true;
  }

  std::string_view rest_;
  const char* error_ = nullptr;
  bool first_ = true;
};

/// Sixteen digits always fit; the bound is checked by the caller.
std::int64_t to_integer(std::string_view digits) {
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

std::string_view* text_field(Leaf& leaf, char key) {
  switch (key) {
    case 'a':
      return &leaf.a;
    case 'b':
      return &leaf.b;
    case 'c':
      return &leaf.c;
    case 'd':
      return &leaf.d;
    case 'f':
      return &leaf.f;
    case 'h':
      return &leaf.h;
    case 'k':
      return &leaf.k;
    case 'o':
      return &leaf.o;
    case 'p':
      return &leaf.p;
    case 's':
      return &leaf.s;
    case 'w':
      return &leaf.w;
    case 'x':
      return &leaf.x;
    default:
      return nullptr;
  }
}

struct Integers {
  std::optional<std::int64_t> v, i, t, m;
};

std::optional<std::int64_t>* integer_field(Leaf& leaf, Integers& own, char key) {
  switch (key) {
    case 'i':
      return &own.i;
    case 'm':
      return &own.m;
    case 'n':
      return &leaf.n;
    case 'q':
      return &leaf.q;
    case 'r':
      return &leaf.r;
    case 't':
      return &own.t;
    case 'v':
      return &own.v;
    default:
      return nullptr;
  }
}

/// Puts one pair in its place; what is wrong with it, or nothing.
const char* place(Leaf& leaf, Integers& own, const Scanner::Pair& pair) {
  std::int64_t value = 0;
  if (!pair.is_text) {
    value = to_integer(pair.value);
    if (value > kMaxInteger || value < -kMaxInteger) return "has an integer beyond 2^53-1";
  }
  if (pair.key.size() > 1) return nullptr;
  const char key = pair.key.front();
  if (auto* field = text_field(leaf, key)) {
    if (!pair.is_text) return "has an integer where a text belongs";
    *field = pair.value;
  } else if (auto* number = integer_field(leaf, own, key)) {
    if (pair.is_text) return "has a text where an integer belongs";
    if (value < 0 && key != 'q') return "has a negative integer other than q";
    *number = value;
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

void append_leaf(std::string& out, const LeafFields& fields) {
  Writer write(out, fields.extra);
  write.text('a', fields.a);
  write.text('b', fields.b);
  write.id('c', fields.c);
  write.text('d', fields.d);
  write.text('f', fields.f);
  if (fields.h) write.bytes('h', *fields.h);
  write.number('i', static_cast<std::int64_t>(fields.i));
  write.text('k', fields.k);
  write.number('m', fields.m);
  if (fields.h) write.number('n', static_cast<std::int64_t>(fields.n));
  write.text('o', fields.o);
  write.text('p', fields.p);
  if (fields.q) write.number('q', *fields.q);
  if (fields.r) write.number('r', static_cast<std::int64_t>(*fields.r));
  write.id('s', fields.s);
  write.number('t', fields.t);
  write.number('v', 1);
  write.text('w', fields.w);
  write.id('x', fields.x);
  write.finish();
}

Result<Leaf> check_leaf(std::string_view bytes, std::uint64_t position, std::string_view origin) {
  const auto refuse = [&](const char* why) { return failure("leaf " + std::to_string(position) + " " + why); };
  if (bytes.size() > kMaxLeaf) return refuse("is longer than 2048 bytes");
  Leaf leaf;
  leaf.bytes = bytes;
  Integers own;
  Scanner scan(bytes);
  std::string_view before;
  while (const auto pair = scan.next()) {
    if (pair->key <= before) return refuse("has keys that are not in ascending order");
    before = pair->key;
    if (const char* why = place(leaf, own, *pair)) return refuse(why);
  }
  if (scan.error() != nullptr) return refuse(scan.error());
  if (own.v != 1) return refuse("has no version v or another than 1");
  if (!own.i || static_cast<std::uint64_t>(*own.i) != position) return refuse("has an index i that is not its place");
  if (!own.t || !own.m) return refuse("has no time t or m");
  leaf.i = position;
  leaf.t = *own.t;
  leaf.m = *own.m;
  if (const char* why = judge(leaf)) return refuse(why);
  if (const char* why = judge_type(leaf, origin)) return refuse(why);
  return leaf;
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

Hash leaf_hash(std::string_view bytes) {
  static constexpr std::uint8_t kLeaf = 0x00;
  return crypto::sha256({ByteView(&kLeaf, 1), view(bytes)});
}

}  // namespace postern::ledger
