// SPDX-License-Identifier: Apache-2.0
#include "ledger/format/directory.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "ledger/format/leaf.hpp"

namespace postern::ledger {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxSmallFile = 1 << 20;  // notes, proofs, tiles and bundles are far smaller
constexpr std::string_view kBlobSuffix = ".psb", kProofSuffix = ".tlog-proof", kPartial = ".p/";

/// A regular file, open for reading.
class File {
 public:
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }

  /// False if there is no such file.
  Result<bool> open(const fs::path& path) {
    fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd_ < 0 && (errno == ENOENT || errno == ENOTDIR)) return false;
    if (fd_ < 0) return failed(path);
    struct stat status {};
    if (::fstat(fd_, &status) != 0) return failed(path);
    if (!S_ISREG(status.st_mode)) return failure(path.string() + " is not a regular file");
    size_ = static_cast<std::size_t>(status.st_size);
    path_ = path;
    return true;
  }
  std::size_t size() const { return size_; }

  /// Fills as much of `out` as the file still has; a file that is not there has nothing.
  Result<std::size_t> read(std::span<std::uint8_t> out) {
    std::size_t done = 0;
    while (fd_ >= 0 && done < out.size()) {
      const auto got = ::read(fd_, out.data() + done, out.size() - done);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed(path_);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

 private:
  static tl::unexpected<Error> failed(const fs::path& path) {
    return failure("cannot read " + path.string() + ": " + std::generic_category().message(errno));
  }
  int fd_ = -1;
  std::size_t size_ = 0;
  fs::path path_;
};

/// The whole file, or its first `limit` + 1 bytes; nothing if there is none.
LogReader::Maybe<Bytes> read_file(const fs::path& path, std::size_t limit = kMaxSmallFile) {
  File file;
  const auto there = file.open(path);
  if (!there) return tl::unexpected(there.error());
  if (!*there) return std::nullopt;
  Bytes bytes(std::min(file.size(), limit + 1));
  const auto got = file.read(bytes);
  if (!got) return tl::unexpected(got.error());
  bytes.resize(*got);
  return bytes;
}

LogReader::Maybe<std::string> read_text(const fs::path& path) {
  const auto bytes = read_file(path);
  if (!bytes) return tl::unexpected(bytes.error());
  if (!*bytes) return std::nullopt;
  return std::string(chars(**bytes));
}

Result<std::string> needed(LogReader::Maybe<std::string> text, const fs::path& path) {
  if (!text) return tl::unexpected(text.error());
  if (!*text) return failure(path.string() + " is gone");
  return std::move(**text);
}

/// A canonical decimal number.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool canonical = error == std::errc() && std::to_string(number) == text;
  return canonical ? std::optional(number) : std::nullopt;
}

std::optional<std::uint64_t> parse_with_suffix(std::string_view name, std::string_view suffix, bool split) {
  if (!name.ends_with(suffix)) return std::nullopt;
  name.remove_suffix(suffix.size());
  return split ? parse_number_path(name) : parse_number(name);
}

/// Does a tree of `size` leaves have this file below tiles/?
bool belongs_to_tree(std::string_view path, std::uint64_t size) {
  if (path == "checkpoint") return true;
  if (!path.starts_with("tile/")) return false;
  path.remove_prefix(5);
  const auto slash = path.find('/');
  if (slash == path.npos) return false;
  const auto kind = path.substr(0, slash);
  path.remove_prefix(slash + 1);
  const auto level = kind == "entries" ? 0 : parse_number(kind);
  const auto partial = path.rfind(kPartial);
  const auto width = partial == path.npos ? kTileWidth : parse_number(path.substr(partial + kPartial.size()));
  const auto n = parse_number_path(path.substr(0, partial));
  if (!level || !width || !n || *width == 0 || *level >= kTileLevels) return false;
  const bool whole = partial == path.npos;
  return whole == (*width == kTileWidth) && tile_width({static_cast<unsigned>(*level), *n}, size) == *width;
}

/// What a leaf says its index is; more than any index if it says none.
std::uint64_t index_in(std::string_view line) {
  constexpr std::string_view kKey = "\"i\":";
  const auto at = line.find(kKey);
  if (at == line.npos) return UINT64_MAX;
  line.remove_prefix(at + kKey.size());
  const auto end = line.find_first_not_of("0123456789");
  std::uint64_t index = 0;
  const bool well = end != line.npos && end > 0 && end <= 16 && (line[end] == ',' || line[end] == '}');
  if (well) std::from_chars(line.data(), line.data() + end, index);
  return well ? index : UINT64_MAX;
}

class DirectoryReader final : public LogReader {
 public:
  explicit DirectoryReader(fs::path folder) : folder_(std::move(folder)), buffer_(1 << 16) {}

  Result<bool> open() {
    blobs_ = numbered("sealed", kBlobSuffix, true);
    kept_ = numbered("checkpoints", "", false);
    proofs_ = numbered("proofs", kProofSuffix, false);
    for (const auto& path : files("tiles")) tile_files_.push_back(path);
    std::error_code error;
    selected_ = fs::exists(folder_ / "selected.jsonl", error);
    if (selected_ && fs::exists(folder_ / "leaves.jsonl", error)) strays_.push_back("leaves.jsonl");
    return leaves_.open(folder_ / (selected_ ? "selected.jsonl" : "leaves.jsonl"));
  }

  bool selected() const override { return selected_; }

  Maybe<RawLeaf> next_leaf() override {
    auto leaf = next_line();
    if (!leaf || !*leaf) return leaf;
    if (!selected_) {
      i_ = started_ ? i_ + 1 : 0;
    } else {
      i_ = (*leaf)->index = index_in(line_);
      chosen_.push_back(i_);
    }
    started_ = true;
    return leaf;
  }

  Maybe<RawLeaf> next_line() {
    line_.clear();
    for (bool any = false;; any = true) {
      if (begin_ == end_) {
        const auto got = leaves_.read(buffer_);
        if (!got) return tl::unexpected(got.error());
        begin_ = 0, end_ = *got;
        if (end_ == 0) return any ? std::optional(RawLeaf{line_, false}) : std::nullopt;
      }
      const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
      const auto to = std::find(from, buffer_.begin() + static_cast<std::ptrdiff_t>(end_), '\n');
      const auto length = static_cast<std::size_t>(to - from);
      // An endless line must not fill the memory: what is beyond the limit only has to be noticed.
      line_.append(from, from + static_cast<std::ptrdiff_t>(std::min(length, kMaxLeaf + 1 - line_.size())));
      begin_ += length;
      if (begin_ == end_) continue;
      ++begin_;
      return RawLeaf{line_, true};
    }
  }

  Maybe<ByteView> blob(std::size_t limit) override {
    if (!std::binary_search(blobs_.begin(), blobs_.end(), i_)) return std::nullopt;
    auto bytes = read_file(folder_ / "sealed" / blob_path(i_), limit);
    if (!bytes) return tl::unexpected(bytes.error());
    if (!*bytes) return std::nullopt;
    blob_ = std::move(**bytes);
    return ByteView(blob_);
  }

  Maybe<std::string> checkpoint() override { return read_text(folder_ / "checkpoint"); }
  Maybe<std::string> vkey() override { return read_text(folder_ / "vkey"); }
  Maybe<std::string> tiles_checkpoint() override { return read_text(folder_ / "tiles/checkpoint"); }

  Result<std::vector<std::uint64_t>> kept() override { return kept_; }
  Result<std::string> kept_note(std::uint64_t size) override {
    const auto path = folder_ / "checkpoints" / std::to_string(size);
    return needed(read_text(path), path);
  }
  Result<std::vector<std::uint64_t>> proofs() override { return proofs_; }
  Result<std::string> proof(std::uint64_t i) override {
    const auto path = folder_ / "proofs" / (std::to_string(i) + std::string(kProofSuffix));
    return needed(read_text(path), path);
  }

  Tiles tiles() override { return fs::is_directory(folder_ / "tiles") ? Tiles::exported : Tiles::none; }
  Maybe<Bytes> tile(TileId id, std::uint64_t width) override {
    return read_file(folder_ / "tiles" / tile_path(id, width));
  }
  Maybe<Bytes> entries(std::uint64_t n, std::uint64_t width) override {
    return read_file(folder_ / "tiles" / entries_path(n, width));
  }

  std::vector<std::string> strays(std::optional<std::uint64_t> leaves, std::optional<std::uint64_t> tree) override {
    auto out = strays_;
    std::sort(chosen_.begin(), chosen_.end());
    const auto is_there = [&](std::uint64_t i) {
      return selected_ ? std::binary_search(chosen_.begin(), chosen_.end(), i) : !leaves || i < *leaves;
    };
    for (const auto i : blobs_)
      if (!is_there(i)) out.push_back("sealed/" + blob_path(i));
    for (const auto i : proofs_)
      if (!is_there(i)) out.push_back("proofs/" + std::to_string(i) + std::string(kProofSuffix));
    for (const auto& path : tile_files_)
      if (tree && (selected_ || !belongs_to_tree(path, *tree))) out.push_back("tiles/" + path);
    return out;
  }

 private:
  /// Every file below a folder that need not be there, relative to it.
  std::vector<std::string> files(const char* folder) const {
    std::vector<std::string> out;
    std::error_code error;
    const auto root = folder_ / folder;
    for (fs::recursive_directory_iterator entry(root, error), end; !error && entry != end; entry.increment(error))
      if (!entry->is_directory()) out.push_back(entry->path().lexically_relative(root).generic_string());
    return out;
  }

  /// The numbers of the files in a folder, ascending. Files with other names are strays.
  std::vector<std::uint64_t> numbered(const char* folder, std::string_view suffix, bool split) {
    std::vector<std::uint64_t> out;
    for (const auto& path : files(folder)) {
      if (const auto number = parse_with_suffix(path, suffix, split)) {
        out.push_back(*number);
      } else {
        strays_.push_back(std::string(folder) + "/" + path);
      }
    }
    std::sort(out.begin(), out.end());
    return out;
  }

  fs::path folder_;
  std::vector<std::uint64_t> blobs_, kept_, proofs_;
  std::vector<std::string> strays_, tile_files_;

  File leaves_;
  Bytes buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::string line_;
  bool started_ = false;
  std::uint64_t i_ = 0;
  bool selected_ = false;
  std::vector<std::uint64_t> chosen_;  ///< of a selection: the indices that were read
  Bytes blob_;
};

}  // namespace

std::string blob_path(std::uint64_t i) {
  return number_path(i) + std::string(kBlobSuffix);
}

Result<std::unique_ptr<LogReader>> open_directory(const fs::path& folder) {
  std::error_code error;
  if (!fs::is_directory(folder, error))
    return failure(folder.string() + " is not a directory", "name the folder that holds leaves.jsonl and checkpoint");
  // The neutral form is what a bag (RFC 8493) has for payload.
  auto reader = std::make_unique<DirectoryReader>(fs::exists(folder / "bagit.txt", error) ? folder / "data" : folder);
  const auto opened = reader->open();
  if (!opened) return tl::unexpected(opened.error());
  return reader;
}

}  // namespace postern::ledger
