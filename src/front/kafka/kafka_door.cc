#include "front/kafka/kafka_door.h"

#include <algorithm>
#include <fmt/format.h>

#include "front/kafka/kafka_consumers.h"
#include "front/kafka/kafka_json.h"
#include "front/kafka/kafka_produce.h"
#include "front/kafka/kafka_reading.h"
#include "front/kafka/kafka_reply.h"
#include "front/kafka/log_checkpoints.h"
#include "front/kafka/log_follower.h"

namespace millrace::front {
namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr std::string_view place_of_door = "/kafka";
constexpr std::string_view allowed_methods = "GET, POST, PUT, DELETE, OPTIONS";
// What the SDK sends, and what our own routes take.
constexpr std::string_view allowed_headers =
    "authorization, content-type, kafka-enable-auto-commit, kafka-auto-commit-interval, kafka-auto-offset-reset, "
    "kafka-session-timeout-ms, expected-version, event-id, idempotency-key, if-match, if-none-match, last-event-id";
bool lists(std::string_view methods, std::string_view method) {
  while (!methods.empty()) {
    std::size_t comma = methods.find(", ");
    if (methods.substr(0, comma) == method) return true;
    methods = comma == std::string_view::npos ? std::string_view() : methods.substr(comma + 2);
  }
  return false;
}

HttpResponse unauthorized() {
  HttpResponse refusal = kafka_error(401, "Unauthorized");
  refusal.add_header("www-authenticate", "Basic realm=\"kafka\"");
  return refusal;
}

HttpResponse too_busy(std::string_view message) {
  HttpResponse refusal = kafka_error(429, message);
  refusal.add_header("retry-after", "1");
  return refusal;
}

Async<HttpResponse> bad(const Error& error) {
  return ready(kafka_error(error_status(error.code), error.message));
}

HttpResponse preflight() {
  HttpResponse response = kafka_answer("{}");
  response.add_header("access-control-allow-methods", allowed_methods);
  response.add_header("access-control-allow-headers", allowed_headers);
  response.add_header("access-control-max-age", "86400");
  return response;
}

// A webhook may bring them in its query, since its sender cannot set headers.
std::optional<LogSecrets> secrets_of(const HttpRequest& request, KafkaAction action) {
  if (auto header = request.header("authorization")) return read_basic(*header);
  if (action != KafkaAction::webhook) return std::nullopt;
  auto user = net::query_value(request.query, "user");
  auto password = net::query_value(request.query, "pass");
  if (!user || !password) return std::nullopt;
  return LogSecrets{std::move(*user), std::move(*password)};
}

}  // namespace

KafkaDoor::KafkaDoor(net::Reactor& reactor, eventlog::EventLog& log, eventlog::ConsumerGroups& groups,
                     LogCredentials& credentials, KafkaOptions options)
    : reactor_(reactor), log_(log), groups_(groups), credentials_(credentials), options_(std::move(options)) {}

std::vector<Route> KafkaDoor::routes() {
  auto handle = [this](HttpRequest& request) { return answer(request); };
  return {{.path = std::string(place_of_door), .handle = handle},
          {.path = std::string(place_of_door) + "/*", .handle = handle}};
}

bool KafkaDoor::owns(std::string_view path) {
  return path.starts_with(place_of_door) && (path.size() == place_of_door.size() || path[place_of_door.size()] == '/');
}

std::size_t KafkaDoor::body_bytes_max(const HttpRequest& head) const {
  auto header = head.header("content-length");
  auto length = header ? whole_number(*header) : std::nullopt;
  std::size_t usual = options_.body_bytes;
  if ((length && static_cast<std::size_t>(*length) <= usual) || !options_.largest_record) return usual;
  auto secrets = secrets_of(head, KafkaAction::produce);
  if (!secrets || !credentials_.known(*secrets)) return usual;
  return std::max<std::size_t>(usual, options_.largest_record() * 2);
}

HttpResponse KafkaDoor::refuse(int status, std::string_view reason, const HttpRequest& head) const {
  if (status == 413) {
    return kafka_error(413, fmt::format("The body is larger than {} bytes", body_bytes_max(head)));
  }
  return kafka_error(status, reason);
}

Async<HttpResponse> KafkaDoor::answer(HttpRequest& request) {
  if (request.method == "OPTIONS") return ready(preflight());
  KafkaPath path = read_kafka_path(request.path.substr(place_of_door.size()));
  if (path.action == KafkaAction::unknown) {
    return ready(kafka_error(404, fmt::format("there is nothing at {}", request.path)));
  }
  std::string_view methods = methods_of(path.action);
  if (!lists(methods, request.method)) {
    HttpResponse refusal = kafka_error(405, fmt::format("{} takes {}", request.path.substr(0, 200), methods));
    refusal.add_header("allow", fmt::format("{}, OPTIONS", methods));
    return ready(std::move(refusal));
  }
  auto header = request.header("authorization");
  const LogAccess* access = header ? credentials_.remembered(*header) : nullptr;
  if (access == nullptr) return admit(request, std::move(path));
  return serve(request, std::move(path), LogPlace{reactor_, log_, groups_, options_, *access});
}

Async<HttpResponse> KafkaDoor::admit(HttpRequest& request, KafkaPath path) {
  auto secrets = secrets_of(request, path.action);
  if (!secrets) co_return unauthorized();
  auto access = co_await credentials_.check(std::move(secrets->username), std::move(secrets->password));
  if (!access) co_return too_busy(access.error().message);
  if (!*access) co_return unauthorized();
  if (auto header = request.header("authorization")) credentials_.remember(*header, **access);
  LogPlace place{reactor_, log_, groups_, options_, std::move(**access)};
  co_return co_await serve(request, std::move(path), std::move(place));
}

Async<HttpResponse> KafkaDoor::serve(HttpRequest& request, KafkaPath path, LogPlace place) {
  switch (path.action) {
    case KafkaAction::produce:
    case KafkaAction::produce_message:
    case KafkaAction::webhook: return serve_producer(request, std::move(path), std::move(place));
    case KafkaAction::fetch: {
      auto asked = read_fetch(request.body, options_.limits);
      if (!asked) return bad(asked.error());
      return fetch(std::move(place), std::move(*asked), request.gone());
    }
    case KafkaAction::offsets: {
      auto time = read_offset_time(path.name);
      if (!time) return bad(time.error());
      auto partitions = read_partitions(request.body, options_.limits);
      if (!partitions) return bad(partitions.error());
      return offsets(std::move(place), *time, std::move(*partitions));
    }
    case KafkaAction::topics: return topics(std::move(place));
    case KafkaAction::records:
      return records_of_key(std::move(place), std::move(path.topic), std::string(request.query));
    case KafkaAction::follow: return follow(std::move(place), read_follow(path.topic, request));
    case KafkaAction::checkpoint: return checkpoint(std::move(place), std::move(path.name), request);
    case KafkaAction::consume:
    case KafkaAction::commit:
    case KafkaAction::committed:
    case KafkaAction::remove_consumer:
    case KafkaAction::consumers: return serve_consumer(request, std::move(path), std::move(place));
    case KafkaAction::unknown: break;
  }
  return ready(kafka_error(404, "there is nothing here"));
}

Async<HttpResponse> KafkaDoor::serve_producer(HttpRequest& request, KafkaPath path, LogPlace place) {
  ProduceAnswer answer = ProduceAnswer::one;
  std::vector<ProducedRecord> records;
  if (path.action == KafkaAction::webhook) {
    auto topic = net::query_value(request.query, "topic");
    if (!topic || topic->empty()) return ready(kafka_error(400, "'topic' is missing: /webhook?topic=NAME"));
    records.push_back(read_webhook(request, std::move(*topic)));
  } else if (path.action == KafkaAction::produce_message) {
    ProducedRecord record{.topic = std::move(path.topic)};
    record.record.value = std::move(path.message);
    record.record.key = net::query_value(request.query, "key");
    records.push_back(std::move(record));
  } else {
    auto read = read_produced(request.body, path.topic);
    if (!read) return bad(read.error());
    records = std::move(*read);
    answer = ProduceAnswer::array;
  }
  if (auto applied = apply_headers(request, records); !applied) return bad(applied.error());
  return produce(std::move(place), std::move(records), answer);
}

Async<HttpResponse> KafkaDoor::serve_consumer(HttpRequest& request, KafkaPath path, LogPlace place) {
  Consumer consumer{std::move(path.group), std::move(path.instance)};
  if (path.action == KafkaAction::consume) {
    auto asked = read_consume(request.body, path.topic, request.query, options_.limits);
    if (!asked) return bad(asked.error());
    auto made_with = read_consumer_options(request);
    if (!made_with) return bad(made_with.error());
    return consume(std::move(place), std::move(consumer), std::move(*asked), *made_with, request.gone());
  }
  if (path.action == KafkaAction::commit) {
    auto positions = read_commit(request.body, options_.limits);
    if (!positions) return bad(positions.error());
    return commit(std::move(place), std::move(consumer), std::move(*positions));
  }
  if (path.action == KafkaAction::committed) {
    auto partitions = read_partitions(request.body, options_.limits);
    if (!partitions) return bad(partitions.error());
    return committed(std::move(place), std::move(consumer), std::move(*partitions));
  }
  if (path.action == KafkaAction::remove_consumer) return remove_consumer(std::move(place), std::move(consumer));
  return ready(consumers(place));
}

}  // namespace millrace::front
