// SPDX-License-Identifier: Apache-2.0
// The keys of a policy pack.
#include <iterator>
#include <vector>

#include "config/schema.hpp"

namespace postern::config {
namespace {

/// What every rule says of itself.
void add_rule(std::vector<Key>& keys, std::string_view section) {
  keys.push_back({section, "id", Type::string, "", true, true, "The rule's name, \"<prefix>.<name>\"."});
  keys.push_back({section, "source", Type::string, "", true, true, "The document that the rule comes from."});
  keys.push_back({section, "date", Type::date, "", true, true, "The date of that document."});
  keys.push_back({section, "says", Type::string, "", true, true, "The rule as one sentence, for `policy explain`."});
}

std::vector<Key> make() {
  std::vector<Key> keys = {
      {"", "platform", Type::string, "", true, true, "The platform whose rules these are."},
      {"", "version", Type::string, "", true, true, "The name of this state of the rules, as the file is called."},
      {"", "source", Type::string, "", true, true, "Where the rules come from."},
      {"", "review_by", Type::date, "", true, true, "From this day on the status warns that the rules may be stale."},
      {"", "extends", Type::string, "", false, true,
       "The version of the same platform that this pack changes: only what differs is written."},
  };
  const auto add = [&](std::initializer_list<Key> more) { keys.insert(keys.end(), more.begin(), more.end()); };

  add_rule(keys, "[window]");
  add({{"[window]", "author", Type::list, "", true, true, "Who may write.", "human|bot|campaign"},
       {"[window]",
        "length",
        Type::duration,
        "",
        false,
        true,
        "For how long after the contact's last act; absent: for ever, once they have written.",
        {},
        kSecond},
       {"[window]", "tag", Type::string, "", false, true, "What a human's message must carry to use this window."}});
  add_rule(keys, "text");
  add({{"text", "max", Type::integer, "", true, true, "The longest private message.", {}, 20, 1'000'000},
       {"text", "unit", Type::string, "codepoints", false, true, "What `max` counts.", "codepoints|bytes|utf16"},
       {"text", "split", Type::boolean, "true", false, true, "A longer text goes out in parts, else not at all."}});
  add_rule(keys, "comment");
  add({{"comment", "max", Type::integer, "", true, true, "The longest public reply.", {}, 20, 1'000'000},
       {"comment", "unit", Type::string, "codepoints", false, true, "What `max` counts.", "codepoints|bytes|utf16"}});
  add_rule(keys, "attachments");
  add({{"attachments", "types", Type::list, "", true, true, "What may be sent.",
        "image|video|audio|voice|sticker|gif|file|share|story|location|contact"}});
  add_rule(keys, "quick_replies");
  add({{"quick_replies",
        "max",
        Type::integer,
        "0",
        false,
        true,
        "How many a message may have; 0: no limit.",
        {},
        0,
        100},
       {"quick_replies",
        "title_max",
        Type::integer,
        "0",
        false,
        true,
        "The longest title, in code points; 0: no limit.",
        {},
        0,
        1'000},
       {"quick_replies",
        "payload_max",
        Type::integer,
        "0",
        false,
        true,
        "The longest payload, in bytes; 0: no limit.",
        {},
        0,
        10'000}});
  add_rule(keys, "private_reply");
  add({{"private_reply", "within", Type::duration, "", true, true, "How long after the comment.", {}, kSecond},
       {"private_reply", "once", Type::boolean, "true", false, true, "One a comment."}});
  add_rule(keys, "[rate]");
  add({{"[rate]", "scope", Type::string, "account", false, true, "Whose sends are counted.", "account|contact"},
       {"[rate]", "count", Type::integer, "", true, true, "At most so many …", {}, 1, 10'000},
       {"[rate]", "per", Type::duration, "", true, true, "… in any span of this length.", {}, kMilli, 31 * kDay},
       {"[rate]", "applies", Type::string, "all", false, true,
        "What is counted: all that is sent; messages and comments; messages with an attachment; private replies.",
        "all|message|media|private_reply"}});
  return keys;
}

}  // namespace

std::span<const Key> policy_schema() {
  static const std::vector<Key> keys = make();
  return keys;
}

}  // namespace postern::config
