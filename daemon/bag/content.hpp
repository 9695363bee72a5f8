// SPDX-License-Identifier: Apache-2.0
// The part of a bag that is read: what was said, conversation by conversation, as JSON lines, CSV, pages, and in the
// forms that review tools take. Holds a day of one conversation in memory at most. One thread at a time.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "bag/bag.hpp"
#include "bag/line.hpp"

namespace postern::bag {

class Content {
 public:
  enum class Forms { reading, all };  ///< reading: without mails and RSMF
  /// `log` is the ledger's origin.
  static Result<Content> open(Bag& bag, std::string log, Forms forms);

  /// The lines of one conversation, in order, between begin() and end(). One without a line leaves no file.
  void begin(std::string conversation, std::string title);
  Result<void> put(const Line& line);
  Result<void> end();

  /// After the last conversation.
  Result<void> finish();
  std::uint64_t lines() const { return lines_; }

 private:
  Content(Bag& bag, std::string log, Forms forms, Bag::File messages, Bag::File table)
      : bag_(&bag), log_(std::move(log)), forms_(forms), messages_(std::move(messages)), table_(std::move(table)) {}
  Result<void> put_rsmf();

  Bag* bag_;
  std::string log_;
  Forms forms_;
  Bag::File messages_, table_;
  std::string conversation_, title_;
  std::optional<Bag::File> page_;
  std::vector<Line> day_;  ///< what was said on one day, UTC
  std::uint64_t lines_ = 0;
};

}  // namespace postern::bag
