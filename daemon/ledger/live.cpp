// SPDX-License-Identifier: Apache-2.0
#include "ledger/live.hpp"

#include <algorithm>
#include <deque>

namespace postern::ledger {
namespace {

constexpr std::int64_t kRecords = 256;  ///< in one short query

class LiveReader final : public LogReader {
 public:
  LiveReader(View& view, View::Head head, std::function<bool()> goes_on)
      : view_(view),
        head_(std::move(head)),
        goes_on_(std::move(goes_on)),
        kept_(view.log().prepare("SELECT size FROM checkpoint WHERE size<=? ORDER BY size")),
        note_(view.log().prepare("SELECT note FROM checkpoint WHERE size=?")),
        cosignatures_(view.log().prepare("SELECT line FROM cosig WHERE size=? ORDER BY witness")) {}

  Maybe<RawLeaf> next_leaf() override { return leaf_before(head_.size); }

  Maybe<RawLeaf> later_leaf() override {
    if (!later_) {
      const auto head = view_.head();
      if (auto read = view_.take_error(); !read) return tl::unexpected(read.error());
      later_ = head ? head->size : 0;
    }
    return leaf_before(*later_);
  }

  Maybe<ByteView> blob(std::size_t) override {
    if (page_.empty() || page_.front().blob.empty()) return std::nullopt;
    return ByteView(page_.front().blob);
  }

  Maybe<std::string> checkpoint() override {
    if (head_.size == 0) return std::nullopt;
    return head_.note;
  }

  Result<std::vector<std::uint64_t>> kept() override {
    std::vector<std::uint64_t> sizes;
    for (kept_.query(head_.size); kept_.next();) sizes.push_back(static_cast<std::uint64_t>(kept_.integer(0)));
    if (auto read = view_.take_error(); !read) return tl::unexpected(read.error());
    return sizes;
  }

  Result<std::string> kept_note(std::uint64_t size) override {
    if (!note_.query(size).next()) return failure("there is no kept checkpoint of size " + std::to_string(size));
    std::string note(chars(note_.blob(0)));
    note_.reset();
    for (cosignatures_.query(size); cosignatures_.next();) note += cosignatures_.text(0);
    if (auto read = view_.take_error(); !read) return tl::unexpected(read.error());
    return note;
  }

  Maybe<std::string> vkey() override { return view_.shared().genesis.text() + "\n"; }

  Tiles tiles() override { return Tiles::stored; }
  Maybe<Bytes> tile(TileId id, std::uint64_t) override {
    auto hashes = view_.records().tile(id);
    if (auto read = view_.take_error(); !read) return tl::unexpected(read.error());
    if (hashes.empty()) return std::nullopt;
    return hashes;
  }

 private:
  struct Row {
    std::int64_t index = 0;
    std::string leaf;
    Bytes blob;
  };

  Maybe<RawLeaf> leaf_before(std::int64_t end) {
    if (!page_.empty()) page_.pop_front();
    if (page_.empty() && next_ < end) {
      if (goes_on_ && !goes_on_()) return failure("the reading was ended");
      const auto limit = std::min(kRecords, end - next_);
      view_.records().each(next_, limit, [this](std::int64_t index, std::string_view leaf, ByteView blob) {
        page_.push_back({index, std::string(leaf), Bytes(blob.begin(), blob.end())});
      });
      if (auto read = view_.take_error(); !read) return tl::unexpected(read.error());
      next_ += limit;
    }
    if (page_.empty()) return std::nullopt;
    return RawLeaf{page_.front().leaf, true, static_cast<std::uint64_t>(page_.front().index)};
  }

  View& view_;
  const View::Head head_;
  const std::function<bool()> goes_on_;
  std::optional<std::int64_t> later_;
  std::int64_t next_ = 0;
  std::deque<Row> page_;
  Statement kept_, note_, cosignatures_;
};

}  // namespace

Result<std::unique_ptr<LogReader>> open_live(View& view, std::function<bool()> goes_on) {
  auto head = view.head().value_or(View::Head());
  if (auto read = view.take_error(); !read) return tl::unexpected(read.error());
  return std::make_unique<LiveReader>(view, std::move(head), std::move(goes_on));
}

}  // namespace postern::ledger
