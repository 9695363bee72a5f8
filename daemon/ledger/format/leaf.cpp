// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/leaf.hpp"

#include <charconv>

#include "base/crypto.hpp"

namespace postern::ledger {
namespace {

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

Hash leaf_hash(std::string_view bytes) {
  static constexpr std::uint8_t kLeaf = 0x00;
  return crypto::sha256({ByteView(&kLeaf, 1), view(bytes)});
}

}  // namespace postern::ledger
