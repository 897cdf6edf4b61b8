#pragma once

// What `millrace credential` does: create, list, show and delete credentials of the event log. Requests and answers are
// JSON, the same whether they come to a server (POST /admin/credentials) or to a process that opened the data folder
// itself.
//
//   {"do":"create","name":"phone","topics":"clicks.*","permissions":"PRODUCE"}
//                                    {"name":"phone","username":"…","topics":"clicks.*","permissions":"PRODUCE",
//                                     "created_at":"…","password":"…"}
//   {"do":"list"}                    {"credentials":[{"name":"phone",…},…]}
//   {"do":"show","name":"phone"}     without the password, which nobody knows
//   {"do":"delete","name":"phone"}   {"deleted":"phone"}; it opens nothing from now on
//
// Confined to the reactor.

#include <string>
#include <vector>

#include "front/kafka/kafka_access.h"
#include "front/router.h"

namespace millrace::front {

// Does what `request` says. `invalid` for what cannot be understood, `not_found`, `conflict`, `over_limit`.
Async<Result<std::string>> administer_credentials(LogCredentials& credentials, std::string request);

// POST /admin/credentials. `credentials` outlives the routes.
std::vector<Route> credential_admin_routes(LogCredentials& credentials, std::string secret);

}  // namespace millrace::front
