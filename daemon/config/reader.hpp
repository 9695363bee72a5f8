// SPDX-License-Identifier: Apache-2.0
// From the merged document to a Config, section by section. Used by load() alone.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>

#include "config/config.hpp"
#include "config/schema.hpp"

namespace postern::config {

class Reader {
 public:
  /// `folder` is absolute: relative paths begin there. All outlive the reader.
  Reader(const Node& document, std::filesystem::path folder, const Surroundings& around, Problems& problems)
      : document_(document), folder_(std::move(folder)), around_(around), problems_(problems) {}

  /// With every value that could be read; what could not is among the problems.
  Config read();

 private:
  void read_top();
  void read_ledger();
  void read_roles();
  void read_outbound();
  void read_limits();
  void read_platform(const Member& section);
  void read_account(const Member& section);
  void read_handler(const Member& section);
  void read_route(const Node& item);
  void read_retention(const Node& item);
  void read_publish();
  void read_witness(const Node& item);
  void check_accounts();
  void check_routes();

  template <typename Read>
  void each_section(std::string_view name, Read read);
  template <typename Read>
  void each_item(std::string_view name, Read read);
  void read_placement(const Table& table, const Member& section, PluginSection& out);
  void read_own(const Table& table, std::vector<Member>& options, Secrets& secrets);
  Table table(const Node* node, std::string_view section, Table::Others others = Table::Others::unknown);
  std::filesystem::path path(const std::string& text) const { return (folder_ / text).lexically_normal(); }
  Endpoint endpoint(const Table& table, std::string_view key);
  void check_url(const Table& table, std::string_view key);
  void known(const Place& place, std::string_view what, const std::string& name,
             const std::vector<std::string_view>& names);

  const Node& document_;
  const std::filesystem::path folder_;
  const Surroundings& around_;
  Problems& problems_;
  Config config_;
};

}  // namespace postern::config
