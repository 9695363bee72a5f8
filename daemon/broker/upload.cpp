// SPDX-License-Identifier: Apache-2.0
#include "broker/upload.hpp"

#include "base/crypto.hpp"
#include "courier/sniff.hpp"

namespace postern::broker {
namespace {

using Outcome = core::Attempted::Outcome;
constexpr int kRedirects = 3;

core::Attempted ended(Outcome outcome, std::string error_class, std::string why) {
  core::Attempted attempted;
  attempted.outcome = outcome;
  attempted.error_class = std::move(error_class);
  if (outcome == Outcome::failed) attempted.code = "attachment";
  attempted.text = "the attachment's address " + std::move(why);
  return attempted;
}

// Some platforms look at the name.
std::string file_name(std::string_view mime) {
  const auto kind = mime.substr(mime.find('/') + 1);
  return "file." + std::string(kind == "jpeg" ? "jpg" : kind);
}

std::optional<core::Attempted> refuse(const Upload& upload, const courier::Delivery& file) {
  switch (file.fate) {
    case courier::Fate::not_sent:
    case courier::Fate::unclear:
      return ended(Outcome::retry, "transient", "cannot be reached: " + file.reason);
    case courier::Fate::refused:
      return ended(Outcome::failed, "invalid", "may not be asked: " + file.reason);
    case courier::Fate::answered:
      break;
  }
  if (is_busy(file.status)) return ended(Outcome::retry, "transient", "answered " + std::to_string(file.status));
  if (file.status != 200) return ended(Outcome::failed, "invalid", "answered " + std::to_string(file.status));
  if (file.truncated || file.body.size() > upload.most)
    return ended(Outcome::failed, "invalid", "has more than " + std::to_string(upload.most) + " bytes");
  const auto mime = courier::sniff(view(file.body));
  if (!courier::fits(upload.type, mime))
    return ended(Outcome::failed, "invalid", "holds no " + upload.type + " but " + std::string(mime));
  return std::nullopt;
}

}  // namespace

courier::Errand errand_for_url(std::string&& url) {
  courier::Errand errand;
  errand.request.safe = true;
  errand.external = true;
  errand.redirects = kRedirects;
  errand.request.path = std::move(url);
  return errand;
}

bool is_busy(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

std::optional<core::Attempted> put_file(Request& request, courier::Delivery&& file) {
  const auto upload = std::move(request.upload);
  if (auto end = refuse(*upload, file)) return end;
  const std::string_view mime = courier::sniff(view(file.body));
  // Of the file itself, so that it cannot stand in it, and the same request has the same bytes.
  const std::string boundary = hex(crypto::sha256(view(file.body)));
  std::string& body = request.body;
  body.reserve(file.body.size() + 4096);
  for (const auto& [name, value] : upload->fields)
    body.append("--")
        .append(boundary)
        .append("\r\nContent-Disposition: form-data; name=\"")
        .append(name)
        .append("\"\r\n\r\n")
        .append(value)
        .append("\r\n");
  body.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=\"").append(upload->name);
  body.append("\"; filename=\"").append(file_name(mime)).append("\"\r\nContent-Type: ").append(mime);
  body.append("\r\n\r\n").append(file.body).append("\r\n--").append(boundary).append("--\r\n");
  request.content_type = "multipart/form-data; boundary=" + boundary;
  return std::nullopt;
}

}  // namespace postern::broker
