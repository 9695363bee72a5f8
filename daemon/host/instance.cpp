// SPDX-License-Identifier: Apache-2.0
#include "host/instance.hpp"

#include <fmt/format.h>

#include <array>

namespace postern::host {
namespace {

constexpr std::size_t kLongestLogText = 1024;
constexpr int kMostLogLinesPerCall = 100;

postern_view view_of(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

bool Items::add(std::string_view item) {
  if (ends_.size() == kMostItemsPerCall || item.size() > kMostBytesPerCall - bytes_.size()) return false;
  bytes_ += item;
  ends_.push_back(bytes_.size());
  return true;
}

void Items::clear() {
  bytes_.clear();
  ends_.clear();
  stop = false;
}

/// What the plugin holds pointers to.
struct Instance::Host {
  explicit Host(LogFunction function) : log(std::move(function)) {
    table = {sizeof table, this, write_log,
             [](const postern_host*, const char*) noexcept -> const void* { return nullptr; }};
    sink = {sizeof sink, this, put};
  }

  static void write_log(const postern_host* self, std::int32_t level, postern_view text, postern_view fields) noexcept {
    auto& host = *static_cast<Host*>(self->context);
    if (++host.log_lines > kMostLogLinesPerCall || !host.log) return;
    try {
      std::string line(text.data, std::min(text.size, kLongestLogText));
      if (fields.size != 0) line.append(" ").append(fields.data, std::min(fields.size, kLongestLogText));
      host.log(level, line);
    } catch (...) {  // a lost line is no reason to fail the plugin's call
    }
  }

  static std::int32_t put(const postern_sink* self, postern_view item) noexcept {
    auto& host = *static_cast<Host*>(self->context);
    try {
      if (!host.too_much && host.items.add({item.data, item.size})) return POSTERN_OK;
    } catch (const std::bad_alloc&) {
    }
    host.too_much = true;
    return POSTERN_TOO_MUCH;
  }

  /// Before each call.
  postern_error* begin() {
    items.clear();
    too_much = false;
    log_lines = 0;
    text[0] = '\0';
    error = {sizeof error, static_cast<std::uint32_t>(text.size()), text.data()};
    return &error;
  }
  std::string reason() {
    text.back() = '\0';
    return text[0] ? text.data() : "the plugin gave no reason";
  }

  LogFunction log;
  postern_host table{};
  postern_sink sink{};
  Items items;
  bool too_much = false;
  int log_lines = 0;
  postern_error error{};
  std::array<char, 1024> text{};
};

Result<Instance> Instance::create(const Library& library, std::string_view config, LogFunction log) {
  Instance instance(library);
  instance.host_ = {new Host(std::move(log)), [](Host* host) { delete host; }};
  Host& host = *instance.host_;
  void* made = nullptr;
  const auto code = library.functions().create(&host.table, view_of(config), &made, host.begin());
  if (code != POSTERN_OK) {
    const std::string reason = host.reason();
    instance.host_.reset();  // there is nothing to destroy
    return failure(fmt::format("{}: {}", library.descriptor().id, reason),
                   code == POSTERN_BAD_CONFIG ? "correct the plugin's section in the configuration" : "");
  }
  instance.plugin_ = made;
  return instance;
}

Instance::~Instance() {
  if (host_) library_.functions().destroy(plugin_);
}

template <typename Call>
Instance::Given Instance::call(Call&& call) {
  Host& host = *host_;
  postern_error* error = host.begin();
  const std::int32_t code = call(&host.sink, error);
  if (host.too_much)
    return failure(
        fmt::format("gave more than {} items or {} bytes in one call", kMostItemsPerCall, kMostBytesPerCall));
  if (code != POSTERN_OK) return failure(host.reason());
  return &host.items;
}

Instance::Given Instance::decode(std::string_view body, std::string_view meta, Micros now) {
  return call([&](const postern_sink* sink, postern_error* error) {
    return library_.platform().decode(plugin_, view_of(body), view_of(meta), now, sink, error);
  });
}

Instance::Given Instance::encode(std::string_view task, Micros now) {
  const auto given = call([&](const postern_sink* sink, postern_error* error) {
    return library_.platform().encode(plugin_, view_of(task), now, sink, error);
  });
  if (given && (*given)->size() != 1)
    return failure(fmt::format("encode: expected one request, found {}", (*given)->size()));
  return given;
}

Instance::Given Instance::interpret(std::string_view task, std::uint32_t status, std::string_view headers,
                                    std::string_view body, Micros now) {
  const auto given = call([&](const postern_sink* sink, postern_error* error) {
    return library_.platform().interpret(plugin_, view_of(task), status, view_of(headers), view_of(body), now, sink,
                                         error);
  });
  if (given && (*given)->size() == 0) return failure("interpret: expected an outcome, found nothing");
  return given;
}

Instance::Given Instance::handle(std::string_view event, std::string_view context, std::string_view state,
                                 std::string_view turn, Micros now) {
  std::uint32_t flow = POSTERN_NEXT;
  auto given = call([&](const postern_sink* sink, postern_error* error) {
    return library_.handler().handle(plugin_, view_of(event), view_of(context), view_of(state), view_of(turn), now,
                                     sink, &flow, error);
  });
  if (given) host_->items.stop = flow == POSTERN_STOP;
  return given;
}

}  // namespace postern::host
