// SPDX-License-Identifier: Apache-2.0
#include "ledger/query.hpp"

#include <algorithm>

namespace postern::ledger {
namespace {

ListedConversation with_contact(View& view, core::ConversationRow row) {
  ListedConversation listed{std::move(row), std::nullopt};
  if (listed.conversation.contact_number != core::kNone)
    listed.contact = view.rows().contact(listed.conversation.contact_number);
  return listed;
}

template <typename T>
Result<T> checked(View& view, T value) {
  if (auto read = view.take_error(); !read) return tl::unexpected(read.error());
  return value;
}

}  // namespace

Result<std::vector<ListedConversation>> list_conversations(View& view, std::int64_t before, std::size_t limit) {
  std::vector<ListedConversation> page;
  for (auto& row : view.rows().conversations_before(before, std::min(limit, kPage)))
    page.push_back(with_contact(view, std::move(row)));
  return checked(view, std::move(page));
}

Result<std::optional<ListedConversation>> find_conversation(View& view, const Id& conversation) {
  std::optional<ListedConversation> found;
  const auto number = view.number_of(conversation);
  auto row = number ? view.rows().conversation(*number) : std::nullopt;
  if (row && row->id == conversation) found = with_contact(view, std::move(*row));
  return checked(view, std::move(found));
}

Result<std::vector<OpenedRecord>> conversation_records(View& view, const Id& conversation, std::int64_t before,
                                                       std::size_t limit) {
  limit = std::min(limit, kPage);
  std::vector<OpenedRecord> page;
  const auto found = find_conversation(view, conversation);
  if (!found) return tl::unexpected(found.error());
  if (!*found) return page;
  const auto name = conversation.hex();
  const auto& contact = (*found)->conversation.contact;
  while (page.size() < limit) {
    // The contact's records (also in other conversations) and those of other authors here, merged.
    auto records = view.records_of(contact, before, kPage);
    const auto others = view.records_of(conversation, before, kPage);
    records.insert(records.end(), others.begin(), others.end());
    std::sort(records.begin(), records.end(), std::greater<>());
    records.erase(std::unique(records.begin(), records.end()), records.end());
    if (records.size() > kPage) records.resize(kPage);  // below that one of the two may have more
    if (records.empty()) break;
    for (const auto index : records) {
      OpenedRecord record{index, {}, nullptr};
      const auto leaf = view.records().read(index, record.leaf);
      if (!leaf) return tl::unexpected(leaf.error());
      if (leaf->c != name) continue;
      auto body = view.records().body(*leaf);
      if (!body) return tl::unexpected(body.error());
      record.body = std::move(*body);
      page.push_back(std::move(record));
      if (page.size() == limit) break;
    }
    before = records.back();
  }
  return checked(view, std::move(page));
}

Result<std::vector<std::string>> leaves(View& view, std::int64_t first, std::size_t limit) {
  std::vector<std::string> page;
  view.records().each(first, static_cast<std::int64_t>(std::min(limit, kPage)),
                      [&](std::int64_t, std::string_view leaf, ByteView) { page.emplace_back(leaf); });
  return checked(view, std::move(page));
}

Result<std::vector<std::string>> newest_leaves(View& view, std::string_view type, std::size_t limit,
                                               std::int64_t among) {
  std::vector<std::string> found;
  const std::string needle = "\"k\":\"" + std::string(type) + "\"";
  const std::int64_t first = std::max<std::int64_t>(record_count(view) - among, 0);
  Statement newest = view.log().prepare(
      "SELECT leaf FROM event WHERE i >= ? AND instr(leaf, CAST(? AS BLOB)) > 0 ORDER BY i DESC LIMIT ?");
  for (newest.query(first, needle, std::min(limit, kPage)); newest.next();) {
    const ByteView leaf = newest.blob(0);
    found.emplace_back(reinterpret_cast<const char*>(leaf.data()), leaf.size());
  }
  return checked(view, std::move(found));
}

Result<std::vector<std::pair<std::int64_t, std::string>>> leaves_of_kind(View& view, std::string_view beginning,
                                                                         std::int64_t first, std::int64_t before) {
  std::vector<std::pair<std::int64_t, std::string>> found;
  const std::string needle = "\"k\":\"" + std::string(beginning);
  Statement each = view.log().prepare(
      "SELECT i, leaf FROM event WHERE i >= ? AND i < ? AND instr(leaf, CAST(? AS BLOB)) > 0 ORDER BY i");
  for (each.query(first, before, needle); each.next();)
    found.emplace_back(each.integer(0), std::string(chars(each.blob(1))));
  return checked(view, std::move(found));
}

std::int64_t record_count(View& view) {
  const auto head = view.head();
  return head ? head->size : 0;
}

Result<std::vector<core::TurnRow>> turns(View& view, std::int64_t after, std::size_t limit) {
  return checked(view, view.rows().turns_after(after, std::min(limit, kPage)));
}

}  // namespace postern::ledger
