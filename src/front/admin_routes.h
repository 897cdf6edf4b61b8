#pragma once

// What the program's own sub-commands ask of the server that holds the data. Each request carries the secret that
// stands in the data folder as a bearer token. Long work answers a stream of JSON lines: progress, then the outcome.
//
//   POST PLACE/rebuild   {"events":500,"events_total":2000} … {"done":true,"events":2000,"skipped":0,"keys_carried":0}
//                         or at its end {"error":"…"}
//
// Confined to the reactor.

#include <optional>
#include <string>
#include <vector>

#include "app/inline_runner.h"
#include "app/rebuild.h"
#include "front/router.h"

namespace millrace::front {

// What a request without the secret is answered; nothing when it has it.
std::optional<net::HttpResponse> refuse_unauthorized(const net::HttpRequest& request, const std::string& secret);

// `place` is where the app is administered: "/admin/apps/tasks". `runner` outlives the routes.
std::vector<Route> admin_routes(app::InlineRunner& runner, const std::string& place, std::string secret);

// A line of a rebuild's stream, without its line end.
std::string progress_line(const app::RebuildProgress& progress);
std::string outcome_line(const Result<app::RebuildReport>& outcome);

}  // namespace millrace::front
