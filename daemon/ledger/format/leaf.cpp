// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/leaf.hpp"

#include <algorithm>
#include <charconv>

#include "base/crypto.hpp"

namespace postern::ledger {
namespace {

/// More bytes than a leaf of these fields can take, so that the writer need not look at every step.
std::size_t bound(const LeafFields& fields) {
  constexpr std::size_t kFixed = 512;  // keys, quotes and commas of 19 pairs, 7 integers, 3 ids and a hash: 420
  constexpr std::size_t kPair = 32;    // quotes, colon, comma and an integer
  std::size_t size = kFixed;
  for (const auto text : {fields.b, fields.k, fields.o, fields.a, fields.w, fields.p, fields.d, fields.f})
    size += text.size();
  for (const auto& extra : fields.extra) {
    const auto* text = std::get_if<std::string_view>(&extra.value);
    size += kPair + extra.key.size() + (text != nullptr ? text->size() : 0);
  }
  return size;
}

/// Writes to memory that is known to be large enough.
class Writer {
 public:
  Writer(char* to, std::span<const LeafExtra> extra) : to_(to), extra_(extra) {}

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
    *to_++ = '"';
    for (const auto byte : value) {
      *to_++ = kDigits[byte >> 4];
      *to_++ = kDigits[byte & 15];
    }
    *to_++ = '"';
  }
  void id(char key, const Id& value) {
    if (value) bytes(key, value.bytes);
  }
  /// The end of what was written.
  char* finish() {
    extras_before('{');  // the character after 'z'
    *to_++ = '}';
    return to_;
  }

 private:
  void name(char key) {
    extras_before(key);
    separator();
    *to_++ = '"';
    *to_++ = key;
    *to_++ = '"';
    *to_++ = ':';
  }
  /// Keys of two letters and more sort before the first one-letter key with a greater first letter.
  void extras_before(char key) {
    for (; !extra_.empty() && extra_.front().key.front() < key; extra_ = extra_.subspan(1)) {
      const auto& extra = extra_.front();
      separator();
      quoted(extra.key);
      *to_++ = ':';
      if (const auto* text = std::get_if<std::string_view>(&extra.value)) {
        quoted(*text);
      } else {
        digits(std::get<std::int64_t>(extra.value));
      }
    }
  }
  void separator() {
    *to_++ = first_ ? '{' : ',';
    first_ = false;
  }
  void quoted(std::string_view text) {
    *to_++ = '"';
    to_ = std::copy(text.begin(), text.end(), to_);
    *to_++ = '"';
  }
  void digits(std::int64_t value) { to_ = std::to_chars(to_, to_ + 24, value).ptr; }

  char* to_;
  std::span<const LeafExtra> extra_;
  bool first_ = true;
};

}  // namespace

void append_leaf(std::string& out, const LeafFields& fields) {
  const auto begin = out.size();
  out.resize(begin + bound(fields));
  Writer write(out.data() + begin, fields.extra);
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
  out.resize(static_cast<std::size_t>(write.finish() - out.data()));
}

Hash leaf_hash(std::string_view bytes) {
  static constexpr std::uint8_t kLeaf = 0x00;
  return crypto::sha256({ByteView(&kLeaf, 1), view(bytes)});
}

}  // namespace postern::ledger
