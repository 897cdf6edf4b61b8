#pragma once

// What the parameters of CONFIG are set to in the database of a call.

#include <optional>
#include <string>
#include <string_view>

#include "store/live/live_state.h"
#include "store/reply.h"

namespace millrace::store {

// `name` is one of config_parameters.h.
std::string setting(const LiveState& live, DatabaseId database, std::string_view name);
std::int64_t integer_setting(const LiveState& live, DatabaseId database, std::string_view name);

// What a write is answered where min-replicas-to-write asks for replicas, of which there are none.
std::optional<Reply> refuse_without_replicas(const LiveState& live, DatabaseId database);

}  // namespace millrace::store
