// SPDX-License-Identifier: Apache-2.0
// The core from inside. One class holds the state; its functions stand in a file per concern: intake.cpp (events come
// in), lanes.cpp (handlers are asked), speaking.cpp (effects become parts), outbox.cpp (parts leave), settling.cpp (did
// they arrive?), consent.cpp (what contacts agree to), listing.cpp (messages whose webhook never came), tokens.cpp
// (they are refreshed), commands.cpp (agents and tools), seeking.cpp (what is named, or waits in a lane, and is not in
// memory), media.cpp (files that came with events, and content that has to go), erasing.cpp (contacts that are
// forgotten), deleting.cpp (because a platform asks), holding.cpp (what must not go), approving.cpp (what takes two
// people), keeping.cpp (what has been kept long enough), rights.cpp (restriction and
// rectification), start.cpp (from an image), restored.cpp (from a copy), status.cpp (what tools see).
#pragma once
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/agenda.hpp"
#include "core/awaited.hpp"
#include "core/conversation.hpp"
#include "core/core.hpp"
#include "core/deletions.hpp"
#include "core/draw.hpp"
#include "core/erasure.hpp"
#include "core/listing.hpp"
#include "core/policy/rate_book.hpp"
#include "core/seen.hpp"
#include "core/sent_book.hpp"
#include "core/standing.hpp"

namespace postern::core {

class Core::Machine {
 public:
  Machine(std::shared_ptr<const Settings> settings, const crypto::Key& seen_key, Image image);

  void decide(Input&& input, const Now& now, const Chance& chance, Decision& out);
  void resume(const Now& now, const Chance& chance, Decision& out);
  Micros next_due() const { return agenda_.next(); }
  Figures figures() const;
  Tally tally() const;
  std::size_t waiting() const { return figures_.events_waiting + parts_.size() + fetches_.size(); }
  std::string accounts_json() const;
  std::vector<AccountMark> account_marks() const;
  bool knows_account(std::string_view name) const { return settings_->account(name) != nullptr; }
  std::string quarantine_json() const;
  std::string parked_json() const;
  std::string_view deletion_state(const Id& code) const;
  const policy::RateBook& rates() const { return rates_; }

 private:
  /// One step: what the functions below share instead of passing it along.
  struct Step {
    const Now& now;
    Draw draw;
    Decision& out;
  };
  /// A webhook (or poll) whose events are not all recorded yet.
  struct Delivery {
    std::uint64_t webhook = 0;
    std::string_view account;
    std::string cursor;
    std::size_t left = 0;
  };
  struct AccountState {
    const AccountSettings* settings = nullptr;
    std::string paused;  ///< why; empty: not paused
    std::string_view pause_class;
    std::int64_t sequence = 0;          ///< attempts made since the start
    std::int64_t echoed = 0;            ///< newest attempt whose echo has come
    std::vector<std::int64_t> unclear;  ///< parts that became unclear; some may be settled by now
    std::string cursor;
    std::uint64_t sent = 0, failed = 0;
    TokenRow token;            ///< its account is empty while there is no row
    bool asking = false;       ///< this process has asked for new ones and has no answer yet
    int refresh_tries = 0;     ///< since the last one that succeeded
    std::int64_t adopted = 0;  ///< attempts up to this one may have shown the tokens of before
    Micros refreshed_at = 0;   ///< by this process, boot time; 0: not yet
    Listing listing;
  };
  struct TimerState {
    Conversation* conversation;
    std::string_view handler;
    std::string id;
    Micros due;
  };

  // core.cpp: time and records
  Micros begin(Step& step);
  Record& record(Step& step, std::string_view type);
  /// Which the next record will bear. Policy is asked by it, so that the record tells what was decided when.
  Micros record_time(const Step& step) const { return std::max(wall_, step.now.wall); }
  Record& record(Step& step, std::string_view type, const Conversation& conversation);
  void publish(Step& step, std::string_view what, const Conversation& conversation, std::int64_t index,
               std::string_view detail = {});
  void tick(Step& step);

  // intake.cpp
  void arrived(Step& step, Arrived&& input);
  void undecodable(Step& step, Undecodable&& input);
  void loaded(Step& step, Loaded&& input);
  std::shared_ptr<Contact> adopt(std::string_view account, const std::optional<ContactRow>& found);
  Conversation* adopt(std::string_view account, Loaded& input);
  void add_name(Conversation& conversation, const std::string& thread);
  bool is_stranger(const Conversation& conversation, const Event& event) const;
  void admit(Step& step, AccountState& account, Event&& event, std::uint64_t delivery);
  void take_in(Step& step, AccountState& account, Conversation& conversation, Event&& event, bool first);
  void move(Step& step, Conversation& conversation, const std::string& to);
  void note_receipt(Step& step, Conversation& conversation);
  void open_turn(Step& step, Conversation& conversation, Event&& event, std::int64_t index, const Id& id, bool first);
  void one_recorded(Step& step, std::uint64_t delivery);
  Conversation& begin_conversation(Step& step, AccountState& account, const Event& event);
  std::shared_ptr<Contact> contact_of(Step& step, AccountState& account, const std::string& sender);
  void fetch(Step& step, AccountState& account, std::vector<Fetch::Waiting>&& events);
  Seen::Answer was_seen(std::string_view account, const Event& event) const;
  static std::string thread_key(std::string_view account, std::string_view thread);

  // seeking.cpp
  Fetch& seek(Step& step, const Id& conversation);
  void sought(Step& step, Fetch&& fetch, Loaded& input);
  bool waits_for_target(Step& step, Conversation& conversation);
  void enqueue(Turn& turn);
  void recall(Step& step, Conversation& conversation);
  void recalled(Step& step, Conversation& conversation, const Text& event);
  std::uint64_t oldest_fetch() const { return fetches_.empty() ? next_number_ : fetches_.begin()->first; }
  std::uint64_t oldest_search() const { return searches_.empty() ? next_number_ : searches_.begin()->first; }

  // listing.cpp
  static std::string_view listing_cursor(std::string_view account);
  void plan_listing(AccountState& account, Micros due);
  void watch_listing(Step& step, AccountState& account);
  void listing_due(Step& step, std::int64_t key);
  void list(Step& step, AccountState& account, std::string cursor);
  void listed(Step& step, Listed&& input);
  void end_listing(Step& step, AccountState& account, Micros until);
  void note_gap(Step& step, AccountState& account, const Conversation& conversation, const Event& event,
                std::int64_t index, const Id& message);

  // lanes.cpp
  void push(Step& step, Conversation& conversation);
  bool gates_free(const Chain& chain) const;
  void take_gates(Chain& chain);
  void leave_gates(Step& step, Chain& chain);
  bool waits_for_profile(Step& step, Conversation& conversation, const Chain& chain);
  void ask(Step& step, Conversation& conversation);
  void handled(Step& step, Handled&& input);
  void handler_failed(Step& step, HandlerFailed&& input);
  void next_handler(Step& step, Conversation& conversation, bool stop);
  void end_chain(Step& step, Conversation& conversation);
  void profiled(Step& step, Profiled&& input);
  std::string state_of(const Conversation& conversation, const HandlerSettings& handler) const;
  void forget_states(const Id& contact);
  void set_state(Step& step, Conversation& conversation, const HandlerSettings& handler, const std::string& state);
  static std::string scope_value(const Conversation& conversation, const HandlerSettings& handler);

  // speaking.cpp
  struct Speech {
    const Effect& effect;
    policy::Author author;
    std::string_view actor;
    const Turn* turn;  ///< may be null
    std::int64_t cause;
  };
  struct Spoken {
    policy::Verdict verdict;
    Id message{};
    std::int64_t parts = 0, intent = kNone, text_hash = 0;  ///< the hash of what was asked for, as Pack::text_hash
    std::string refusal = {};  ///< where it is denied: what its author is told, a JSON object
  };
  Spoken speak(Step& step, Conversation& conversation, const Speech& speech);
  void refuse(Step& step, Conversation& conversation, const Speech& speech, const Spoken& spoken, Text body);
  void refuse(Step& step, Part& part, const policy::Verdict& verdict);
  void tell(Step& step, Conversation& conversation, std::string_view actor, policy::Author author, const Record& why);
  struct Composed {
    std::vector<std::string> parts;  ///< JSON of each task's "part"
    std::vector<bool> media;
    Text body;
  };
  Composed compose(const Speech& speech, const Spoken& spoken) const;
  void add_parts(Step& step, Conversation& conversation, const Speech& speech, const Spoken& spoken,
                 Composed&& composed, std::int64_t intent, PartState state);
  void apply_effect(Step& step, Conversation& conversation, const HandlerSettings& handler, const Effect& effect,
                    const Turn& turn, std::string_view& ending);
  void schedule(Step& step, Conversation& conversation, const HandlerSettings& handler, const Effect& effect);
  void cancel(Step& step, Conversation& conversation, const HandlerSettings& handler, const std::string& id);
  void timer_due(Step& step, std::int64_t key);

  // media.cpp
  void want_files(Step& step, const Conversation& conversation, const Id& sender, const Event& event,
                  std::int64_t index, const Id& message, std::string_view retention);
  void fetch_file(Step& step, Medium& medium);
  void file_fetched(Step& step, FileFetched&& input);
  void medium_ended(Step& step, const Medium& medium, FileFetched&& input);
  void medium_due(Step& step, std::int64_t key);
  bool fetches_files_of(std::int64_t event) const;
  bool waits_for_media(Step& step, const Chain& chain);
  void media_waited(Step& step, std::int64_t event);
  void note_shred(Step& step, const Event& event, const Conversation& conversation, std::int64_t index);
  void shred_due(Step& step, std::int64_t index);
  void bodies_found(Step& step, BodiesFound&& input);
  bool is_being_handled(const BodiesFound& input) const;
  Micros must_stay(const Step& step, const BodiesFound& input) const;
  void give_up(Step& step, const BodiesFound& input, const BodiesFound::Body& body);
  void purge(Step& step, const BodiesFound& input, const BodiesFound::Body& body);

  // erasing.cpp
  struct CommandAnswer {
    bool ok = true;
    std::string json;
  };
  void find_subject(Step& step, Command&& input);
  void go_on(Step& step, const Erasure& erasure);
  void subject_found(Step& step, SubjectFound&& input);
  void erase_command(Step& step, Command&& input, SubjectFound& found);
  Erasure& request_erasure(Step& step, const Command& input, const ContactRow& contact, std::int64_t cause,
                           const Id& code);
  Erasure* erasure_of(const Id& contact);
  void try_erasure(Step& step, Erasure& erasure, const SubjectFound& found);
  void defer_erasure(Step& step, Erasure& erasure, std::string&& basis, Micros until);
  void begin_erasure(Step& step, Erasure& erasure);
  void remains_found(Step& step, RemainsFound&& input);
  void end_erasure(Step& step, std::int64_t request, std::int64_t record);
  void forget_contact(Step& step, const Id& contact);
  void forget(Step& step, Conversation& conversation);
  void drop_work(Step& step, Conversation& conversation);
  void drop_turns(Step& step, Conversation& conversation);
  void drop_parts(Step& step, Conversation& conversation);
  void drop_media(Step& step, const Id& contact);
  void look_again(Step& step, std::int64_t request);
  void answer(Step& step, const Command& input, CommandAnswer&& answer);
  bool is_gone(const std::optional<ContactRow>& contact) const { return contact && gone_.contains(contact->id); }

  // deleting.cpp
  void deletion_asked(Step& step, DeletionAsked&& input);
  void wish_found(Step& step, std::uint64_t number, SubjectFound&& found);
  void grant_wish(Step& step, std::uint64_t number);
  void erase_for(Step& step, const Wish& wish, const SubjectFound& found, std::int64_t cause, const Id& code);

  // approving.cpp
  bool takes_two(std::string_view method) const;
  const ApprovalRow* approval_of(const Id& about) const;
  const ApprovalRow& ask_approval(Step& step, const Command& input, const Id& about, std::int64_t cause);
  ApprovalRow end_approval(Step& step, std::int64_t request, std::string_view type, std::string_view actor);
  CommandAnswer approval_command(Step& step, const Command& input, bool agrees);
  CommandAnswer approvals_command() const;
  void approval_due(Step& step, std::int64_t request);
  void expire_approval(Step& step, std::int64_t request);
  void deny_erasure(Step& step, std::int64_t request, std::string_view basis);

  // holding.cpp
  CommandAnswer place_command(Step& step, const Command& input, const SubjectFound* found);
  CommandAnswer release_command(Step& step, const Command& input);
  CommandAnswer release(Step& step, const Id& hold, std::string_view actor);
  CommandAnswer holds_command() const;
  const HoldRow* hold_on(const Held& what) const;

  // keeping.cpp
  void retention_command(Step& step, Command&& input);
  void retention_due(Step& step);
  void plan_retention(Step& step, Micros after);
  void begin_purge(Step& step, bool dry, std::vector<Command>&& waiting);
  void old_found(Step& step, OldFound&& input);
  void purge(Step& step, Purge& run, OldFound& input);
  void end_purge(Step& step, Purge&& run);

  // rights.cpp
  CommandAnswer restrict_command(Step& step, const Command& input, const SubjectFound& found);
  CommandAnswer rectify_command(Step& step, const Command& input, const SubjectFound& found);
  policy::Verdict judge(const Conversation& conversation, const policy::Question& question, bool all = false) const;

  // outbox.cpp
  void pump(Step& step, Conversation& conversation);
  void try_attempt(Step& step, Part& part);
  void attempt(Step& step, Part& part);
  void attempted(Step& step, Attempted&& input);
  void part_sent(Step& step, Part& part, std::string_view type, const std::string& platform_id,
                 const std::string& thread);
  void part_failed(Step& step, Part& part, std::string_view error_class, std::string_view code);
  void part_unclear(Step& step, Part& part);
  void send_again(Step& step, Part& part);
  void part_due(Step& step, std::int64_t key);
  void postpone(Step& step, Micros by);
  void settle(Step& step, Part& part);
  void park(Step& step, Part& part);
  void pause(Step& step, AccountState& account, std::string_view error_class, std::string_view text);
  void resume_account(Step& step, AccountState& account);
  void publish_account(Step& step, const AccountState& account, std::string_view what);
  void set_part(Step& step, Part& part, PartState state, Micros due);
  void drop_part(Step& step, Part& part);
  struct Echoed {
    Part* part;  ///< null: its arrival is known already
    std::int64_t sequence;
  };
  std::optional<Echoed> echoed(const AccountState& account, const Conversation& conversation, const Event& event);
  Part* alike(const AccountState& account, const Conversation& conversation, const Event& event);
  std::int64_t sent_name(const AccountState& account, const std::string& platform_id) const;
  bool came_back(Step& step, AccountState& account, const Conversation& in, const Event& event);
  void not_delivered(Step& step, AccountState& account, Conversation& conversation, const Event& event, Record& made);
  void turn_again(Step& step, Conversation& conversation, const SentBook::Sent& sent);
  void keep_sent(const AccountState& account, const Part& part, const std::string& platform_id);
  static std::string leaf_text(std::string_view text);

  policy::Question question(const Step& step, const Part& part) {
    return questions_.about(part, settings_of(*part.conversation).key, record_time(step));
  }

  // consent.cpp
  bool hear(Step& step, Conversation& conversation, Contact& sender, const Event& event, std::int64_t record_index);
  void consent(Step& step, Conversation& conversation, const Effect& effect, std::string_view actor,
               std::int64_t cause);
  void release_for(Step& step, const Contact& contact);

  // tokens.cpp
  void watch_token(Step& step, AccountState& account);
  void plan_token(Step& step, AccountState& account, Micros due);
  void save_token(Step& step, AccountState& account);
  void token_due(Step& step, std::int64_t key);
  void refresh(Step& step, AccountState& account);
  void refreshed(Step& step, Refreshed&& input);
  void granted(Step& step, AccountState& account, Refreshed& input);
  void standing(Step& step, Standing&& input);
  void forget_lost_refresh(Step& step, AccountState& account);
  void mend_token(Step& step, AccountState& account);

  // turns: lanes.cpp
  void quarantine(Step& step, Turn& turn, std::string reason);
  void turn_waits(Step& step, Turn& turn);
  void end_turn(Step& step, Turn& turn, std::string_view ending, std::string_view by);
  void drop_turn(Step& step, Turn& turn);
  void turn_due(Step& step, std::int64_t index);
  bool is_being_answered(const Turn& turn) const;

  // commands.cpp
  void command(Step& step, Command&& input);
  void obey(Step& step, Command&& input);
  std::int64_t answer_key(const Command& input) const;
  bool answered_before(Step& step, const Command& input) const;
  void remember(Step& step, const Command& input, const std::string& answer);
  CommandAnswer carry_out(Step& step, Command& input);
  CommandAnswer reply_command(Step& step, const Command& input);
  CommandAnswer requeue_command(Step& step, const Command& input);
  CommandAnswer discard_command(Step& step, const Command& input);
  CommandAnswer resume_command(Step& step, const Command& input);
  CommandAnswer close_command(Step& step, const Command& input);
  CommandAnswer resolve_command(Step& step, const Command& input);
  CommandAnswer explain_command(const Step& step, const Command& input);
  CommandAnswer approve_command(Step& step, const Command& input);
  CommandAnswer withdraw_command(Step& step, const Command& input);
  CommandAnswer link_command(Step& step, const Command& input);
  bool waits_for_other(Step& step, Command& input);
  Conversation* named(const Command& input) const;

  // explaining.cpp
  std::string explain_json(const Step& step, const Conversation& conversation, policy::Author author,
                           const Command& input);
  /// Why a message was refused: rule, reason, source, and when that changes.
  static std::string refusal_json(const Step& step, const policy::Pack& pack, const policy::Verdict& verdict);

  // start.cpp
  void restore(Image&& image);
  void restore_rates(const Image& image);
  void restore_attempt(const PastAttempt& sent, bool from_log);
  void restore_conversations(Image& image);
  void restore_turns(Image& image);
  void restore_outbox(Image& image);
  void restore_media(Image& image);
  void restore_erasures(Image& image);
  void restore_holds(Image& image);
  void restore_approvals(Image& image);
  void replace(Step& step, std::shared_ptr<const Settings> settings);

  // restored.cpp
  void set_aside(Step& step);
  void set_aside_parts(Step& step);
  void set_aside_turns(Step& step);
  void drop_timers(Step& step);

  Conversation* find(std::string_view account, std::string_view thread);
  Conversation& keep(std::unique_ptr<Conversation> conversation);
  void drop_name(const Conversation& conversation, const std::string& thread);
  void used(Conversation& conversation);
  void forget_some();
  void changed(Conversation& conversation);
  void save(Step& step, Conversation& conversation, bool with_doc = false);
  void save(Step& step, const std::shared_ptr<Contact>& contact);
  void committed(std::int64_t index);
  void let_go(const std::shared_ptr<Contact>& contact);
  AccountState* account_state(std::string_view name);
  /// Also of an account that has left the configuration.
  const AccountSettings& settings_of(const Conversation& conversation) const {
    return *accounts_.at(conversation.row.account).settings;
  }

  std::shared_ptr<const Settings> settings_;
  std::vector<std::shared_ptr<const AccountSettings>> retired_;  ///< of accounts that left the configuration
  Seen seen_;
  policy::RateBook rates_;
  Questions questions_;
  Agenda agenda_;
  std::int64_t next_index_ = 0, committed_ = kNone;
  Micros copied_ = 0, restored_ = 0;         ///< of Image
  Micros retention_due_ = 0;                 ///< when the log is looked through next; 0: not
  Micros wall_ = 0, boot_ = 0, offset_ = 0;  ///< of the last record; wall - boot when last seen
  std::array<char, 8> boot_id_{};
  std::uint64_t next_number_ = 1;  ///< of calls, loads, look-ups, deliveries
  std::vector<Id> spares_;

  std::unordered_map<std::string_view, AccountState> accounts_;
  std::unordered_map<std::int64_t, std::unique_ptr<Conversation>> conversations_;  ///< by number
  std::unordered_map<std::string, Conversation*> by_thread_;
  std::unordered_map<Id, Conversation*> by_id_;
  std::unordered_map<std::string, std::weak_ptr<Contact>> contacts_;  ///< by account and sender
  struct Unsaved {
    std::int64_t index;
    std::uint64_t number;  ///< fetches below it may have been answered without this contact
    std::shared_ptr<Contact> contact;
  };
  std::deque<Unsaved> unsaved_;
  std::list<Conversation*> lru_;                                   ///< newest first
  std::unordered_map<std::int64_t, std::unique_ptr<Turn>> turns_;  ///< by record
  std::unordered_map<std::int64_t, Part*> parts_;
  std::unordered_map<Id, Part*> parts_by_id_;
  SentBook sent_;
  std::unordered_map<std::uint64_t, Conversation*> calls_, lookups_;
  std::unordered_map<std::uint64_t, Delivery> deliveries_;
  std::map<std::uint64_t, Fetch> fetches_;
  std::unordered_map<std::string, std::uint64_t> fetching_;           ///< thread key -> load
  std::unordered_map<Id, std::uint64_t> seeking_;                     ///< conversation -> load
  std::unordered_map<std::string, std::deque<Conversation*>> gates_;  ///< scope in use -> who waits for it
  std::unordered_map<std::int64_t, std::string> states_;              ///< of scope contact, account, all
  std::unordered_map<std::int64_t, TimerState> timers_;
  std::unordered_map<std::int64_t, std::string> quarantine_reasons_;
  std::map<std::int64_t, Medium> media_;             ///< by MediumRow::key
  std::set<std::int64_t> media_waits_;               ///< records of events whose lane waits for their files
  std::unordered_map<std::int64_t, Micros> shreds_;  ///< record -> when its content had to go
  std::map<std::int64_t, Erasure> erasures_;         ///< by request
  std::map<Id, HoldRow> holds_;                      ///< that are not released
  std::map<std::int64_t, ApprovalRow> approvals_;    ///< that are waited for, by request
  std::map<std::uint64_t, Wish> wishes_;             ///< of platforms, whose contacts are looked for
  Deletions deletions_;
  std::map<std::uint64_t, Purge> purges_;  ///< under way
  std::map<std::uint64_t, Search> searches_;
  /// Contacts that are erased, and the number below which loads may still bring what was read of them before.
  std::unordered_map<Id, std::uint64_t> gone_;
  std::unordered_map<std::int64_t, std::string> answers_;  ///< CommandRow::key -> its first answer
  std::deque<std::int64_t> answers_order_;
  Figures figures_;
  bool resumed_ = false;
};

}  // namespace postern::core
