#pragma once

// Reads of the log that leave no trace: fetch, offsets, topics and the records of one key. Confined to the reactor.

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "eventlog/following.h"
#include "front/kafka/kafka_reply.h"
#include "front/kafka/log_place.h"
#include "net/http.h"

namespace millrace::front {

// Records from each position on; waits for the first of them as long as the request says. One who asks for what has
// expired gets what is left, and is told so by headers: Kafka-Log-Start-Offset, Kafka-Offset-Reset.
Async<net::HttpResponse> fetch(LogPlace place, FetchRequest request, std::stop_token gone);

// The offset at a time in each partition.
Async<net::HttpResponse> offsets(LogPlace place, OffsetTime time, std::vector<eventlog::TopicPartition> partitions);

// {"orders":3,"audit":1}: the topics that the credential concerns, with their partitions.
Async<net::HttpResponse> topics(LogPlace place);

// ?key=K&from=VERSION&limit=N&backward=true: the records of one key.
Async<net::HttpResponse> records_of_key(LogPlace place, std::string topic, std::string query);

// Records as a JSON array.
std::string written(const std::vector<eventlog::TopicBatch>& batches, ShowVersion version);

}  // namespace millrace::front
