// SPDX-License-Identifier: Apache-2.0
#include "service/publication.hpp"

#include "publish/syslog.hpp"

namespace postern::service {
namespace {

/// Does it stand in a leaf as it is?
bool fits_a_leaf(std::string_view name) {
  return name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/@+=-") ==
         std::string_view::npos;
}

}  // namespace

publish::Settings publish_settings(const config::Config& config, config::Problems& problems) {
  const auto& section = config.publish;
  publish::Settings settings{
      section.every, section.records, section.folder, section.highwater, section.syslog, section.post, {},
      config.proxy,  config.ca_file};
  for (const auto& place : section.syslog)
    if (!publish::is_syslog_place(place))
      problems.add(section.place, "\"syslog\": \"" + place + "\" is no place for a log",
                   "write \"unix:/dev/log\", \"udp:HOST:PORT\" or \"tcp:HOST:PORT\"");
  for (const auto& witness : config.witnesses) {
    auto vkey = ledger::VKey::parse(witness.vkey);
    if (!vkey)
      problems.add(witness.place, "\"vkey\": " + vkey.error().what, vkey.error().remedy);
    else if (vkey->type != ledger::KeyType::cosignature || !fits_a_leaf(vkey->name))
      problems.add(witness.place, "\"vkey\": " + vkey->name + " is not the key of a witness",
                   "take the line that `postern-witness keygen` has printed");
    else
      settings.witnesses.push_back({witness.url, std::move(*vkey)});
  }
  return settings;
}

Result<std::unique_ptr<publish::Publisher>> start_publisher(ledger::Store& store, const publish::Settings& settings,
                                                            broker::Inbox& inbox,
                                                            std::unique_ptr<broker::Broker>& broker,
                                                            std::unique_ptr<ledger::Writer>& writer,
                                                            std::function<void(const std::string&)> alarm) {
  auto view = store.open_view();
  if (!view) return tl::unexpected(view.error());
  publish::Events events;
  // By way of the broker's thread, which runs only when the writer does.
  events.record = [&](std::vector<core::Record>&& records, std::vector<ledger::Published>&& rows) {
    (void)inbox.work.put([&broker, &writer, records = std::move(records), rows = std::move(rows)]() mutable {
      for (auto& row : rows) (void)writer->keep(std::move(row));
      for (auto& record : records) broker->note(std::move(record));
    });
  };
  events.alarm = std::move(alarm);
  return std::make_unique<publish::Publisher>(std::move(*view), settings, std::move(events));
}

}  // namespace postern::service
