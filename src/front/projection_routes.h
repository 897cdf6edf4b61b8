#pragma once

// The endpoint of signed notices: whoever delivers messages tells it that there are new events, and it answers when the
// projection has caught up. Confined to the reactor.

#include <string>
#include <vector>

#include "app/inline_runner.h"
#include "front/router.h"
#include "front/signature.h"

namespace millrace::front {

// `runner` outlives the routes.
std::vector<Route> projection_routes(app::InlineRunner& runner, std::string path, SigningKeys keys,
                                     Clock clock = system_now);

}  // namespace millrace::front
