// SPDX-License-Identifier: Apache-2.0
// What a platform plugin makes of a webhook, without a daemon: for who writes a plugin, and for who wants to know what
// a platform has sent.
#include <fmt/format.h>

#include <cctype>

#include "failure.hpp"
#include "gateway/facts.hpp"
#include "host/instance.hpp"
#include "places.hpp"
#include "verbs.hpp"

namespace postern::ctl {
namespace {

constexpr std::size_t kLargestBody = 4 << 20;

host::Library load_platform(const Decode& options) {
  const auto folders = plugin_folders(options.folders);
  const auto file = host::find_plugin(options.platform, folders);
  if (!file) throw Failure(kUnavailable, file.error());
  auto library = host::Library::load(*file);
  if (!library) throw Failure(kUnavailable, library.error());
  if (library->descriptor().kind != host::Kind::platform)
    throw Failure(kUsage, fmt::format("{} is a handler", file->string()), "decode needs a platform plugin");
  return std::move(*library);
}

/// Names in lower case, as the gateway hands them on.
gateway::Pairs headers_of(const Decode& options) {
  gateway::Pairs headers;
  for (const auto& header : options.headers) {
    const auto end = header.find('=');
    if (end == header.npos || end == 0) throw Failure(kUsage, fmt::format("--header {}: expected NAME=VALUE", header));
    std::string name = header.substr(0, end);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    headers.emplace_back(std::move(name), header.substr(end + 1));
  }
  return headers;
}

std::optional<std::string_view> value_of(const gateway::Pairs& headers, std::string name) {
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::optional<std::string_view> found;
  for (const auto& [key, value] : headers) {
    if (key != name) continue;
    if (found) return std::nullopt;  // given twice
    found = value;
  }
  return found;
}

/// Throws Failure if the gateway would refuse the webhook.
void check_signature(const host::Library& library, const std::string& secret, gateway::Delivery&& delivery) {
  const auto facts = gateway::parse_webhook_facts(library.descriptor().facts);
  if (!facts) throw Failure(kUnavailable, facts.error());
  const auto verifier = gateway::Verifier::make(facts->signature, {Secret(secret)});
  if (!verifier) throw Failure(kUsage, verifier.error());
  const gateway::Pairs headers = delivery.headers;
  const auto fields = [&](std::string_view name) { return value_of(headers, std::string(name)); };
  // What somebody has kept is old, and asked is whether it was genuine. So it is judged as of when it was signed.
  const auto verified = verifier->verify(std::move(delivery), fields, verifier->time_of(fields).value_or(0));
  if (!verified)
    throw Failure(
        kWrongSignature, "wrong signature: " + verified.error().what,
        fmt::format("give the header as it came (--header '{}=…') and the body byte for byte: a body that was "
                    "parsed and written again has another signature",
                    verifier->signature().header));
}

std::string meta_of(const gateway::Delivery& delivery) {
  json::object headers;
  for (const auto& [name, value] : delivery.headers) headers[name] = value;
  json::object meta{{"method", delivery.method}, {"path", delivery.path}, {"query", json::object()}};
  meta["headers"] = std::move(headers);
  if (delivery.account) meta["account"] = *delivery.account;
  return json::serialize(meta);
}

/// As the daemon would give it to the plugin: which secrets there are, and never one of them. What is decoded does not
/// hang on them.
std::string config_of(const host::Library& library) {
  json::object config;
  for (const auto& option : library.descriptor().options)
    if (option.type == POSTERN_SECRET) config[option.name] = true;
  return json::serialize(config);
}

}  // namespace

int decode(Session& session, const Decode& options) {
  const host::Library library = load_platform(options);
  const auto platform = json::parse(library.descriptor().facts);
  gateway::Delivery delivery{.section = std::string(text(platform, "platform")), .method = "POST"};
  delivery.path = "/webhooks/" + delivery.section;
  if (!options.account.empty()) {
    delivery.account = options.account;
    delivery.path += "/" + options.account;
  }
  delivery.headers = headers_of(options);
  delivery.body = read_input(options.file, kLargestBody);
  const std::string body = delivery.body, meta = meta_of(delivery);
  if (options.secret) check_signature(library, *options.secret, std::move(delivery));

  auto instance = host::Instance::create(library, config_of(library), [](std::int32_t, std::string_view text_of) {
    std::fprintf(stderr, "plugin: %s\n", printable(text_of).c_str());
  });
  if (!instance) throw Failure(kUnavailable, instance.error());
  const auto events = instance->decode(body, meta, session.now());
  if (!events)
    throw Failure(kBadData, fmt::format("{} cannot read the body: {}", library.descriptor().id, events.error().what));
  for (std::size_t i = 0; i < (*events)->size(); ++i) {
    json::error_code code;
    const auto event = json::parse(json::string_view((**events)[i].data(), (**events)[i].size()), code);
    if (code)
      throw Failure(kUnavailable, fmt::format("event {} is no JSON: {}", i + 1, code.message()), "correct the plugin");
    line(json::serialize(event));
  }
  return 0;
}

}  // namespace postern::ctl
