#pragma once

// What `millrace topic` does with topics of the event log: create, list, show, alter and delete them. Requests and
// answers are JSON, the same whether they come to a server (POST /admin/topics) or to a process that opened the data
// folder itself.
//
//   {"do":"create","name":"orders","partitions":3,"first_offset":0,"record_bytes_max":1048576,
//    "cleanup":"delete","retention_ms":null,"retention_bytes":null,"unread_expires":false}
//        {"name":"orders","partitions":3,…,"created_at":"…"}; what is not named is as usual
//   {"do":"alter","name":"orders","retention_ms":3600000}     what is not named stays; null: without limit
//   {"do":"alter","name":"orders","notify":"g"}              each new record becomes a message to the URL group; null:
//   none
//   {"do":"list"}                       {"topics":[{"name":"orders",…,"records":17,"bytes":1200},…]}
//   {"do":"show","name":"orders"}       and "status":[{"partition":0,"first":0,"next":17,"records":17,"bytes":1200},…]
//   {"do":"delete","name":"orders"}     {"deleted":"orders"}; with "in_use":true also one that an app uses
//
// Confined to the reactor.

#include <functional>
#include <string>
#include <vector>

#include "eventlog/event_log.h"
#include "front/router.h"

namespace millrace::front {

// Has the records of a topic become messages to a URL group, or ends it where that is empty.
using NotifyTopic = std::function<Async<Result<void>>(std::string topic, std::string group)>;

// Does what `request` says. `invalid` for what cannot be understood, else as the log's calls fail.
Async<Result<std::string>> administer_topics(eventlog::EventLog& log, std::string request, NotifyTopic notify = {});

// POST /admin/topics. `log` outlives the routes.
std::vector<Route> topic_admin_routes(eventlog::EventLog& log, std::string secret, NotifyTopic notify = {});

}  // namespace millrace::front
