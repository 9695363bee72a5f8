// SPDX-License-Identifier: Apache-2.0
#include "control/exports.hpp"

#include <filesystem>

#include "bag/export.hpp"
#include "bag/subject.hpp"
#include "core/json_text.hpp"
#include "core/time_text.hpp"
#include "ledger/query.hpp"

namespace postern::control {
namespace {

using core::JsonObject;
using ledger::View;

/// Narrows `scope` as the caller says; why not, where a parameter cannot be meant.
tl::expected<bag::Scope, Refused> scope_of(const Params& params) {
  bag::Scope scope;
  scope.account = params.text("account");
  const std::pair<const char*, Id*> ids[] = {{"contact", &scope.contact}, {"conversation", &scope.conversation}};
  for (const auto& [name, id] : ids) {
    const auto text = params.text(name);
    if (text.empty()) continue;
    const auto found = Id::from_hex(text);
    if (!found) return refused(kInvalidParams, std::string(name) + ": expected 32 hex digits");
    *id = *found;
  }
  const std::pair<const char*, Micros*> times[] = {{"since", &scope.since}, {"until", &scope.until}};
  for (const auto& [name, time] : times) {
    const auto told = time_of(params, name, *time);
    if (!told) return tl::unexpected(told.error());
    *time = *told;
  }
  return scope;
}

tl::expected<std::filesystem::path, Refused> folder_of(const Params& params) {
  std::filesystem::path folder = params.text("directory");
  if (!folder.is_absolute()) return refused(kInvalidParams, "directory: expected an absolute path");
  return folder;
}

Answered write(View& view, const std::filesystem::path& folder, const bag::Order& order) {
  const auto done = bag::export_records(view, folder, order);
  if (!done) return refused(kNotDone, text(done.error()));
  std::string out;
  JsonObject(out)
      .add("directory", folder.string())
      .add("records", static_cast<std::int64_t>(done->records))
      .add("size", static_cast<std::int64_t>(done->size))
      .add("vkey", view.shared().genesis.text())
      .end();
  return out;
}

/// The record that somebody asks for what is held about the contact: it was made before the question came here.
std::int64_t newest_request(View& view, const Id& contact) {
  std::string bytes;
  for (const auto index : view.records_of(contact, INT64_MAX, ledger::kPage)) {
    const auto leaf = view.records().read(index, bytes);
    if (leaf && leaf->k == "subject.access" && !leaf->r) return index;
  }
  return -1;
}

}  // namespace

Answered export_records(View& view, const Params& params) {
  const auto folder = folder_of(params);
  if (!folder) return tl::unexpected(folder.error());
  const auto scope = scope_of(params);
  if (!scope) return tl::unexpected(scope.error());
  const bag::Order order{*scope, params.flag("content"), params.flag("dispute"), params.flag("tiles"), params.settings()};
  if (order.dispute && !scope->conversation)
    return refused(kInvalidParams, "dispute: it needs the conversation that it is about");
  if (order.tiles && !scope->whole())
    return refused(kInvalidParams, "tiles: they are of the whole ledger, so nothing may narrow it");
  return write(view, *folder, order);
}

Answered disclose(View& view, const Params& params) {
  const auto folder = folder_of(params);
  if (!folder) return tl::unexpected(folder.error());
  const auto record = params.number("record", 0, ledger::record_count(view) - 1, -1);
  if (!record || *record < 0) return refused(kInvalidParams, "record: expected the number of a record");
  bag::Order order;
  order.scope.record = *record;
  order.content = true;
  return write(view, *folder, order);
}

Answered export_contact(View& view, const Params& params) {
  const auto folder = folder_of(params);
  if (!folder) return tl::unexpected(folder.error());
  const auto contact = Id::from_hex(params.text("contact"));
  if (!contact) return refused(kInvalidParams, "contact: expected 32 hex digits");
  const auto request = newest_request(view, *contact);
  const auto done = bag::export_subject(view, *folder, *contact, params.flag("linked"));
  if (!done) return tl::unexpected(Refused{kNotDone, text(done.error()), request});
  std::string out, linked = "[";
  for (const auto& id : done->linked) linked.append(linked.size() > 1 ? ",\"" : "\"").append(id.hex()).append("\"");
  JsonObject(out)
      .add("directory", folder->string())
      .add("records", static_cast<std::int64_t>(done->records))
      .add("request", request)
      .raw("linked", linked + "]")
      .end();
  return out;
}

}  // namespace postern::control
