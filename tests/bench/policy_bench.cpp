// SPDX-License-Identifier: Apache-2.0
// What a verdict costs: policy_bench [verdicts] [--check]. Without rules on texts, with all of them for a text of 200
// bytes; --check fails where one costs more than 2 and 10 µs.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include "core/policy/fingerprints.hpp"
#include "core/policy/policy.hpp"

using namespace postern;
using namespace postern::core;
using namespace postern::core::policy;

namespace {

using List = std::vector<std::string>;

PackData plain() {
  PackData data;
  data.platform = "bench";
  data.add("stop", "b.stop", {{"author", List{"bot", "campaign"}}})
      .add("window", "b.window", {{"author", List{"bot", "human"}}, {"length", 24 * kHour}})
      .add("window", "b.human", {{"author", List{"human"}}, {"length", 7 * kDay}, {"tag", "human_agent"}})
      .add("private_reply", "b.private-reply", {{"within", 7 * kDay}, {"once", 1}})
      .add("consent", "b.consent", {{"purposes", List{"marketing"}}})
      .add("attachments", "b.attachments", {{"types", List{"image"}}})
      .add("quick_replies", "b.quick-replies", {{"max", 13}})
      .add("text", "b.text", {{"max", 2000}, {"split", 1}})
      .add("comment", "b.comment", {{"max", 2000}})
      .add("rate", "b.rate-account", {{"count", 9'000}, {"per", kMinute}, {"applies", "message"}})
      .add("rate", "b.rate-contact", {{"count", 60}, {"per", kMinute}, {"scope", "contact"}});
  return data;
}

PackData with_text_rules() {
  const List all = {"human", "bot", "campaign"};
  PackData data = plain();
  data.add("phrases", "b.forbidden", {{"words", List{"guaranteed profit", "risk free"}}, {"author", all}})
      .add("phrases", "b.approved", {{"words", List{"refund", "lawyer"}}, {"action", "approve"}, {"author", all}})
      .add("personal_data", "b.data",
           {{"find", List{"email", "phone", "card", "iban"}},
            {"patterns", List{"ORD-[0-9]{6}"}},
            {"action", "redact"},
            {"author", all}})
      .add("private_words", "b.private", {})
      .add("lint", "b.lint", {{"greetings", List{"hello", "hi"}}, {"long", 900}, {"capitals", 60}, {"author", all}})
      .add("disclosure", "b.disclosure", {{"text", "This is a machine."}, {"author", List{"bot"}}})
      .add("sameness", "b.sameness", {{"count", 100}, {"per", kHour}, {"author", all}, {"least", 40}});
  return data;
}

/// µs a verdict.
double measure(const Pack& pack, const Question& question, int verdicts) {
  RateBook book;
  pack.count(question, &book);
  std::size_t seen = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < verdicts; ++i) seen += pack.judge(question, book).rule.size();
  const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
  if (seen == 0) std::abort();
  return took.count() / verdicts;
}

}  // namespace

int main(int argc, char** argv) {
  const int verdicts = argc > 1 && argv[1][0] != '-' ? std::atoi(argv[1]) : 200'000;
  const bool checks = std::strcmp(argv[argc - 1], "--check") == 0;
  std::string text =
      "Hello Rita, thank you for writing! Your parcel left our house on Monday and is on its way to you. ";
  text += text;
  text.resize(200, '.');
  const FingerprintKey key = {1, 2};
  const std::vector<std::uint64_t> said = fingerprints("my order 4711 never came to me at all", key);
  Question question;
  question.text = text;
  question.now = 1'000 * kDay;
  question.last_user = question.now - kHour;
  question.disclosed = true;
  question.said_in_private = &said;
  question.fingerprint_key = &key;
  question.account = 1, question.contact = 2;
  const Pack bare(plain()), full(with_text_rules());
  const double without = measure(bare, question, verdicts), in_private = measure(full, question, verdicts);
  question.effect = EffectKind::comment_reply;
  const double in_public = measure(full, question, verdicts);
  std::printf("%.2f us without rules on texts; with all, for 200 bytes: %.2f us in private, %.2f us in public\n",
              without, in_private, in_public);
  return checks && (without > 2 || in_private > 10 || in_public > 10) ? 1 : 0;
}
