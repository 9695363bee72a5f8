// SPDX-License-Identifier: Apache-2.0
#include "bus/unquoted.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <unordered_map>

namespace postern::bus {
namespace {

namespace json = boost::json;

constexpr std::size_t kRun = 8, kWord = 4;  // bytes
constexpr std::string_view kFixed[] = {"kind",   "type",     "visibility", "direction", "sent_at", "received_at",
                                       "locale", "language", "mime",       "action",    "verb",    "method",
                                       "path",   "platform", "account",    "tag"};

/// Marks the bytes of a text that are quotations.
class Marks {
 public:
  explicit Marks(std::string_view text) : text_(text), marked_(text.size(), false) {
    for (std::size_t at = 0; at + kRun <= text.size(); ++at) runs_[text.substr(at, kRun)].push_back(at);
  }

  void quote(std::string_view value) {
    for (std::size_t at = 0; at + kRun <= value.size(); ++at)
      if (const auto run = runs_.find(value.substr(at, kRun)); run != runs_.end())
        for (const auto from : run->second) mark(from, kRun);
    if (value.size() >= kRun || value.size() < kWord) return;
    for (auto at = text_.find(value); at != text_.npos; at = text_.find(value, at + 1)) mark(at, value.size());
  }
  void quote_all(const json::value& value) {
    if (const auto* text = value.if_string()) quote({text->data(), text->size()});
    if (const auto* list = value.if_array())
      for (const auto& each : *list) quote_all(each);
    if (const auto* object = value.if_object())
      for (const auto& [name, each] : *object)
        if (!each.is_string() || std::ranges::find(kFixed, std::string_view(name)) == std::end(kFixed)) quote_all(each);
  }
  std::string unquoted() const {
    std::string out;
    for (std::size_t at = 0; at < text_.size(); ++at)
      if (!marked_[at])
        out += text_[at];
      else if (at == 0 || !marked_[at - 1])
        out += "…";
    return out;
  }

 private:
  void mark(std::size_t from, std::size_t length) {
    std::fill_n(marked_.begin() + static_cast<std::ptrdiff_t>(from), length, true);
  }

  const std::string_view text_;
  std::vector<bool> marked_;
  std::unordered_map<std::string_view, std::vector<std::size_t>> runs_;
};

}  // namespace

std::string unquoted(const std::string& text, const std::vector<Argument>& arguments) {
  Marks marks(text);
  for (const auto& argument : arguments) {
    const auto whole = content(argument);
    json::error_code error;
    const auto value = json::parse(json::string_view(whole.data(), whole.size()), error);
    if (error)
      marks.quote(whole);  // a body that is no JSON, a status
    else
      marks.quote_all(value);
  }
  return marks.unquoted();
}

}  // namespace postern::bus
