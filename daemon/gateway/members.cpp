// SPDX-License-Identifier: Apache-2.0
#include "gateway/members.hpp"

#include <algorithm>

namespace postern::gateway {
namespace json = boost::json;
namespace {

const json::object kEmpty;

}  // namespace

void Members::fail(std::string_view name, std::string_view why) {
  if (wrong_.empty()) wrong_.append(path_).append(name).append(" ").append(why);
}

const json::value* Members::find(std::string_view name) {
  asked_.emplace(name);
  const auto* value = object_.if_contains(name);
  return value && !value->is_null() ? value : nullptr;
}

bool Members::has(std::string_view name) {
  return find(name) != nullptr;
}

std::string Members::text(std::string_view name) {
  auto found = text(name, {});
  if (found.empty()) fail(name, "is missing");
  return found;
}

std::string Members::text(std::string_view name, std::string_view otherwise) {
  const auto* value = find(name);
  if (!value) return std::string(otherwise);
  if (const auto* text = value->if_string()) return std::string(text->data(), text->size());
  fail(name, "is no text");
  return {};
}

std::string Members::word(std::string_view name, std::initializer_list<std::string_view> known) {
  auto found = text(name, *known.begin());
  if (std::find(known.begin(), known.end(), found) == known.end()) fail(name, "\"" + found + "\" is unknown");
  return found;
}

std::int64_t Members::number(std::string_view name, std::int64_t otherwise, std::int64_t most) {
  const auto* value = find(name);
  if (!value) return otherwise;
  if (value->is_int64() && value->get_int64() >= 1 && value->get_int64() <= most) return value->get_int64();
  fail(name, "is no number from 1 to " + std::to_string(most));
  return otherwise;
}

std::vector<std::string> Members::texts(std::string_view name) {
  std::vector<std::string> found;
  const auto* value = find(name);
  if (!value) return found;
  if (const auto* list = value->if_array())
    for (const auto& item : *list)
      if (const auto* text = item.if_string()) found.emplace_back(text->data(), text->size());
  if (!value->is_array() || found.size() != value->get_array().size()) fail(name, "is no list of texts");
  return found;
}

std::vector<Members> Members::objects(std::string_view name) {
  std::vector<Members> found;
  const auto* value = find(name);
  if (!value) return found;
  const auto path = path_ + std::string(name) + ".";
  if (const auto* list = value->if_array())
    for (const auto& item : *list)
      if (const auto* object = item.if_object()) found.emplace_back(*object, path, wrong_);
  if (!value->is_array() || found.size() != value->get_array().size()) fail(name, "is no list of objects");
  return found;
}

Members Members::object(std::string_view name) {
  const auto* value = find(name);
  const auto* object = value ? value->if_object() : nullptr;
  if (value && !object) fail(name, "is no object");
  return Members(object ? *object : kEmpty, path_ + std::string(name) + ".", wrong_);
}

std::vector<std::string> Members::names() {
  std::vector<std::string> all;
  for (const auto& member : object_) all.emplace_back(member.key());
  return all;
}

void Members::end() {
  for (const auto& member : object_)
    if (!asked_.contains(std::string_view(member.key().data(), member.key().size())))
      return fail(std::string(member.key()), "is unknown here");
}

}  // namespace postern::gateway
