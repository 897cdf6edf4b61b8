#pragma once

// Checkpoints over REST: how far somebody has read, by a name of their own, with compare-and-set.
//
//   GET    /checkpoints/mail                            {"name":"mail","offset":17}, 404
//   PUT    /checkpoints/mail  {"offset":17}             the same; with "topic" and "partition" retention waits for it
//   DELETE /checkpoints/mail                            {"result":"Success","status":200}
//
// PUT and DELETE with If-Match: 16, or If-None-Match: *, answer 412 and the current one when it is not what was
// expected. Confined to the reactor.

#include <string>

#include "base/async.h"
#include "front/kafka/log_place.h"
#include "net/http.h"

namespace millrace::front {

Async<net::HttpResponse> checkpoint(LogPlace place, std::string name, const net::HttpRequest& request);

}  // namespace millrace::front
