// SPDX-License-Identifier: Apache-2.0
#include "service/places.hpp"

#include <sys/stat.h>

namespace postern::service {

std::filesystem::path beside_program(const char* name) {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
}

std::filesystem::path host_program() {
  const auto beside = beside_program("postern-plugin-host");
  if (std::filesystem::exists(beside)) return beside;
  return beside_program("../libexec/postern/postern-plugin-host").lexically_normal();
}

Result<void> own_folder(const std::filesystem::path& folder, mode_t mode) {
  std::error_code code;
  if (std::filesystem::exists(folder, code)) return {};
  std::filesystem::create_directories(folder, code);
  if (code)
    return failure("cannot make " + folder.string() + ": " + code.message(), "make it, owned by the user of posternd");
  ::chmod(folder.c_str(), mode);
  return {};
}

}  // namespace postern::service
