// SPDX-License-Identifier: Apache-2.0
#include "bag/content.hpp"

#include "bag/csv.hpp"
#include "bag/html.hpp"
#include "bag/mail.hpp"
#include "bag/rsmf.hpp"

namespace postern::bag {
namespace {

constexpr std::size_t kMostOfADay = 5'000;  // events in one RSMF file

std::string day_of(const Line& line) {
  return rfc3339(line.at).substr(0, 10);
}

}  // namespace

Result<Content> Content::open(Bag& bag, std::string log, Forms forms) {
  auto messages = bag.open("messages.jsonl");
  if (!messages) return tl::unexpected(messages.error());
  auto table = bag.open("messages.csv");
  if (!table) return tl::unexpected(table.error());
  table->write(csv_head());
  return Content(bag, std::move(log), forms, std::move(*messages), std::move(*table));
}

void Content::begin(std::string conversation, std::string title) {
  conversation_ = std::move(conversation);
  title_ = std::move(title);
}

Result<void> Content::put(const Line& line) {
  ++lines_;
  messages_.write(json_of(line) + "\n");
  table_.write(csv_row(line));
  if (conversation_.empty()) return {};
  if (!page_) {
    auto page = bag_->open("conversation-" + conversation_ + ".html");
    if (!page) return tl::unexpected(page.error());
    page_.emplace(std::move(*page));
    page_->write(html_head(title_, "Conversation " + conversation_ + " of the ledger " + log_ +
                                       ". Times are UTC; #n is the number of the record."));
  }
  page_->write(html_line(line));
  if (forms_ == Forms::reading || line.side == Line::Side::note) return {};
  if (auto done = bag_->put("mails/" + std::to_string(line.index) + ".eml", mail_of(line, log_)); !done) return done;
  if (!day_.empty() && (day_of(day_.back()) != day_of(line) || day_.size() >= kMostOfADay))
    if (auto done = put_rsmf(); !done) return done;
  day_.push_back(line);
  day_.back().body.clear();
  return {};
}

Result<void> Content::put_rsmf() {
  const auto file = rsmf_of(day_, log_);
  if (!file) return tl::unexpected(file.error());
  const auto name =
      "conv-" + conversation_ + "-" + day_of(day_.front()) + "-" + std::to_string(day_.front().index) + ".rsmf";
  day_.clear();
  return bag_->put(name, *file);
}

Result<void> Content::end() {
  if (!day_.empty())
    if (auto done = put_rsmf(); !done) return done;
  conversation_.clear();
  if (!page_) return {};
  page_->write(html_tail());
  auto done = page_->close();
  page_.reset();
  return done;
}

Result<void> Content::finish() {
  if (auto done = messages_.close(); !done) return done;
  return table_.close();
}

}  // namespace postern::bag
