#pragma once

// The schema as SDL, byte for byte what graphql-js's `printSchema` gives: without built-in definitions, a vocabulary,
// or applied directives other than @deprecated, @specifiedBy and @oneOf.

#include <string>

#include "graphql/schema/schema.h"

namespace millrace::graphql {

std::string print_schema(const Schema& schema);
std::string print_type(const NamedType& type);

}  // namespace millrace::graphql
