// SPDX-License-Identifier: Apache-2.0
#include "bag/opened.hpp"

#include <boost/json.hpp>

#include "bag/content.hpp"
#include "bag/media.hpp"
#include "bag/selection.hpp"
#include "core/json_text.hpp"
#include "ledger/query.hpp"

namespace postern::bag {
namespace {

constexpr std::size_t kSaltAt = 12;  // in a blob, behind "PSB1" and the index

class Opening {
 public:
  Opening(ledger::View& view, Bag& bag, const Scope& scope, std::string origin, std::int64_t size, Content& content,
          Bag::File& keys)
      : view_(view),
        bag_(bag),
        scope_(scope),
        origin_(std::move(origin)),
        size_(size),
        content_(content),
        keys_(keys) {}

  Result<void> run() {
    if (scope_.record) return one();
    if (scope_.conversation) return conversation(scope_.conversation);
    if (scope_.contact) return of_contact();
    for (std::int64_t before = INT64_MAX;;) {
      const auto page = ledger::list_conversations(view_, before, ledger::kPage);
      if (!page) return tl::unexpected(page.error());
      for (const auto& listed : *page) {
        before = listed.conversation.number;
        if (!scope_.account.empty() && listed.conversation.account != scope_.account) continue;
        if (auto done = conversation(listed.conversation.id); !done) return done;
      }
      if (page->size() < ledger::kPage) return {};
    }
  }

 private:
  Result<void> one() {
    std::string bytes;
    const auto leaf = view_.records().read(*scope_.record, bytes);
    if (!leaf) return tl::unexpected(leaf.error());
    if (const auto id = Id::from_hex(leaf->c)) return conversation(*id);
    return put(*leaf);
  }

  // Those in which the contact has a record, in the order of the first one.
  Result<void> of_contact() {
    auto selection = Selection::open(view_, scope_, size_, nullptr);
    if (!selection) return tl::unexpected(selection.error());
    std::vector<Id> conversations;
    std::set<Id> seen;
    while (true) {
      const auto leaf = selection->next();
      if (!leaf) return tl::unexpected(leaf.error());
      if (!*leaf) break;
      const auto id = Id::from_hex((*leaf)->c);
      if (id && seen.insert(*id).second) conversations.push_back(*id);
    }
    for (const auto& id : conversations)
      if (auto done = conversation(id); !done) return done;
    return {};
  }

  Result<void> conversation(const Id& id) {
    const auto listed = ledger::find_conversation(view_, id);
    if (!listed) return tl::unexpected(listed.error());
    name_ = *listed && (*listed)->contact ? name_of(*(*listed)->contact) : "";
    if (name_.empty()) name_ = "contact";
    const std::string account = *listed ? std::string((*listed)->conversation.account) : "";
    content_.begin(id.hex(), name_ + " and " + account);
    Scope within = scope_;
    within.conversation = id;
    auto selection = Selection::open(view_, within, size_, nullptr);
    if (!selection) return tl::unexpected(selection.error());
    while (true) {
      const auto leaf = selection->next();
      if (!leaf) return tl::unexpected(leaf.error());
      if (!*leaf) break;
      if (auto done = put(**leaf); !done) return done;
    }
    return content_.end();
  }

  Result<void> put(const ledger::Leaf& leaf) {
    const auto body = view_.records().body(leaf);
    if (!body) return tl::unexpected(body.error());
    if (*body) {
      if (auto done = put_key(leaf); !done) return done;
      if (auto done = put_media(bag_, view_, leaf); !done) return done;
    }
    return content_.put(line_of(leaf, body->get(), name_));
  }

  Result<void> put_key(const ledger::Leaf& leaf) {
    const auto blob = view_.records().blob(static_cast<std::int64_t>(leaf.i));
    const auto subject = Id::from_hex(leaf.s);
    const auto dek = subject ? view_.keys().subject_key(*subject, month_of(leaf.t)) : std::nullopt;
    if (!dek || blob.size() < ledger::kBlobOverhead)
      return failure("the body of record " + std::to_string(leaf.i) + " was erased while it was read", "export again");
    const auto key = ledger::record_key(*dek, ByteView(blob).subspan(kSaltAt, 32), origin_, leaf.i);
    std::string line;
    core::JsonObject(line).add("i", static_cast<std::int64_t>(leaf.i)).add("key", hex(key)).end();
    keys_.write(line + "\n");
    return {};
  }

  ledger::View& view_;
  Bag& bag_;
  const Scope& scope_;
  const std::string origin_;
  const std::int64_t size_;
  Content& content_;
  Bag::File& keys_;
  std::string name_;  ///< of the contact whose conversation is being written
};

}  // namespace

Result<void> put_content(Bag& bag, ledger::View& view, const Scope& scope, const std::string& origin,
                         std::int64_t size) {
  auto content = Content::open(bag, origin, Content::Forms::all);
  if (!content) return tl::unexpected(content.error());
  auto keys = bag.open("keys.jsonl");
  if (!keys) return tl::unexpected(keys.error());
  if (auto done = Opening(view, bag, scope, origin, size, *content, *keys).run(); !done) return done;
  if (auto done = keys->close(); !done) return done;
  return content->finish();
}

std::string name_of(const core::ContactRow& contact) {
  boost::json::error_code error;
  const auto doc = contact.doc ? boost::json::parse(*contact.doc, error) : boost::json::value();
  const auto* fields = doc.if_object();
  const auto* name = fields ? fields->if_contains("name") : nullptr;
  return name && name->is_string() ? std::string(name->get_string()) : std::string();
}

}  // namespace postern::bag
