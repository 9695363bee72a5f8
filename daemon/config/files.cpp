// SPDX-License-Identifier: Apache-2.0
#include "config/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "config/node.hpp"

namespace postern::config {
namespace {

constexpr std::size_t kLongestSecret = 64 << 10;

struct Descriptor {
  int number = -1;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

/// What a file's mode must not allow, and what to say if it does.
struct Mode {
  mode_t forbidden;
  const char* objection;
  const char* remedy;
};

/// Opens, then looks at what is open: between a look and an open somebody could put another file there.
Result<std::string> read(const std::filesystem::path& file, const Mode& mode, std::size_t longest) {
  const Descriptor descriptor{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (descriptor.number < 0)
    return failure("cannot open " + file.string() + ": " + std::strerror(errno),
                   errno == EACCES ? "let the daemon's user read it" : "check the path");
  struct stat status = {};
  if (::fstat(descriptor.number, &status) != 0 || !S_ISREG(status.st_mode))
    return failure(file.string() + " is not a file", "check the path");
  if ((status.st_mode & mode.forbidden) != 0)
    return failure(file.string() + mode.objection, mode.remedy + (" " + file.string()));
  if (static_cast<std::size_t>(status.st_size) > longest)
    return failure(file.string() + " is larger than " + std::to_string(longest >> 10) + " KiB", "check the path");
  std::string text(longest + 1, '\0');
  std::size_t used = 0;
  while (used <= longest) {
    const ssize_t got = ::read(descriptor.number, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure("cannot read " + file.string() + ": " + std::strerror(errno), "check the disk");
    if (got == 0) break;
    used += static_cast<std::size_t>(got);
  }
  text.resize(used);
  return text;
}

}  // namespace

Result<std::string> read_config_file(const std::filesystem::path& file) {
  return read(file, {S_IWOTH, " can be written by everybody", "run chmod o-w"}, kLongestFile);
}

Result<Secret> read_secret_file(const std::filesystem::path& file, bool delivered) {
  const Mode mode = {delivered ? mode_t{0} : S_IRWXG | S_IRWXO,
                     " holds a secret and can be read by others than its owner", "run chmod 600"};
  auto text = read(file, mode, kLongestSecret);
  if (!text) return tl::unexpected<Error>(text.error());
  text->erase(text->find_last_not_of(" \t\r\n") + 1);
  if (text->empty()) return failure(file.string() + " is empty", "put the secret there");
  Secret secret(*text);
  OPENSSL_cleanse(text->data(), text->size());
  return secret;
}

}  // namespace postern::config
