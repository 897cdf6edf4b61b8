#pragma once

// The endpoint of signed notices: whoever delivers messages tells it that there are new events, and it answers when the
// projection has caught up. Confined to the reactor.

#include <functional>
#include <string>
#include <vector>

#include "app/inline_runner.h"
#include "delivery/signature.h"
#include "front/router.h"

namespace millrace::front {

// `runner` outlives the routes. `keys` tells the signing keys of the moment.
std::vector<Route> projection_routes(app::InlineRunner& runner, std::string path,
                                     std::function<delivery::SigningKeys()> keys, Clock clock = system_now);

}  // namespace millrace::front
