// Any path, query and body: read without a fault, and what was read keeps the promises of its header.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "front/kafka/kafka_access.h"
#include "front/kafka/kafka_json.h"
#include "front/kafka/kafka_path.h"
#include "front/kafka/log_follower.h"
#include "front/kafka/produce_request.h"
#include "front/kafka/read_request.h"

namespace {

using namespace millrace;
using namespace millrace::front;

constexpr KafkaLimits limits{.positions_max = 16};

void check(bool holds) {
  if (!holds) std::abort();
}

void read_path(std::string_view raw) {
  KafkaPath path = read_kafka_path(raw);
  check(path.action == KafkaAction::unknown || !methods_of(path.action).empty());
  check((path.action == KafkaAction::produce_message) == !path.message.empty());
  check(path.message.size() <= raw.size());
}

void read_body(std::string_view body, std::string_view topic, std::string_view query) {
  if (auto records = read_produced(body, topic)) {
    for (const ProducedRecord& record : *records) check(!record.topic.empty());
  }
  if (auto fetch = read_fetch(body, limits)) {
    check(!fetch->positions.empty() && fetch->positions.size() <= limits.positions_max + 1);
    check(fetch->timeout >= std::chrono::milliseconds(0) && fetch->timeout <= limits.timeout_max);
  }
  if (auto consume = read_consume(body, topic, query, limits)) check(!consume->topics.empty());
  if (auto commit = read_commit(body, limits)) check(commit->size() <= limits.positions_max);
  if (auto partitions = read_partitions(body, limits)) check(!partitions->empty());
  check(without_trailing_commas(body).size() <= body.size());
}

}  // namespace

// The first line is the path, the second the query, the rest the body.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  std::string_view input(reinterpret_cast<const char*>(bytes), size);
  auto line = [&input] {
    std::string_view taken = input.substr(0, input.find('\n'));
    input.remove_prefix(std::min(input.size(), taken.size() + 1));
    return taken;
  };
  std::string_view path = line();
  std::string_view query = line();
  read_path(path);
  read_body(input, "", query);
  read_body(input, "t", query);
  read_basic(query);
  read_offset_time(query);
  decode_credential("name", input);
  if (auto positions = read_event_id(query); positions && !positions->empty()) {
    check(event_id(read_event_id(event_id(*positions)).value()) == event_id(*positions));
  }
  return 0;
}
