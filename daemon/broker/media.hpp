// SPDX-License-Identifier: Apache-2.0
// Files that came with events: found by the codec where they have no address of their own, fetched by the courier,
// looked at, and handed to the keeper. Some at a time; the rest waits in order.
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "broker/number.hpp"
#include "broker/request.hpp"
#include "broker/tasks.hpp"
#include "bus/hosts.hpp"
#include "core/action.hpp"
#include "core/input.hpp"
#include "courier/courier.hpp"
#include "ledger/keeper.hpp"

namespace postern::broker {

class Media {
 public:
  using Decide = std::function<void(core::Input&&)>;
  /// Hands a file to the keeper; false: it has too much to do.
  using Keep = std::function<bool(ledger::Content&&)>;

  /// `most`: bytes of one file.
  Media(bus::Hosts& hosts, courier::Courier& courier, std::shared_ptr<const Reaches> reaches, std::size_t most,
        Keep keep, Decide decide)
      : hosts_(hosts),
        courier_(courier),
        reaches_(std::move(reaches)),
        most_(most),
        keep_(std::move(keep)),
        decide_(std::move(decide)) {}

  void fetch(core::FetchFile&& file);
  void answered(std::uint64_t index, bus::Done&& done);  ///< of encode or interpret
  void delivered(courier::Delivery&& delivery);
  void kept(core::FileFetched&& file);  ///< the keeper has done with it

  void replace(std::shared_ptr<const Reaches> reaches) { reaches_ = std::move(reaches); }
  std::size_t size() const { return running_.size() + waiting_.size(); }

 private:
  struct Running {
    core::FetchFile file;
    core::Text task;
    bool located = false;  ///< what comes next is the file itself
    int steps = 0;
  };
  using Outcome = core::FileFetched::Outcome;

  void start_waiting();
  void start(core::FetchFile&& file);
  void call(std::uint64_t index, const Running& running, bus::Function function, std::vector<bus::Argument> arguments);
  void encoded(std::uint64_t index, Running& running, bus::Done&& done);
  void interpreted(std::uint64_t index, Running& running, bus::Done&& done);
  void get(std::uint64_t index, Running& running, FileAt&& at);
  void ask(std::uint64_t index, Running& running, courier::Request&& request);
  void submit(std::uint64_t index, courier::Errand&& errand);
  void look_at(std::uint64_t index, Running& running, courier::Delivery&& delivery);
  void end(std::uint64_t index, Outcome outcome, std::string reason);

  bus::Hosts& hosts_;
  courier::Courier& courier_;
  std::shared_ptr<const Reaches> reaches_;
  const std::size_t most_;
  const Keep keep_;
  const Decide decide_;
  std::uint64_t next_ = 1;
  std::unordered_map<std::uint64_t, Running> running_;
  std::unordered_map<std::int64_t, std::uint64_t> by_medium_;
  std::deque<core::FetchFile> waiting_;
  bool starting_ = false;
};

/// The errand that fetches a file from a URL which a codec gave. With auth it is one of the account's own if the URL
/// leads to where the account's requests go anyway, or by https to one of the hosts that the plugin names. All others
/// are external and bear no credential: an address from a message must not carry one away.
Result<courier::Errand> errand_for_file(FileAt&& at, const AccountReach& reach);

}  // namespace postern::broker
