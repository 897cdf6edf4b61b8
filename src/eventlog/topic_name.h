#pragma once

// Names of topics, as Apache Kafka allows them. Pure.

#include <string>
#include <string_view>

namespace millrace::eventlog {

// 1 to 249 of [a-zA-Z0-9._-], neither "." nor "..".
bool is_topic_name(std::string_view name);

// The same for names that differ in '.' and '_' only: such names collide in Kafka's metrics, so that two topics must
// not have them.
std::string collision_name(std::string_view name);

}  // namespace millrace::eventlog
