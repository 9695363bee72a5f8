// SPDX-License-Identifier: Apache-2.0
#include "ledger/files.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace postern::ledger {
namespace {

constexpr std::size_t kPiece = 256 * 1024;  // written between two looks at the disk

class Fd {
 public:
  Fd(const std::filesystem::path& path, int flags, unsigned mode = 0)
      : fd_(::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode)) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;

  explicit operator bool() const { return fd_ >= 0; }
  int get() const { return fd_; }

 private:
  int fd_;
};

tl::unexpected<Error> cannot(const char* verb, const std::filesystem::path& path) {
  return failure(std::string("cannot ") + verb + " " + path.string() + ": " + std::strerror(errno));
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(fd, content.data(), content.size());
    if (written < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

Result<void> sync_directory_of(const std::filesystem::path& path) {
  return sync(path.parent_path());
}

}  // namespace

Result<std::string> read_file(const std::filesystem::path& path, std::size_t most) {
  const Fd file(path, O_RDONLY);
  if (!file) return cannot("open", path);
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return cannot("look at", path);
  if (static_cast<std::uint64_t>(info.st_size) > most)
    return failure(path.string() + " has more than " + std::to_string(most) + " bytes");
  // A file of /proc and the like says 0 and has more, so it is read until it ends.
  std::string content(std::max<std::size_t>(static_cast<std::size_t>(info.st_size), 4096) + 1, '\0');
  std::size_t size = 0;
  for (;;) {
    const auto count = ::read(file.get(), content.data() + size, content.size() - size);
    if (count < 0) return cannot("read", path);
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
    if (size > most) return failure(path.string() + " has more than " + std::to_string(most) + " bytes");
    if (size == content.size()) content.resize(2 * size);
  }
  content.resize(size);
  return content;
}

Result<void> write_large_file(const std::filesystem::path& path, std::string_view head, std::string_view rest) {
  {
    const Fd file(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (!file || !write_all(file.get(), head)) return cannot("write", path);
    while (!rest.empty()) {
      const auto piece = rest.substr(0, kPiece);
      if (!write_all(file.get(), piece)) return cannot("write", path);
      // One piece is on its way at most: the next one waits for it.
      ::sync_file_range(file.get(), 0, 0, SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE);
      rest.remove_prefix(piece.size());
    }
    if (::fsync(file.get()) != 0) return cannot("sync", path);
  }
  return sync_directory_of(path);
}

Result<void> write_file(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  auto beside = path;
  beside += ".new";
  ::unlink(beside.c_str());  // of an attempt that did not end
  {
    const Fd file(beside, O_WRONLY | O_CREAT | O_EXCL, mode);
    if (!file || !write_all(file.get(), content) || ::fsync(file.get()) != 0) return cannot("write", beside);
  }
  return rename_file(beside, path);
}

Result<void> sync(const std::filesystem::path& path) {
  const Fd file(path, O_RDONLY);
  if (!file || ::fsync(file.get()) != 0) return cannot("sync", path);
  return {};
}

Result<void> append_file(const std::filesystem::path& path, std::string_view content) {
  std::error_code error;
  const bool fresh = !std::filesystem::exists(path, error);
  {
    const Fd file(path, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (!file || !write_all(file.get(), content) || ::fsync(file.get()) != 0) return cannot("append to", path);
  }
  return fresh ? sync_directory_of(path) : Result<void>();
}

Result<void> shred_file(const std::filesystem::path& path) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return cannot("look at", path);
  if (::chmod(path.c_str(), 0600) != 0) return cannot("change the mode of", path);
  const std::string zeros(static_cast<std::size_t>(info.st_size), '\0');
  {
    const Fd file(path, O_WRONLY);
    if (!file || !write_all(file.get(), zeros) || ::fsync(file.get()) != 0) return cannot("overwrite", path);
  }
  if (::unlink(path.c_str()) != 0) return cannot("remove", path);
  return sync_directory_of(path);
}

Result<void> rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return cannot("rename", from);
  return sync_directory_of(to);
}

Result<void> create_private(const std::filesystem::path& path) {
  const Fd file(path, O_RDWR | O_CREAT | O_EXCL, 0600);
  if (!file && errno != EEXIST) return cannot("create", path);
  return {};
}

Result<void> check_mode(const std::filesystem::path& path, unsigned forbidden) {
  struct stat info {};
  if (::lstat(path.c_str(), &info) != 0) return cannot("look at", path);
  if (S_ISLNK(info.st_mode)) return failure(path.string() + " is a symbolic link", "put the file itself there");
  if (info.st_uid != ::geteuid() && info.st_uid != 0)
    return failure(path.string() + " belongs to another user", "give it to the user that Postern runs as");
  if ((info.st_mode & forbidden) == 0) return {};
  char mode[8];
  std::snprintf(mode, sizeof mode, "%04o", info.st_mode & 07777);
  return failure(path.string() + " has mode " + mode + ", others than its owner could use it",
                 "run chmod " + std::string(S_ISDIR(info.st_mode) ? "0700 " : "0600 ") + path.string());
}

Result<FileLock> FileLock::take(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return cannot("open", path);
  FileLock lock(fd);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = "";
    if (::read(fd, holder, sizeof holder - 1) <= 0) std::strcpy(holder, "?");
    return failure("another daemon, process " + std::string(holder) + ", holds " + path.string(),
                   "stop it first: two daemons on one ledger would fork the record");
  }
  const auto pid = std::to_string(::getpid());
  if (::ftruncate(fd, 0) != 0 || !write_all(fd, pid)) return cannot("write", path);
  return lock;
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace postern::ledger
