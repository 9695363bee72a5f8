// SPDX-License-Identifier: Apache-2.0
#include "samples.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace postern::ctl {
namespace {

namespace json = boost::json;

std::vector<json::object> cases(const Subject& subject, const char* folder) {
  std::vector<std::filesystem::path> files;
  if (!subject.cases.empty() && std::filesystem::is_directory(subject.cases / folder))
    for (const auto& entry : std::filesystem::directory_iterator(subject.cases / folder))
      if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  std::vector<json::object> found;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    json::error_code code;
    auto value = json::parse(std::string((std::istreambuf_iterator<char>(in)), {}), code);
    if (code || !value.is_object()) throw std::runtime_error(file.string() + " is no JSON object");
    found.push_back(std::move(value.get_object()));
  }
  return found;
}

std::string written(const json::object& object, std::string_view name, std::string_view otherwise) {
  const auto* value = object.if_contains(name);
  return value ? json::serialize(*value) : std::string(otherwise);
}

std::string body_of(const json::object& object) {
  if (const auto* text = object.if_contains("body_text"); text && text->is_string())
    return std::string(text->get_string().data(), text->get_string().size());
  return written(object, "body", "");
}

std::string task_of(std::string_view kind) {
  json::object task{{"task", "0123456789abcdef0123456789abcdef"},
                    {"kind", kind},
                    {"account", "acme"},
                    {"account_key", "104857600000001"},
                    {"options", json::object()},
                    {"visibility", "private"}};
  if (kind == "part") {
    task["thread"] = "6712345678901234";
    task["part"] = {{"text", "Hello, and \"welcome\" – ü"}};
  }
  if (kind == "profile") task["sender"] = "6712345678901234";
  if (kind == "poll") {
    task["cursor"] = "";
    task["wait"] = 0;
  }
  return json::serialize(task);
}

}  // namespace

host::Library load(const Subject& subject) {
  auto library = host::Library::load(subject.file);
  if (!library) throw std::runtime_error(text(library.error()));
  return std::move(*library);
}

std::string config_of(const host::Library& library, const Subject& subject) {
  if (!subject.config.empty()) return subject.config;
  json::object config, account{{"id", "104857600000001"}};
  for (const auto& option : library.descriptor().options) {
    auto& where = option.per_account ? account : config;
    if (option.type == POSTERN_SECRET)
      where[option.name] = true;
    else if (option.required && option.type == POSTERN_STRING)
      where[option.name] = "sample";
  }
  if (library.descriptor().kind == host::Kind::platform) config["accounts"] = {{"acme", std::move(account)}};
  return json::serialize(config);
}

host::Instance instance_of(const host::Library& library, const Subject& subject) {
  auto instance = host::Instance::create(library, config_of(library, subject), [](std::int32_t, std::string_view) {});
  if (!instance)
    throw std::runtime_error("create: " + text(instance.error()) + " (give it a configuration with --with FILE)");
  return std::move(*instance);
}

std::vector<Webhook> sample_webhooks(const Subject& subject) {
  std::vector<Webhook> all;
  for (const auto& each : cases(subject, "decode"))
    all.push_back({body_of(each), written(each, "meta", R"({"method":"POST","path":"/","query":{},"headers":{}})")});
  return all;
}

std::vector<std::string> sample_tasks(const host::Library& library, const Subject& subject) {
  std::vector<std::string> all;
  for (const auto& each : cases(subject, "encode")) all.push_back(written(each, "task", "{}"));
  const auto facts = json::parse(library.descriptor().facts);
  json::error_code code;
  if (const auto* kinds = facts.find_pointer("/traits/tasks", code); kinds && kinds->is_array())
    for (const auto& kind : kinds->get_array())
      if (kind.is_string()) all.push_back(task_of({kind.get_string().data(), kind.get_string().size()}));
  if (all.empty()) all.push_back(task_of("part"));  // it says nothing of tasks: sending is the least
  return all;
}

std::vector<Answered> sample_answers(const host::Library& library, const Subject& subject) {
  std::vector<Answered> all;
  for (const auto& each : cases(subject, "interpret")) {
    const auto* answers = each.if_contains("answers");
    if (!answers || !answers->is_array()) continue;
    for (const auto& answer : answers->get_array())
      if (const auto* object = answer.if_object()) {
        const auto* status = object->if_contains("status");
        all.push_back({written(each, "task", "{}"),
                       static_cast<std::uint32_t>(status && status->is_int64() ? status->get_int64() : 200),
                       written(*object, "headers", "{}"), body_of(*object)});
      }
  }
  const std::string deep(40, '[');
  for (const auto& task : sample_tasks(library, subject))
    for (const std::uint32_t status : {200u, 204u, 302u, 400u, 401u, 403u, 404u, 429u, 500u, 503u})
      for (const auto& body : {std::string(), std::string("{}"), std::string("[]"), std::string("null"),
                               std::string("<html>502</html>"), std::string("\xff\xfe\x00", 3), deep})
        all.push_back({task, status, "{}", body});
  return all;
}

std::vector<Event> sample_events() {
  const std::string context =
      R"({"event":"000102030405060708090a0b0c0d0e0f","account":"acme","platform":"messenger",)"
      R"("conversation":"101112131415161718191a1b1c1d1e1f","contact":"202122232425262728292a2b2c2d2e2f",)"
      R"("received_at":"2026-01-01T00:00:00.000Z","visibility":"private","name":"Rita Silva","first_name":"Rita",)"
      R"("locale":"pt","first":true,"tags":[],"attributes":{},"closed":false,"hops":0})";
  const std::string turn = R"({"replied":false,"effects":0,"attempt":1})";
  std::vector<Event> all;
  for (const char* event :
       {R"({"kind":"message","thread":"7","text":"hello"})", R"({"kind":"message","thread":"7","text":""})",
        R"({"kind":"message","thread":"7","attachments":[{"type":"image","url":"https://example.org/a.jpg"}]})",
        R"({"kind":"comment","thread":"7","visibility":"public","text":"nice","comment":{"id":"1","verb":"add"}})",
        R"({"kind":"postback","thread":"7","postback":{"payload":"START","title":"Start"}})",
        R"({"kind":"reaction","thread":"7","reaction":{"emoji":"❤","action":"react"}})",
        R"({"kind":"timer","thread":"7","extra":{"id":"t"}})",
        R"({"kind":"unknown","thread":"7","extra":{"raw":[1]}})"})
    all.push_back({event, context, turn});
  return all;
}

std::string written(const host::Instance::Given& given) {
  if (!given) return "fault: " + given.error().what;
  std::string all = (*given)->stop ? "stop" : "next";
  for (std::size_t i = 0; i < (*given)->size(); ++i) all.append("\n").append((**given)[i]);
  return all;
}

}  // namespace postern::ctl
