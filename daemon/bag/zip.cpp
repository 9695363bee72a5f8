// SPDX-License-Identifier: Apache-2.0
#include "bag/zip.hpp"

#include <zip.h>

#include <ctime>
#include <memory>

namespace postern::bag {
namespace {

constexpr std::time_t kEpoch = 315'619'200;  // 1980-01-02: the format begins a day earlier, by local time

tl::unexpected<Error> broken(const char* what) {
  return failure(std::string("cannot make a ZIP archive: ") + what);
}

}  // namespace

Result<std::string> zip(const std::vector<std::pair<std::string, std::string>>& files) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* target = zip_source_buffer_create(nullptr, 0, 0, &error);
  if (!target) return broken("no memory");
  zip_source_keep(target);  // the archive takes one reference, and the result is read from the other
  const std::unique_ptr<zip_source_t, void (*)(zip_source_t*)> kept(target, zip_source_free);
  std::unique_ptr<zip_t, void (*)(zip_t*)> archive(zip_open_from_source(target, ZIP_TRUNCATE, &error), zip_discard);
  if (!archive) {
    zip_source_free(target);
    return broken("it cannot be begun");
  }
  for (const auto& [name, content] : files) {
    zip_source_t* source = zip_source_buffer(archive.get(), content.data(), content.size(), 0);
    const auto at = source ? zip_file_add(archive.get(), name.c_str(), source, ZIP_FL_ENC_UTF_8) : -1;
    if (source && at < 0) zip_source_free(source);
    if (at < 0 || zip_file_set_mtime(archive.get(), static_cast<zip_uint64_t>(at), kEpoch, 0) != 0)
      return broken("a file cannot be added");
  }
  if (zip_close(archive.get()) != 0) return broken("it cannot be ended");
  archive.release();  // zip_close has freed it

  if (zip_source_open(target) != 0) return broken("it cannot be read back");
  std::string out;
  char piece[1 << 16];
  zip_int64_t got = 0;
  while ((got = zip_source_read(target, piece, sizeof piece)) > 0) out.append(piece, static_cast<std::size_t>(got));
  zip_source_close(target);
  if (got < 0) return broken("it cannot be read back");
  return out;
}

}  // namespace postern::bag
