#pragma once

// What the handlers of delivery's HTTP door share: the request with its path taken apart, answers and errors in the
// form of QStash, {"error":"…"}. Confined to the reactor.

#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "base/json_writer.h"
#include "base/result.h"
#include "delivery/delivery.h"
#include "net/http.h"

namespace millrace::front {

// One request. The request outlives the handler.
struct Call {
  const net::HttpRequest* request = nullptr;
  std::vector<std::string> names{};  // what stood for each {} of the path, decoded
  std::string_view tail{};           // what stood for its *, raw
  bool token_of_query = false;       // the Authorization header was not for us

  std::string_view query() const { return request->query; }
  std::string_view body() const { return request->body; }
  std::string caller_address() const;  // without its port
};

using Answer = Async<net::HttpResponse>;
using CallHandler = Answer (*)(delivery::Delivery& delivery, Call call);

// One row of the door's table.
struct CallRow {
  std::string_view method{};
  std::string_view path{};  // "/v2/queues/{}/pause"; "/v2/publish/*" takes everything below
  CallHandler handle = nullptr;
};

net::HttpResponse answer_json(int status, std::string body);
net::HttpResponse answer_error(int status, std::string_view text);
net::HttpResponse answer_error(const Error& error);
// {} with 200, or the error.
net::HttpResponse answer_done(const Result<void>& done);
// "queue not found: mail" where the error is that it is not there.
net::HttpResponse answer_error(const Error& error, std::string_view kind, std::string_view name);

// A body written by `write(JsonWriter&)`.
template <class Write>
net::HttpResponse answer_with(int status, Write write) {
  std::string body;
  JsonWriter json(body);
  write(json);
  return answer_json(status, std::move(body));
}

int status_of(const Error& error);

// The rows of each file.
std::vector<CallRow> publish_calls();
std::vector<CallRow> schedule_calls();
std::vector<CallRow> queue_calls();
std::vector<CallRow> group_calls();
std::vector<CallRow> message_calls();
std::vector<CallRow> dead_letter_calls();
std::vector<CallRow> flow_control_calls();
std::vector<CallRow> version1_calls();

}  // namespace millrace::front
