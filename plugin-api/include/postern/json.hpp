// SPDX-License-Identifier: Apache-2.0
// JSON for plugins: Node reads a document without caring what is missing, Writer writes one without building it first.
//
// The parser is Boost.JSON. It refuses what is not UTF-8 and what is nested deeper than 32. Of duplicate keys the last
// one wins, silently. An integer beyond 64 bits becomes a double and has lost digits: read ids with Node::id().
#pragma once
#include <boost/json.hpp>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "postern/surrogate.hpp"

namespace postern {
inline namespace sdk_v1 {

using Json = boost::json::value;

/// What the platform sent, or what the author asked of it, is not as documented. The daemon keeps the input.
struct BadInput : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Parses `text`. `memory` may be a monotonic_resource; the value must not outlive it. Throws BadInput. An escape of
/// half a character (see surrogate.hpp) is read as U+FFFD.
inline Json parse_json(std::string_view text, boost::json::storage_ptr memory = {}) {
  boost::json::error_code error;
  Json value = boost::json::parse({text.data(), text.size()}, error, memory);
  if (error && text.find("\\u") != text.npos) {
    const std::string mended = replace_lone_surrogates(text);
    if (mended != text) value = boost::json::parse(mended, error, memory);
  }
  if (error) throw BadInput("not JSON: " + error.message());
  return value;
}

/// The exact text of a platform's id: a string as it is, an integer in decimal. Anything else throws BadInput, above
/// all a double, since that is what an integer too long for 64 bits has become.
inline std::string id_text(const Json& value) {
  if (const auto* text = value.if_string()) return std::string(text->data(), text->size());
  if (const auto* number = value.if_int64()) return std::to_string(*number);
  if (const auto* number = value.if_uint64()) return std::to_string(*number);
  throw BadInput(value.is_double() ? "an id is a number that JSON readers round: expected a string or a 64-bit integer"
                                   : "an id is neither a string nor an integer");
}

/// A place in a document that may be there or not. Looking below what is absent or of another type gives an absent
/// Node, so a codec reads `body["entry"]` and `message["attachments"]` without asking first. Cheap to copy; valid as
/// long as the document.
class Node {
 public:
  Node() = default;
  Node(const Json* value) : value_(value) {}
  Node(const Json& value) : value_(&value) {}
  Node(Json&&) = delete;  // the document would be gone

  /// There, and not null.
  explicit operator bool() const { return value_ && !value_->is_null(); }

  /// A member of an object.
  Node operator[](std::string_view name) const {
    const auto* object = value_ ? value_->if_object() : nullptr;
    return object ? Node(object->if_contains({name.data(), name.size()})) : Node();
  }
  /// An element of an array.
  Node at(std::size_t index) const {
    const auto* array = value_ ? value_->if_array() : nullptr;
    return array && index < array->size() ? Node((*array)[index]) : Node();
  }

  bool is_string() const { return value_ && value_->is_string(); }
  bool is_object() const { return value_ && value_->is_object(); }
  bool is_array() const { return value_ && value_->is_array(); }
  /// Elements of an array or members of an object; 0 for anything else.
  std::size_t size() const {
    return is_array() ? value_->get_array().size() : is_object() ? value_->get_object().size() : 0;
  }

  /// A string's content, else `otherwise`. Borrowed from the document.
  std::string_view text(std::string_view otherwise = {}) const {
    return is_string() ? std::string_view(value_->get_string().data(), value_->get_string().size()) : otherwise;
  }
  /// A whole number that fits, else `otherwise`. A string of digits isn't one.
  std::int64_t integer(std::int64_t otherwise = 0) const {
    if (!value_) return otherwise;
    if (const auto* number = value_->if_int64()) return *number;
    return otherwise;  // Boost.JSON makes uint64 only of what doesn't fit into int64
  }
  double real(double otherwise = 0) const {
    if (!value_ || !value_->is_number()) return otherwise;
    return value_->is_double() ? value_->get_double() : value_->to_number<double>();
  }
  bool boolean(bool otherwise = false) const { return value_ && value_->is_bool() ? value_->get_bool() : otherwise; }
  /// id_text() of what is there; empty if it is absent or null. Throws BadInput.
  std::string id() const { return *this ? id_text(*value_) : std::string(); }
  /// The same of an id that can be done without: empty, too, if it is of a type that is no id's.
  std::string id_if_any() const {
    return value_ && (value_->is_string() || value_->is_int64() || value_->is_uint64()) ? id_text(*value_)
                                                                                        : std::string();
  }
  /// A number that platforms write as a number or as a string, like a coordinate, in the shortest decimal form.
  std::string decimal() const {
    if (!value_ || !value_->is_number()) return std::string(text());
    char digits[32];
    return std::string(digits, std::to_chars(digits, std::end(digits), real()).ptr);
  }

  /// Iteration over an array; nothing else has elements. `for (const Node entry : body["entry"])`.
  class Iterator {
   public:
    explicit Iterator(const Json* value) : value_(value) {}
    Node operator*() const { return Node(value_); }
    Iterator& operator++() {
      ++value_;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    const Json* value_;
  };
  Iterator begin() const { return Iterator(is_array() ? value_->get_array().data() : nullptr); }
  Iterator end() const { return Iterator(is_array() ? value_->get_array().data() + size() : nullptr); }

  /// The value itself; null if it is absent.
  const Json* json() const { return value_; }

 private:
  const Json* value_ = nullptr;
};

/// Appends one JSON document to a string that the caller keeps and reuses. Commas are set by themselves, and bytes
/// that are not UTF-8 are written as U+FFFD. Objects and arrays are opened and closed in pairs, 32 deep at most.
///
///     writer.object().field("id", "7").array("tags").value("new").end().end();      {"id":"7","tags":["new"]}
class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& object() { return open('{'); }
  Writer& object(std::string_view name) { return key(name).open('{'); }
  Writer& array() { return open('['); }
  Writer& array(std::string_view name) { return key(name).open('['); }
  /// Closes what was opened last.
  Writer& end() {
    if (depth_ == 0) throw std::logic_error("Writer::end(): nothing is open");
    out_ += (arrays_ >> --depth_ & 1) ? ']' : '}';
    comma_ = true;
    return *this;
  }

  /// The name of the member whose value follows.
  Writer& key(std::string_view name) {
    separate();
    quote(name);
    out_ += ':';
    comma_ = false;
    return *this;
  }

  Writer& value(std::string_view text) {
    separate();
    quote(text);
    return *this;
  }
  Writer& value(const char* text) { return value(std::string_view(text)); }
  Writer& value(const std::string& text) { return value(std::string_view(text)); }
  Writer& value(std::same_as<bool> auto truth) { return raw(truth ? "true" : "false"); }
  Writer& value(std::integral auto number) requires(!std::same_as<decltype(number), bool> &&
                                                    !std::same_as<decltype(number), char>) {
    char digits[24];
    return raw({digits, static_cast<std::size_t>(std::to_chars(digits, std::end(digits), number).ptr - digits)});
  }
  /// Not a number and the infinities have no JSON form; they become null.
  Writer& value(double number) {
    separate();
    append(number);
    return *this;
  }
  Writer& value(const Json& json) {
    separate();
    append(json);
    return *this;
  }
  Writer& value(Node node) { return node.json() ? value(*node.json()) : raw("null"); }
  /// A text that is JSON already, handed on as it is.
  Writer& raw(std::string_view json) {
    separate();
    out_ += json;
    return *this;
  }

  template <typename T>
  Writer& field(std::string_view name, const T& content) {
    return key(name).value(content);
  }
  /// The member only if the text isn't empty.
  Writer& optional(std::string_view name, std::string_view text) {
    return text.empty() ? *this : key(name).value(text);
  }

  std::size_t depth() const { return depth_; }
  /// Begins anew, after the caller has taken or cleared the string.
  void reset() { depth_ = 0, arrays_ = 0, comma_ = false; }

 private:
  /// Boost's own serializer would write "Infinity", which a number like 1e999 has become.
  void append(double number) {
    if (number - number != 0) {
      out_ += "null";
      return;
    }
    char digits[32];
    out_.append(digits, std::to_chars(digits, std::end(digits), number).ptr);
  }
  void append(std::integral auto number) {
    char digits[24];
    out_.append(digits, std::to_chars(digits, std::end(digits), number).ptr);
  }
  void append(const Json& json) {
    switch (json.kind()) {
      case boost::json::kind::null:
        out_ += "null";
        break;
      case boost::json::kind::bool_:
        out_ += json.get_bool() ? "true" : "false";
        break;
      case boost::json::kind::int64:
        append(json.get_int64());
        break;
      case boost::json::kind::uint64:
        append(json.get_uint64());
        break;
      case boost::json::kind::double_:
        append(json.get_double());
        break;
      case boost::json::kind::string:
        quote({json.get_string().data(), json.get_string().size()});
        break;
      case boost::json::kind::array: {
        char before = '[';
        for (const Json& element : json.get_array()) {
          out_ += std::exchange(before, ',');
          append(element);
        }
        out_ += before == '[' ? "[]" : "]";
        break;
      }
      case boost::json::kind::object: {
        char before = '{';
        for (const auto& member : json.get_object()) {
          out_ += std::exchange(before, ',');
          quote({member.key().data(), member.key().size()});
          out_ += ':';
          append(member.value());
        }
        out_ += before == '{' ? "{}" : "}";
        break;
      }
    }
  }
  Writer& open(char bracket) {
    if (depth_ == 32) throw std::logic_error("Writer: more than 32 objects and arrays are open");
    separate();
    out_ += bracket;
    arrays_ = bracket == '[' ? arrays_ | (1u << depth_) : arrays_ & ~(1u << depth_);
    ++depth_;
    comma_ = false;
    return *this;
  }
  void separate() {
    if (comma_) out_ += ',';
    comma_ = true;
  }

  void quote(std::string_view text) {
    out_ += '"';
    std::size_t plain = 0;  // where the run that needs no change begins
    for (std::size_t at = 0; at < text.size();) {
      const auto byte = static_cast<unsigned char>(text[at]);
      const std::size_t length = byte < 0x80 ? (byte >= 0x20 && byte != '"' && byte != '\\') : utf8_length(text, at);
      if (length != 0) {
        at += length;
        continue;
      }
      out_.append(text, plain, at - plain);
      escape(byte);
      plain = ++at;
    }
    out_.append(text, plain);
    out_ += '"';
  }
  void escape(unsigned char byte) {
    static constexpr char kHex[] = "0123456789abcdef";
    switch (byte) {
      case '"':
        out_ += "\\\"";
        break;
      case '\\':
        out_ += "\\\\";
        break;
      case '\n':
        out_ += "\\n";
        break;
      case '\r':
        out_ += "\\r";
        break;
      case '\t':
        out_ += "\\t";
        break;
      default:
        if (byte >= 0x80) {
          out_ += "\xEF\xBF\xBD";
        } else {
          out_ += "\\u00";
          out_ += kHex[byte >> 4];
          out_ += kHex[byte & 15];
        }
    }
  }
  /// Length of the well-formed sequence at `at` (RFC 3629: no overlong form, no surrogate), 0 if there is none.
  static std::size_t utf8_length(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) {
      return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
    };
    const auto more = [&](std::size_t i) { return (byte(i) & 0xC0) == 0x80; };
    const unsigned first = byte(0), second = byte(1);
    if (first >= 0xC2 && first <= 0xDF) return more(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
      if (!more(1) || !more(2) || (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F)) return 0;
      return 3;
    }
    if (first >= 0xF0 && first <= 0xF4) {
      if (!more(1) || !more(2) || !more(3) || (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
        return 0;
      return 4;
    }
    return 0;
  }

  std::string& out_;
  std::size_t depth_ = 0;
  std::uint32_t arrays_ = 0;  // bit n: what is open at depth n is an array
  bool comma_ = false;        // a comma goes before what comes next
};

}  // namespace sdk_v1
}  // namespace postern
