#pragma once

// The REST door of the event log, under /kafka: what Upstash's Kafka REST API offered, for its SDK and for plain HTTP
// clients, and what event sourcing needs beyond. kafka_path.h says which paths there are; docs/kafka-rest.md is for
// users.
//
// Requests are tolerant: GET and POST alike, any content type, a slash at the end of a path. Answers are always JSON
// and never empty, for the SDK parses all of them: {"error":"…","status":404} where something is wrong. Who may do what
// is said by HTTP Basic (kafka_access.h). Confined to the reactor.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "front/kafka/kafka_path.h"
#include "front/kafka/log_place.h"
#include "front/router.h"

namespace millrace::front {

class KafkaDoor {
 public:
  // All outlive the door.
  KafkaDoor(net::Reactor& reactor, eventlog::EventLog& log, eventlog::ConsumerGroups& groups,
            LogCredentials& credentials, KafkaOptions options = {});

  std::vector<Route> routes();

  // Whether a path is one of this door's.
  static bool owns(std::string_view path);

  // The body bytes that are read of a request of this door: as many as the largest record needs, from those who are
  // known.
  std::size_t body_bytes_max(const net::HttpRequest& head) const;

  // The answer to a request of this door that cannot be read.
  net::HttpResponse refuse(int status, std::string_view reason, const net::HttpRequest& head) const;

 private:
  // Each calls the next: what needs no waiting is no coroutine.
  Async<net::HttpResponse> answer(net::HttpRequest& request);
  Async<net::HttpResponse> admit(net::HttpRequest& request, KafkaPath path);
  Async<net::HttpResponse> serve(net::HttpRequest& request, KafkaPath path, LogPlace place);
  Async<net::HttpResponse> serve_producer(net::HttpRequest& request, KafkaPath path, LogPlace place);
  Async<net::HttpResponse> serve_consumer(net::HttpRequest& request, KafkaPath path, LogPlace place);

  net::Reactor& reactor_;
  eventlog::EventLog& log_;
  eventlog::ConsumerGroups& groups_;
  LogCredentials& credentials_;
  KafkaOptions options_;
};

}  // namespace millrace::front
