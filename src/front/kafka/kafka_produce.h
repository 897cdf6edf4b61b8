#pragma once

// Appends what produce requests bring: all records of a request or none. Confined to the reactor.
//
// A record that expects another version of its key answers 412 and, in the header Current-Version, which it is at.

#include <vector>

#include "base/async.h"
#include "front/kafka/log_place.h"
#include "front/kafka/produce_request.h"
#include "net/http.h"

namespace millrace::front {

enum class ProduceAnswer : std::uint8_t { one, array };

Async<net::HttpResponse> produce(LogPlace place, std::vector<ProducedRecord> records, ProduceAnswer answer);

}  // namespace millrace::front
