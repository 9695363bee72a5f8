// SPDX-License-Identifier: Apache-2.0
#include "desk.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "ledger/format/leaf.hpp"
#include "ledger/format/submission.hpp"

namespace postern::witness {
namespace {

bool signed_by(const ledger::Note& note, const ledger::VKey& key) {
  return std::any_of(note.signatures.begin(), note.signatures.end(), [&](const ledger::Signature& line) {
    return line.name == key.name && line.key_id == key.id() && verify_signature(key, note, line);
  });
}

Reply conflict(const Log& log) {
  return {409, std::to_string(log.size) + "\n", true};
}

/// Somebody has shown what the log has signed and what is no continuation of what was seen: its owner must hear of it.
void report(std::string_view what, const ledger::Note& note, const Log& log) {
  log::warning("witness.refused", what,
               {{"origin", note.origin}, {"size", note.size}, {"root", base64(note.root)}, {"seen", log.size}});
}

}  // namespace

Reply Desk::get(std::string_view path) const {
  constexpr std::string_view kEnd = "/checkpoint";
  if (!path.starts_with('/') || !path.ends_with(kEnd)) return {404, {}, false};
  const auto* log = memory_.find_named(path.substr(1, path.size() - 1 - kEnd.size()));
  if (log == nullptr || log->note.empty()) return {404, "No checkpoint of this log has been cosigned here.\n", false};
  return {200, log->note, false};
}

Reply Desk::post(std::string_view path, std::string_view body) {
  if (path == "/add-checkpoint") return add_checkpoint(body);
  if (path == "/rotate-key") return rotate_key(body);
  return {404, {}, false};
}

Reply Desk::add_checkpoint(std::string_view body) {
  const auto request = ledger::parse_submission(ledger::kOldWord, body);
  if (!request) return {400, request.error().what + "\n", false};
  const auto note = ledger::parse_note(request->rest);
  if (!note) return {400, note.error().what + "\n", false};
  const auto* known = memory_.find(note->origin);
  if (known == nullptr) return {404, "This witness does not know the log.\n", false};
  if (!signed_by(*note, known->key)) return {403, "No signature is by the key that is known of this log.\n", false};
  const auto old = request->number;
  if (old > note->size) return {400, "The old size is larger than the checkpoint.\n", false};
  if (old != known->size) {
    if (old < known->size) report("a checkpoint was shown as the successor of an older one", *note, *known);
    return conflict(*known);
  }
  if (old == note->size && note->root != known->root) {
    report("two checkpoints of one size differ", *note, *known);
    return conflict(*known);
  }
  const bool follows = old == 0 || old == note->size
                           ? request->path.empty()
                           : ledger::verify_consistency(old, note->size, known->root, note->root, request->path);
  if (!follows) {
    report("a checkpoint does not continue the one seen before", *note, *known);
    return {422, "The consistency proof does not hold.\n", false};
  }
  const auto line = ledger::cosignature_line(name_, key_, time_(), note->body);
  Log next{known->key, note->size, note->root, {}};
  next.note = note->body + "\n";
  for (const auto& signature : note->signatures)
    if (signature.name == note->origin) next.note += ledger::line_of(signature);
  next.note += line;
  if (auto kept = memory_.keep(next); !kept) {
    log::error("witness.not_kept", text(kept.error()));
    return {503, {}, false};
  }
  return {200, line, false};
}

/// The leaf must be the last one of what was cosigned: then it is the log itself that names the next key.
Reply Desk::rotate_key(std::string_view body) {
  const auto request = ledger::parse_submission(ledger::kRotateWord, body);
  if (!request) return {400, request.error().what + "\n", false};
  auto bytes = std::string_view(request->rest);
  if (!bytes.ends_with('\n')) return {400, "The leaf does not end in a line feed.\n", false};
  bytes.remove_suffix(1);
  const auto leaf = ledger::check_leaf(bytes, request->number);
  if (!leaf || leaf->k != "key.rotate") return {400, "This is no key.rotate of that index.\n", false};
  auto next = ledger::VKey::parse_log_key(leaf->text("vkey").value_or(std::string_view()));
  if (!next) return {400, next.error().what + "\n", false};
  const auto* known = memory_.find(next->name);
  if (known == nullptr) return {404, "This witness does not know the log.\n", false};
  if (request->number + 1 != known->size) return conflict(*known);
  if (!ledger::verify_inclusion(ledger::leaf_hash(bytes), request->number, known->size, request->path, known->root))
    return {422, "The inclusion proof does not hold.\n", false};
  auto log = *known;
  log.key = std::move(*next);
  if (auto kept = memory_.keep(log); !kept) {
    log::error("witness.not_kept", text(kept.error()));
    return {503, {}, false};
  }
  return {200, "ok\n", false};
}

}  // namespace postern::witness
