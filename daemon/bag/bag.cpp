// SPDX-License-Identifier: Apache-2.0
#include "bag/bag.hpp"

#include "ledger/format/manifest.hpp"

namespace postern::bag {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Error> cannot_write(const fs::path& path) {
  return failure("cannot write " + path.string(), "make room there, or choose another folder");
}

}  // namespace

Bag::Bag(fs::path folder)
    : folder_(std::move(folder)), manifest_(folder_ / "manifest-sha256.txt", std::ios::binary | std::ios::trunc) {}

Result<Bag> Bag::create(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || !fs::is_empty(folder, error) || error)
    return failure(folder.string() + " cannot be made or is not empty", "name a new folder for the export");
  fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return cannot_write(folder);
  return Bag(folder);
}

Bag::File::File(Bag& bag, std::string name)
    : bag_(&bag), name_(std::move(name)), out_(bag.folder_ / name_, std::ios::binary | std::ios::trunc) {}

void Bag::File::write(std::string_view bytes) {
  out_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  hash_.update(view(bytes));
  bytes_ += bytes.size();
}

Result<void> Bag::File::close() {
  out_.close();
  bag_->manifest_ << hex(hash_.finish()) << "  " << name_ << '\n';
  bag_->bytes_ += bytes_;
  ++bag_->files_;
  if (!out_ || !bag_->manifest_) return cannot_write(bag_->folder_ / name_);
  return {};
}

Result<fs::path> Bag::place(const std::string& name) {
  auto path = folder_ / "data" / name;
  if (auto parent = path.parent_path(); parent != made_) {
    std::error_code error;
    fs::create_directories(parent, error);
    if (error) return cannot_write(parent);
    made_ = std::move(parent);
  }
  return path;
}

Result<Bag::File> Bag::open(const std::string& name) {
  if (auto place = this->place(name); !place) return tl::unexpected(place.error());
  return File(*this, "data/" + name);
}

Result<void> Bag::list(const std::string& name) {
  const auto path = folder_ / "data" / name;
  std::error_code error;
  const auto size = fs::file_size(path, error);
  manifest_ << ledger::file_hash(path) << "  data/" << name << '\n';
  bytes_ += size;
  ++files_;
  if (error || !manifest_) return cannot_write(path);
  return {};
}

Result<void> Bag::put(const std::string& name, std::string_view bytes) {
  auto file = open(name);
  if (!file) return tl::unexpected(file.error());
  file->write(bytes);
  return file->close();
}

Result<void> Bag::finish(const Info& info) {
  manifest_.close();
  if (!manifest_) return cannot_write(folder_ / "manifest-sha256.txt");
  std::string text = "Payload-Oxum: " + std::to_string(bytes_) + "." + std::to_string(files_) + "\n";
  for (const auto& [label, value] : info) text.append(label).append(": ").append(value).append("\n");
  if (auto done = write("bag-info.txt", text); !done) return done;
  return write("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n");
}

Result<void> Bag::write(const char* name, std::string_view text) const {
  std::ofstream file(folder_ / name, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) return cannot_write(folder_ / name);
  return {};
}

}  // namespace postern::bag
