// SPDX-License-Identifier: Apache-2.0
#include "config/policy_file.hpp"

#include "base/crypto.hpp"
#include "config/schema.hpp"
#include "core/interned.hpp"

namespace postern::config {
namespace {

using namespace core::policy;

Author author_of(std::string_view word) {
  return word == "human" ? Author::human : word == "campaign" ? Author::campaign : Author::bot;
}

Unit unit_of(std::string_view word) {
  return word == "bytes" ? Unit::bytes : word == "utf16" ? Unit::utf16 : Unit::codepoints;
}

RateLimit::Applies applies_of(std::string_view word) {
  using Applies = RateLimit::Applies;
  return word == "message"         ? Applies::message
         : word == "media"         ? Applies::media
         : word == "private_reply" ? Applies::private_reply
                                   : Applies::all;
}

bool is_rule_id(std::string_view id) {
  const std::size_t dot = id.find('.');
  return dot != 0 && dot != std::string_view::npos && dot + 1 < id.size() &&
         id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-", dot + 1) == std::string_view::npos &&
         id.substr(0, dot).find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string_view::npos;
}

/// Reads a document into a pack, rule by rule.
class Reader {
 public:
  Reader(const Node& document, Problems& problems) : document_(document), problems_(problems) {}

  PackData read() {
    read_head();
    for (const Node* item : list("window")) read_window(*item);
    read_text();
    read_rest();
    for (const Node* item : list("rate")) read_rate(*item);
    pack_.hash = core::intern(hash());
    return std::move(pack_);
  }

 private:
  void read_head() {
    const Table table(&document_, policy_schema(), "", Table::Others::unknown, problems_);
    pack_.platform = core::intern(table.text("platform"));
    pack_.version = core::intern(table.text("version"));
    pack_.source = table.text("source");
    pack_.shelf_life_ends = table.number("review_by");
    for (const std::string_view needed : {"window", "text", "attachments"})
      if (document_.find(needed) == nullptr)
        problems_.add(document_.place, "the pack has no rule \"" + std::string(needed) + "\"",
                      "every platform has one; write it down");
  }

  std::vector<const Node*> list(std::string_view name) {
    std::vector<const Node*> out;
    const Node* node = document_.find(name);
    if (node == nullptr) return out;
    if (node->kind != Node::Kind::list) {
      problems_.add(node->place, "\"" + std::string(name) + "\": expected a list of rules, found " + node->described(),
                    "write [[" + std::string(name) + "]]");
      return out;
    }
    for (const Node& item : node->items) out.push_back(&item);
    return out;
  }

  Table rule(const Node& node, std::string_view section) {
    return Table(&node, policy_schema(), section, Table::Others::unknown, problems_);
  }

  /// The rule's interned id, once it is checked and noted for `explain`.
  std::string_view note(const Table& table) {
    const std::string_view id = core::intern(table.text("id"));
    if (id.empty()) return id;
    if (!is_rule_id(id))
      problems_.add(table.place("id"),
                    "\"id\": expected \"<prefix>.<name>\" of a-z, 0-9 and -, found \"" + std::string(id) + "\"");
    else if (!pack_.rules.empty() && id.substr(0, id.find('.')) != prefix())
      problems_.add(
          table.place("id"),
          "rule \"" + std::string(id) + "\" has another prefix than \"" + std::string(pack_.rules.front().rule) + "\"",
          "a pack has one prefix: call it \"" + std::string(prefix()) + "." + std::string(id.substr(id.find('.') + 1)) +
              "\"");
    for (const PackData::Source& other : pack_.rules)
      if (other.rule == id)
        problems_.add(table.place("id"), "rule \"" + std::string(id) + "\" is there already", "give it another id");
    const Node* date = table.node("date");
    pack_.rules.push_back({id, table.text("source") + (date == nullptr ? "" : ", " + date->text), table.text("says")});
    return id;
  }
  std::string_view prefix() const {
    const std::string_view first = pack_.rules.front().rule;
    return first.substr(0, first.find('.'));
  }

  void read_window(const Node& node) {
    const Table table = rule(node, "[window]");
    Window window;
    window.rule = note(table);
    window.length = table.number("length");
    window.tag = core::intern(table.text("tag"));
    for (const std::string& who : table.list("author")) {
      window.author = author_of(who);
      if (!window.tag.empty() && window.author != Author::human)
        problems_.add(table.place("tag"), "rule \"" + std::string(window.rule) + "\" gives a tag to a " + who,
                      "a tag says that a person writes: author = [\"human\"]");
      pack_.windows.push_back(window);
    }
    if (table.has("author") && table.list("author").empty())
      problems_.add(table.place("author"), "\"author\" is empty", "say who may write");
  }

  void read_text() {
    if (const Node* node = document_.find("text")) {
      const Table table = rule(*node, "text");
      pack_.text_rule = note(table);
      pack_.text_max = table.number("max");
      pack_.text_unit = unit_of(table.text("unit"));
      pack_.text_split = table.flag("split");
    }
    if (const Node* node = document_.find("comment")) {
      const Table table = rule(*node, "comment");
      pack_.comment_rule = note(table);
      pack_.comment_max = table.number("max");
      pack_.comment_unit = unit_of(table.text("unit"));
    }
  }

  void read_rest() {
    if (const Node* node = document_.find("attachments")) {
      const Table table = rule(*node, "attachments");
      pack_.attachments_rule = note(table);
      pack_.attachments = table.list("types");
    }
    if (const Node* node = document_.find("quick_replies")) {
      const Table table = rule(*node, "quick_replies");
      pack_.quick_replies_rule = note(table);
      pack_.quick_replies_max = table.number("max");
      pack_.quick_reply_title_max = table.number("title_max");
      pack_.quick_reply_payload_max = table.number("payload_max");
    }
    if (const Node* node = document_.find("private_reply")) {
      const Table table = rule(*node, "private_reply");
      pack_.private_reply_rule = note(table);
      pack_.private_reply_within = table.number("within");
      pack_.private_reply_once = table.flag("once");
    }
  }

  void read_rate(const Node& node) {
    const Table table = rule(node, "[rate]");
    RateLimit limit;
    limit.rule = note(table);
    limit.scope = table.text("scope") == "contact" ? RateLimit::Scope::contact : RateLimit::Scope::account;
    limit.count = table.number("count");
    limit.per = table.number("per");
    limit.applies = applies_of(table.text("applies"));
    pack_.rates.push_back(limit);
  }

  /// First 16 hex digits of SHA-256 over all that was read, each value with its length, in a fixed order.
  std::string hash() const {
    std::string all;
    const auto add = [&](std::string_view text) { all += std::to_string(text.size()) + ":" + std::string(text) + ","; };
    const auto count = [&](std::int64_t number) { add(std::to_string(number)); };
    add("postern/policy/v1"), add(pack_.platform), add(pack_.version), add(pack_.source), count(pack_.shelf_life_ends);
    count(static_cast<std::int64_t>(pack_.windows.size()));
    for (const Window& window : pack_.windows)
      add(window.rule), add(name(window.author)), count(window.length), add(window.tag);
    add(pack_.text_rule), add(name(pack_.text_unit)), count(pack_.text_max), count(pack_.text_split ? 1 : 0);
    add(pack_.comment_rule), add(name(pack_.comment_unit)), count(pack_.comment_max);
    add(pack_.attachments_rule), count(static_cast<std::int64_t>(pack_.attachments.size()));
    for (const std::string& type : pack_.attachments) add(type);
    add(pack_.quick_replies_rule), count(pack_.quick_replies_max), count(pack_.quick_reply_title_max);
    count(pack_.quick_reply_payload_max);
    add(pack_.private_reply_rule), count(pack_.private_reply_within), count(pack_.private_reply_once ? 1 : 0);
    count(static_cast<std::int64_t>(pack_.rates.size()));
    for (const RateLimit& rate : pack_.rates)
      add(rate.rule), count(static_cast<int>(rate.scope)), count(rate.count), count(rate.per),
          count(static_cast<int>(rate.applies));
    for (const PackData::Source& rule : pack_.rules) add(rule.rule), add(rule.source), add(rule.text);
    return hex(crypto::sha256(view(all))).substr(0, 16);
  }

  const Node& document_;
  Problems& problems_;
  PackData pack_;
};

}  // namespace

std::optional<PackData> read_pack(const Node& document, Problems& problems) {
  const std::size_t before = problems.size();
  PackData pack = Reader(document, problems).read();
  if (problems.size() != before) return std::nullopt;
  return pack;
}

}  // namespace postern::config
