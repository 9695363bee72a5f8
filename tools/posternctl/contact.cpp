// SPDX-License-Identifier: Apache-2.0
// What a contact may ask for: to be forgotten, left alone, or called by the right name.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

#include "command.hpp"
#include "failure.hpp"
#include "places.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

constexpr Micros kErasePatience = 2 * kMinute;  // a contact of many years takes seconds

json::object named(const Contact& contact) {
  json::object params{{"contact", contact.name}};
  if (!contact.account.empty()) params["account"] = contact.account;
  return params;
}

void save(const std::filesystem::path& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw Failure(kCannotCreate, fmt::format("cannot write {}", path.string()), "name another file");
}

/// The proof that the contact's erasure is on record, with the record that it proves.
void give_receipt(Session& session, std::int64_t record, const std::filesystem::path& receipt) {
  const auto proof = session.ask("audit.proof", {{"record", record}});
  if (receipt.empty()) {
    line(printable(text(proof, "leaf")));
    line("");
    for (auto rest = text(proof, "proof"); !rest.empty();) {
      const auto end = std::min(rest.find('\n'), rest.size() - 1);
      line(printable(rest.substr(0, end)));
      rest.remove_prefix(end + 1);
    }
    return;
  }
  save(receipt, text(proof, "proof"));
  const auto leaf = std::filesystem::path(receipt.string() + ".leaf");
  save(leaf, text(proof, "leaf"));
  line(fmt::format("receipt: {} proves {}", receipt.string(), leaf.string()));
}

}  // namespace

int contact_erase(Session& session, const ContactErase& options) {
  auto params = named(options.contact);
  if (!options.reason.empty()) params["reason"] = options.reason;
  if (!options.via.empty()) params["via"] = options.via;
  const auto answer = command(session, "contact.erase", std::move(params), options.id, kErasePatience);
  const bool erased = text(answer, "state") == "erased";
  if (session.print_json(answer)) return erased ? 0 : kUnavailable;
  if (!erased) {
    line(session.screen().paint(Tone::warning, fmt::format("deferred: {}", printable(text(answer, "basis")))));
    if (const auto basis = text(answer, "basis"); basis.starts_with("approval/"))
      line(fmt::format("it takes a second person: another user says `posternctl approve {}`",
                       printable(basis.substr(basis.find('/') + 1))));
    line(fmt::format("request {} stays on record, and is carried out when nothing forbids it any more",
                     number(answer, "request")));
    return kUnavailable;
  }
  if (find(answer, "bodies"))
    line(fmt::format("erased: {} bodies, the profile and all keys of {}", number(answer, "bodies"),
                     printable(text(answer, "contact"))));
  else
    line(fmt::format("{} was erased before", printable(text(answer, "contact"))));
  give_receipt(session, number(answer, "record"), options.receipt);
  return 0;
}

int contact_restrict(Session& session, const ContactRestrict& options) {
  auto params = named(options.contact);
  params["as"] = options.as;
  const auto answer = command(session, "contact.restrict", std::move(params), options.id);
  if (!session.print_json(answer))
    line(flag(answer, "restricted") ? "restricted: their messages are kept, nobody handles them, and nothing is sent"
                                    : "no longer restricted");
  return 0;
}

int contact_rectify(Session& session, const ContactRectify& options) {
  auto params = named(options.contact);
  json::object change;
  if (options.name) change["name"] = *options.name;
  if (options.first_name) change["first_name"] = *options.first_name;
  if (options.handle) change["handle"] = *options.handle;
  if (options.locale) change["locale"] = *options.locale;
  params["change"] = std::move(change);
  const auto answer = command(session, "contact.rectify", std::move(params), options.id);
  if (!session.print_json(answer))
    line(fmt::format("put right; the platform's own profile no longer replaces it (record {})",
                     number(answer, "record")));
  return 0;
}

}  // namespace postern::ctl
