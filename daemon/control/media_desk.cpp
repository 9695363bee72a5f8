// SPDX-License-Identifier: Apache-2.0
#include "control/media_desk.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <boost/json.hpp>

#include "control/request.hpp"
#include "core/json_text.hpp"

namespace postern::control {
namespace {

namespace json = boost::json;

constexpr std::size_t kPiece = 384 * 1024;  // bytes; half a MiB as base64
constexpr std::size_t kMostTickets = 64;    // the oldest loses its own

std::string text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}

core::Reply refused(const Query& query, int code, const std::string& message) {
  return {query.reply_to, false, error_object(code, message)};
}

}  // namespace

core::Reply MediaDesk::answer(ledger::View& view, const Query& query) {
  json::error_code error;
  const auto value = json::parse(query.params, error);
  const auto* params = error ? nullptr : value.if_object();
  const auto integer = [&](std::string_view name) {
    const auto* found = params ? params->if_contains(name) : nullptr;
    return found && found->is_int64() ? found->get_int64() : std::int64_t{-1};
  };
  if (query.method == "media.get") return first(view, query, integer("media"));
  const auto from = integer("from");
  if (!params || from < 0) return refused(query, kInvalidParams, "from: expected a whole number from 0 on");
  return more(view, query, text_of(*params, "ticket"), static_cast<std::size_t>(from));
}

core::Reply MediaDesk::first(ledger::View& view, const Query& query, std::int64_t record) {
  const auto of = ledger::describe_file(view, record);
  if (!of) return refused(query, kNotFound, text(of.error()));
  if (auto opened = open(view, *of); !opened) return refused(query, kNotDone, text(opened.error()));
  tickets_.push_back({crypto::random_id().hex(), record});
  if (tickets_.size() > kMostTickets) tickets_.pop_front();
  std::string out;
  core::JsonObject object(out);
  object.add("media", record).add("event", of->event).add("type", of->type).add("mime", of->mime);
  object.add("size", bytes_.size()).add("sha256", of->sha256).add("ticket", tickets_.back().id).end();
  out.pop_back();
  add_piece(out, 0);
  return {query.reply_to, true, std::move(out)};
}

core::Reply MediaDesk::more(ledger::View& view, const Query& query, const std::string& ticket, std::size_t from) {
  const auto found =
      std::find_if(tickets_.begin(), tickets_.end(), [&](const Ticket& one) { return one.id == ticket; });
  if (found == tickets_.end()) return refused(query, kNotFound, "no such ticket; begin again with media.get");
  const std::int64_t record = found->record;
  const auto of = ledger::describe_file(view, record);
  if (!of) return refused(query, kNotFound, text(of.error()));
  if (auto opened = open(view, *of); !opened) return refused(query, kNotDone, text(opened.error()));
  std::string out = "{\"from\":" + std::to_string(from);
  add_piece(out, from);
  if (from + kPiece >= bytes_.size()) {
    tickets_.erase(found);
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
    bytes_ = {};
    opened_ = core::kNone;
  }
  return {query.reply_to, true, std::move(out)};
}

// `out` is an object without its end.
void MediaDesk::add_piece(std::string& out, std::size_t from) const {
  from = std::min(from, bytes_.size());
  const auto piece = ByteView(bytes_).subspan(from, std::min(kPiece, bytes_.size() - from));
  out.append(",\"data\":\"").append(base64(piece)).append("\"");
  if (from + piece.size() < bytes_.size()) out.append(",\"next\":").append(std::to_string(from + piece.size()));
  out += '}';
}

Result<void> MediaDesk::open(ledger::View& view, const ledger::KeptFile& of) {
  if (opened_ == of.record) return {};
  opened_ = core::kNone;
  auto plain = ledger::open_file(view, folder_, of);
  if (!plain) return tl::unexpected(plain.error());
  bytes_ = std::move(*plain);
  opened_ = of.record;
  return {};
}

}  // namespace postern::control
