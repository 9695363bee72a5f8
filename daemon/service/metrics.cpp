// SPDX-License-Identifier: Apache-2.0
#include "service/metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <vector>

namespace postern::service {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

class Page {
 public:
  void counter(std::string name, std::string help, double value, std::vector<ClientMetric::Label> labels = {}) {
    ClientMetric metric;
    metric.counter.value = value;
    add(std::move(name), std::move(help), MetricType::Counter, std::move(metric), std::move(labels));
  }
  void gauge(std::string name, std::string help, double value, std::vector<ClientMetric::Label> labels = {}) {
    ClientMetric metric;
    metric.gauge.value = value;
    add(std::move(name), std::move(help), MetricType::Gauge, std::move(metric), std::move(labels));
  }
  std::string text() const { return prometheus::TextSerializer().Serialize(families_); }

 private:
  void add(std::string name, std::string help, MetricType type, ClientMetric metric,
           std::vector<ClientMetric::Label> labels) {
    metric.label = std::move(labels);
    if (families_.empty() || families_.back().name != name)
      families_.push_back({std::move(name), std::move(help), type, {}});
    families_.back().metric.push_back(std::move(metric));
  }
  std::vector<MetricFamily> families_;
};

constexpr const char* kAlarmHelp = "1 when the ledger must not go on, since something newer of it was seen elsewhere";

double read(const std::atomic<std::uint64_t>& value) {
  return static_cast<double>(value.load(std::memory_order_relaxed));
}

}  // namespace

std::string metrics_text(const gateway::Counters& gateway, const broker::Counters& broker,
                         const courier::Counters& courier, const ledger::Writer& writer,
                         const ledger::Scrubber& scrubber, const std::vector<core::AccountMark>& accounts,
                         const std::vector<publish::Mark>& published, bool ready) {
  Page page;
  page.gauge("postern_ready", "1 when every plugin has said hello and the ledger takes records", ready ? 1 : 0);
  page.counter("postern_webhooks_total", "webhooks with a right signature", read(gateway.verified));
  page.counter("postern_webhooks_unanswered_total", "webhooks that got 503 since the commit came too late",
               read(gateway.unanswered));
  page.counter("postern_webhooks_refused_full_total", "webhooks that got 503 since there was no room",
               read(gateway.full));
  page.counter("postern_deletion_callbacks_refused_total", "requests of platforms to forget somebody that were refused",
               read(gateway.wishes_forged), {{"why", "forged"}});
  page.counter("postern_deletion_callbacks_refused_total", "", read(gateway.wishes_expired), {{"why", "expired"}});
  page.counter("postern_deletion_callbacks_repeated_total", "such requests that had been granted before",
               read(gateway.wishes_repeated));
  for (std::size_t i = 0; i < gateway.responses.size(); ++i)
    page.counter("postern_http_responses_total", "responses of the webhook listener by status",
                 read(gateway.responses[i]), {{"status", std::to_string(gateway::kStatuses[i].code)}});
  page.gauge("postern_http_connections", "open connections of the webhook listener", read(gateway.open));
  page.counter("postern_events_total", "events recorded", read(broker.received));
  page.counter("postern_duplicates_total", "events that had been here before", read(broker.duplicates));
  page.counter("postern_sent_total", "parts that a platform has taken", read(broker.sent));
  page.counter("postern_refused_total", "effects that policy has denied", read(broker.refused));
  page.counter("postern_turns_answered_total", "turns that ended answered", read(broker.answered));
  page.counter("postern_turns_escalated_total", "turns that ended escalated", read(broker.escalated));
  page.counter("postern_alarms_total", "things that a person must see", read(broker.alarms));
  page.gauge("postern_turns_waiting", "turns that nobody has answered yet", read(broker.waiting_turns));
  page.gauge("postern_quarantined", "events in quarantine", read(broker.quarantined));
  page.gauge("postern_conversations_in_memory", "conversations in memory", read(broker.conversations));
  page.counter("postern_requests_total", "requests to platforms by fate", read(courier.answered),
               {{"fate", "answered"}});
  page.counter("postern_requests_total", "", read(courier.not_sent), {{"fate", "not_sent"}});
  page.counter("postern_requests_total", "", read(courier.unclear), {{"fate", "unclear"}});
  page.counter("postern_requests_total", "", read(courier.refused), {{"fate", "refused"}});
  page.gauge("postern_requests_running", "requests under way", read(courier.running));
  for (const auto& each : accounts)
    page.gauge("postern_account_paused", "1 while the account's outbox waits", each.pause_class.empty() ? 0 : 1,
               {{"account", std::string(each.account)}});
  for (const auto& each : accounts)
    if (each.token_ends > 0)
      page.gauge("postern_token_end_timestamp_seconds", "when the account's token ends, Unix time",
                 static_cast<double>(each.token_ends) / kSecond, {{"account", std::string(each.account)}});
  for (const auto& each : published)
    page.gauge("postern_published_records", "records that the newest checkpoint covers that was taken there",
               static_cast<double>(each.size), {{"sink", each.name}});
  for (const auto& each : published)
    page.gauge("postern_publish_trouble", "1 while the newest checkpoint is not taken there",
               each.trouble.empty() ? 0 : 1, {{"sink", each.name}});
  page.gauge("postern_ledger_degraded", "1 while the disk is full", writer.degraded() ? 1 : 0);
  const auto scrub = scrubber.status();
  page.gauge("postern_ledger_damaged", "1 since reading the ledger again has found damage",
             scrub.damage.empty() ? 0 : 1);
  page.gauge("postern_ledger_scrub_timestamp_seconds", "when the whole ledger was last read and found well, Unix time",
             static_cast<double>(scrub.last_well) / kSecond);
  page.gauge("postern_ledger_alarm", kAlarmHelp, 0);
  return page.text();
}

std::string standby_metrics() {
  Page page;
  page.gauge("postern_ready", "1 when every plugin has said hello and the ledger takes records", 0);
  page.gauge("postern_ledger_alarm", kAlarmHelp, 1);
  return page.text();
}

}  // namespace postern::service
