#pragma once

// What the parameters of CONFIG are set to in the database of a call.

#include <string>
#include <string_view>

#include "store/live/live_state.h"

namespace millrace::store {

// `name` is one of config_parameters.h.
std::string setting(const LiveState& live, DatabaseId database, std::string_view name);
std::int64_t integer_setting(const LiveState& live, DatabaseId database, std::string_view name);

}  // namespace millrace::store
