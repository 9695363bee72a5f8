// SPDX-License-Identifier: Apache-2.0
// How long a codec takes for a typical webhook, from its bytes to its event's, through the C functions of the plugin.
//
//     codec_bench build/release/plugins
#include <dlfcn.h>
#include <postern/plugin.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

struct Sample {
  const char* platform;
  std::string_view body;
};

// About 600 bytes each.
constexpr Sample kSamples[] = {
    {"messenger",
     R"({"object":"page","entry":[{"id":"104857600000001","time":1767225600123,"messaging":[{"sender":{"id":"6712345678901234"},"recipient":{"id":"104857600000001"},"timestamp":1767225600001,"message":{"mid":"m_AbC-1_xyzAbC-1_xyzAbC-1_xyzAbC-1_xyzAbC-1_xyzAbC-1_xyzAbC-1_xyz","text":"Hello, where is order 4711? I ordered it two weeks ago, caf\u00e9 \ud83d\ude00, and nothing has come since. Here is a picture of the bill that you sent me with the first half of it.","attachments":[{"type":"image","payload":{"url":"https:\/\/scontent.example\/v\/t1.15752-9\/4711.jpg?_nc_cat=1&oh=abcdef"}}]}}]}]})"},
    {"instagram",
     R"({"object":"instagram","entry":[{"id":"17841400000000001","time":1767225660456,"messaging":[{"sender":{"id":"991234567890123"},"recipient":{"id":"17841400000000001"},"timestamp":1767225660000,"message":{"mid":"aWdfZAG1faXRlbToxOk1aWdfZAG1faXRlbToxOk1aWdfZAG1faXRlbToxOk1aWdfZAG1faXRlbToxOk1","text":"caf\u00e9 \ud83d\ude00 https:\/\/shop.example\/a?b=1 I ordered it two weeks ago, and nothing has come since. Could you please have a look at it?","reply_to":{"story":{"url":"https:\/\/cdn.example\/s\/1234567890?_nc_cat=1&oh=abcdef","id":"17900000000000008"}}}}]}]})"},
    {"telegram",
     R"({"update_id":900000001,"message":{"message_id":55,"from":{"id":6000000001,"is_bot":false,"first_name":"Rita","last_name":"Lopes","username":"rita","language_code":"pt"},"chat":{"id":6000000001,"type":"private","first_name":"Rita","last_name":"Lopes","username":"rita"},"date":1767226200,"text":"order 4711? I ordered it two weeks ago, caf\u00e9 \ud83d\ude00, and nothing has come since. Here is a picture of the bill that you sent me.","entities":[{"type":"bot_command","offset":0,"length":6}],"reply_to_message":{"message_id":50,"chat":{"id":6000000001,"type":"private"},"date":1767226100,"text":"Which one?"}}})"},
};

std::int32_t swallow(const postern_sink* sink, postern_view item) noexcept {
  *static_cast<std::size_t*>(sink->context) += item.size;
  return POSTERN_OK;
}

postern_view view(std::string_view text) {
  return {text.data(), text.size()};
}

const postern_plugin* load(const std::string& path) {
  void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* symbol = library ? dlsym(library, "postern_plugin_v1") : nullptr;
  if (!symbol) {
    std::fprintf(stderr, "codec_bench: %s\n", dlerror());
    std::exit(1);
  }
  return reinterpret_cast<decltype(&postern_plugin_v1)>(symbol)();
}

/// Microseconds a webhook.
double measure(const postern_plugin& plugin, std::string_view body) {
  char text[256];
  postern_error error{sizeof error, sizeof text, text};
  postern_host host{};
  host.size = sizeof host;
  void* instance = nullptr;
  if (plugin.create(&host, view(R"({"app_secret": true, "verify_token": true})"), &instance, &error) != POSTERN_OK) {
    std::fprintf(stderr, "codec_bench: %s\n", text);
    std::exit(1);
  }
  std::size_t written = 0;
  const postern_sink sink{sizeof sink, &written, swallow};
  constexpr int kRounds = 200'000;
  double best = 1e9;
  for (int run = 0; run < 5; ++run) {  // the least disturbed of five
    const auto begin = std::chrono::steady_clock::now();
    for (int round = 0; round < kRounds / 5; ++round)
      if (plugin.platform->decode(instance, view(body), view("{}"), 0, &sink, &error) != POSTERN_OK) std::abort();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    best = std::min(best, took.count() / (kRounds / 5));
  }
  plugin.destroy(instance);
  return best;
}

}  // namespace

int main(int count, char** words) {
  const std::string folder = count > 1 ? words[1] : POSTERN_PLUGINS;
  for (const auto& [platform, body] : kSamples)
    std::printf("%-10s decode of %zu bytes: %.2f us\n", platform, body.size(),
                measure(*load(folder + "/" + platform + ".so"), body));
}
