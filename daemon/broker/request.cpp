// SPDX-License-Identifier: Apache-2.0
#include "broker/request.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "base/percent.hpp"
#include "courier/places.hpp"

namespace postern::broker {
namespace {

namespace json = boost::json;

constexpr std::int64_t kMostUpload = 25 * 1024 * 1024;

std::string_view text_of(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string_view(string->data(), string->size()) : std::string_view();
}

bool is_true(const json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_bool() && value->get_bool();
}

bool read_fields(const json::object& object, std::string_view name, courier::Fields& to) {
  const auto* value = object.if_contains(name);
  if (!value || value->is_null()) return true;
  const auto* fields = value->if_object();
  if (!fields) return false;
  for (const auto& [key, item] : *fields) {
    if (const auto* string = item.if_string())
      to.emplace_back(std::string(key), std::string(string->data(), string->size()));
    else if (item.is_int64() || item.is_uint64() || item.is_bool())
      to.emplace_back(std::string(key), json::serialize(item));
    else
      return false;
  }
  return true;
}

// A place stays as it is: the courier escapes what it puts there.
void append_value(courier::Request& request, std::string_view value) {
  if (!request.places) return percent_encode(request.body, value);
  courier::split_places(
      value, [&](std::string_view text) { percent_encode(request.body, text); },
      [&](std::string_view name) { request.body.append("{credential:").append(name).append("}"); });
}

bool read_body(const json::object& object, courier::Request& request) {
  if (const auto* body = object.if_contains("json")) {
    request.body = json::serialize(*body);
    request.content_type = "application/json";
  } else if (object.contains("form")) {
    courier::Fields fields;
    if (!read_fields(object, "form", fields)) return false;
    for (const auto& [name, value] : fields) {
      if (!request.body.empty()) request.body += '&';
      percent_encode(request.body, name);
      request.body += '=';
      append_value(request, value);
    }
    request.content_type = "application/x-www-form-urlencoded";
  } else if (object.contains("text")) {
    request.body = text_of(object, "text");
    request.content_type = "text/plain; charset=utf-8";
  }
  return true;
}

bool is_clean(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c != '"' && c != 127; });
}

bool read_upload(const json::object& object, std::shared_ptr<const Upload>& to) {
  const auto* value = object.if_contains("multipart");
  if (!value) return true;
  const auto* given = value->if_object();
  const auto* about = given ? given->if_contains("file") : nullptr;
  const auto* file = about ? about->if_object() : nullptr;
  const auto* most = file ? file->if_contains("most") : nullptr;
  if (!most || !most->is_int64() || most->get_int64() < 1 || most->get_int64() > kMostUpload) return false;
  auto upload = std::make_shared<Upload>();
  upload->name = text_of(*file, "name");
  upload->url = text_of(*file, "url");
  upload->type = text_of(*file, "type");
  upload->most = static_cast<std::size_t>(most->get_int64());
  if (!is_clean(upload->name) || upload->url.empty() || !read_fields(*given, "fields", upload->fields)) return false;
  for (const auto& [name, text] : upload->fields)
    if (!is_clean(name)) return false;
  to = std::move(upload);
  return true;
}

bool read_auth(const json::object& object, courier::Auth& auth) {
  const auto* value = object.if_contains("auth");
  if (!value || value->is_null()) return true;
  const auto* given = value->if_object();
  if (!given) return false;
  const std::string_view as = text_of(*given, "as");
  using As = courier::Auth::As;
  if (as == "bearer")
    auth.as = As::bearer;
  else if (as == "header")
    auth.as = As::header;
  else if (as == "query")
    auth.as = As::query;
  else if (as == "path")
    auth.as = As::path;
  else if (as == "oauth1")
    auth.as = As::oauth1;
  else if (as == "basic")
    auth.as = As::basic;
  else
    return false;
  auth.name = text_of(*given, as == "basic" ? "user" : "name");
  if (const auto credential = text_of(*given, "credential"); !credential.empty()) auth.credential = credential;
  return true;
}

}  // namespace

Result<Request> parse_request(const json::value& value, Places places) {
  const auto* object = value.if_object();
  if (!object) return failure("request: expected an object");
  Request request;
  request.places = places == Places::filled;
  if (const auto method = text_of(*object, "method"); !method.empty()) request.method = method;
  request.path = text_of(*object, "path");
  if (request.path.empty() || request.path[0] != '/') return failure("request: expected a path that begins with /");
  if (!read_fields(*object, "query", request.query)) return failure("request: expected texts in query");
  if (!read_fields(*object, "headers", request.headers)) return failure("request: expected texts in headers");
  if (!read_body(*object, request)) return failure("request: expected texts in form");
  if (!read_upload(*object, request.upload))
    return failure(
        "request: expected multipart with fields of texts, and a file with name, url, type and most (25 MiB)");
  if (!read_auth(*object, request.auth))
    return failure("request: expected auth.as bearer, header, query, path, basic or oauth1");
  request.safe = is_true(*object, "safe");
  request.brings_file = is_true(*object, "brings_file");
  if (const auto* timeout = object->if_contains("timeout"); timeout && timeout->is_int64())
    request.timeout_s = static_cast<int>(std::clamp<std::int64_t>(timeout->get_int64(), 0, 300));
  return request;
}

Result<FileAt> parse_file_at(const json::value& value) {
  const auto* object = value.if_object();
  if (!object) return failure("media: expected an object");
  FileAt file;
  if (const auto* request = object->if_contains("request")) {
    auto parsed = parse_request(*request);
    if (!parsed) return tl::unexpected(parsed.error());
    file.request = std::move(*parsed);
    return file;
  }
  file.url = text_of(*object, "url");
  if (file.url.empty()) return failure("media: expected a url or a request");
  if (!read_auth(*object, file.request.auth)) return failure("media: expected auth.as bearer, header, query or path");
  return file;
}

Result<Encoded> parse_encoded(std::string_view text, Places places) {
  unsigned char buffer[8192];
  json::monotonic_resource memory(buffer, sizeof buffer);
  json::error_code code;
  const json::value value = json::parse(json::string_view(text.data(), text.size()), code, &memory);
  if (code) return failure("request is no JSON: " + code.message());
  Encoded encoded;
  if (const auto* object = value.if_object(); object && object->contains("cannot")) {
    encoded.cannot = text_of(*object, "cannot");
    encoded.text = text_of(*object, "text");
    return encoded;
  }
  auto request = parse_request(value, places);
  if (!request) return tl::unexpected(request.error());
  encoded.request = std::move(*request);
  return encoded;
}

}  // namespace postern::broker
