// SPDX-License-Identifier: Apache-2.0
// Files that contacts sent, written out.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/bytes.hpp"
#include "base/crypto.hpp"
#include "failure.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

/// A new file, for its owner alone; gone again unless it was finished.
class NewFile {
 public:
  explicit NewFile(std::filesystem::path path)
      : path_(std::move(path)), fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
    if (fd_ < 0)
      throw Failure(kCannotCreate, fmt::format("cannot create {}: {}", path_.string(), std::strerror(errno)),
                    errno == EEXIST ? "name a file that is not there yet" : "");
  }
  ~NewFile() {
    ::close(fd_);
    if (!finished_) ::unlink(path_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  void write(ByteView bytes) {
    while (!bytes.empty()) {
      const auto written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0)
        throw Failure(kInputOutput, fmt::format("cannot write {}: {}", path_.string(), std::strerror(errno)));
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  void finish() { finished_ = true; }

 private:
  const std::filesystem::path path_;
  const int fd_;
  bool finished_ = false;
};

Bytes piece_of(const json::value& answer) {
  auto bytes = unbase64(text(answer, "data"));
  if (!bytes) throw Failure(kProtocol, "the daemon's answer holds no file", "is posternctl as new as the daemon?");
  return std::move(*bytes);
}

}  // namespace

int media_get(Session& session, const MediaGet& options) {
  NewFile file(options.out);  // before anybody's reading of it is put on record
  const auto first = session.ask("media.get", {{"media", options.media}});
  Bytes whole;
  for (auto answer = first;;) {
    const auto piece = piece_of(answer);
    whole.insert(whole.end(), piece.begin(), piece.end());
    if (!find(answer, "next")) break;
    answer = session.ask("media.more", {{"ticket", text(first, "ticket")}, {"from", number(answer, "next")}});
  }
  if (hex(crypto::sha256(whole)) != text(first, "sha256"))
    throw Failure(kBadData, fmt::format("file {} is not the one that was kept", options.media),
                  "`posternctl audit verify` says more");
  file.write(whole);
  file.finish();
  json::object told{{"media", options.media},         {"file", options.out.string()},
                    {"type", text(first, "type")},    {"mime", text(first, "mime")},
                    {"size", number(first, "size")},  {"sha256", text(first, "sha256")},
                    {"event", number(first, "event")}};
  if (session.print_json(told)) return 0;
  line(fmt::format("{}: {} bytes of {}", options.out.string(), number(first, "size"), printable(text(first, "mime"))));
  return 0;
}

}  // namespace postern::ctl
