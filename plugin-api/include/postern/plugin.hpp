// SPDX-License-Identifier: Apache-2.0
// What handlers and platforms have in common: how an author's class becomes the C functions of plugin.h. Authors
// include <postern/handler.hpp> or <postern/platform.hpp>, not this.
#pragma once
#include <algorithm>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>

#include "postern/option.hpp"

namespace postern {
inline namespace sdk_v1 {

/// The host's sink is full: the call has given more than a call may give.
struct TooMuch : std::runtime_error {
  TooMuch() : std::runtime_error("more items or bytes than one call may give") {}
};

/// Where items go, with the buffer that each is written into. One per instance, since its calls never overlap.
class Sink {
 public:
  explicit Sink(std::string& buffer) : buffer_(buffer), writer_(buffer) { begin(nullptr); }

  void begin(const postern_sink* sink) {
    sink_ = sink;
    buffer_.clear();
    writer_.reset();
  }
  /// For the next item. Ends with put().
  Writer& writer() { return writer_; }
  void put() {
    if (writer_.depth() != 0) throw std::logic_error("an item was put with an object or array still open");
    if (sink_->put(sink_, {buffer_.data(), buffer_.size()}) != POSTERN_OK) throw TooMuch();
    drop();
  }
  /// Forgets what was written since the last put().
  void drop() {
    buffer_.clear();
    writer_.reset();
  }

 private:
  const postern_sink* sink_ = nullptr;
  std::string& buffer_;
  Writer writer_;
};

/// The daemon's log, under the plugin's name. Never what a customer wrote, nor a name, nor a platform's id.
class Log {
 public:
  explicit Log(const postern_host* host) : host_(host) {}
  void debug(std::string_view text) const { write(POSTERN_LOG_DEBUG, text); }
  void info(std::string_view text) const { write(POSTERN_LOG_INFO, text); }
  void warning(std::string_view text) const { write(POSTERN_LOG_WARNING, text); }
  void error(std::string_view text) const { write(POSTERN_LOG_ERROR, text); }

 private:
  void write(std::int32_t level, std::string_view text) const {
    if (host_) host_->log(host_, level, {text.data(), text.size()}, {nullptr, 0});
  }
  const postern_host* host_;
};

namespace detail {

inline std::string_view chars(postern_view view) {
  return {view.data, view.size};
}

inline std::int32_t report(postern_error* error, std::int32_t code, std::string_view text) noexcept {
  if (!error || !error->text || error->capacity == 0) return code;
  const auto size = std::min<std::size_t>(text.size(), error->capacity - 1);
  std::memcpy(error->text, text.data(), size);
  error->text[size] = '\0';
  return code;
}

/// Runs what an author wrote. Whatever it throws becomes a code and the exception's text.
template <typename Work>
std::int32_t guard(postern_error* error, Work&& work) noexcept {
  try {
    work();
    return POSTERN_OK;
  } catch (const BadConfig& bad) {
    return report(error, POSTERN_BAD_CONFIG, bad.what());
  } catch (const BadInput& bad) {
    return report(error, POSTERN_BAD_INPUT, bad.what());
  } catch (const TooMuch& full) {
    return report(error, POSTERN_TOO_MUCH, full.what());
  } catch (const std::exception& exception) {
    return report(error, POSTERN_FAULT, exception.what());
  } catch (...) {
    return report(error, POSTERN_FAULT, "threw something that is not a std::exception");
  }
}

/// Options and facts are optional members of the author's class.
template <typename Class>
constexpr std::span<const Option> options_of() {
  if constexpr (requires { Class::options; })
    return Class::options;
  else
    return {};
}
template <typename Class>
constexpr const char* facts_of() {
  if constexpr (requires { Class::facts; })
    return Class::facts;
  else
    return "{}";
}

/// The author's object and what its calls reuse.
template <typename Class>
struct Instance {
  std::string buffer;
  Sink sink{buffer};
  Class object;

  template <typename... Args>
  explicit Instance(const Args&... args) : object(args...) {}

  static Instance& of(void* instance) { return *static_cast<Instance*>(instance); }
};

template <typename Class>
std::unique_ptr<Instance<Class>> make(const Config& config, const Log& log) {
  if constexpr (std::is_constructible_v<Class, const Config&, const Log&>)
    return std::make_unique<Instance<Class>>(config, log);
  else if constexpr (std::is_constructible_v<Class, const Config&>)
    return std::make_unique<Instance<Class>>(config);
  else
    return std::make_unique<Instance<Class>>();
}

template <typename Class>
std::int32_t create(const postern_host* host, postern_view config, void** instance, postern_error* error) noexcept {
  return guard(error, [&] {
    const Json document = parse_json(config.size ? chars(config) : "{}");
    *instance = make<Class>(Config(document, options_of<Class>()), Log(host)).release();
  });
}
template <typename Class>
void destroy(void* instance) noexcept {
  delete static_cast<Instance<Class>*>(instance);
}

template <typename Class>
constexpr postern_plugin describe(const char* id, const char* version, const char* summary) {
  static_assert(std::is_constructible_v<Class, const Config&, const Log&> ||
                    std::is_constructible_v<Class, const Config&> || std::is_default_constructible_v<Class>,
                "a plugin's class is constructed from (const postern::Config&, const postern::Log&), from "
                "(const postern::Config&), or from nothing");
  postern_plugin plugin{};
  plugin.size = sizeof plugin;
  plugin.id = id;
  plugin.version = version;
  plugin.summary = summary;
  plugin.options = options_of<Class>().data();
  plugin.option_count = static_cast<std::uint32_t>(options_of<Class>().size());
  plugin.option_stride = sizeof(Option);
  plugin.facts = facts_of<Class>();
  plugin.create = create<Class>;
  plugin.destroy = destroy<Class>;
  return plugin;
}

}  // namespace detail
}  // namespace sdk_v1
}  // namespace postern
