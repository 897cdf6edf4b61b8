#pragma once

// "Did you mean …?" for names that do not exist.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::graphql {

// Those of `options` that are close enough to `name` to be what was meant, the closest first.
std::vector<std::string_view> closest_names(std::string_view name, std::span<const std::string_view> options);

// `Did you mean "Task" or "Team"?`; empty when nothing is close.
std::string did_you_mean(std::string_view name, std::span<const std::string_view> options);

}  // namespace millrace::graphql
