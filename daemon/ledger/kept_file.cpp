// SPDX-License-Identifier: Apache-2.0
#include "ledger/kept_file.hpp"

#include <boost/json.hpp>

#include "ledger/format/sealed.hpp"
#include "ledger/media_files.hpp"

namespace postern::ledger {
namespace {

namespace json = boost::json;

constexpr std::size_t kLargest = 300u << 20;  // of a sealed file; above limits.media_size whatever it is

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}

}  // namespace

Result<KeptFile> describe_file(View& view, std::int64_t record) {
  const auto none = [&] {
    return failure("record " + std::to_string(record) + " describes no kept file",
                   "`posternctl show` names the files of a conversation");
  };
  std::string bytes;
  const auto leaf = record < 0 ? Result<Leaf>(none()) : view.records().read(record, bytes);
  if (!leaf || leaf->k != "msg.media" || !leaf->r) return none();
  const auto body = view.records().body(*leaf);
  if (!body) return tl::unexpected(body.error());
  if (!*body) {
    if (leaf->h.empty()) return none();  // it could not be fetched
    return failure("the file of record " + std::to_string(record) + " was shredded");
  }
  json::error_code error;
  const auto value = json::parse(**body, error);
  const auto* object = error ? nullptr : value.if_object();
  if (!object || text_of(*object, "file").empty()) return none();
  return KeptFile{record,
                  static_cast<std::int64_t>(*leaf->r),
                  text_of(*object, "type"),
                  text_of(*object, "mime"),
                  text_of(*object, "sha256"),
                  text_of(*object, "file"),
                  text_of(*object, "h")};
}

Result<Bytes> open_file(View& view, const std::filesystem::path& folder, const KeptFile& of) {
  const auto sealed = MediaFiles::read(folder, of.file, kLargest);
  if (!sealed) return tl::unexpected(sealed.error());
  if (hex(blob_hash(postern::view(*sealed))) != of.sealed)
    return failure("the file of record " + std::to_string(of.record) + " is not the one that was kept");
  std::string bytes;
  const auto leaf = view.records().read(of.event, bytes);
  if (!leaf) return tl::unexpected(leaf.error());
  const auto contact = Id::from_hex(leaf->s);
  const auto key = contact ? view.keys().subject_key(*contact, month_of(leaf->t)) : std::nullopt;
  if (!key) return failure("the key of the contact was erased");
  Sealer sealer(view.shared().origin);
  return sealer.open(*key, leaf->i, postern::view(*sealed));
}

std::filesystem::path media_folder(View& view) {
  const char* file = sqlite3_db_filename(view.log().handle(), "main");
  return std::filesystem::path(file ? file : "").parent_path() / "media";
}

}  // namespace postern::ledger
