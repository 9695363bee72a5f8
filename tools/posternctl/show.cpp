// SPDX-License-Identifier: Apache-2.0
// A conversation as a timeline: who said what, when, what policy said of it and what became of it.
#include <fmt/format.h>

#include <map>
#include <set>

#include "time.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

constexpr std::size_t kIndent = 10;  // below the time

std::string address_of(const json::value& attachment) {
  const auto url = text(attachment, "url"), id = text(attachment, "id");
  return std::string(url.empty() ? id : url);
}

void add_attachment(std::string& out, const json::value& attachment) {
  const auto title = text(attachment, "title");
  out += fmt::format("{}[{}{}{} {}]", out.empty() ? "" : "\n", text(attachment, "type"), title.empty() ? "" : " ",
                     title, address_of(attachment));
}

/// What a person would see of an event (plugin-api/schema/event.schema.json).
std::string said(const json::value& event) {
  std::string out(text(event, "text"));
  for (const auto& attachment : list(event, "attachments")) add_attachment(out, attachment);
  const auto kind = text(event, "kind");
  if (const auto* reaction = find(event, "reaction")) {
    const auto emoji = text(*reaction, "emoji");
    out = fmt::format("({} {})", text(*reaction, "action") == "unreact" ? "takes back" : "reacts with",
                      emoji.empty() ? text(*reaction, "name") : emoji);
  } else if (const auto* postback = find(event, "postback")) {
    out = fmt::format("(presses {})", text(*postback, "title"));
  } else if (const auto change = text(event, "change"); !change.empty()) {
    out = change == "joined" ? "(joins)" : change == "left" ? "(leaves)" : "(asks to join)";
  } else if (kind != "message" && kind != "comment" && !kind.empty()) {
    out = fmt::format("({}){}{}", kind, out.empty() ? "" : " ", out);
  }
  return out;
}

/// Who did it: by name, or in a group of people without names by what the platform calls them.
std::string_view speaker(const json::value& event, std::string_view otherwise, bool group) {
  if (text(event, "direction") == "out") return "brand's own app";
  const auto* sender = find(event, "sender");
  if (!sender) return otherwise;
  for (const auto* member : {"name", "handle", "id"})
    if (const auto found = text(*sender, member); !found.empty() && (group || member == std::string_view("name")))
      return found;
  return otherwise;
}

/// What became of a file that came with a message.
std::string file_line(const json::value& record, const json::value& body, bool erased) {
  const auto decision = text(record, "decision");
  if (text(record, "outcome") != "ok") return fmt::format("· not kept: {}", decision);
  if (erased) return "· (shredded)";
  return fmt::format("· {} {}, {} bytes, {}", text(body, "type"), text(body, "mime"), number(body, "size"),
                     decision == "store" ? fmt::format("posternctl media get {}", number(record, "index"))
                                         : fmt::format("SHA-256 {}", text(body, "sha256")));
}

/// What the parts of an outbound message say.
std::string spoken(const json::value& body) {
  std::string out;
  for (const auto& part : list(body, "parts")) {
    if (const auto words = text(part, "text"); !words.empty())
      out += fmt::format("{}{}", out.empty() ? "" : "\n", words);
    if (const auto* attachment = find(part, "attachment")) add_attachment(out, *attachment);
    if (const auto* form = find(part, "template")) {
      out += fmt::format("{}[template {}]", out.empty() ? "" : "\n", text(*form, "name"));
      for (const auto& word : list(*form, "parameters"))
        if (word.is_string()) out.append(" ").append(word.get_string());
    }
    if (const auto action = text(part, "action"); !action.empty())
      out += fmt::format("{}({} {})", out.empty() ? "" : "\n", action, text(part, "emoji"));
  }
  return out;
}

/// "allow by msgr.window" of "allow/msgr.window:59058ea978258e2f".
std::string verdict(std::string_view decision) {
  const auto slash = decision.find('/');
  if (slash == decision.npos) return std::string(decision);
  return fmt::format("{} by {}", decision.substr(0, slash),
                     decision.substr(slash + 1, decision.rfind(':') - slash - 1));
}

class Timeline {
 public:
  Timeline(const Session& session, const json::value& answer)
      : session_(session),
        contact_(text(answer, "name")),
        group_(flag(answer, "group")),
        records_(list(answer, "records")) {
    if (contact_.empty()) contact_ = "contact";
    for (const auto& record : records_)
      if (text(record, "type") == "msg.out.intent" || text(record, "type") == "policy.hold")
        fates_.try_emplace(number(record, "index"));
    for (const auto& record : records_) note_fate(record);
  }

  void print() {
    for (const auto& record : records_) print_record(record);
  }

 private:
  // What became of a message is shown beside it, not again below.
  void note_fate(const json::value& record) {
    const auto at = fates_.find(number(record, "cause"));
    if (!find(record, "cause") || at == fates_.end()) return;
    const auto type = text(record, "type");
    const auto time = parse_time(text(record, "at"));
    const std::string when = time ? " " + clock_time(*time) : "";
    const auto code = text(record, "decision");
    if (type == "msg.out.sent" || type == "msg.out.reconciled")
      at->second = {Tone::good, "sent" + when};
    else if (type == "msg.out.failed")
      at->second = {Tone::bad, fmt::format("failed{} {}", when, code)};
    else if (type == "msg.out.unknown")
      at->second = {Tone::warning, "unknown whether it arrived"};
    else if (type == "policy.refuse")
      at->second = {Tone::bad, "refused: " + verdict(code)};
    else if (type == "policy.hold")
      at->second = {Tone::warning, "held: " + verdict(code)};
    else if (type != "policy.allow")
      return;
    told_.insert(number(record, "index"));
  }

  void print_record(const json::value& record) {
    if (told_.contains(number(record, "index"))) return;
    const auto type = text(record, "type");
    static const json::value kNothing;
    const auto* found = find(record, "body");
    const json::value& body = found ? *found : kNothing;
    const bool erased = flag(record, "erased");
    if (type == "msg.in" || (found && type.starts_with("msg.") && !text(body, "kind").empty())) {
      print_line(record, speaker(body, contact_, group_), Tone::strong, erased ? "(erased)" : said(body), {});
    } else if (type == "msg.out.intent" || type == "policy.hold" || type == "policy.refuse") {
      Fate fate{type == "policy.refuse" ? Tone::bad : Tone::faint, {}};
      if (const auto at = fates_.find(number(record, "index")); at != fates_.end()) fate = at->second;
      const std::string state = fate.text.empty() ? "" : fate.text + ", ";
      print_line(record, "→ " + actor_name(text(record, "actor")), Tone::strong, erased ? "(erased)" : spoken(body),
                 session_.screen().paint(fate.tone, printable(state + verdict(text(record, "decision")))));
    } else if (type == "msg.media") {
      print_line(record, "file", Tone::faint, file_line(record, body, erased), {});
    } else {
      const auto detail = text(record, "decision");
      std::string what = fmt::format("· {}{}{}", type, detail.empty() ? "" : " ", detail);
      for (const auto& effect : list(body, "effects"))
        if (const auto words = text(effect, "text"); !words.empty())
          what += fmt::format("\n{}: {}", text(effect, "effect"), words);
      if (const auto reason = text(body, "reason"); !reason.empty()) what += fmt::format("\n{}", reason);
      print_line(record, actor_name(text(record, "actor")), Tone::faint, what, {});
    }
  }

  void print_line(const json::value& record, std::string_view who, Tone tone, const std::string& what,
                  const std::string& painted) {
    const Screen& screen = session_.screen();
    const auto time = parse_time(text(record, "at"));
    if (time && day(*time) != day_) {
      day_ = day(*time);
      line("\n" + screen.paint(Tone::faint, day_));
    }
    put(fmt::format("{}  {}", screen.paint(Tone::faint, time ? clock_time(*time) : "--:--:--"),
                    screen.paint(tone, printable(who))));
    if (!painted.empty()) put("  " + painted);
    line(screen.paint(Tone::faint, fmt::format("  #{}", number(record, "index"))));
    const std::string text_of = printable(what, true);
    for (std::size_t at = 0; !text_of.empty() && at <= text_of.size();) {
      const auto end = std::min(text_of.find('\n', at), text_of.size());
      line(std::string(kIndent, ' ') + text_of.substr(at, end - at));
      at = end + 1;
    }
  }

  struct Fate {
    Tone tone = Tone::faint;
    std::string text;
  };
  const Session& session_;
  std::string_view contact_;  ///< what the contact is called where a message does not say it
  const bool group_;
  const json::array& records_;
  std::map<std::int64_t, Fate> fates_;  ///< by the record of the intent
  std::set<std::int64_t> told_;
  std::string day_;
};

}  // namespace

int show(Session& session, const Show& options) {
  json::object params{{"conversation", options.conversation}, {"limit", options.limit}};
  if (options.before) params["before"] = *options.before;
  const auto answer = session.ask("show", params);
  if (session.print_json(answer)) return 0;
  const Screen& screen = session.screen();
  const auto name = text(answer, "name"), handle = text(answer, "handle");
  line(fmt::format("{}{}{}  {}  {}{}", screen.paint(Tone::strong, printable(name.empty() ? "contact" : name)),
                   handle.empty() ? "" : " @", printable(handle), printable(text(answer, "account")),
                   printable(text(answer, "visibility")), flag(answer, "closed") ? "  closed" : ""));
  std::string people;
  for (const auto& each : list(answer, "participants")) {
    const auto its_name = text(each, "name");
    people.append(people.empty() ? "" : ", ").append(its_name.empty() ? text(each, "contact").substr(0, 8) : its_name);
  }
  if (!people.empty()) line(screen.paint(Tone::faint, "in the group: " + printable(people)));
  line(screen.paint(Tone::faint, fmt::format("last message in: {}", both(text(answer, "last_in"), session.now()))));
  if (find(answer, "next"))
    line(screen.paint(Tone::faint, fmt::format("earlier: --before {}", number(answer, "next"))));
  Timeline(session, answer).print();
  return 0;
}

}  // namespace postern::ctl
