// SPDX-License-Identifier: Apache-2.0
#include "ledger/image.hpp"

#include <algorithm>
#include <set>

#include "core/interned.hpp"
#include "ledger/sent.hpp"

namespace postern::ledger {
namespace {

/// Reads the records that open turns and parts refer to, each of them once.
class Opened {
 public:
  explicit Opened(View& view) : view_(view) {}

  /// An error only where the ledger is damaged; an erased body is a null text.
  Result<void> go_to(std::int64_t index) {
    if (index == index_) return {};
    const auto leaf = view_.records().read(index, bytes_);
    if (!leaf) return tl::unexpected(leaf.error());
    const auto body = view_.records().body(*leaf);
    if (!body) return tl::unexpected(body.error());
    index_ = index;
    text = *body;
    received = leaf->t;
    message = Id::from_hex(leaf->x).value_or(Id{});
    actor = leaf->a;
    account = core::intern(leaf->w);
    retention = core::intern(leaf->f);
    contact = Id::from_hex(leaf->s).value_or(Id{});
    conversation = Id::from_hex(leaf->c).value_or(Id{});
    return {};
  }

  core::Text text;
  Micros received = 0;
  Id message{}, contact{}, conversation{};
  std::string actor;
  std::string_view account, retention;

 private:
  View& view_;
  std::int64_t index_ = core::kNone;
  std::string bytes_;
};

Result<void> read_last(View& view, core::Image& image) {
  const auto head = view.head();
  if (!head) return {};
  std::string bytes;
  const auto leaf = view.records().read(head->size - 1, bytes);
  if (!leaf) return tl::unexpected(leaf.error());
  image.next_index = head->size;
  image.last_wall = leaf->t;
  image.last_boot = leaf->b;
  image.last_boot_time = leaf->m;
  return {};
}

Result<void> read_pending(View& view, core::Image& image) {
  Opened opened(view);
  image.open_turns = view.rows().open_turns();
  for (const auto& turn : image.open_turns) {
    if (auto found = opened.go_to(turn.index); !found) return found;
    image.open_events.push_back(opened.text);
    image.open_received.push_back(opened.received);
    image.open_ids.push_back(opened.message);
  }
  image.outbox = view.rows().outbox();
  for (const auto& part : image.outbox) {
    if (auto found = opened.go_to(part.key / 256); !found) return found;
    image.intents.push_back(opened.text);
    image.intent_actors.push_back(opened.actor);
  }
  image.timers = view.rows().timers();
  image.shreds = view.rows().shreds();
  image.links = view.rows().links();
  image.erasures = view.rows().erasures();
  image.holds = view.rows().holds();
  image.approvals = view.rows().approvals();
  image.deletions = view.rows().deletions();
  for (const auto& row : view.rows().media_to_fetch()) {
    if (auto found = opened.go_to(row.key / core::kMostFiles); !found) return found;
    image.media.push_back({row, opened.account, opened.contact, opened.conversation, opened.message, opened.received,
                           opened.retention, opened.text});
  }
  return {};
}

void read_named(View& view, core::Image& image) {
  std::set<std::int64_t> conversations, contacts;
  for (const auto& row : image.open_turns) conversations.insert(row.conversation);
  for (const auto& row : image.outbox) conversations.insert(row.conversation);
  for (const auto& row : image.timers) conversations.insert(row.conversation);
  image.states = view.rows().states({});
  for (const auto number : conversations) {
    auto row = view.rows().conversation(number);
    if (!row) continue;
    const bool new_contact = row->contact_number != core::kNone && contacts.insert(row->contact_number).second;
    image.conversations.push_back(std::move(*row));
    if (!new_contact) continue;
    auto contact = view.rows().contact(image.conversations.back().contact_number);
    if (!contact) continue;
    for (auto& state : view.rows().states(contact->id)) image.states.push_back(std::move(state));
    image.contacts.push_back(std::move(*contact));
  }
}

/// While it lives both files are read in one transaction each, which saves each query its locks.
class OneRead {
 public:
  explicit OneRead(View& view) : log_(view.log()), keys_(view) { log_.exec("BEGIN"); }
  ~OneRead() { log_.exec("COMMIT"); }
  OneRead(const OneRead&) = delete;
  OneRead& operator=(const OneRead&) = delete;

 private:
  Database& log_;
  View::KeysRead keys_;
};

}  // namespace

Result<core::Image> build_image(View& view, const SentWithin& within, Micros now) {
  const OneRead one_read(view);
  core::Image image;
  if (auto done = read_last(view, image); !done) return tl::unexpected(done.error());
  if (auto done = read_pending(view, image); !done) return tl::unexpected(done.error());
  read_named(view, image);
  image.cursors = view.rows().cursors();
  image.accounts = view.rows().accounts();
  image.commands = view.rows().commands();
  image.tokens = view.keys().tokens();
  now = std::max(now, image.last_wall);  // records never go back in time
  image.counted = view.attempts_since(now - within.counted);
  auto sent = recently_sent(view, now - within.tail);
  if (!sent) return tl::unexpected(sent.error());
  image.sent = std::move(*sent);
  image.copied = view.meta_integer("copied").value_or(0);
  image.restored = view.meta_integer("restored").value_or(0);
  image.seen_before = view.meta_integer("seen_newest").value_or(0);
  for (const auto& row : view.shared().pending.lot().seen) image.seen_before = std::max(image.seen_before, row.sent_at);
  // An event without a time of the platform's counts as older than any, so there must be a bound as soon as there are
  // records.
  if (image.next_index > 0) image.seen_before = std::max<Micros>(image.seen_before, 1);
  if (auto done = view.take_error(); !done) return tl::unexpected(done.error());
  return image;
}

}  // namespace postern::ledger
