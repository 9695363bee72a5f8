// SPDX-License-Identifier: Apache-2.0
#include "bus/hello.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>

#include "bus/frames.hpp"

namespace postern::bus {
namespace {

std::string text_of(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  const auto* string = value ? value->if_string() : nullptr;
  return string ? std::string(string->data(), string->size()) : std::string();
}

std::int64_t number_of(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value && value->is_int64() ? value->get_int64() : 0;
}

// Plugin and version go on record as the actor, whose form is strict.
bool is_word(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view("._+-").find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, fits);
}

}  // namespace

Result<Hello> read_hello(std::vector<zmq::message_t>& frames) {
  if (frames.size() < 5) return failure("hello: expected protocol, section, epoch, about");
  if (chars(frames[1]) != "1") return failure("expected protocol 1, found " + std::string(chars(frames[1])));
  Hello hello;
  hello.section = chars(frames[2]);
  hello.epoch = number(chars(frames[3]));

  // libzmq gives "localhost:uid:gid:pid" of an ipc peer; a thread of ours has none.
  unsigned gid = 0;
  int pid = 0;
  const char* peer = zmq_msg_gets(frames[0].handle(), "Peer-Address");
  hello.ipc = peer && std::sscanf(peer, "localhost:%u:%u:%d", &hello.uid, &gid, &pid) == 3;
  hello.pid = pid;

  boost::json::error_code code;
  const auto value = boost::json::parse(boost::json::string_view(frames[4].data<char>(), frames[4].size()), code);
  const auto* about = code ? nullptr : value.if_object();
  if (!about) return failure("hello: the last frame is no JSON object");
  hello.plugin = text_of(*about, "plugin");
  hello.version = text_of(*about, "version");
  if (!is_word(hello.plugin) || !is_word(hello.version))
    return failure("hello: expected plugin and version of 1 to 64 letters, digits or . _ + -");
  if (!hello.pid) hello.pid = number_of(*about, "pid");
  hello.credit = static_cast<std::size_t>(std::max<std::int64_t>(0, number_of(*about, "credit")));
  return hello;
}

}  // namespace postern::bus
