#pragma once

// GraphQL over HTTP at an endpoint (GraphQL over HTTP, stage 2 draft), GraphiQL for browsers at the same address, and
// the schema as text. Confined to the reactor.

#include <string>
#include <vector>

#include "app/service.h"
#include "front/router.h"

namespace millrace::front {

// Which statuses failures get: what the audit suite of graphql-http expects, or what the newest draft says.
enum class StatusProfile { audited, draft_2026 };

struct GraphqlRoutesOptions {
  std::string endpoint = "/graphql";
  StatusProfile statuses = StatusProfile::audited;
  bool playground = true;                        // GraphiQL for browsers
  bool introspection = true;                     // also serves the schema as text
  std::size_t variables_bytes_max = 256 * 1024;  // of a variables object; far more than any form has
};

// `service` outlives the routes.
std::vector<Route> graphql_routes(app::Service& service, GraphqlRoutesOptions options);

// The status of an outcome. Pure.
int graphql_status(graphql::Outcome outcome, bool own_media_type, StatusProfile profile);

}  // namespace millrace::front
