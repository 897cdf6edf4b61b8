#include "app/notifier.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

#include "eventlog/following.h"

namespace millrace::app {
namespace {

// 100 records: as many transactions of messages as a group has endpoints, a few milliseconds of the reactor.
constexpr eventlog::FollowLimits limits{.each = {.records_max = 100, .bytes_max = 1 << 20}, .bytes_max = 8 << 20};

constexpr std::string_view prefix = "notify/";

std::string reader_of(const std::string& topic, eventlog::PartitionNumber partition, const std::string& group) {
  return fmt::format("{}{}/{}/{}", prefix, topic, partition, group);
}

// Of the name of such a checkpoint; neither topics nor groups have a slash in theirs.
std::optional<Notification> notification_of(const std::string& name) {
  if (!name.starts_with(prefix)) return {};
  auto topic_end = name.find('/', prefix.size());
  auto partition_end = topic_end == std::string::npos ? topic_end : name.find('/', topic_end + 1);
  if (partition_end == std::string::npos) return {};
  return Notification{name.substr(prefix.size(), topic_end - prefix.size()), name.substr(partition_end + 1)};
}

// What a header can carry.
bool is_printable(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char one) { return one >= ' ' && one != 0x7f; });
}

}  // namespace

delivery::PublishRequest message_of(const std::string& topic, const eventlog::Record& record,
                                    const std::string& group) {
  delivery::PublishRequest request;
  request.destination.group = group;
  request.content.body = record.value.value_or("");
  auto& headers = request.content.headers;
  headers = {{"Content-Type", "application/json"},
             {"Millrace-Topic", topic},
             {"Millrace-Partition", std::to_string(record.partition)},
             {"Millrace-Offset", std::to_string(record.offset)}};
  if (record.key && is_printable(*record.key)) headers.emplace_back("Millrace-Key", *record.key);
  return request;
}

Notifier::Notifier(eventlog::EventLog& log, delivery::Delivery& delivery, NotifierOptions options)
    : log_(log), delivery_(delivery), options_(std::move(options)) {}

// Publishes, remembers how far was read, and lets retention go on up to there.
Async<Result<void>> Notifier::set(std::string reader, eventlog::TopicPartition of, eventlog::Offset next,
                                  std::vector<delivery::PublishRequest> requests) {
  eventlog::Checkpoint checkpoint{.name = reader, .offset = next, .of = std::move(of)};
  auto published = co_await delivery_.publish_from_log(std::move(reader), next, std::move(requests));
  if (!published) co_return published.error();
  eventlog::CheckpointExpected any;
  auto kept = co_await log_.set_checkpoint(std::move(checkpoint), any);
  if (!kept) co_return kept.error();
  co_return Result<void>{};
}

// Takes away what tells of the topic; how many partitions it was.
Async<Result<std::size_t>> Notifier::forget(std::string topic) {
  auto all = co_await log_.checkpoints();
  if (!all) co_return all.error();
  std::size_t count = 0;
  for (const eventlog::Checkpoint& each : *all) {
    auto notification = notification_of(each.name);
    if (!notification || notification->topic != topic) continue;
    std::string name = each.name;
    eventlog::CheckpointExpected any;
    auto removed = co_await log_.remove_checkpoint(std::move(name), any);
    if (!removed) co_return removed.error();
    ++count;
  }
  co_return count;
}

Async<Result<void>> Notifier::notify(std::string topic, std::string group) {
  std::string name = topic;
  auto status = co_await log_.status(std::move(name));
  if (!status) co_return status.error();
  std::string asked = group;
  auto there = co_await delivery_.group(std::move(asked));
  if (!there) co_return there.error();
  std::string old = topic;
  auto forgotten = co_await forget(std::move(old));
  if (!forgotten) co_return forgotten.error();
  for (std::size_t at = 0; at < status->partitions.size(); ++at) {
    auto partition = static_cast<eventlog::PartitionNumber>(at);
    std::string reader = reader_of(topic, partition, group);
    eventlog::TopicPartition of{topic, partition};
    std::vector<delivery::PublishRequest> nothing;
    auto done = co_await set(std::move(reader), std::move(of), status->partitions[at].bounds.next, std::move(nothing));
    if (!done) co_return done;
  }
  look_again();
  co_return Result<void>{};
}

Async<Result<void>> Notifier::end(std::string topic) {
  std::string name = topic;
  auto forgotten = co_await forget(std::move(name));
  if (!forgotten) co_return forgotten.error();
  if (*forgotten == 0) co_return Error{ErrorCode::not_found, "nobody is notified of topic: " + topic};
  look_again();
  co_return Result<void>{};
}

Async<Result<std::vector<Notification>>> Notifier::notifications() {
  auto checkpoints = co_await log_.checkpoints();
  if (!checkpoints) co_return checkpoints.error();
  std::vector<Notification> all;
  for (const eventlog::Checkpoint& each : *checkpoints) {
    auto found = notification_of(each.name);
    if (found && std::find(all.begin(), all.end(), *found) == all.end()) all.push_back(std::move(*found));
  }
  co_return all;
}

// Where each partition goes on. One that has come since the notification began is read from its beginning.
Async<Result<std::vector<eventlog::Position>>> Notifier::positions() {
  auto all = co_await notifications();
  if (!all) co_return all.error();
  notifications_ = *all;
  std::vector<eventlog::Position> found;
  for (const Notification& each : *all) {
    std::string topic = each.topic;
    auto status = co_await log_.status(std::move(topic));
    if (!status && status.error().code == ErrorCode::not_found) continue;
    if (!status) co_return status.error();
    for (std::size_t at = 0; at < status->partitions.size(); ++at) {
      auto partition = static_cast<eventlog::PartitionNumber>(at);
      std::string reader = reader_of(each.topic, partition, each.group);
      auto position = co_await delivery_.position(std::move(reader));
      if (!position) co_return position.error();
      const eventlog::Bounds& bounds = status->partitions[at].bounds;
      eventlog::Offset from = position->value_or(bounds.first);
      if (from > bounds.next) from = bounds.first;  // the topic was removed and made anew
      found.push_back({each.topic, partition, from});
    }
  }
  co_return found;
}

Async<Result<void>> Notifier::pass_on(std::string topic, eventlog::PartitionNumber partition,
                                      std::vector<eventlog::Record> records) {
  auto notification = std::find_if(notifications_.begin(), notifications_.end(),
                                   [&](const Notification& each) { return each.topic == topic; });
  if (records.empty() || notification == notifications_.end()) co_return Result<void>{};
  const std::string group = notification->group;
  const eventlog::Offset next = records.back().offset + 1;
  std::vector<delivery::PublishRequest> requests;
  for (const eventlog::Record& record : records) requests.push_back(message_of(topic, record, group));
  std::string reader = reader_of(topic, partition, group);
  eventlog::TopicPartition of{std::move(topic), partition};
  co_return co_await set(std::move(reader), std::move(of), next, std::move(requests));
}

Async<void> Notifier::failed(Error error) {
  if (options_.on_problem) options_.on_problem("notifications: " + error.message);
  if (options_.pause) {
    auto pausing = options_.pause();
    co_await pausing;
  }
}

Async<void> Notifier::follow(std::stop_token stop) {
  std::stop_callback on_stop(stop, [this] { look_again(); });
  while (!stop.stop_requested()) {
    changed_ = std::stop_source();
    if (stop.stop_requested()) break;
    auto from = co_await positions();
    if (!from) {
      co_await failed(from.error());
      continue;
    }
    eventlog::Following following(log_, std::move(*from));
    while (!changed_.stop_requested()) {
      auto batches = co_await following.next(limits, changed_.get_token());
      if (!batches) {
        co_await failed(batches.error());
        break;
      }
      bool good = true;
      for (eventlog::TopicBatch& batch : *batches) {
        auto passed = co_await pass_on(batch.topic, batch.partition, std::move(batch.records));
        if (passed) continue;
        co_await failed(passed.error());
        good = false;
        break;
      }
      if (!good) break;  // read again from what is known to be passed on
    }
  }
}

}  // namespace millrace::app
