// SPDX-License-Identifier: Apache-2.0
// The rows about contacts that are to be forgotten, and about what must not be.
#include "core/interned.hpp"
#include "ledger/rows.hpp"

namespace postern::ledger {

void RowWriter::put(const core::ErasureRow& row, std::int64_t) {
  if (row.erase)
    end_erasure_.run(row.request);
  else
    erasure_.run(row.request, row.contact, row.number, row.account, row.stage, row.bodies, row.basis, row.code);
}

void RowWriter::put(const core::HoldRow& row, std::int64_t) {
  if (row.released == core::kNone)
    hold_.run(row.id.hex(), row.scope, row.placed, nullptr);
  else
    hold_.run(row.id.hex(), row.scope, row.placed, row.released);
}

void RowWriter::put(const core::ContactGone& row, std::int64_t) {
  for (const auto number : row.conversations) conversation_gone_.run(number);
  contact_gone_.run(row.number);
  states_gone_.run(row.contact);
}

void RowWriter::put(const core::ApprovalRow& row, std::int64_t) {
  if (row.erase)
    end_approval_.run(row.request);
  else
    approval_.run(row.request, row.method, row.about, row.asker, row.cause, row.until);
}

void RowWriter::put(const core::DeletionRow& row, std::int64_t) {
  if (row.erase)
    end_deletion_.run(row.request);
  else
    deletion_.run(row.request, row.code, row.look, row.contacts);
}

std::vector<core::ErasureRow> RowReader::erasures() {
  std::vector<core::ErasureRow> rows;
  for (auto& at = erasures_.query(); at.next();)
    rows.push_back({at.integer(0), at.id(1), at.integer(2), core::intern(at.text(3)), at.integer(4), at.integer(5),
                    std::string(at.text(6)), at.id(7), false});
  return rows;
}

std::vector<core::HoldRow> RowReader::holds() {
  std::vector<core::HoldRow> rows;
  for (auto& at = holds_.query(); at.next();)
    rows.push_back({Id::from_hex(at.text(0)).value_or(Id{}), std::string(at.text(1)), at.integer(2), core::kNone});
  return rows;
}

std::vector<core::ApprovalRow> RowReader::approvals() {
  std::vector<core::ApprovalRow> rows;
  for (auto& at = approvals_.query(); at.next();)
    rows.push_back({at.integer(0), core::intern(at.text(1)), at.id(2), core::intern(at.text(3)), at.integer(4),
                    at.integer(5), false});
  return rows;
}

std::vector<core::DeletionRow> RowReader::deletions() {
  std::vector<core::DeletionRow> rows;
  for (auto& at = deletions_.query(); at.next();)
    rows.push_back({at.integer(0), at.id(1), at.integer(2), at.integer(3), false});
  return rows;
}

}  // namespace postern::ledger
