// SPDX-License-Identifier: Apache-2.0
// The log of what contacts have asked for: as a table, as CSV for whoever keeps it elsewhere, as JSON.
#include "bag/csv.hpp"
#include "table.hpp"
#include "time.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

constexpr Micros kReadsAll = 30 * kMinute;  // a whole ledger is read

// The six that the regulation names, and by what the request, its answer and the contact are found in the record.
constexpr std::string_view kColumns[] = {"requested_at", "nature",  "via",     "answered_at", "answer",
                                         "basis",        "contact", "account", "request",     "record"};

std::string cell(const json::value& request, std::string_view name) {
  const auto* value = find(request, name);
  if (value != nullptr && value->is_int64()) return std::to_string(value->get_int64());
  return std::string(text(request, name));
}

void print_csv(const json::array& requests) {
  std::string head;
  for (const auto name : kColumns) head.append(head.empty() ? "" : ",").append(name);
  line(head + "\r");
  for (const auto& request : requests) {
    std::string row;
    for (const auto name : kColumns) row.append(row.empty() ? "" : ",").append(bag::csv_cell(cell(request, name)));
    line(row + "\r");
  }
}

void print_table(const Session& session, const json::array& requests) {
  Table table({"REQUESTED", "NATURE", "VIA", "ANSWERED", "ANSWER", "BASIS", "CONTACT", "RECORD"});
  for (const auto& request : requests) {
    const bool answered = find(request, "answered_at") != nullptr;
    const auto how = text(request, "answer");
    const Tone tone = how == "denied" || how == "failed" || how == "deferred" ? Tone::warning : Tone::plain;
    table.add({both(text(request, "requested_at"), session.now()), text(request, "nature"), text(request, "via"),
               answered ? both(text(request, "answered_at"), session.now()) : std::string("not yet"),
               Cell(std::string(how), tone), text(request, "basis"), text(request, "contact").substr(0, 8),
               number(request, "request")});
  }
  if (table.empty())
    line("no contact has asked for anything");
  else
    table.print(session.screen());
}

}  // namespace

int audit_requests(Session& session, const Requests& options) {
  json::object params;
  if (!options.since.empty()) params["since"] = options.since;
  if (!options.until.empty()) params["until"] = options.until;
  json::array requests;
  for (;;) {
    const auto page = session.ask("audit.requests", params, kReadsAll);
    const auto& rows = list(page, "requests");
    requests.insert(requests.end(), rows.begin(), rows.end());
    if (!find(page, "next")) break;
    params["after"] = number(page, "next");
  }
  if (options.csv) {
    print_csv(requests);
  } else if (!session.print_json(json::object{{"requests", requests}})) {
    print_table(session, requests);
  }
  return 0;
}

}  // namespace postern::ctl
