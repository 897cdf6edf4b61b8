#include "front/kafka/kafka_path.h"

#include <array>
#include <vector>

#include "net/http.h"

namespace millrace::front {
namespace {

// What a path looks like behind its first segment.
struct Shape {
  std::string_view word{};
  KafkaAction action = KafkaAction::unknown;
  std::size_t segments_min = 0;
  std::size_t segments_max = 0;
  std::array<std::string KafkaPath::*, 3> into{};
};
constexpr std::array<Shape, 12> shapes = {{
    {"webhook", KafkaAction::webhook, 0, 0, {}},
    {"fetch", KafkaAction::fetch, 0, 0, {}},
    {"consume", KafkaAction::consume, 2, 3, {&KafkaPath::group, &KafkaPath::instance, &KafkaPath::topic}},
    {"commit", KafkaAction::commit, 2, 2, {&KafkaPath::group, &KafkaPath::instance}},
    {"committed", KafkaAction::committed, 2, 2, {&KafkaPath::group, &KafkaPath::instance}},
    {"offsets", KafkaAction::offsets, 1, 1, {&KafkaPath::name}},
    {"delete-consumer", KafkaAction::remove_consumer, 2, 2, {&KafkaPath::group, &KafkaPath::instance}},
    {"topics", KafkaAction::topics, 0, 0, {}},
    {"consumers", KafkaAction::consumers, 0, 0, {}},
    {"records", KafkaAction::records, 1, 1, {&KafkaPath::topic}},
    {"follow", KafkaAction::follow, 1, 1, {&KafkaPath::topic}},
    {"checkpoints", KafkaAction::checkpoint, 1, 1, {&KafkaPath::name}},
}};

// Never fails: a '%' that encodes nothing is a sign like any other.
std::string decoded(std::string_view raw) {
  return net::percent_decode(raw).value_or(std::string());
}

// `rest` is what stands behind "produce": "", "/orders", "/orders/a/b".
KafkaPath read_produce(std::string_view rest) {
  KafkaPath path{.action = KafkaAction::produce};
  if (rest.starts_with('/')) rest.remove_prefix(1);
  std::size_t end = rest.find('/');
  path.topic = decoded(rest.substr(0, end));
  std::string_view message = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  if (message.empty()) return path;
  path.action = KafkaAction::produce_message;
  path.message = decoded(message);
  return path;
}

}  // namespace

KafkaPath read_kafka_path(std::string_view path) {
  if (!path.starts_with('/')) return {};
  path.remove_prefix(1);
  std::size_t end = path.find('/');
  std::string_view word = path.substr(0, end);
  std::string_view rest = end == std::string_view::npos ? std::string_view() : path.substr(end);
  if (word == "produce") return read_produce(rest);
  std::vector<std::string_view> segments;
  if (!rest.empty()) segments = net::path_segments(rest);
  if (!segments.empty() && segments.back().empty()) segments.pop_back();
  for (const Shape& shape : shapes) {
    if (shape.word != word) continue;
    if (segments.size() < shape.segments_min || segments.size() > shape.segments_max) return {};
    KafkaPath found{.action = shape.action};
    for (std::size_t i = 0; i < segments.size(); ++i) {
      if (segments[i].empty()) return {};
      found.*shape.into[i] = decoded(segments[i]);
    }
    return found;
  }
  return {};
}

std::string_view methods_of(KafkaAction action) {
  switch (action) {
    case KafkaAction::produce:
    case KafkaAction::produce_message:
    case KafkaAction::webhook:
    case KafkaAction::fetch:
    case KafkaAction::consume:
    case KafkaAction::commit:
    case KafkaAction::committed:
    case KafkaAction::offsets: return "GET, POST";
    case KafkaAction::remove_consumer: return "POST, DELETE";
    case KafkaAction::topics:
    case KafkaAction::consumers:
    case KafkaAction::records:
    case KafkaAction::follow: return "GET";
    case KafkaAction::checkpoint: return "GET, PUT, DELETE";
    case KafkaAction::unknown: break;
  }
  return {};
}

}  // namespace millrace::front
