// SPDX-License-Identifier: Apache-2.0
// Goes through the record once more and judges each decision on a message again, by another pack, with everything as it
// stood then. It keeps what it knows by the same functions as the core while it runs (core/standing.hpp), so what it
// says of the pack that was in force is what the record says.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/intent.hpp"
#include "core/standing.hpp"

namespace postern::core {

/// A record as the log has it, its body opened. The views live as long as the call that gets it.
struct PastRecord {
  std::int64_t index = kNone;
  Micros at = 0;
  std::string_view type, outcome, account, decision, retention;
  Id contact{}, conversation{}, message{};
  Id with{};  ///< identity.linked: the other contact
  std::int64_t cause = kNone;
  std::optional<std::int64_t> count;
  bool sealed = false;  ///< it was written with a body
  Text body;            ///< null: it has none, or that is gone
};

/// Does replay look into the body of a record of this type?
bool replay_opens(std::string_view type);

class Replay {
 public:
  struct Plan {
    std::shared_ptr<const policy::Pack> pack;
    std::shared_ptr<const policy::Zones> zones;  ///< null: UTC alone is known
    policy::FingerprintKey key{};
    Micros since = 0;          ///< decisions before it are not judged, only minded
    std::size_t most = 1'000;  ///< differences that are kept; the others are counted
    /// What handlers have noted of a contact. It is not on record when, so what holds today is taken for then. May be
    /// null.
    std::function<policy::Words(const Id& contact)> attributes;
  };
  /// A decision, in two words: what it was, and by which rule.
  struct Decision {
    policy::Outcome outcome = policy::Outcome::allow;
    std::string_view rule;  ///< interned
    auto operator<=>(const Decision&) const = default;
  };
  struct Difference {
    std::int64_t record = kNone;
    Micros at = 0;
    std::string_view account;  ///< interned
    Id conversation{};
    policy::Author author = policy::Author::bot;
    Decision was, would_be;
    bool form = false;   ///< sent then and now, but in another form: other parts, or another tag
    std::string reason;  ///< of the rule that decides now
  };
  struct Kind {
    Decision was, would_be;
    bool form = false;
    auto operator<=>(const Kind&) const = default;
  };
  struct Report {
    std::int64_t decisions = 0;   ///< judged again
    std::int64_t differ = 0;      ///< of them
    std::int64_t unreadable = 0;  ///< not judged: what was said, or what came before, was erased
    std::int64_t moot = 0;        ///< further attempts of what would have been refused at once
    std::map<Kind, std::int64_t> kinds;
    std::vector<Difference> differences;  ///< the first ones
  };

  explicit Replay(Plan plan);

  /// Takes the next record, in order of the log. One that is `earlier` than the ones that are counted only tells how
  /// things stood.
  void take(const PastRecord& record, bool earlier = false);
  bool knows(const Id& conversation) const { return conversations_.contains(conversation); }
  bool knows_contact(const Id& contact) const { return contacts_.contains(contact); }
  /// Forgets a conversation of which only a part was taken.
  void forget(const Id& conversation) { conversations_.erase(conversation); }
  bool is_group(const Id& conversation) const;
  const Report& report() const { return report_; }

 private:
  struct Talk {
    Conversation conversation;
    bool blind = false;  ///< what came last is erased: nobody can tell what it opened
  };
  struct Sending {
    Part* part;
    bool refused, stopped;  ///< would it have been, by this pack?
  };

  Talk& talk(const PastRecord& record);
  std::shared_ptr<Contact>& contact(const Id& id);
  void link(const Contact& one, const Contact& other);
  void event(Talk& here, const PastRecord& record);
  void consent(Talk& here, const PastRecord& record);
  void spoken(Talk& here, const PastRecord& record);
  void queue(Talk& here, const PastRecord& record, const Intent& intent, const Effect& whole,
             const policy::Verdict* verdict);
  void tried_again(Talk& here, const PastRecord& record);
  void ended(Talk& here, const PastRecord& record);
  void attempt(Sending& sending, Micros at);
  Sending* sending(const PastRecord& record);
  void drop(Talk& here, std::int64_t intent);
  void compare(const Talk& here, const PastRecord& record, policy::Author author, const policy::Verdict& verdict,
               bool other_form);
  bool judges(const PastRecord& record) const { return !earlier_ && record.at > plan_.since; }
  std::int64_t account_key(std::string_view account);

  const Plan plan_;
  Questions questions_;
  policy::RateBook rates_;
  Report report_;
  bool earlier_ = false;
  std::int64_t heard_ = kNone;  ///< the newest event that could be read
  std::unordered_map<Id, std::unique_ptr<Talk>> conversations_;
  std::unordered_map<Id, std::shared_ptr<Contact>> contacts_;
  std::unordered_map<std::int64_t, Sending> parts_;  ///< by Part::key
  std::map<std::string, std::int64_t, std::less<>> account_keys_;
  std::unordered_set<std::string_view> paused_;  ///< accounts; interned
};

}  // namespace postern::core
