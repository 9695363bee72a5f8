// SPDX-License-Identifier: Apache-2.0
// The C++ SDK for platform plugins. A platform is a codec: data about the platform, and three pure functions.
//
//     class Example final : public postern::Platform {
//      public:
//       static constexpr char facts[] = R"({"platform": "example", "base_url": "https://api.example.com", …})";
//       void decode(const postern::Webhook& webhook, postern::Events& events) override;
//       void encode(const postern::Task& task, postern::Request& request) override;
//       void interpret(const postern::Task& task, const postern::Answer& answer, postern::Outcome& outcome) override;
//     };
//     POSTERN_PLATFORM(Example, "org.example.example", "1.0.0", "Example's direct messages.");
//
// `facts` (facts.schema.json) says what the daemon does by itself: how a webhook is signed, how the handshake goes,
// which credentials an account has, what the platform can do. The class is constructed like a handler's and may
// declare options[]; those that belong to an account end with postern::per_account and come with each task.
//
// Throw postern::BadInput if a body as a whole cannot be read. Whatever else you throw is a fault of the plugin.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "postern/events.hpp"
#include "postern/outcome.hpp"
#include "postern/request.hpp"

namespace postern {
inline namespace sdk_v1 {

/// One webhook, whose signature the daemon has verified.
class Webhook {
 public:
  Webhook(std::string_view body, std::string_view meta, Timestamp now, boost::json::storage_ptr memory)
      : body_(body), meta_text_(meta), now_(now), memory_(std::move(memory)) {}

  /// Exactly what arrived.
  std::string_view body() const { return body_; }
  /// The body's document. Throws BadInput if it isn't JSON, isn't UTF-8, or is nested deeper than 32.
  Node json() const {
    if (!json_) json_.emplace(parse_json(body_, memory_));
    return Node(*json_);
  }
  std::string_view method() const { return meta()["method"].text(); }
  std::string_view path() const { return meta()["path"].text(); }
  std::string_view query(std::string_view name) const { return meta()["query"][name].text(); }
  /// By its name in lower case.
  std::string_view header(std::string_view name) const { return meta()["headers"][name].text(); }
  /// The account that the path names, /webhooks/<section>/<account>; empty where the body has to say it.
  std::string_view account() const { return meta()["account"].text(); }
  /// The broker's time.
  Timestamp now() const { return now_; }

 private:
  Node meta() const {
    if (!meta_) meta_.emplace(parse_json(meta_text_.empty() ? "{}" : meta_text_, memory_));
    return Node(*meta_);
  }

  std::string_view body_, meta_text_;
  Timestamp now_;
  boost::json::storage_ptr memory_;
  mutable std::optional<Json> json_, meta_;  // parsed when first asked for
};

/// The base class of platforms. All three functions are pure: same input, same output.
class Platform {
 public:
  virtual ~Platform() = default;

  /// One webhook, any number of events, in the body's order. What isn't understood becomes Events::unknown().
  virtual void decode(const Webhook& webhook, Events& events) = 0;
  /// One task, one HTTP request. It is called again after a crash and must not depend on having been called.
  virtual void encode(const Task& task, Request& request) = 0;
  /// What the answer to that request means. Say retry only where the platform's documents say that nothing was
  /// delivered; otherwise it is unclear.
  virtual void interpret(const Task& task, const Answer& answer, Outcome& outcome) = 0;
};

namespace detail {

template <typename Class>
struct PlatformThunks {
  static std::int32_t decode(void* instance, postern_view body, postern_view meta, std::int64_t now,
                             const postern_sink* sink, postern_error* error) noexcept {
    return run(instance, sink, error, [&](Platform& platform, Sink& out, boost::json::storage_ptr memory) {
      Events events(out, false);
      platform.decode(Webhook(chars(body), chars(meta), now, std::move(memory)), events);
      events.flush();
    });
  }

  static std::int32_t encode(void* instance, postern_view task, std::int64_t now, const postern_sink* sink,
                             postern_error* error) noexcept {
    return run(instance, sink, error, [&](Platform& platform, Sink& out, boost::json::storage_ptr memory) {
      const Json json = parse_json(chars(task), std::move(memory));
      Request request;
      platform.encode(Task(json, now), request);
      request.write(out.writer());
      out.put();
    });
  }

  static std::int32_t interpret(void* instance, postern_view task, std::uint32_t status, postern_view headers,
                                postern_view body, std::int64_t now, const postern_sink* sink,
                                postern_error* error) noexcept {
    return run(instance, sink, error, [&](Platform& platform, Sink& out, boost::json::storage_ptr memory) {
      const Json json = parse_json(chars(task), memory);
      Outcome outcome(out);
      platform.interpret(Task(json, now), Answer(status, chars(headers), chars(body), memory), outcome);
      outcome.end();
    });
  }

  static constexpr postern_platform table{sizeof(postern_platform), decode, encode, interpret};

 private:
  template <typename Work>
  static std::int32_t run(void* instance, const postern_sink* sink, postern_error* error, Work&& work) noexcept {
    return guard(error, [&] {
      auto& self = Instance<Class>::of(instance);
      self.sink.begin(sink);
      unsigned char stack[8192];
      boost::json::monotonic_resource memory(stack, sizeof stack);
      work(self.object, self.sink, &memory);
    });
  }
};

template <typename Class>
constexpr postern_plugin describe_platform(const char* id, const char* version, const char* summary) {
  static_assert(std::is_base_of_v<Platform, Class>, "POSTERN_PLATFORM wants a class derived from postern::Platform");
  static_assert(
      requires { Class::facts; }, "a platform declares `static constexpr char facts[]` (facts.schema.json)");
  postern_plugin plugin = describe<Class>(id, version, summary);
  plugin.kind = POSTERN_KIND_PLATFORM;
  plugin.platform = &PlatformThunks<Class>::table;
  return plugin;
}

}  // namespace detail
}  // namespace sdk_v1
}  // namespace postern

/// Exports the class as the plugin of this shared object. Once, at namespace scope. `id` is a reverse domain name that
/// never changes, `summary` one sentence.
#define POSTERN_PLATFORM(Class, id, version, summary)                                                           \
  POSTERN_EXPORT const postern_plugin* postern_plugin_v1(void) noexcept {                                       \
    static constexpr postern_plugin plugin = ::postern::detail::describe_platform<Class>(id, version, summary); \
    return &plugin;                                                                                             \
  }                                                                                                             \
  static_assert(true)
