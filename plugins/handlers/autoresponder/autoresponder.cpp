// SPDX-License-Identifier: Apache-2.0
// Stock replies to what people often ask, and a promise while nobody is there. It answers when it is sure and is silent
// when it is not: no topic or two of them, a variable without a value, an interval not yet over all mean "next".
#include <postern/handler.hpp>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "budget.hpp"
#include "hours.hpp"
#include "template.hpp"
#include "topic.hpp"

namespace {

using autoresponder::Budget;
using autoresponder::Template;
using autoresponder::Topic;
using postern::Config;
using postern::Context;
using postern::Node;

constexpr std::string_view kPlain[] = {"contact.name", "contact.first_name", "contact.locale", "account",
                                       "platform",     "opens.date",         "opens.time",     "opens.weekday"};
constexpr std::string_view kAttribute = "attribute.", kBrand = "brand.";

class Autoresponder final : public postern::Handler {
 public:
  static constexpr char facts[] = R"({"scope": "contact", "needs": ["profile"]})";

  static constexpr postern::Option options[] = {
      {"topics", postern::table, postern::absent,
       "What people ask: tables of keywords, patterns, payloads and a reply."},
      {"brand", postern::table, postern::absent, "Texts that replies name as {{brand.NAME}}."},
      {"hours", postern::table, postern::absent, "Office hours: zone, monday … sunday, holidays."},
      {"off_hours", postern::string, postern::absent, "The reply while nobody is there."},
      {"weekdays", postern::list, postern::absent, "Names of the days for {{opens.weekday}}, Monday first."},
      {"interval", postern::duration, "10m", "The least time between two automatic answers to one contact."},
      {"loop_answers", postern::integer, "4",
       "So many automatic answers in one conversation within loop_window are a loop."},
      {"loop_window", postern::duration, "1h",
       "The time for loop_answers; what was said before a person spoke does not count."},
      {"comments", postern::boolean, "false", "Answer a public comment that a topic matches, in private."}};

  explicit Autoresponder(const Config& config)
      : hours_(config),
        weekdays_(config.list("weekdays")),
        limits_{config.duration("interval"), config.integer("loop_answers"), config.duration("loop_window")},
        comments_(config.boolean("comments")) {
    read_brand(config);
    read_topics(config);
    read_off_hours(config);
    if (weekdays_.empty()) weekdays_ = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
    if (weekdays_.size() != 7) autoresponder::refuse(config, "/weekdays", "weekdays", "expected seven names");
    if (limits_.loop_answers < 1) autoresponder::refuse(config, "/loop_answers", "loop_answers", "expected at least 1");
  }

  postern::Flow handle(const postern::Event& event, postern::Turn& turn) override {
    Budget budget(limits_, turn);
    if (event.kind() == "echo" && !event["from_app"].boolean(true)) budget.person_spoke();
    if (!turn.context().assigned().empty()) budget.person_spoke();
    if (!may_answer(event, turn)) return postern::next;
    const auto how = event.is_public() ? How::private_reply : How::reply;
    if (const Topic* topic = only_match(event)) return answer(topic->reply(), how, budget, turn);
    if (event.is_public()) return postern::next;  // a promise for later needs no private reply, of which there is one
    if (off_hours_ && !hours_.open_at(turn.now())) return answer(*off_hours_, How::ack, budget, turn);
    return postern::next;
  }

 private:
  enum class How { reply, ack, private_reply };

  /// Words of a contact, to which nobody has answered and which no person has taken over: private ones, and comments if
  /// the configuration says so.
  bool may_answer(const postern::Event& event, postern::Turn& turn) const {
    const bool asks = event.is_public()
                          ? comments_ && event.kind() == "comment"
                          : event.kind() == "message" || event.kind() == "postback" || event.kind() == "request";
    return asks && event["direction"].text() != "out" && !turn.replied() && turn.context().assigned().empty();
  }

  /// Nothing as well if several topics match: a person can tell what is meant.
  const Topic* only_match(const postern::Event& event) const {
    const Topic* found = nullptr;
    for (const Topic& topic : topics_) {
      if (!topic.matches(event.text(), event.payload())) continue;
      if (found) return nullptr;
      found = &topic;
    }
    return found;
  }

  postern::Flow answer(const Template& reply, How how, Budget& budget, postern::Turn& turn) const {
    const auto text = reply.fill([&](std::string_view name) { return value_of(name, turn); });
    if (!text) return postern::next;
    switch (budget.ask()) {
      case Budget::Verdict::quiet:
        return postern::next;
      case Budget::Verdict::loop:
        budget.broken();
        turn.escalate("loop");
        return postern::next;
      case Budget::Verdict::speak:
        break;
    }
    budget.spoken();
    if (how == How::private_reply)
      turn.private_reply(*text);
    else
      turn.reply(*text, {.ack = how == How::ack});
    return how == How::ack ? postern::next
                           : postern::stop;  // after an ack the contact still waits, so others are asked
  }

  Template::Value value_of(std::string_view name, postern::Turn& turn) const {
    const Context context = turn.context();
    if (name == "contact.name") return std::string(context.name());
    if (name == "contact.first_name") return std::string(context.first_name());
    if (name == "contact.locale") return std::string(context.locale());
    if (name == "account") return std::string(context.account());
    if (name == "platform") return std::string(context.platform());
    if (name.starts_with(kAttribute)) return std::string(context.attribute(name.substr(kAttribute.size())));
    if (name.starts_with(kBrand)) return Node(brand_)[name.substr(kBrand.size())].id_if_any();
    const auto opens = hours_.next_opening(turn.now());
    if (!opens) return std::nullopt;
    if (name == "opens.date") return date::format("%F", *opens);
    if (name == "opens.time") return date::format("%H:%M", date::floor<std::chrono::minutes>(*opens));
    return weekdays_[date::weekday(date::floor<date::days>(*opens)).iso_encoding() - 1];
  }

  bool knows(std::string_view name) const {
    if (name.starts_with("opens.") && !hours_.configured()) return false;
    if (name.starts_with(kAttribute)) return name.size() > kAttribute.size();
    if (name.starts_with(kBrand)) return static_cast<bool>(Node(brand_)[name.substr(kBrand.size())]);
    return std::ranges::count(kPlain, name) != 0;
  }

  void read_brand(const Config& config) {
    if (const Node table = config.table("brand")) brand_ = *table.json();
  }

  void read_topics(const Config& config) {
    const Node table = config.table("topics");
    if (!table) return;
    for (const auto& member : table.json()->get_object())
      topics_.emplace_back(config, std::string_view(member.key().data(), member.key().size()), Node(member.value()),
                           [this](std::string_view name) { return knows(name); });
  }

  void read_off_hours(const Config& config) {
    const std::string text = config.string("off_hours");
    if (text.empty()) return;
    if (!hours_.configured()) autoresponder::refuse(config, "/off_hours", "off_hours", "it needs the table \"hours\"");
    try {
      off_hours_.emplace(text, [this](std::string_view name) { return knows(name); });
    } catch (const std::invalid_argument& wrong) {
      autoresponder::refuse(config, "/off_hours", "off_hours", wrong.what());
    }
  }

  autoresponder::Hours hours_;
  std::vector<std::string> weekdays_;
  Budget::Limits limits_;
  bool comments_ = false;
  postern::Json brand_;
  std::vector<Topic> topics_;
  std::optional<Template> off_hours_;
};

}  // namespace

POSTERN_HANDLER(Autoresponder, "org.postern.autoresponder", "1.0.0", "Stock replies, and a promise out of hours.");
