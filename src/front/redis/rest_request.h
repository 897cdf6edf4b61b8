#pragma once

// What a REST request asks for, out of its path, query and body. Pure; any thread.
//
//   GET  /set/k/v/EX/60                     a command of the path's segments, then the body, then the query's words
//   POST /set/k?EX=60      body v           SET k v EX 60
//   POST /                 ["SET","k","v"]  a command
//   POST /pipeline         [["SET",…],…]    commands, one after the other
//   POST /multi-exec       [["SET",…],…]    a transaction
//   POST /subscribe/a/b, /psubscribe/p, /monitor    streams, for who accepts text/event-stream
//
// The texts of errors are those that users of Upstash's REST API know.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/store.h"

namespace millrace::front {

struct RestLimits {
  std::size_t request_bytes = std::size_t{10} << 20;  // 10 MiB: the limit of the hosted service
  std::size_t commands_max = 100'000;                 // of a batch: a hundred times what SDKs send, 20 MB at most
  std::size_t words_max = std::size_t{1} << 20;       // of all commands together: what Redis allows one command
};

struct RestInput {
  std::string_view path{};  // raw, what follows /redis
  std::string_view query{};
  std::string_view body{};    // json_padding readable bytes follow
  bool event_stream = false;  // the client accepts one
};

enum class RestAction : std::uint8_t { command, pipeline, transaction, subscribe, psubscribe, monitor, refuse };

struct RestRequest {
  RestAction action = RestAction::refuse;

  // One of `command`; of streams one, the channels or patterns; of batches their items in order. An item of a pipeline
  // that is none is empty, and `faults` holds what it answers instead.
  std::vector<store::Command> commands{};
  std::vector<std::pair<std::size_t, std::string>> faults{};  // by index

  std::string error{};  // of `refuse`: the answer's text, with status 400
};

RestRequest read_rest_request(const RestInput& input, const RestLimits& limits);

// What a request of so many bytes answers when that is too much.
std::string request_too_large(std::size_t limit, std::size_t actual);

// What a command answers that cannot be said over REST in this way: it belongs to a connection, waits, or has a path of
// its own. Empty for all others.
std::string refused_over_rest(const store::Command& command);

}  // namespace millrace::front
