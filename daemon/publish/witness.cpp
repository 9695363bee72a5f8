// SPDX-License-Identifier: Apache-2.0
#include "publish/witness.hpp"

#include <charconv>

#include "ledger/check.hpp"
#include "ledger/format/submission.hpp"

namespace postern::publish {
namespace {

using ledger::View;

constexpr int kSteps = 64;  ///< calls in one round; a witness that has slept for months catches up in several

ledger::NodeReader nodes_of(View& view) {
  return [&view](unsigned level, std::uint64_t n) { return view.records().node(level, n); };
}

bool is_rotation(View& view, std::int64_t index) {
  std::string bytes;
  const auto leaf = view.records().read(index, bytes);
  return leaf && leaf->k == "key.rotate";
}

/// The size in the body of a 409.
std::optional<std::uint64_t> size_in(std::string_view body) {
  std::uint64_t size = 0;
  std::from_chars(body.data(), body.data() + body.size(), size);
  if (body != std::to_string(size) + "\n") return std::nullopt;
  return size;
}

std::string said(const Answer& answer) {
  if (answer.status == 0) return answer.trouble;
  return "it answered " + std::to_string(answer.status) + ": " + answer.body.substr(0, answer.body.find('\n'));
}

}  // namespace

Witness::Outcome Witness::submit(View& view, const View::Head& head) {
  Outcome outcome;
  if (!seen_) {
    auto newest = view.log().prepare("SELECT max(size) FROM cosig WHERE witness=?");
    seen_ = newest.query(name()).next() ? static_cast<std::uint64_t>(newest.integer(0)) : 0;
  }
  if (const auto done = climb(view, head, outcome); !done) outcome.trouble = text(done.error());
  return outcome;
}

Result<void> Witness::climb(View& view, const View::Head& head, Outcome& outcome) {
  const auto size = static_cast<std::uint64_t>(head.size);
  bool told = false;  // it has said what it has seen
  for (int steps = 0; steps < kSteps; ++steps) {
    const auto step = next_step(view, head);
    if (!step) return tl::unexpected(step.error());
    const auto answer = add_checkpoint(view, *step);
    if (!answer) return tl::unexpected(answer.error());
    if (answer->status == 200) {
      if (auto taken = take_line(*step, answer->body, outcome); !taken) return taken;
      seen_ = step->size;
      if (step->ends_epoch)
        if (auto added = add_key(view); !added) return added;
      if (step->size == size) return {};
      continue;
    }
    // A crash between the two calls, here or there, leaves it without the key of the epoch that has begun.
    if (answer->status == 403 && !told && *seen_ > 0 && is_rotation(view, static_cast<std::int64_t>(*seen_) - 1)) {
      told = true;
      if (auto added = add_key(view); !added) return added;
      continue;
    }
    const auto has = answer->status == 409 ? size_in(answer->body) : std::nullopt;
    if (has && *has <= size && *has != *seen_ && !told) {
      told = true;
      seen_ = *has;
      continue;
    }
    if (answer->status == 409 || answer->status == 422) look_for_conflict(view, size, outcome);
    seen_ = std::nullopt;
    return failure(said(*answer), "ask who runs the witness " + name());
  }
  return failure("it is " + std::to_string(kSteps) + " key epochs behind", "it catches up with each try");
}

/// Up to the next checkpoint that ends a key epoch and that it has not seen, else up to the newest.
Result<Witness::Step> Witness::next_step(View& view, const View::Head& head) const {
  const auto rotated = view.meta_integer("rotated");
  if (rotated && static_cast<std::uint64_t>(*rotated) >= *seen_) {
    auto kept = view.log().prepare("SELECT size, note FROM checkpoint WHERE size>? AND size<=? ORDER BY size");
    for (kept.query(*seen_, head.size); kept.next();)
      if (is_rotation(view, kept.integer(0) - 1))
        return Step{static_cast<std::uint64_t>(kept.integer(0)), std::string(chars(kept.blob(1))), true};
  }
  if (auto read = view.take_error(); !read) return tl::unexpected(read.error());
  return Step{static_cast<std::uint64_t>(head.size), head.note, false};
}

Result<Answer> Witness::add_checkpoint(View& view, const Step& step) {
  ledger::Submission submission{*seen_, {}, step.note};
  if (*seen_ > 0 && *seen_ < step.size) {
    auto path = ledger::consistency_proof(*seen_, step.size, nodes_of(view));
    if (!path) return tl::unexpected(path.error());
    submission.path = std::move(*path);
  }
  return caller_.post(place_.url + "/add-checkpoint", format_submission(ledger::kOldWord, submission));
}

/// It has seen the checkpoint that ends an epoch; the record before it names the next key.
Result<void> Witness::add_key(View& view) {
  const auto index = *seen_ - 1;
  auto path = ledger::inclusion_proof(index, *seen_, nodes_of(view));
  if (!path) return tl::unexpected(path.error());
  const auto leaf = view.records().leaf(static_cast<std::int64_t>(index));
  if (!leaf) return failure("record " + std::to_string(index) + " cannot be read");
  const auto answer =
      caller_.post(place_.url + "/rotate-key",
                   ledger::format_submission(ledger::kRotateWord, {index, std::move(*path), *leaf + "\n"}));
  if (answer.status == 200) return {};
  return failure("it does not take the next signing key: " + said(answer),
                 "a witness that is not postern-witness has to be given the key of record " + std::to_string(index));
}

Result<void> Witness::take_line(const Step& step, const std::string& answer, Outcome& outcome) {
  // Its lines below the checkpoint make a note, of which the verifier takes those by the key that is known.
  const auto note = ledger::parse_note(step.note + answer);
  if (!note) return failure("it answers with no cosignature: " + note.error().what);
  const auto time = ledger::verify_cosignature(place_.vkey, *note);
  if (!time) return tl::unexpected(time.error());
  if (!*time) return failure("it cosigns with another key than the configured one", "compare its vkey");
  for (const auto& line : note->signatures)
    if (line.name == name() && line.key_id == place_.vkey.id())
      outcome.lines.push_back({static_cast<std::int64_t>(step.size), name(), ledger::line_of(line)});
  return {};
}

void Witness::look_for_conflict(View& view, std::uint64_t size, Outcome& outcome) {
  const auto note = newest(view.shared().origin);
  if (!note || !*note) return;  // a claim without a checkpoint: trouble, but no proof
  if (const auto same = ledger::compare(view, size, **note, "witness " + name()); !same)
    outcome.alarm = same.error().what;
}

Result<std::optional<ledger::Note>> Witness::newest(const std::string& origin) {
  const auto answer = caller_.get(place_.url + "/" + ledger::log_name(origin) + "/checkpoint");
  if (answer.status == 404) return std::nullopt;
  if (answer.status != 200) return failure("the witness " + name() + " shows no checkpoint: " + said(answer));
  auto note = ledger::parse_note(answer.body);
  if (!note) return tl::unexpected(note.error());
  const auto time = ledger::verify_cosignature(place_.vkey, *note);
  if (!time) return tl::unexpected(time.error());
  if (!*time || note->origin != origin)
    return failure("the witness " + name() + " shows a checkpoint that it has not cosigned", "compare its vkey");
  return std::optional(std::move(*note));
}

}  // namespace postern::publish
