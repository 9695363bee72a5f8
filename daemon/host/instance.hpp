// SPDX-License-Identifier: Apache-2.0
// One instance of a plugin: the configuration of one section, and calls into it.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "host/library.hpp"

namespace postern::host {

inline constexpr std::size_t kMostBytesPerCall = 4u << 20, kMostItemsPerCall = 4096;

/// What one call gave: JSON texts, in order, one after another in one buffer.
class Items {
 public:
  std::size_t size() const { return ends_.size(); }
  std::string_view operator[](std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
    return std::string_view(bytes_).substr(begin, ends_[index] - begin);
  }
  /// False when the call has given more than a call may give; the item is then not kept.
  bool add(std::string_view item);
  void clear();

  bool stop = false;  ///< handle: the chain ends here

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
};

/// Calls the plugin's functions and holds it to plugin.h. One thread at a time. A Result without value is a fault of
/// the plugin or an input that it cannot read; its text is the plugin's own and fit for the log.
class Instance {
 public:
  /// Gets what the plugin logs, on the calling thread, during a call. `level` is POSTERN_LOG_DEBUG ….
  using LogFunction = std::function<void(std::int32_t level, std::string_view text)>;

  /// `config` is the section's options as JSON (plugin.h, create). Fails with the plugin's text.
  static Result<Instance> create(const Library& library, std::string_view config, LogFunction log);
  Instance(Instance&&) noexcept = default;
  Instance& operator=(Instance&&) = delete;
  ~Instance();

  const Library& library() const { return library_; }

  /// The items of a call. They are valid until the next call on this instance.
  using Given = Result<const Items*>;
  Given decode(std::string_view body, std::string_view meta, Micros now);
  Given encode(std::string_view task, Micros now);
  Given interpret(std::string_view task, std::uint32_t status, std::string_view headers, std::string_view body,
                  Micros now);
  Given handle(std::string_view event, std::string_view context, std::string_view state, std::string_view turn,
               Micros now);

 private:
  struct Host;
  explicit Instance(const Library& library) : library_(library) {}
  template <typename Call>
  Given call(Call&& call);

  Library library_;
  std::unique_ptr<Host, void (*)(Host*)> host_{nullptr, nullptr};  // the plugin keeps its address
  void* plugin_ = nullptr;
};

}  // namespace postern::host
