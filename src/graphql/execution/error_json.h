#pragma once

// Errors as clients get them (GraphQL specification, September 2025, section 7.1.2).

#include <span>
#include <string>

#include "graphql/error.h"

namespace millrace::graphql {

// Appends the list, brackets included. Keys stand in the order message, locations, path, extensions.
void append_errors(std::string& out, std::span<const GraphqlError> errors);

}  // namespace millrace::graphql
