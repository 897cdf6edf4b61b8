#pragma once

// What `millrace group` does with groups of consumers. Requests and answers are JSON, the same whether they come to a
// server (POST /admin/groups) or to a process that opened the data folder itself.
//
//   {"do":"list"}                        {"groups":[{"name":"billing","instances":2,"partitions":4,"lag":17},…]}
//   {"do":"show","name":"billing"}       {"name":"billing","lag":17,"partitions":[{"topic":"orders","partition":0,
//                                         "committed":3,"next":20,"lag":17,"instance":"worker-a"},…]}
//   {"do":"delete","name":"billing"}     {"deleted":"billing"}: what it has committed is forgotten
//
// Confined to the reactor.

#include <string>
#include <vector>

#include "eventlog/consumer_groups.h"
#include "front/router.h"

namespace millrace::front {

// Does what `request` says. `invalid` for what cannot be understood, else as the groups' calls fail.
Async<Result<std::string>> administer_groups(eventlog::ConsumerGroups& groups, std::string request);

// POST /admin/groups. `groups` outlives the routes.
std::vector<Route> group_admin_routes(eventlog::ConsumerGroups& groups, std::string secret);

}  // namespace millrace::front
