// SPDX-License-Identifier: Apache-2.0
// Runs a plugin in a unit test, without the daemon: link the plugin's source into the test and call it as the daemon
// would, through postern_plugin_v1().
//
//     postern::FakeHost host(R"({"greeting": "Hi"})");
//     const auto said = host.handle(R"({"kind": "message", "text": "hello"})");
//     assert(said.items.at(0).at("text") == "Hi, no. 1");
#pragma once
#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "postern/json.hpp"
#include "postern/plugin.h"

namespace postern {
inline namespace sdk_v1 {

/// One instance of the plugin that is linked in (or of another, if it is given). One thread.
class FakeHost {
 public:
  /// What a call gave: the items, each parsed (so what isn't JSON throws here), or the code and text of its failure.
  struct Said {
    std::vector<Json> items;
    std::int32_t code = POSTERN_OK;
    std::string error;
    std::uint32_t flow = POSTERN_NEXT;

    bool ok() const { return code == POSTERN_OK; }
  };

  /// Creates the instance. Throws std::runtime_error with the plugin's text if it refuses the configuration.
  explicit FakeHost(std::string_view config = "{}", const postern_plugin* plugin = postern_plugin_v1())
      : plugin_(plugin) {
    host_.size = sizeof host_;
    host_.context = this;
    host_.log = [](const postern_host* host, std::int32_t, postern_view text, postern_view) noexcept {
      static_cast<FakeHost*>(host->context)->logged.emplace_back(text.data, text.size);
    };
    host_.extension = [](const postern_host*, const char*) noexcept -> const void* { return nullptr; };
    auto error = fresh_error();
    if (plugin_->create(&host_, view(config), &instance_, &error) != POSTERN_OK) throw std::runtime_error(text_.data());
  }
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;
  ~FakeHost() { plugin_->destroy(instance_); }

  Said decode(std::string_view body, std::string_view meta = "{}") {
    return call([&](auto* sink, auto* error, Said&) {
      return plugin_->platform->decode(instance_, view(body), view(meta), now, sink, error);
    });
  }
  Said encode(std::string_view task) {
    return call([&](auto* sink, auto* error, Said&) {
      return plugin_->platform->encode(instance_, view(task), now, sink, error);
    });
  }
  Said interpret(std::string_view task, std::uint32_t status, std::string_view headers, std::string_view body) {
    return call([&](auto* sink, auto* error, Said&) {
      return plugin_->platform->interpret(instance_, view(task), status, view(headers), view(body), now, sink, error);
    });
  }
  /// The state is kept from call to call, as the broker keeps it: `state` below.
  Said handle(std::string_view event, std::string_view context = "{}", std::string_view turn = "{}") {
    Said said = call([&](auto* sink, auto* error, Said& out) {
      return plugin_->handler->handle(instance_, view(event), view(context), view(state), view(turn), now, sink,
                                      &out.flow, error);
    });
    for (const Json& item : said.items)
      if (Node(item)["effect"].text() == "state") state = boost::json::serialize(item.at("value"));
    return said;
  }

  std::int64_t now = 1'767'225'600'000'000;  ///< what calls are told: 2026-01-01T00:00:00Z
  std::string state = "{}";                  ///< the handler's state
  std::vector<std::string> logged;

 private:
  static postern_view view(std::string_view text) { return {text.data(), text.size()}; }

  postern_error fresh_error() {
    text_[0] = '\0';
    return {sizeof(postern_error), static_cast<std::uint32_t>(text_.size()), text_.data()};
  }

  template <typename Call>
  Said call(Call&& make) {
    Said said;
    std::vector<std::string> texts;
    const postern_sink sink{sizeof(postern_sink), &texts, [](const postern_sink* self, postern_view item) noexcept {
                              static_cast<std::vector<std::string>*>(self->context)->emplace_back(item.data, item.size);
                              return std::int32_t{POSTERN_OK};
                            }};
    auto error = fresh_error();
    said.code = make(&sink, &error, said);
    if (said.code == POSTERN_OK)
      for (const auto& text : texts) said.items.push_back(parse_json(text));
    else
      said.error = text_.data();
    return said;
  }

  const postern_plugin* plugin_;
  postern_host host_{};
  void* instance_ = nullptr;
  std::array<char, 512> text_{};
};

}  // namespace sdk_v1
}  // namespace postern
