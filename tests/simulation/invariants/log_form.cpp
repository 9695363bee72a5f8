// SPDX-License-Identifier: Apache-2.0
#include "invariants/log_form.hpp"

#include "ledger/format/leaf.hpp"
#include "ledger/format/vkey.hpp"

namespace postern::simulation {
namespace {

const std::string& first_key() {
  static const std::string text =
      ledger::VKey{"sim.example/postern/0123abcd-0123-4abc-8abc-0123456789ab/0", ledger::KeyType::ed25519,
                   crypto::SigningKey(crypto::Key{1}).public_key()}
          .text();
  return text;
}

}  // namespace

void LogForm::committed(const core::Record& record) {
  if (record.index != next_++)
    throw Violation("log form",
                    "record " + std::to_string(record.index) + " stands at place " + std::to_string(next_ - 1));
  check_time(record);
  check_leaf(record);
}

// The wall clock goes back only in a clock.step, the time since boot never within one boot.
void LogForm::check_time(const core::Record& record) {
  const auto place = "record " + std::to_string(record.index);
  if (record.wall < wall_ && record.type != "clock.step")
    throw Violation("log form", place + " is older than the one before");
  if (record.boot < boot_ && record.boot_id == boot_id_)
    throw Violation("log form", place + " has gone back since boot");
  wall_ = record.wall;
  boot_ = record.boot;
  boot_id_ = record.boot_id;
}

void LogForm::check_leaf(const core::Record& record) {
  std::vector<ledger::LeafExtra> extra;
  if (record.range) extra = {{"from", record.range->first}, {"to", record.range->second}};
  if (record.index == 0) extra.push_back({"vkey", std::string_view(first_key())});
  ledger::LeafFields fields{.i = static_cast<std::uint64_t>(record.index),
                            .t = record.wall,
                            .m = record.boot,
                            .b = {record.boot_id.data(), record.boot_id.size()},
                            .k = record.type,
                            .o = record.outcome,
                            .a = record.actor,
                            .w = record.account,
                            .p = record.platform,
                            .d = record.decision,
                            .f = record.retention,
                            .s = record.contact,
                            .c = record.conversation,
                            .x = record.message,
                            .q = record.count,
                            .extra = extra};
  if (record.cause != core::kNone) fields.r = static_cast<std::uint64_t>(record.cause);
  if (record.body) {
    fields.h = Hash{};
    fields.n = 64;
  }
  leaf_.clear();
  ledger::append_leaf(leaf_, fields);
  if (const auto leaf = ledger::check_leaf(leaf_, fields.i); !leaf)
    throw Violation("log form", leaf.error().what + " (" + leaf_ + ")");
}

}  // namespace postern::simulation
