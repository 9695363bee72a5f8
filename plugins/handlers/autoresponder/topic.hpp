// SPDX-License-Identifier: Apache-2.0
// What people ask about, and the answer to it.
#pragma once
#include <re2/re2.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mistake.hpp"
#include "template.hpp"

namespace autoresponder {

class Topic {
 public:
  /// `name` and `options` are a member of the table `topics`. Throws postern::BadConfig.
  template <typename Known>
  Topic(const postern::Config& config, std::string_view name, postern::Node options, Known&& known)
      : name_(name), reply_(read_reply(config, options, known)) {
    for (const auto& member : options.json()->get_object())
      check_name(config, {member.key().data(), member.key().size()});
    for (const postern::Node payload : options["payloads"]) payloads_.emplace_back(payload.text());
    std::string words;
    for (const postern::Node word : options["keywords"]) {
      if (word.text().empty()) refuse(config, pointer("keywords"), about(), "a keyword is empty");
      (words += words.empty() ? "" : "|") += RE2::QuoteMeta(std::string(word.text()));
    }
    // Whole words, in any script: \b knows ASCII alone.
    if (!words.empty()) add(config, "keywords", R"((?:^|[^\pL\pN_])(?:)" + words + R"()(?:$|[^\pL\pN_]))");
    for (const postern::Node pattern : options["patterns"]) add(config, "patterns", std::string(pattern.text()));
    if (patterns_.empty() && payloads_.empty())
      refuse(config, pointer(""), about(), "expected keywords, patterns or payloads, found none of them");
  }

  bool matches(std::string_view text, std::string_view payload) const {
    if (!payload.empty()) {
      for (const std::string& each : payloads_)
        if (each == payload) return true;
    }
    for (const auto& pattern : patterns_)
      if (RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *pattern)) return true;
    return false;
  }

  const std::string& name() const { return name_; }
  const Template& reply() const { return reply_; }

 private:
  std::string pointer(std::string_view member) const {
    return "/topics/" + name_ + (member.empty() ? "" : "/" + std::string(member));
  }
  std::string about() const { return "topic \"" + name_ + "\""; }

  void check_name(const postern::Config& config, std::string_view member) const {
    for (const auto* known : {"keywords", "patterns", "payloads", "reply"})
      if (member == known) return;
    refuse(config, pointer(member), about(),
           "unknown key \"" + std::string(member) + "\"; expected keywords, patterns, payloads, reply");
  }

  void add(const postern::Config& config, std::string_view member, const std::string& pattern) {
    RE2::Options options;
    options.set_case_sensitive(false);
    options.set_log_errors(false);
    options.set_max_mem(1 << 20);
    patterns_.push_back(std::make_unique<RE2>(pattern, options));
    if (!patterns_.back()->ok())
      refuse(config, pointer(member), about(), "the pattern \"" + pattern + "\": " + patterns_.back()->error());
  }

  template <typename Known>
  Template read_reply(const postern::Config& config, postern::Node options, Known&& known) const {
    if (!options.is_object()) refuse(config, pointer(""), about(), "expected a table");
    if (options["reply"].text().empty()) refuse(config, pointer(""), about(), "expected a text \"reply\", found none");
    try {
      return Template(options["reply"].text(), known);
    } catch (const std::invalid_argument& wrong) {
      refuse(config, pointer("reply"), about(), wrong.what());
    }
  }

  std::string name_;
  Template reply_;
  std::vector<std::unique_ptr<RE2>> patterns_;
  std::vector<std::string> payloads_;
};

}  // namespace autoresponder
