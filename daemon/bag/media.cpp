// SPDX-License-Identifier: Apache-2.0
#include "bag/media.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "ledger/kept_file.hpp"

namespace postern::bag {
namespace {

/// What people's programs know a file by. The rest is not guessed.
constexpr std::pair<std::string_view, std::string_view> kEndings[] = {
    {"image/jpeg", ".jpg"}, {"image/png", ".png"},       {"image/gif", ".gif"},      {"image/webp", ".webp"},
    {"video/mp4", ".mp4"},  {"video/webm", ".webm"},     {"audio/mpeg", ".mp3"},     {"audio/mp4", ".m4a"},
    {"audio/ogg", ".ogg"},  {"application/pdf", ".pdf"}, {"text/plain", ".txt"},     {"audio/aac", ".aac"},
    {"audio/amr", ".amr"},  {"video/3gpp", ".3gp"},      {"video/quicktime", ".mov"}};

std::string_view ending_of(std::string_view mime) {
  const auto* const at = std::ranges::find(kEndings, mime, [](const auto& each) { return each.first; });
  return at == std::end(kEndings) ? ".bin" : at->second;
}

}  // namespace

Result<void> put_media(Bag& bag, ledger::View& view, const ledger::Leaf& leaf) {
  if (leaf.k != "msg.media") return {};
  const auto record = static_cast<std::int64_t>(leaf.i);
  const auto described = ledger::describe_file(view, record);
  if (!described) return {};  // only its hash was kept, or it was shredded: the record says so
  const auto name = "media/" + std::to_string(record);
  auto bytes = ledger::open_file(view, ledger::media_folder(view), *described);
  if (!bytes) return bag.put(name + ".missing.txt", text(bytes.error()) + "\n");
  auto done = bag.put(name + std::string(ending_of(described->mime)), chars(*bytes));
  OPENSSL_cleanse(bytes->data(), bytes->size());
  return done;
}

}  // namespace postern::bag
