#pragma once

// What `millrace topic` does with the records of a topic. Requests and answers are JSON, the same whether they come to
// a server (POST /admin/records) or to a process that opened the data folder itself.
//
//   {"do":"read","name":"orders","from":"earliest"}    or "latest", an offset, or {"time":MS}; "partition": of one only
//   {"do":"read","name":"orders","positions":[[0,17],[1,4]],"limit":500,"wait":5000}
//       {"records":[…],"positions":[[0,20],[1,4]],"ends":[[0,20],[1,4]]}      waits so many ms for the first record
//   {"do":"read","name":"orders","key":"7","version":1,"limit":500}           {"records":[…],"version":4}
//   {"do":"write","name":"orders","records":[…]}       {"appended":[[0,17],…]}: partition and offset; all or none
//
// A read gives up to `limit` records of each partition.
//
// Records are as topic_records.h has them. Confined to the reactor.

#include <stop_token>
#include <string>
#include <vector>

#include "eventlog/event_log.h"
#include "front/router.h"
#include "net/reactor.h"

namespace millrace::front {

class RecordAdmin {
 public:
  // Both outlive it.
  RecordAdmin(net::Reactor& reactor, eventlog::EventLog& log) : reactor_(reactor), log_(log) {}

  // Does what `request` says; a read that waits ends with `gone`. Errors as the log's, and `invalid` for what cannot be
  // understood.
  Async<Result<std::string>> run(std::string request, std::stop_token gone = {});

 private:
  net::Reactor& reactor_;
  eventlog::EventLog& log_;
};

// POST /admin/records. `admin` outlives the routes.
std::vector<Route> record_admin_routes(RecordAdmin& admin, std::string secret);

// How many bytes a body may have whose head is `head`: more for who knows the secret.
std::size_t record_admin_body_bytes_max(const net::HttpRequest& head, const std::string& secret, std::size_t others);

}  // namespace millrace::front
