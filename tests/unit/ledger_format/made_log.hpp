// SPDX-License-Identifier: Apache-2.0
// A ledger in memory, made with the real formats, that a test can grow, rotate, erase from and then spoil.
#pragma once
#include <map>
#include <memory>
#include <random>

#include "ledger/format/keys.hpp"
#include "ledger/format/leaf.hpp"
#include "ledger/format/sealed.hpp"
#include "ledger/format/verify.hpp"

namespace postern::test {

using namespace ledger;

class MadeLog {
 public:
  static constexpr std::string_view kOrigin = "made.example/postern/00000000-0000-4000-8000-000000000001/0";

  explicit MadeLog(unsigned seed = 1) : random_(seed), sealer_(std::string(kOrigin)) {
    seed_ = key();
    keys.push_back(std::make_unique<crypto::SigningKey>(seed_));
    add("audit.start", {}, {{{"vkey", std::string_view(vkey(0).text())}}});
  }

  std::vector<std::string> leaves;
  std::vector<std::optional<Bytes>> blobs;
  std::string checkpoint;
  std::map<std::uint64_t, std::string> kept;
  std::vector<std::unique_ptr<crypto::SigningKey>> keys;  ///< a thief has the last
  std::vector<Id> subjects;

  VKey vkey(std::size_t epoch) const { return {std::string(kOrigin), KeyType::ed25519, keys[epoch]->public_key()}; }
  Pins pins() const { return {vkey(0), {}, {}}; }
  const crypto::Key& newest_seed() const { return seed_; }

  /// A record without a body.
  void add(std::string_view type, Id subject = {}, std::vector<LeafExtra> extra = {}, std::string_view retention = {}) {
    LeafFields fields = next(type);
    fields.s = subject;
    fields.f = retention;
    fields.extra = extra;
    append(fields, std::nullopt);
  }
  /// A message with a body of a subject of its own.
  void add_message(std::size_t size = 100) {
    LeafFields fields = next("msg.in");
    fields.s = id();
    fields.c = id();
    fields.x = id();
    fields.w = "acme", fields.p = "telegram", fields.f = "dm";
    subjects.push_back(fields.s);
    Bytes blob;
    const auto body = sealer_.seal(key(), key(), fields.i, std::string(size, 'x'), blob);
    fields.h = body.h, fields.n = body.n;
    append(fields, std::move(blob));
  }
  void erase(std::uint64_t i) {
    blobs[i].reset();
    const auto leaf = check_leaf(leaves[i], i).value();
    add("subject.erased", Id::from_hex(leaf.s).value());
  }
  void purge(std::uint64_t from, std::uint64_t to) {
    for (auto i = from; i < to; ++i) blobs[i].reset();
    add("retention.purged", {}, {{"from", static_cast<std::int64_t>(from)}, {"to", static_cast<std::int64_t>(to)}},
        "dm");
  }
  /// The wall clock jumps, and says so.
  void step(std::int64_t by_us) {
    clock_ += by_us;
    LeafFields fields = next("clock.step");
    fields.q = by_us;
    append(fields, std::nullopt);
  }
  /// Signs the present size with the present key.
  void sign() { checkpoint = make_checkpoint(body(), {keys.back().get()}); }
  void keep() {
    sign();
    kept[leaves.size()] = checkpoint;
  }
  void rotate() {
    seed_ = next_seed(seed_, key());
    keys.push_back(std::make_unique<crypto::SigningKey>(seed_));
    const auto text = vkey(keys.size() - 1).text();
    add("key.rotate", {}, {{"vkey", std::string_view(text)}});
    checkpoint = make_checkpoint(body(), {keys[keys.size() - 2].get(), keys.back().get()});
    kept[leaves.size()] = checkpoint;
  }

  std::string body() const { return checkpoint_body(kOrigin, leaves.size(), root_at(leaves.size())); }
  Hash root_at(std::uint64_t size) const {
    Edge edge;
    for (std::uint64_t i = 0; i < size; ++i) edge.append(leaf_hash(leaves[i]));
    return edge.root();
  }

 private:
  crypto::Key key() {
    crypto::Key out;
    for (auto& byte : out) byte = static_cast<std::uint8_t>(random_());
    return out;
  }
  Id id() {
    Id out;
    for (auto& byte : out.bytes) byte = static_cast<std::uint8_t>(random_());
    return out;
  }
  LeafFields next(std::string_view type) {
    LeafFields fields;
    fields.i = leaves.size();
    fields.t = clock_ + static_cast<std::int64_t>(fields.i) * 1000;
    fields.m = 5000000 + static_cast<std::int64_t>(fields.i) * 1000;
    fields.b = "0f3c9a71";
    fields.k = type;
    return fields;
  }
  void append(const LeafFields& fields, std::optional<Bytes> blob) {
    append_leaf(leaves.emplace_back(), fields);
    blobs.push_back(std::move(blob));
  }

  std::mt19937 random_;
  std::int64_t clock_ = 1767225600000000;
  crypto::Key seed_{};
  Sealer sealer_;
};

class MemoryReader final : public LogReader {
 public:
  explicit MemoryReader(const MadeLog& log) : log_(log) {}

  Maybe<RawLeaf> next_leaf() override {
    if (next_ == log_.leaves.size()) return std::nullopt;
    return RawLeaf{log_.leaves[next_++], true};
  }
  Maybe<ByteView> blob(std::size_t) override {
    if (next_ > log_.blobs.size() || !log_.blobs[next_ - 1]) return std::nullopt;
    return ByteView(*log_.blobs[next_ - 1]);
  }
  Maybe<std::string> checkpoint() override {
    return log_.checkpoint.empty() ? std::nullopt : std::optional(log_.checkpoint);
  }
  Result<std::vector<std::uint64_t>> kept() override {
    std::vector<std::uint64_t> sizes;
    for (const auto& [size, note] : log_.kept) sizes.push_back(size);
    return sizes;
  }
  Result<std::string> kept_note(std::uint64_t size) override { return log_.kept.at(size); }

 private:
  const MadeLog& log_;
  std::size_t next_ = 0;
};

inline Verdict verify(const MadeLog& log, const Pins& pins) {
  MemoryReader reader(log);
  return ledger::verify(reader, pins);
}

}  // namespace postern::test
