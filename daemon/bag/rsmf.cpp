// SPDX-License-Identifier: Apache-2.0
#include "bag/rsmf.hpp"

#include <map>

#include "bag/mail.hpp"
#include "bag/zip.hpp"
#include "core/json_text.hpp"

namespace postern::bag {
namespace {

using core::JsonObject;

std::string participant(const Line& line) {
  return line.side == Line::Side::contact ? line.contact : line.account + "/" + line.author;
}

std::string event_json(const Line& line) {
  std::string out, custom = "[";
  if (!line.decision.empty()) JsonObject(custom).add("name", "decision").add("value", line.decision).end();
  JsonObject object(out);
  object.add("type", "message").add("id", std::to_string(line.index)).add("participant", participant(line));
  object.add("conversation", line.conversation).add("timestamp", rfc3339(line.at));
  object.add("direction", line.side == Line::Side::contact ? "incoming" : "outgoing").add("body", line.text);
  if (line.erased) object.add("deleted", true);
  if (custom.size() > 1) object.raw("custom", custom + "]");
  object.end();
  return out;
}

std::string manifest(std::span<const Line> lines, const std::map<std::string, std::string>& people) {
  std::string participants = "[", ids = "[", events = "[";
  for (const auto& [id, name] : people) {
    participants += participants.size() > 1 ? "," : "";
    JsonObject(participants).add("id", id).add("display", name).end();
    ids += ids.size() > 1 ? "," : "";
    core::append_json(ids, id);
  }
  for (const auto& line : lines) events.append(events.size() > 1 ? "," : "").append(event_json(line));
  const Line& first = lines.front();
  std::string conversations = "[";
  JsonObject(conversations)
      .add("id", first.conversation)
      .add("display", first.account + " " + first.conversation.substr(0, 8))
      .add("platform", first.platform)
      .add("type", people.size() > 2 ? "channel" : "direct")
      .raw("participants", ids + "]")
      .end();
  std::string out;
  JsonObject(out)
      .add("version", "2.0.0")
      .raw("participants", participants + "]")
      .raw("conversations", conversations + "]")
      .raw("events", events + "]")
      .add("eventcollectionid", first.conversation)
      .end();
  return out;
}

}  // namespace

Result<std::string> rsmf_of(std::span<const Line> lines, std::string_view log) {
  std::map<std::string, std::string> people;
  for (const auto& line : lines) people[participant(line)] = line.author;
  const auto archive = zip({{"rsmf_manifest.json", manifest(lines, people)}});
  if (!archive) return tl::unexpected(archive.error());
  const Line &first = lines.front(), &last = lines.back();
  // base64 has no hyphen in it, so no line of a part can be the boundary.
  const std::string boundary = "postern-" + first.conversation + "-" + std::to_string(first.index);
  const std::string what = first.platform + " conversation " + first.conversation.substr(0, 8) + ", records " +
                           std::to_string(first.index) + " to " + std::to_string(last.index);
  std::string out = "From: Postern <export@postern.invalid>\r\nDate: " + mail_date(last.at) + "\r\n";
  out += "Subject: " + mail_text(what) + "\r\n";
  std::string id(log);
  for (char& c : id)
    if (c == '/') c = '.';
  out += "Message-ID: <rsmf." + std::to_string(first.index) + "." + id + "@postern.invalid>\r\n";
  out +=
      "X-RSMF-Version: 2.0.0\r\nX-RSMF-Generator: Postern\r\nX-RSMF-Application: " + mail_text(first.platform) + "\r\n";
  out += "X-RSMF-BeginDate: " + rfc3339(first.at) + "\r\nX-RSMF-EndDate: " + rfc3339(last.at) + "\r\n";
  out += "X-RSMF-EventCount: " + std::to_string(lines.size()) + "\r\nX-RSMF-AttachmentCount: 0\r\n";
  out += "X-RSMF-EventCollectionID: " + first.conversation + "\r\n";
  out += "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=\"" + boundary + "\"\r\n\r\n";
  out += "--" + boundary + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  std::string text;
  for (const auto& line : lines) text += rfc3339(line.at) + " " + line.author + ": " + line.text + "\n";
  out += mail_base64(text) + "--" + boundary + "\r\nContent-Type: application/zip; name=\"rsmf.zip\"\r\n";
  out += "Content-Disposition: attachment; filename=\"rsmf.zip\"\r\nContent-Transfer-Encoding: base64\r\n\r\n";
  return out + mail_base64(*archive) + "--" + boundary + "--\r\n";
}

}  // namespace postern::bag
