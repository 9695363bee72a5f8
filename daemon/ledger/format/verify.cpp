// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/verify.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "ledger/format/bodies.hpp"
#include "ledger/format/keyring.hpp"
#include "ledger/format/leaf.hpp"
#include "ledger/format/proof.hpp"
#include "ledger/format/sealed.hpp"
#include "ledger/format/tile_check.hpp"

namespace postern::ledger {
namespace {

std::string leaf_name(std::uint64_t i) {
  return "leaf " + std::to_string(i);
}

constexpr auto kOtherCheckpoint = "stands under another checkpoint than the one that ends its leaf's epoch";

/// The errors of the formats say what is wrong with what; in a finding the what has its own place.
std::string without(std::string text, std::string_view subject) {
  if (text.starts_with(subject)) text.erase(0, subject.size() + 1);
  return text;
}

/// One run over one ledger. The leaves go by once; a note is judged at the moment when as many leaves as it signs have
/// been read, since then the tree has the root that it must name and the key ring the keys that must have signed.
class Verification {
 public:
  Verification(LogReader& reader, const Pins& pins)
      : reader_(reader), pins_(pins), selected_(reader.selected()), bodies_(verdict_) {}

  Verdict run() {
    if (!pins_.genesis) add(Code::unattested, "vkey", "no genesis key was pinned: name the one printed at init");
    read_notes();
    while (true) {
      const auto raw = reader_.next_leaf();
      if (!raw) add(Code::incomplete, leaf_name(next_), raw.error().what);
      if (!raw || !*raw) break;
      take_leaf(**raw);
    }
    finish();
    return std::move(verdict_);
  }

 private:
  enum class Source { ledger, external, proof };
  struct Waiting {
    Source source = Source::ledger;
    std::string where;
    Note note;
    std::uint64_t proves = 0;  ///< of a proof's note: the first leaf that is proved under it
  };

  void add(Code code, std::string where, std::string what) { verdict_.add(code, std::move(where), std::move(what)); }

  /// A list that cannot be read is a finding, and empty.
  std::vector<std::uint64_t> listed(const char* where, Result<std::vector<std::uint64_t>> list) {
    if (list) return std::move(*list);
    add(Code::incomplete, where, list.error().what);
    return {};
  }

  std::optional<Note> parsed(const std::string& where, const Result<std::string>& text) {
    if (!text) {
      add(Code::incomplete, where, text.error().what);
      return std::nullopt;
    }
    auto note = parse_note(*text);
    if (note) return std::move(*note);
    add(Code::tampered, where, without(note.error().what, "the note"));
    return std::nullopt;
  }

  void read_notes() {
    kept_ = listed("checkpoints", reader_.kept());
    proofs_ = listed("proofs", reader_.proofs());
    for (const auto& note : pins_.external)
      wait({Source::external, "external checkpoint of " + std::to_string(note.size), note});
    const auto text = reader_.checkpoint();
    if (!text) return add(Code::incomplete, "checkpoint", text.error().what);
    if (!*text) return add(Code::unattested, "checkpoint", "is not there: nothing is signed");
    const auto note = parsed("checkpoint", **text);
    if (!note) return;
    verdict_.size = note->size;
    if (!selected_) tiles_.emplace(reader_, note->size).take_checkpoint(**text);
    wait({Source::ledger, "checkpoint", *note});
  }

  void wait(Waiting waiting) { waiting_.emplace(waiting.note.size, std::move(waiting)); }

  void take_leaf(const LogReader::RawLeaf& raw) {
    const auto i = selected_ ? raw.index : next_;
    if (i < next_ || i > static_cast<std::uint64_t>(kMaxInteger))
      return add(Code::tampered, "a leaf after " + leaf_name(next_), "is out of its order, or says no index");
    if (selected_) judge_notes(i);  // before what this leaf may bring: a key signs no size before its own
    const bool follows = i == next_;
    next_ = i + 1;
    ++verdict_.leaves;
    if (!raw.terminated) add(Code::tampered, leaf_name(i), "does not end in a line feed");
    if (ring_.empty() && i > 0) begin_without_first();
    const auto leaf = check_leaf(raw.bytes, i, ring_.origin());
    if (!leaf) add(Code::tampered, leaf_name(i), without(leaf.error().what, leaf_name(i)));
    if (i == 0) begin(leaf);
    if (leaf) take_fields(*leaf, follows);

    const auto hash = leaf_hash(raw.bytes);
    if (!selected_) grow(raw.bytes, hash);
    while (next_proof_ < proofs_.size() && proofs_[next_proof_] < i) ++next_proof_;
    if (next_proof_ < proofs_.size() && proofs_[next_proof_] == i)
      take_proof(proofs_[next_proof_++], hash);
    else if (selected_)
      add(Code::incomplete, "proofs/" + std::to_string(i) + ".tlog-proof", "is not there to prove " + leaf_name(i));
    if (!selected_) judge_notes(next_);
  }

  void grow(std::string_view leaf, const Hash& hash) {
    full_.clear();
    tree_.append(hash, full_);
    if (tiles_) tiles_->take(leaf, tree_, full_);
  }

  /// A selection that lacks the first leaf is measured by the pinned key.
  void begin_without_first() {
    if (selected_) add(Code::incomplete, leaf_name(0), "is not there, as in any selection");
    if (selected_ && pins_.genesis) ring_.begin(*pins_.genesis);
  }

  /// The first leaf names the key that all others hang on.
  void begin(const Result<Leaf>& leaf) {
    if (!leaf) {
      if (pins_.genesis) ring_.begin(*pins_.genesis);
      return;
    }
    auto genesis = VKey::parse_log_key(leaf->text("vkey").value()).value();
    if (pins_.genesis && genesis != *pins_.genesis)
      add(Code::unattested, leaf_name(0), "names another genesis key than the pinned one: this is another ledger");
    ring_.begin(std::move(genesis));
  }

  void take_fields(const Leaf& leaf, bool follows) {
    if (follows) check_time(leaf);
    last_t_ = leaf.t, last_m_ = leaf.m;
    last_b_ = leaf.b;
    if (leaf.k == "clock.step" && verdict_.steps.size() < Verdict::kMaxListed)
      verdict_.steps.push_back({leaf.i, leaf.q.value_or(0)});
    if (leaf.k == "key.rotate") ring_.rotate(leaf.i, VKey::parse_log_key(leaf.text("vkey").value()).value(), verdict_);
    bodies_.cover(leaf);
    const auto blob = reader_.blob(leaf.h.empty() ? 0 : static_cast<std::size_t>(*leaf.n) + kBlobOverhead);
    if (!blob) {
      add(Code::incomplete, "body of " + leaf_name(leaf.i), blob.error().what);
    } else if (!leaf.h.empty()) {
      bodies_.take(leaf, *blob);
    } else if (*blob) {
      ++verdict_.bad;
      add(Code::tampered, "body of " + leaf_name(leaf.i), "is there, but the leaf names none");
    }
  }

  void check_time(const Leaf& leaf) {
    const bool step = leaf.k == "clock.step";
    if (leaf.t < last_t_ && !step) add(Code::tampered, leaf_name(leaf.i), "is older than the leaf before it");
    if (leaf.m < last_m_ && leaf.b == last_b_)
      add(Code::tampered, leaf_name(leaf.i), "has an earlier boot time m than the leaf before it");
  }

  void take_proof(std::uint64_t i, const Hash& hash) {
    const auto where = "proofs/" + std::to_string(i) + ".tlog-proof";
    const auto text = reader_.proof(i);
    if (!text) return add(Code::incomplete, where, text.error().what);
    const auto proof = parse_proof(*text);
    if (!proof) return add(Code::tampered, where, without(proof.error().what, "the proof"));
    if (proof->index != i) return add(Code::tampered, where, "is the proof of another leaf than its name says");
    const auto note = parsed(where, proof->note);
    if (!note) return;
    if (!verify_inclusion(hash, i, note->size, proof->path, note->root))
      return add(Code::tampered, where, "does not prove the leaf");
    // Most proofs share a few notes; each is judged once, for the first leaf it proves, which is the hardest case.
    if (!proof_notes_.insert({note->size, proof->note}).second) return;
    wait({Source::proof, where, *note, i});
  }

  /// Those of this size, and of any smaller one that has not come by.
  void judge_notes(std::uint64_t size) {
    while (next_kept_ < kept_.size() && kept_[next_kept_] <= size) read_kept(kept_[next_kept_++], size);
    for (; !waiting_.empty() && waiting_.begin()->first <= size; waiting_.erase(waiting_.begin()))
      judge(waiting_.begin()->second);
  }

  void read_kept(std::uint64_t name, std::uint64_t size) {
    const auto where = "checkpoints/" + std::to_string(name);
    const auto note = parsed(where, reader_.kept_note(name));
    if (!note) return;
    if (note->size != name) return add(Code::tampered, where, "is not of the size that its name says");
    if (name <= size) wait({Source::ledger, where, *note});
  }

  void judge(const Waiting& waiting) {
    const auto& [source, where, note, proves] = waiting;
    if (!ring_.empty() && note.origin != ring_.origin()) add(Code::tampered, where, "is of another origin");
    judge_root(waiting);
    ring_.judge(where, note, verdict_);
    if (source == Source::ledger) ring_.have(note.size);
    if (source == Source::proof && ring_.epoch_between(proves, note.size)) add(Code::tampered, where, kOtherCheckpoint);
    if (source == Source::proof && !ring_.ends_epoch(note.size)) under_newest_.emplace_back(note.size, where);
    for (const auto& witness : pins_.witnesses) {
      const auto time = verify_cosignature(witness, note);
      if (!time) add(Code::tampered, where, time.error().what);
      if (time && *time && verdict_.bounds.size() < Verdict::kMaxListed)
        verdict_.bounds.push_back({note.size, **time, witness.name});
    }
  }

  void judge_root(const Waiting& waiting) {
    const auto& [source, where, note, proves] = waiting;
    if (!selected_) {
      if (note.root != tree_.root()) add(Code::tampered, where, "has another root than the leaves make");
    } else if (source == Source::external) {
      outside_.push_back({where, note});
    } else if (roots_.try_emplace(note.size, note.root).first->second != note.root) {
      add(Code::tampered, where, "has another root than a note of the same size");
    }
  }

  /// No root can be made of a selection, so a note from outside has to meet one of its size that is inside.
  void judge_outside() {
    for (const auto& [where, note] : outside_) {
      const auto same = roots_.find(note.size);
      if (same == roots_.end())
        add(Code::incomplete, where, "cannot be compared: no checkpoint of its size is in the selection");
      else if (same->second != note.root)
        add(Code::tampered, where, "has another root than a note of the same size");
    }
  }

  void finish() {
    const auto leaves = selected_ ? std::max(next_, verdict_.size.value_or(0)) : next_;
    if (next_ == 0) add(Code::incomplete, selected_ ? "selected.jsonl" : "leaves.jsonl", "has no leaf");
    if (ring_.empty()) begin_without_first();
    if (selected_) judge_notes(leaves);
    judge_outside();
    verdict_.epochs = ring_.epochs();
    cover_by_later();
    bodies_.finish();
    ring_.report_missing_ends(verdict_);
    check_sizes(leaves);
    check_vkey();
    const bool complete = !verdict_.size || leaves >= *verdict_.size;
    if (tiles_ && complete) verdict_.add(tiles_->findings());
    for (const auto& [size, where] : under_newest_)
      if (verdict_.size && complete && size != *verdict_.size) add(Code::tampered, where, kOtherCheckpoint);
    for (const auto& name :
         reader_.strays(complete ? std::optional(leaves) : std::nullopt, complete ? verdict_.size : std::nullopt))
      add(Code::tampered, name, "does not belong to this ledger");
  }

  /// What was erased while the ledger was read, the leaf that says so may be newer than the checkpoint.
  void cover_by_later() {
    for (auto raw = reader_.later_leaf(); raw && *raw; raw = reader_.later_leaf())
      if (const auto leaf = check_leaf((*raw)->bytes, (*raw)->index, ring_.origin())) bodies_.cover(*leaf);
  }

  /// Compares the sizes of all notes with the leaves and with each other.
  void check_sizes(std::uint64_t leaves) {
    if (verdict_.size && leaves > *verdict_.size)
      add(Code::unattested, leaf_name(*verdict_.size), "and those after it are not signed");
    if (verdict_.size && leaves < *verdict_.size)
      add(Code::incomplete, leaf_name(leaves), "and those after it are signed and not there");
    const auto newest = verdict_.size.value_or(leaves);
    constexpr auto kCutBack = "is larger than the ledger: it was cut back";
    while (next_kept_ < kept_.size()) read_kept(kept_[next_kept_++], leaves);
    for (const auto size : kept_)
      if (size > newest)
        add(verdict_.size ? Code::tampered : Code::incomplete, "checkpoints/" + std::to_string(size), kCutBack);
    for (const auto& note : pins_.external)
      if (note.size > newest) add(Code::tampered, "external checkpoint of " + std::to_string(note.size), kCutBack);
    for (const auto& [size, waiting] : waiting_)
      if (waiting.source == Source::proof && size > newest) add(Code::tampered, waiting.where, kCutBack);
  }

  void check_vkey() {
    const auto text = reader_.vkey();
    if (!text) return add(Code::incomplete, "vkey", text.error().what);
    if (!*text || ring_.empty()) return;
    if (**text != ring_.genesis().text() + "\n") add(Code::tampered, "vkey", "is not the ledger's genesis key");
  }

  LogReader& reader_;
  const Pins& pins_;
  const bool selected_;
  Verdict verdict_;
  Bodies bodies_;
  KeyRing ring_;
  Tree tree_;
  std::uint64_t next_ = 0;               ///< the index that comes next, where all leaves are there
  std::map<std::uint64_t, Hash> roots_;  ///< of a selection, as its notes have them by size
  std::vector<std::pair<std::string, Note>> outside_;
  std::vector<FullTile> full_;
  std::optional<TileCheck> tiles_;

  std::vector<std::uint64_t> kept_, proofs_;
  std::size_t next_kept_ = 0, next_proof_ = 0;
  std::multimap<std::uint64_t, Waiting> waiting_;  ///< notes by the size at which they are judged
  std::set<std::pair<std::uint64_t, std::string>> proof_notes_;
  std::vector<std::pair<std::uint64_t, std::string>> under_newest_;  ///< proofs' notes that end no epoch: size, name

  std::int64_t last_t_ = 0, last_m_ = 0;
  std::string last_b_;
};

std::string_view without_line_feed(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  return text;
}

}  // namespace

void Verdict::add(Code code, std::string where, std::string what) {
  if (++found[static_cast<std::size_t>(code)] <= kMaxListed)
    findings.push_back({code, std::move(where), std::move(what)});
}

void Verdict::add(const Verdict& part) {
  for (std::size_t code = 0; code < found.size(); ++code) found[code] += part.found[code];
  findings.insert(findings.end(), part.findings.begin(), part.findings.end());
}

Code Verdict::code() const {
  for (const auto code : {Code::tampered, Code::unattested, Code::incomplete, Code::erased})
    if (found[static_cast<std::size_t>(code)] > 0) return code;
  return Code::ok;
}

Result<Pins> make_pins(std::optional<std::string_view> genesis, std::span<const std::string> external,
                       std::span<const std::string> witnesses) {
  Pins pins;
  if (genesis) {
    auto key = VKey::parse_log_key(without_line_feed(*genesis));
    if (!key) return tl::unexpected(key.error());
    pins.genesis = std::move(*key);
  }
  for (const auto& text : external) {
    auto note = parse_note(text);
    if (!note) return failure("an external checkpoint cannot be read: " + note.error().what);
    pins.external.push_back(std::move(*note));
  }
  for (const auto& text : witnesses) {
    auto key = VKey::parse(without_line_feed(text));
    if (!key) return tl::unexpected(key.error());
    if (key->type != KeyType::cosignature) return failure(key->name + " is no witness's key", "its type must be 4");
    pins.witnesses.push_back(std::move(*key));
  }
  return pins;
}

Verdict verify(LogReader& reader, const Pins& pins) {
  return Verification(reader, pins).run();
}

}  // namespace postern::ledger
