// SPDX-License-Identifier: Apache-2.0
#include "digest.hpp"

#include <cstring>

#include "overloaded.hpp"

namespace postern::simulation {

void Digest::mix(std::string_view text) {
  mix(static_cast<std::uint64_t>(text.size()));
  for (; text.size() >= 8; text.remove_prefix(8)) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof word);
    mix(word);
  }
  for (const char c : text) mix(static_cast<std::uint64_t>(static_cast<unsigned char>(c)));
}

void Digest::add(const core::Record& record) {
  mix(record.index), mix(record.wall), mix(record.boot), mix(record.type), mix(record.outcome), mix(record.actor);
  mix(record.account), mix(record.contact), mix(record.conversation), mix(record.message), mix(record.cause);
  mix(record.decision), mix(record.count.value_or(-1)), mix(record.body);
}

void Digest::add(const core::Row& row) {
  mix(static_cast<std::uint64_t>(row.index()));
  std::visit(
      Overloaded{
          [&](const core::ConversationRow& it) { mix(it.number), mix(it.last_record), mix(it.flags), mix(it.doc); },
          [&](const core::ContactRow& it) { mix(it.number), mix(it.id), mix(it.doc); },
          [&](const core::OpenTurnRow& it) { mix(it.index), mix(it.deadline), mix(it.stage + (it.erase ? 9 : 0)); },
          [&](const core::TurnRow& it) { mix(it.index), mix(it.ended), mix(it.ending), mix(it.by); },
          [&](const core::OutboxRow& it) { mix(it.key), mix(it.state), mix(it.attempt), mix(it.due); },
          [&](const core::TimerRow& it) { mix(it.key), mix(it.due), mix(it.id); },
          [&](const core::StateRow& it) { mix(it.key), mix(it.doc); },
          [&](const core::CursorRow& it) { mix(it.account), mix(it.cursor); },
          [&](const core::SeenRow& it) { mix(it.look), mix(it.index); },
          [&](const core::IdentityRow& it) { mix(it.string), mix(it.id), mix(it.number); },
          [&](const core::AccountRow& it) { mix(it.account), mix(it.paused); },
          [&](const core::CommandRow& it) { mix(it.key), mix(it.answer); },
          [&](const core::TokenRow& it) { mix(it.account), mix(it.asked), mix(it.due), mix(it.ends), mix(it.trouble); },
          [&](const core::MediumRow& it) { mix(it.key), mix(it.attempt), mix(it.record), mix(it.file); },
          [&](const core::LinkRow& it) { mix(it.contact), mix(it.person); },
          [&](const core::PastAttempt& it) { mix(it.index), mix(it.contact_number), mix(it.at); },
          [&](const core::ShredRow& it) { mix(it.index), mix(it.due + (it.erase ? 9 : 0)); },
          [&](const core::BodyGone& it) { mix(it.index); },
          [&](const core::ErasureRow& it) { mix(it.request), mix(it.stage + (it.erase ? 9 : 0)), mix(it.bodies); },
          [&](const core::KeysGone& it) { mix(it.contact); },
          [&](const core::ContactGone& it) { mix(it.contact); },
          [&](const core::HoldRow& it) { mix(it.id), mix(it.scope), mix(it.released); },
          [&](const core::ApprovalRow& it) { mix(it.request), mix(it.about), mix(std::int64_t{it.erase}); },
          [&](const core::DeletionRow& it) { mix(it.request), mix(it.code), mix(it.contacts); },
          [&](const core::MonthGone& it) { mix(it.contact), mix(std::int64_t{it.month}); },
          [&](const core::RestoredRow& it) { mix(it.at); },
      },
      row);
}

void Digest::add(const core::Action& action) {
  mix(static_cast<std::uint64_t>(action.index()));
  std::visit(
      Overloaded{
          [&](const core::Answer& it) { mix(it.webhook), mix(std::int64_t{it.status}); },
          [&](const core::Load& it) {
            mix(it.load), mix(it.thread), mix(it.sender), mix(it.conversation), mix(it.record);
          },
          [&](const core::Handle& it) { mix(it.call), mix(it.handler), mix(it.context), mix(it.state), mix(it.turn); },
          [&](const core::Attempt& it) { mix(it.part), mix(it.attempt), mix(it.task); },
          [&](const core::LookUp& it) { mix(it.lookup), mix(it.task); },
          [&](const core::FetchFile& it) { mix(it.medium), mix(it.url), mix(it.task); },
          [&](const core::FindBodies& it) { mix(it.index); },
          [&](const core::FindSubject& it) { mix(it.search), mix(it.contact); },
          [&](const core::FindRemains& it) { mix(it.request), mix(it.before); },
          [&](const core::FindOld& it) { mix(it.run), mix(it.from); },
          [&](const core::DropFiles& it) {
            for (const auto& file : it.files) mix(file);
          },
          [&](const core::Query& it) { mix(it.reply_to), mix(it.method); },
          [&](const core::Poll& it) { mix(it.account), mix(it.cursor); },
          [&](const core::List& it) { mix(it.account), mix(it.since), mix(it.cursor); },
          [&](const core::Publish& it) { mix(it.what), mix(it.account), mix(it.conversation.hex()), mix(it.detail); },
          [&](const core::Reply& it) { mix(it.reply_to), mix(it.json); },
          [&](const core::Ask& it) { mix(it.question); },
          [&](const core::Alarm& it) { mix(it.id), mix(it.conversation); },
          [&](const core::Refresh& it) { mix(it.account), mix(it.asked); },
          [&](const core::Adopt& it) { mix(it.account); },
          [&](const core::DeletionTaken& it) { mix(it.webhook), mix(it.code); },
          [&](const core::Connect& it) { mix(it.reply_to); },
      },
      action);
}

}  // namespace postern::simulation
