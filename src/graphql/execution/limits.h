#pragma once

// What one request may cost. Sizes of bodies, addresses and messages are the transports' limits.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace millrace::graphql {

struct Limits {
  std::uint32_t tokens_max = 5000;            // five times what people write; ends reading early
  std::uint32_t nesting_max = 200;            // of brackets in the document: keeps recursion off the end of the stack
  std::uint32_t depth_max = 12;               // of nested fields; GraphQL clients' generated queries stay under 10
  std::uint32_t aliases_max = 30;             // in the document: aliases repeat work under one name
  std::uint32_t root_fields_max = 20;         // of the operation after merging
  std::uint32_t directives_max = 50;          // in the document
  std::uint64_t complexity_max = 10'000;      // a field 1, an object 2, times the page size of each list around it
  std::uint32_t page_size_default = 20;       // of a list whose size nothing tells, for the complexity
  std::uint32_t page_size_max = 100;          // of arguments `first`, `last` and `limit`
  std::uint32_t plan_steps_max = 20'000;      // of a compiled operation: stops types multiplied by fragments
  std::uint32_t validation_errors_max = 100;  // what a person can read
  std::uint32_t variable_errors_max = 50;
  std::chrono::milliseconds execution_time_max{5000};
  std::size_t response_bytes_max = 16u << 20;  // what a client can be expected to hold
};

}  // namespace millrace::graphql
