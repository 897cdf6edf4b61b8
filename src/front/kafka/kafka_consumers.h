#pragma once

// Consumer groups over REST: consume, commit, committed, delete-consumer and the list of consumers. Confined to the
// reactor.

#include <stop_token>
#include <string>
#include <vector>

#include "base/async.h"
#include "front/kafka/log_place.h"
#include "net/http.h"

namespace millrace::front {

struct Consumer {
  std::string group{};
  std::string instance{};
};

// The next records of an instance, which joins its group if it is not there.
Async<net::HttpResponse> consume(LogPlace place, Consumer consumer, ConsumeRequest request,
                                 eventlog::ConsumerOptions options, std::stop_token gone);

// Commits `offsets`, or all that the instance was given when there are none.
Async<net::HttpResponse> commit(LogPlace place, Consumer consumer, std::vector<eventlog::Position> offsets);

// An offset for each partition, in their order; -1 where nothing is committed.
Async<net::HttpResponse> committed(LogPlace place, Consumer consumer, std::vector<eventlog::TopicPartition> partitions);

Async<net::HttpResponse> remove_consumer(LogPlace place, Consumer consumer);

// [{"name":"billing","instances":[{"name":"worker-a","topics":[{"topic":"orders","partitions":[0,2]}]}]}]
net::HttpResponse consumers(const LogPlace& place);

}  // namespace millrace::front
