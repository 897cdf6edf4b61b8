#pragma once

// Follows topics as server-sent events: what there is from a position on, then what comes.
//
//   GET /follow/orders,audit?from=earliest&prefix=customer-
//
//   id: orders:0:18,audit:0:5
//   data: {"topic":"orders","partition":0,"offset":17,…}
//
// The id has where each partition goes on; who comes back with it as Last-Event-ID misses nothing. A follower of many
// partitions gets it with the last record of each answer only, and may then see some records again. Topics that grow
// are followed in their new partitions too. Confined to the reactor.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "front/kafka/log_place.h"
#include "net/http.h"

namespace millrace::front {

struct FollowRequest {
  std::vector<std::string> topics{};
  std::string from = "earliest";  // or "latest", or an offset of every partition
  std::string prefix{};           // of keys; others are passed over
  std::string last_event_id{};
};

// `path` names the topics: "orders,audit".
FollowRequest read_follow(std::string_view path, const net::HttpRequest& request);

// "orders:0:18,audit:0:5". Fails with `invalid`.
std::string event_id(const std::vector<eventlog::Position>& positions);
Result<std::vector<eventlog::Position>> read_event_id(std::string_view id);

Async<net::HttpResponse> follow(LogPlace place, FollowRequest request);

}  // namespace millrace::front
