#include "front/kafka/log_follower.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>
#include <set>
#include <stop_token>

#include "front/kafka/bounded_wait.h"
#include "front/kafka/kafka_json.h"
#include "front/kafka/kafka_reply.h"

namespace millrace::front {
namespace {

using eventlog::Following;
using eventlog::Offset;
using eventlog::PartitionNumber;
using eventlog::Position;
using eventlog::TopicBatch;
using net::HttpResponse;
using net::HttpStream;

constexpr std::size_t topics_max = 100;             // each is looked at now and then for more partitions
constexpr std::size_t partitions_max = 10'000;      // as many as a topic may have
constexpr std::size_t partitions_told_always = 16;  // beyond, the id would outweigh the records

HttpResponse refusal_of(const Error& error) {
  return kafka_error(error_status(error.code), error.message);
}

// What a follower reads next, and how it says so.
class Follower {
 public:
  Follower(LogPlace place, FollowRequest request) : place_(std::move(place)), request_(std::move(request)) {}

  // Finds the positions to begin at.
  Async<Result<void>> begin();

  // Sends events until the client goes or a topic does.
  static Async<void> run(std::shared_ptr<Follower> self, HttpStream& stream);

 private:
  Async<Result<void>> add_partitions(const std::string& from);
  Async<Result<Offset>> offset_of(const Position& at, const std::string& from);
  Result<void> resume();
  std::string events(std::vector<TopicBatch> batches);
  bool passes(const eventlog::Record& record) const;

  LogPlace place_;
  FollowRequest request_;
  std::vector<Position> positions_{};
};

Async<Result<void>> Follower::begin() {
  if (!request_.last_event_id.empty()) {
    if (auto resumed = resume(); !resumed) co_return resumed.error();
    request_.from = "earliest";  // of partitions that have come since
  }
  auto number = whole_number(request_.from);
  if (request_.from != "earliest" && request_.from != "latest" && (!number || *number < 0)) {
    co_return Error{ErrorCode::invalid, "'from' is neither earliest, latest nor an offset"};
  }
  co_return co_await add_partitions(request_.from);
}

Result<void> Follower::resume() {
  auto positions = read_event_id(request_.last_event_id);
  if (!positions) return positions.error();
  std::set<std::pair<std::string, PartitionNumber>> followed;
  for (Position& at : *positions) {
    if (std::ranges::find(request_.topics, at.topic) == request_.topics.end()) continue;
    if (followed.emplace(at.topic, at.partition).second) positions_.push_back(std::move(at));
  }
  return {};
}

Async<Result<void>> Follower::add_partitions(const std::string& from) {
  for (const std::string& topic : request_.topics) {
    auto found = co_await place_.log.show(topic);
    if (!found) co_return found.error();
    std::vector<bool> followed(found->settings.partitions);
    std::erase_if(positions_, [&](const Position& at) { return at.topic == topic && at.partition >= followed.size(); });
    for (const Position& at : positions_) {
      if (at.topic == topic) followed[at.partition] = true;
    }
    for (PartitionNumber partition = 0; partition < followed.size(); ++partition) {
      if (followed[partition]) continue;
      Position at{topic, partition, 0};
      auto offset = co_await offset_of(at, from);
      if (!offset) co_return offset.error();
      at.offset = *offset;
      positions_.push_back(std::move(at));
    }
  }
  if (positions_.size() > partitions_max) {
    co_return Error{ErrorCode::invalid, fmt::format("a follower follows {} partitions at most", partitions_max)};
  }
  co_return Result<void>();
}

Async<Result<Offset>> Follower::offset_of(const Position& at, const std::string& from) {
  if (auto number = whole_number(from)) co_return static_cast<Offset>(*number);
  auto bounds = co_await place_.log.bounds(at.topic, at.partition);
  if (!bounds) co_return bounds.error();
  co_return from == "latest" ? bounds->next : bounds->first;
}

bool Follower::passes(const eventlog::Record& record) const {
  return request_.prefix.empty() || (record.key && record.key->starts_with(request_.prefix));
}

// The positions move with the records, so that each id is exact.
std::string Follower::events(std::vector<TopicBatch> batches) {
  std::string out;
  bool always = positions_.size() <= partitions_told_always;
  for (const TopicBatch& batch : batches) {
    auto at = std::ranges::find_if(positions_, [&](const Position& position) {
      return position.partition == batch.partition && position.topic == batch.topic;
    });
    for (const eventlog::Record& record : batch.records) {
      at->offset = record.offset + 1;
      if (!passes(record)) continue;
      if (always) out.append("id: ").append(event_id(positions_)).append("\n");
      out.append("data: ");
      append_record(out, batch.topic, record, ShowVersion::yes);
      out.append("\n\n");
    }
  }
  // An id alone is no event, but what the client comes back with.
  out.append("id: ").append(event_id(positions_)).append("\n\n");
  return out;
}

Async<void> Follower::run(std::shared_ptr<Follower> self, HttpStream& stream) {
  std::stop_source gone;
  stream.on_close([gone]() mutable { gone.request_stop(); });
  while (stream.open()) {
    Following following(self->place_.log, self->positions_);
    std::optional<BoundedWait> wait;
    wait.emplace(self->place_.reactor, gone.get_token(), self->place_.options.heartbeat);
    auto batches = co_await following.next(self->place_.options.records, wait->token());
    wait.reset();
    if (!batches) {
      HttpResponse refusal = refusal_of(batches.error());
      std::string last = "event: error\ndata: " + refusal.body + "\n\n";
      co_await stream.write(std::move(last));
      break;
    }
    std::string text = ": still here\n\n";
    if (!batches->empty()) {
      text = self->events(std::move(*batches));
    } else {
      auto grown = co_await self->add_partitions("earliest");
      if (!grown) continue;  // the next read says what is wrong
    }
    bool taken = co_await stream.write(std::move(text));
    if (!taken) break;
  }
  stream.on_close({});
}

}  // namespace

FollowRequest read_follow(std::string_view path, const net::HttpRequest& request) {
  FollowRequest read;
  while (!path.empty()) {
    std::size_t comma = path.find(',');
    std::string_view topic = path.substr(0, comma);
    if (!topic.empty() && std::ranges::find(read.topics, topic) == read.topics.end()) read.topics.emplace_back(topic);
    path = comma == std::string_view::npos ? std::string_view() : path.substr(comma + 1);
  }
  read.from = net::query_value(request.query, "from").value_or("earliest");
  read.prefix = net::query_value(request.query, "prefix").value_or("");
  read.last_event_id = request.header("last-event-id").value_or("");
  return read;
}

std::string event_id(const std::vector<Position>& positions) {
  std::string id;
  for (const Position& at : positions) {
    fmt::format_to(std::back_inserter(id), "{}{}:{}:{}", id.empty() ? "" : ",", at.topic, at.partition, at.offset);
  }
  return id;
}

Result<std::vector<Position>> read_event_id(std::string_view id) {
  const Error wrong{ErrorCode::invalid, "Last-Event-ID is none of this door's"};
  std::vector<Position> positions;
  while (!id.empty()) {
    std::size_t comma = id.find(',');
    std::string_view one = id.substr(0, comma);
    id = comma == std::string_view::npos ? std::string_view() : id.substr(comma + 1);
    std::size_t last = one.rfind(':');
    std::size_t first = last == 0 || last == std::string_view::npos ? last : one.rfind(':', last - 1);
    if (first == std::string_view::npos || first == last) return wrong;
    auto partition = whole_number(one.substr(first + 1, last - first - 1));
    auto offset = whole_number(one.substr(last + 1));
    if (!partition || !offset || *partition < 0 || *partition > UINT32_MAX || *offset < 0) return wrong;
    positions.push_back(
        {std::string(one.substr(0, first)), static_cast<PartitionNumber>(*partition), static_cast<Offset>(*offset)});
    if (positions.size() > partitions_max) return wrong;
  }
  return positions;
}

Async<HttpResponse> follow(LogPlace place, FollowRequest request) {
  if (request.topics.empty() || request.topics.size() > topics_max) {
    co_return kafka_error(400, fmt::format("a follower follows 1 to {} topics", topics_max));
  }
  for (const std::string& topic : request.topics) {
    if (place.access.may(LogRight::consume, topic)) continue;
    co_return kafka_error(403, fmt::format("this credential may not consume topic '{}'", topic));
  }
  auto follower = std::make_shared<Follower>(std::move(place), std::move(request));
  auto begun = co_await follower->begin();
  if (!begun) co_return refusal_of(begun.error());
  HttpResponse response{.content_type = "text/event-stream"};
  response.stream = [follower](HttpStream& stream) { return Follower::run(follower, stream); };
  response.header_lines = kafka_headers;
  response.add_header("x-accel-buffering", "no");  // a proxy that gathers events would hold them back
  co_return response;
}

}  // namespace millrace::front
