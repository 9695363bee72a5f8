// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/keyring.hpp"

namespace postern::ledger {

void KeyRing::add(VKey key, std::uint64_t first_size) {
  const auto id = key.id();
  by_id_.emplace(id, epochs_.size());
  epochs_.push_back({std::move(key), id, first_size});
}

void KeyRing::begin(VKey genesis) {
  add(std::move(genesis), 0);
}

void KeyRing::rotate(std::uint64_t j, VKey next, Verdict& verdict) {
  const auto id = next.id();
  const auto where = "leaf " + std::to_string(j);
  if (knows(id)) return verdict.add(Code::tampered, where, "brings back a signing key that was used before");
  if (const auto early = strangers_.find(id); early != strangers_.end())
    verdict.add(Code::tampered, early->second, "is signed by the key that begins only with " + where);
  ends_.emplace(j + 1, false);
  add(std::move(next), j + 1);
}

void KeyRing::judge(const std::string& where, const Note& note, Verdict& verdict) {
  // The keys that must sign are the last one or, where an epoch ends, the last two.
  const std::size_t required = empty() ? 0 : ends_epoch(note.size) ? 2 : 1, first = epochs_.size() - required;
  std::vector<bool> seen(required);
  for (const auto& line : note.signatures) {
    if (line.name != origin()) continue;
    const auto known = by_id_.find(line.key_id);
    if (known == by_id_.end()) {
      strangers_.emplace(line.key_id, where);
      continue;
    }
    const auto epoch = known->second;
    if (epoch < first) {
      verdict.add(Code::tampered, where, "is signed by the key of an epoch that was over");
    } else if (seen[epoch - first]) {
      verdict.add(Code::tampered, where, "is signed twice by one key");
    } else if (!verify_signature(epochs_[epoch].key, note, line)) {
      verdict.add(Code::tampered, where, "has a signature that does not verify");
    }
    if (epoch >= first) seen[epoch - first] = true;
  }
  for (std::size_t at = 0; at < required; ++at)
    if (!seen[at])
      verdict.add(Code::unattested, where, "is not signed by the key " + hex(epochs_[first + at].id) + " of its epoch");
}

bool KeyRing::epoch_between(std::uint64_t i, std::uint64_t size) const {
  const auto next = ends_.upper_bound(i);
  return next != ends_.end() && next->first < size;
}

void KeyRing::have(std::uint64_t size) {
  if (const auto end = ends_.find(size); end != ends_.end()) end->second = true;
}

void KeyRing::report_missing_ends(Verdict& verdict) const {
  for (const auto& [size, there] : ends_)
    if (!there)
      verdict.add(Code::incomplete, "checkpoints/" + std::to_string(size), "ends a key epoch and is not there");
}

}  // namespace postern::ledger
