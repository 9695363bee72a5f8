// SPDX-License-Identifier: Apache-2.0
// What must hold whatever is asked: property_test [decisions [seed]]. Ten million by default, of all shipped packs and
// of one that has every kind of rule.
#include <cstdio>
#include <cstdlib>
#include <random>

#include "config/policy_shelf.hpp"
#include "core/policy/kinds/kinds.hpp"
#include "core/policy/policy.hpp"
#include "core/policy/text.hpp"
#include "oracle.hpp"

using namespace postern;
using namespace postern::core;
using namespace postern::core::policy;

namespace {

constexpr Micros kNow = 1'790'000'000 * kSecond;
using List = std::vector<std::string>;

int failures = 0;
void must(bool holds, const char* what, std::int64_t number) {
  if (!holds && ++failures < 20) std::printf("decision %lld: %s\n", static_cast<long long>(number), what);
}

/// A pack in which every kind speaks, and a bot's and a campaign's window carry a human's tag.
std::shared_ptr<const Pack> all_kinds() {
  PackData data;
  data.platform = "test";
  data.hash = "59058ea978258e2f";
  const List all = {"human", "bot", "campaign"};
  data.add("boundaries", "t.boundaries", {{"do_not_contact", "do_not_contact"}, {"topics", "no_topics"}})
      .add("stop", "t.stop", {{"author", List{"bot", "campaign"}}})
      .add("consent", "t.consent", {{"purposes", List{"marketing"}}})
      .add("window", "t.window", {{"author", all}, {"length", 24 * kHour}})
      .add("window", "t.smuggled", {{"author", List{"bot", "campaign"}}, {"length", 7 * kDay}, {"tag", "human_agent"}})
      .add("private_reply", "t.private-reply", {{"within", 7 * kDay}, {"once", 1}})
      .add("promotion", "t.promotion", {{"purposes", List{"marketing"}}, {"count", 2}, {"per", kDay}})
      .add("attachments", "t.attachments", {{"types", List{"image"}}, {"otherwise", "link"}})
      .add("phrases", "t.phrases", {{"words", List{"guaranteed"}}, {"action", "forbid"}, {"author", all}})
      .add("personal_data", "t.data",
           {{"find", List{"email", "phone", "card", "iban"}}, {"action", "redact"}, {"author", all}})
      .add("disclosure", "t.disclosure", {{"text", "This is a machine."}, {"author", List{"bot", "campaign"}}})
      .add("text", "t.text", {{"max", 40}, {"split", 1}})
      .add("comment", "t.comment", {{"max", 40}})
      .add("sameness", "t.sameness",
           {{"count", 2}, {"per", kHour}, {"least", 1}, {"author", all}, {"otherwise", "deny"}})
      .add("rate", "t.rate", {{"count", 3}, {"per", kMinute}, {"scope", "contact"}});
  return std::make_shared<const Pack>(std::move(data));
}

/// Pieces of which texts are made: scripts, clusters, personal data, and bytes that are no UTF-8.
constexpr const char* kPieces[] = {"hello ",
                                   "a",
                                   "é",
                                   "e\xCC\x81",
                                   "😀",
                                   "👨‍👩‍👧‍👦",
                                   "🇵🇹",
                                   "\r\n",
                                   "\n\n",
                                   ". ",
                                   "。",
                                   "नमस्ते ",
                                   "한국어",
                                   "ab@c.example ",
                                   "+351 912 345 678 ",
                                   "4111 1111 1111 1111 ",
                                   "PT50000201231234567890154 ",
                                   "guaranteed ",
                                   "https://a.example/x,",
                                   "a.example",
                                   "\xFF",
                                   "\xE2\x82",
                                   " "};

void add_utf8(std::string& text, char32_t code) {
  const auto byte = [&](char32_t bits) { text += static_cast<char>(bits); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) return byte(0xC0 | code >> 6), byte(0x80 | (code & 0x3F));
  if (code < 0x10000) return byte(0xE0 | code >> 12), byte(0x80 | (code >> 6 & 0x3F)), byte(0x80 | (code & 0x3F));
  byte(0xF0 | code >> 18), byte(0x80 | (code >> 12 & 0x3F)), byte(0x80 | (code >> 6 & 0x3F)),
      byte(0x80 | (code & 0x3F));
}

struct Draw {
  std::mt19937_64 chance;
  std::int64_t below(std::int64_t most) {
    return static_cast<std::int64_t>(chance() % static_cast<std::uint64_t>(most));
  }
  bool one_in(std::int64_t n) { return below(n) == 0; }
};

/// Any text at all: code points of every plane, those that form clusters more often, and bytes that are no UTF-8.
std::string any_text(Draw& draw, std::int64_t most) {
  static constexpr char32_t kTricky[] = {0x200D, 0xFE0F, 0x0301, 0x1F1F5, 0x1F3FD, 0x0E31,
                                         0x093F, 0x1100, 0x0600, '\r',    '\n'};
  std::string text;
  for (std::int64_t left = draw.below(most); left > 0; --left) {
    const std::int64_t which = draw.below(8);
    if (which < 3)
      text += kPieces[draw.below(std::size(kPieces))];
    else if (which == 3 && draw.one_in(4))
      text += static_cast<char>(draw.below(256));
    else
      add_utf8(text, which < 6 ? kTricky[draw.below(std::size(kTricky))] : static_cast<char32_t>(draw.below(0x110000)));
  }
  return text;
}

struct Sent {
  std::int64_t message = 0, text_hash = 0;
};

void check(const Pack& pack, Draw& draw, RateBook& book, Oracle& oracle, Sent& last, std::int64_t number, Micros now) {
  static const std::vector<Attachment> kImage = {{"image", "https://a.example/i", ""}};
  static const std::vector<Attachment> kVideo = {{"video", "https://a.example/v", "film"}};
  static const Words kNone, kStopped = {{"all", "revoked"}}, kGranted = {{"marketing", "granted"}};
  std::string text;
  if (draw.one_in(8))
    text = any_text(draw, 40);
  else
    for (std::int64_t pieces = draw.below(12); pieces > 0; --pieces) text += kPieces[draw.below(std::size(kPieces))];
  Question asked;
  asked.author = static_cast<Author>(draw.below(3));
  asked.effect = static_cast<EffectKind>(draw.below(static_cast<std::int64_t>(EffectKind::hide) + 1));
  asked.public_ = draw.one_in(4);
  asked.text = text;
  if (draw.one_in(5)) asked.attachments = draw.one_in(2) ? &kImage : &kVideo;
  asked.now = now;
  asked.last_user = draw.one_in(6) ? 0 : now - draw.below(9 * 24) * kHour;
  asked.comment_at = now - draw.below(9 * 24) * kHour;
  asked.comment_replied = draw.one_in(2);
  asked.retry = draw.one_in(4);
  asked.written_to = draw.one_in(2);
  asked.since_user = draw.below(14);
  asked.disclosed = draw.one_in(2);
  asked.purpose = asked.author == Author::campaign || draw.one_in(8) ? "marketing" : "service";
  asked.consents = draw.one_in(3) ? &kStopped : draw.one_in(2) ? &kGranted : &kNone;
  asked.account = 1;
  asked.contact = 2 + draw.below(3);
  asked.follows = draw.one_in(3), asked.likes = draw.one_in(3), asked.opted_in = draw.one_in(3);
  asked.has_template = draw.one_in(10);
  // A further attempt is of what was sent last, or of something that has waited and was never sent.
  asked.message = asked.retry && draw.one_in(2) ? last.message : number + 1;
  asked.text_hash = !asked.retry ? pack.text_hash(text) : draw.one_in(2) ? last.text_hash : 0;

  const Verdict once = pack.judge(asked, book), again = pack.judge(asked, book);
  must(asked.author == Author::human || once.tag.empty(), "a bot or campaign got a tag", number);
  must(once.outcome == again.outcome && once.rule == again.rule && once.reason == again.reason &&
           once.texts == again.texts && once.until == again.until && once.spoken.size() == again.spoken.size(),
       "the same question got another verdict", number);
  must(!once.rule.empty(), "a verdict without a rule", number);
  must(once.outcome != Outcome::hold || once.until > now || once.awaits != Awaits::time, "a hold that is over", number);
  const bool lets_pass = once.outcome == Outcome::allow || once.outcome == Outcome::transform;
  must(!lets_pass || Oracle::in_time(pack, asked), "something left outside every window", number);
  must(!lets_pass || oracle.within_limits(pack, asked), "a rate or a cap was exceeded", number);
  if (lets_pass && asked.author != Author::human && asked.consents == &kStopped && pack.has("stop"))
    must(false, "a machine wrote after STOP", number);
  if (once.texts.size() > 1 && once.spoken.size() == 1) {
    std::string joined;
    for (const std::string& part : once.texts) joined += part;
    must(joined == text, "the parts are not the text", number);
  }
  if (lets_pass && !once.texts.empty() && once.texts.size() == 1 && !asked.retry) {
    Question rewritten = asked;
    rewritten.text = once.texts.front();
    if (once.attachments) rewritten.attachments = &*once.attachments;
    const Verdict second = pack.judge(rewritten, book);
    must(second.texts.empty() || second.texts.front() == once.texts.front(), "a transform changed its own result",
         number);
  }
  if (!lets_pass) return;
  pack.count(asked, &book);
  oracle.sent(pack, asked);
  last = {asked.message, asked.text_hash};
}

void check_split(Draw& draw, std::int64_t number) {
  const std::string text = any_text(draw, 60);
  const auto unit = static_cast<Unit>(draw.below(4));
  const std::int64_t most = 1 + draw.below(60);
  std::string joined;
  std::size_t at = 0;
  for (const std::string& part : split(text, unit, most)) {
    joined += part;
    must(length(part, unit) <= most || length(part, Unit::codepoints) <= 1, "a part is too long", number);
    // Each part ends where a grapheme cluster ends, unless a cluster alone is longer than a part may be.
    while (at < joined.size()) {
      const std::size_t end = cluster_end(text, at);
      if (end > joined.size()) {
        must(length(text.substr(at, end - at), unit) > most, "a grapheme cluster was cut", number);
        at = joined.size();
        break;
      }
      at = end;
    }
  }
  must(joined == text, "split and joined is another text", number);
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t decisions = argc > 1 ? std::strtoll(argv[1], nullptr, 10) : 10'000'000;
  Draw draw{std::mt19937_64(argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 42)};
  std::vector<std::shared_ptr<const Pack>> packs = {all_kinds()};
  config::Problems problems;
  config::PolicyShelf shelf({POSTERN_POLICIES});
  for (const char* platform : {"messenger", "instagram", "x", "tiktok", "snapchat", "whatsapp", "telegram", "linkedin"})
    for (const char* version : {"2023-11", "2026-09"})
      packs.push_back(shelf.pack(platform, version, kNow, {}, problems));
  std::printf("%s", problems.text().c_str());
  if (!problems.empty()) return 1;
  RateBook book;
  book.caps.share(packs.front()->promotions());
  Oracle oracle;
  Sent last;
  Micros now = kNow;
  for (std::int64_t number = 0; number < decisions; ++number) {
    now += draw.below(20) * kSecond;
    const std::size_t most = draw.one_in(3) ? 1 : packs.size();
    check(*packs[static_cast<std::size_t>(draw.below(static_cast<std::int64_t>(most)))], draw, book, oracle, last,
          number, now);
    if (number % 20 == 0) check_split(draw, number);
  }
  std::printf("%lld decisions, %d wrong\n", static_cast<long long>(decisions), failures);
  return failures == 0 ? 0 : 1;
}
