#include "front/kafka/log_checkpoints.h"

#include <algorithm>
#include <fmt/format.h>

#include "base/json_writer.h"
#include "front/kafka/kafka_json.h"
#include "front/kafka/kafka_reply.h"

namespace millrace::front {
namespace {

using eventlog::Checkpoint;
using eventlog::CheckpointAnswer;
using eventlog::CheckpointExpected;
using net::HttpRequest;
using net::HttpResponse;

constexpr std::size_t name_size_max = 249;  // as topics

HttpResponse refusal_of(const Error& error) {
  return kafka_error(error_status(error.code), error.message);
}

void append_members(JsonWriter& json, const Checkpoint& checkpoint) {
  json.key("name").string(checkpoint.name).key("offset").integer(static_cast<std::int64_t>(checkpoint.offset));
  if (!checkpoint.of) return;
  json.key("topic").string(checkpoint.of->topic).key("partition").integer(checkpoint.of->partition);
}

HttpResponse answer_of(const Checkpoint& checkpoint) {
  std::string body;
  JsonWriter json(body);
  json.open_object();
  append_members(json, checkpoint);
  json.close_object();
  HttpResponse response = kafka_answer(std::move(body));
  response.add_header("etag", fmt::format("\"{}\"", checkpoint.offset));
  return response;
}

HttpResponse not_as_expected(const std::string& name, const std::optional<Checkpoint>& current) {
  std::string body;
  JsonWriter json(body);
  std::string message = current ? fmt::format("checkpoint '{}' is at {}", name, current->offset)
                                : fmt::format("there is no checkpoint '{}'", name);
  json.open_object().key("error").string(message).key("status").integer(412);
  if (current) append_members(json, *current);
  json.close_object();
  HttpResponse refusal = kafka_answer(std::move(body));
  refusal.status = 412;
  if (current) refusal.add_header("etag", fmt::format("\"{}\"", current->offset));
  return refusal;
}

// If-Match: 17 or "17"; If-None-Match: *.
Result<CheckpointExpected> read_expected(const HttpRequest& request) {
  if (auto none = request.header("if-none-match")) {
    if (*none == "*") return CheckpointExpected{CheckpointExpected::Kind::none, 0};
    return Error{ErrorCode::invalid, "If-None-Match can be * only"};
  }
  auto match = request.header("if-match");
  if (!match) return CheckpointExpected{};
  std::string_view text = *match;
  if (text.size() > 2 && text.starts_with('"') && text.ends_with('"')) text = text.substr(1, text.size() - 2);
  auto offset = whole_number(text);
  if (!offset || *offset < 0) return Error{ErrorCode::invalid, "If-Match is not the offset that is expected"};
  return CheckpointExpected{CheckpointExpected::Kind::exactly, static_cast<eventlog::Offset>(*offset)};
}

Result<Checkpoint> read_checkpoint(std::string name, std::string_view body) {
  auto parsed = KafkaBody::parse(body);
  if (!parsed) return parsed.error();
  const JsonValue& root = parsed->root();
  Checkpoint checkpoint{.name = std::move(name)};
  auto natural = [&](std::string_view member) -> Result<std::int64_t> {
    const JsonValue* value = present(root, member);
    auto number = value != nullptr ? whole_number(*value) : std::nullopt;
    if (!number || *number < 0) return Error{ErrorCode::invalid, fmt::format("'{}' is not a whole number", member)};
    return *number;
  };
  auto offset = natural("offset");
  if (!offset) return offset.error();
  checkpoint.offset = static_cast<eventlog::Offset>(*offset);
  const JsonValue* topic = present(root, "topic");
  if (topic == nullptr) return checkpoint;
  if (!topic->is_string()) return Error{ErrorCode::invalid, "'topic' is not a string"};
  auto partition = present(root, "partition") != nullptr ? natural("partition") : std::int64_t{0};
  if (!partition) return partition.error();
  auto number = std::min<std::int64_t>(*partition, UINT32_MAX);
  checkpoint.of = eventlog::TopicPartition{std::string(topic->string()), static_cast<std::uint32_t>(number)};
  return checkpoint;
}

// A checkpoint of a topic belongs to those who read that topic, another to those who read all of them.
bool may(const LogAccess& access, const Checkpoint& checkpoint) {
  if (checkpoint.of) return access.may(LogRight::consume, checkpoint.of->topic);
  return access.has(LogRight::consume) && access.topics == "*";
}

HttpResponse forbidden(const std::string& name) {
  return kafka_error(403, fmt::format("this credential may not use checkpoint '{}'", name));
}

}  // namespace

Async<HttpResponse> checkpoint(LogPlace place, std::string name, const HttpRequest& request) {
  if (name.size() > name_size_max) co_return kafka_error(400, "the name of a checkpoint has 249 bytes at most");
  if (!place.access.has(LogRight::consume)) co_return forbidden(name);
  auto current = co_await place.log.checkpoint(name);
  if (!current && current.error().code != ErrorCode::not_found) co_return refusal_of(current.error());
  if (current && !may(place.access, *current)) co_return forbidden(name);
  if (request.method == "GET") co_return current ? answer_of(*current) : refusal_of(current.error());

  auto expected = read_expected(request);
  if (!expected) co_return refusal_of(expected.error());
  if (request.method == "DELETE") {
    auto removed = co_await place.log.remove_checkpoint(name, *expected);
    if (!removed) co_return refusal_of(removed.error());
    co_return removed->changed ? kafka_success() : not_as_expected(name, removed->current);
  }
  auto wanted = read_checkpoint(name, request.body);
  if (!wanted) co_return refusal_of(wanted.error());
  if (!may(place.access, *wanted)) co_return forbidden(name);
  auto set = co_await place.log.set_checkpoint(std::move(*wanted), *expected);
  if (!set) co_return refusal_of(set.error());
  co_return set->changed ? answer_of(*set->current) : not_as_expected(name, set->current);
}

}  // namespace millrace::front
