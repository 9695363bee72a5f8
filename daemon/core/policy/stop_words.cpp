// SPDX-License-Identifier: Apache-2.0
#include "core/policy/stop_words.hpp"

#include <algorithm>

namespace postern::core::policy {
namespace {

constexpr StopWord kStops[] = {
    {"en", "stop"},        {"en", "unsubscribe"},  {"en", "stop all"}, {"en", "opt out"},     {"en", "optout"},
    {"en", "cancel"},      {"en", "quit"},         {"en", "end"},      {"de", "stopp"},       {"de", "abmelden"},
    {"de", "abbestellen"}, {"de", "aufhören"},     {"fr", "arrêt"},    {"fr", "arret"},       {"fr", "arrêter"},
    {"fr", "désabonner"},  {"es", "parar"},        {"es", "baja"},     {"es", "alto"},        {"es", "cancelar"},
    {"pt", "pare"},        {"pt", "parar"},        {"pt", "sair"},     {"pt", "cancelar"},    {"it", "basta"},
    {"it", "annulla"},     {"it", "disiscriviti"}, {"nl", "stoppen"},  {"nl", "afmelden"},    {"sv", "stopp"},
    {"sv", "avsluta"},     {"da", "stop"},         {"da", "afmeld"},   {"no", "stopp"},       {"no", "avmeld"},
    {"fi", "lopeta"},      {"fi", "seis"},         {"pl", "stop"},     {"pl", "wypisz"},      {"pl", "rezygnuję"},
    {"cs", "stop"},        {"cs", "odhlásit"},     {"sk", "odhlásiť"}, {"hu", "leiratkozás"}, {"hu", "állj"},
    {"ro", "oprește"},     {"ro", "dezabonare"},   {"bg", "стоп"},     {"bg", "спри"},        {"el", "στοπ"},
    {"el", "διακοπη"},     {"el", "διακοπή"},      {"ru", "стоп"},     {"ru", "отписаться"},  {"uk", "стоп"},
    {"uk", "відписатися"}, {"tr", "dur"},          {"tr", "iptal"},    {"tr", "durdur"},      {"ar", "توقف"},
    {"ar", "إلغاء"},       {"ar", "قف"},           {"he", "עצור"},     {"he", "הסר"},         {"fa", "توقف"},
    {"fa", "لغو"},         {"hi", "बंद करो"},       {"hi", "रोकें"},      {"bn", "বন্ধ"},         {"ur", "بند"},
    {"id", "berhenti"},    {"id", "henti"},        {"ms", "berhenti"}, {"ms", "batal"},       {"vi", "dừng"},
    {"vi", "hủy"},         {"th", "หยุด"},          {"th", "ยกเลิก"},    {"zh", "停止"},        {"zh", "退订"},
    {"zh", "取消"},        {"ja", "停止"},         {"ja", "ストップ"}, {"ja", "配信停止"},    {"ko", "중지"},
    {"ko", "그만"},        {"ko", "수신거부"},     {"hr", "zaustavi"}, {"sl", "ustavi"},      {"sr", "стани"},
    {"lt", "sustabdyti"},  {"lv", "apturēt"},      {"et", "lõpeta"},   {"sw", "acha"},        {"ca", "atura"},
};
constexpr std::string_view kStarts[] = {"start", "unstop", "subscribe", "resume"};

/// The next code point, and moves on; a byte that begins none stands for itself.
char32_t next(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<unsigned char>(text[at++]);
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : lead >= 0xC0 ? 1 : 0;
  char32_t point = more == 3 ? lead & 0x07U : more == 2 ? lead & 0x0FU : more == 1 ? lead & 0x1FU : lead;
  for (int i = 0; i < more && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U; ++i)
    point = point << 6U | (static_cast<unsigned char>(text[at++]) & 0x3FU);
  return point;
}

void append(std::string& out, char32_t point) {
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0U | point >> 6U);
    out += static_cast<char>(0x80U | (point & 0x3FU));
  } else {
    out += static_cast<char>(0xE0U | point >> 12U);
    out += static_cast<char>(0x80U | (point >> 6U & 0x3FU));
    out += static_cast<char>(0x80U | (point & 0x3FU));
  }
}

bool is_upper_of_a_pair(char32_t point) {  // where small and capital letters alternate
  return (point >= 0x100 && point <= 0x137) || (point >= 0x14A && point <= 0x177) ||
         (point >= 0x218 && point <= 0x21B) || (point >= 0x460 && point <= 0x481) || (point >= 0x48A && point <= 0x4BF);
}

char32_t lower(char32_t point) {
  if (point >= 'A' && point <= 'Z') return point + 32;
  if ((point >= 0xC0 && point <= 0xDE && point != 0xD7) || (point >= 0x391 && point <= 0x3A9)) return point + 32;
  if (point >= 0x410 && point <= 0x42F) return point + 32;
  if (point >= 0x400 && point <= 0x40F) return point + 80;
  if (point == 0x130) return 'i';  // the Turkish capital with a dot
  if (is_upper_of_a_pair(point) || (point >= 0x1EA0 && point <= 0x1EFF)) return point | 1U;  // … and Vietnamese
  if ((point >= 0x139 && point <= 0x148) || (point >= 0x179 && point <= 0x17E)) return point + (point & 1U);
  return point;
}

bool is_letter(char c) {
  return (static_cast<unsigned char>(c) & 0x80U) != 0 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kAround = " \t\r\n.,;:!?\"'()*_-";
  constexpr std::string_view kWide[] = {"¡", "¿", "！", "。", "，", "؟", "।", "…"};  // marks of more than one byte
  for (bool again = true; again;) {
    again = false;
    const std::size_t from = text.find_first_not_of(kAround);
    if (from == std::string_view::npos) return {};
    text = text.substr(from, text.find_last_not_of(kAround) + 1 - from);
    for (const std::string_view mark : kWide) {
      if (text.starts_with(mark)) text.remove_prefix(mark.size()), again = true;
      if (text.ends_with(mark)) text.remove_suffix(mark.size()), again = true;
    }
  }
  return text;
}

}  // namespace

std::span<const StopWord> stop_words() {
  return kStops;
}

std::string folded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t from = at;
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      const char c = text[at++];
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
      continue;
    }
    const char32_t point = next(text, at);
    // As many bytes as the letter has: what is no UTF-8 stays.
    const bool changes = lower(point) != point && at - from == (point >= 0x1EA0 ? 3U : 2U);
    if (changes)
      append(out, lower(point));
    else
      out += text.substr(from, at - from);
  }
  return out;
}

bool contains_word(std::string_view text, std::string_view word) {
  const std::string whole = folded(text), part = folded(word);
  for (std::size_t at = whole.find(part); at != std::string::npos; at = whole.find(part, at + 1)) {
    const bool begins = at == 0 || !is_letter(whole[at - 1]);
    const std::size_t end = at + part.size();
    if (begins && (end == whole.size() || !is_letter(whole[end]))) return true;
  }
  return false;
}

Wish wish_of(std::string_view text, std::span<const std::string> more) {
  if (text.size() > 64) return Wish::none;
  const std::string all = folded(trimmed(text));
  if (all.empty()) return Wish::none;
  for (const StopWord& stop : kStops)
    if (stop.word == all) return Wish::stop;
  for (const std::string& word : more)
    if (folded(word) == all) return Wish::stop;
  for (const std::string_view start : kStarts)
    if (start == all) return Wish::start;
  return Wish::none;
}

}  // namespace postern::core::policy
