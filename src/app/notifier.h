#pragma once

// Makes each record of a topic a message to a URL group. The log is the outbox: a message and how far was read are one
// transaction of delivery's, so that over any crash no record is left out and none becomes two messages.
//
// What is to be told to whom stands in checkpoints of the log, one for each partition: "notify/TOPIC/PARTITION/GROUP".
// So retention waits for it too. How far was read is what delivery has under that name.
//
// Confined to the reactor of the log and of delivery, which outlive it.

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "delivery/delivery.h"
#include "eventlog/event_log.h"

namespace millrace::app {

struct Notification {
  std::string topic{};
  std::string group{};

  bool operator==(const Notification&) const = default;
};

struct NotifierOptions {
  std::function<Async<void>()> pause{};  // between a failure and the next try
  std::function<void(const std::string& line)> on_problem{};
};

class Notifier {
 public:
  Notifier(eventlog::EventLog& log, delivery::Delivery& delivery, NotifierOptions options);

  // Records that come from now on become messages to `group`, also when another group got them so far. Fails with
  // `not_found` for a topic or group that is not there.
  Async<Result<void>> notify(std::string topic, std::string group);
  Async<Result<void>> end(std::string topic);  // not_found
  Async<Result<std::vector<Notification>>> notifications();

  // Reads until `stop` is requested.
  Async<void> follow(std::stop_token stop);

  // Topics or notifications have changed: looks for them again.
  void look_again() { changed_.request_stop(); }

 private:
  Async<Result<std::vector<eventlog::Position>>> positions();
  Async<Result<void>> pass_on(std::string topic, eventlog::PartitionNumber partition,
                              std::vector<eventlog::Record> records);
  Async<Result<void>> set(std::string reader, eventlog::TopicPartition of, eventlog::Offset next,
                          std::vector<delivery::PublishRequest> requests);
  Async<Result<std::size_t>> forget(std::string topic);
  Async<void> failed(Error error);

  eventlog::EventLog& log_;
  delivery::Delivery& delivery_;
  NotifierOptions options_;
  std::vector<Notification> notifications_{};  // as of the last look
  std::stop_source changed_{};
};

// The message that tells of a record: its value is the body, and headers tell where it stands.
delivery::PublishRequest message_of(const std::string& topic, const eventlog::Record& record, const std::string& group);

}  // namespace millrace::app
