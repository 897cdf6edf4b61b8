#pragma once

// Answers the fields of the introspection types (GraphQL specification, September 2025, section 4.2), as a resolver
// does for the others. Pure.

#include <cstdint>

#include "graphql/execution/resolver.h"
#include "graphql/schema/schema.h"

namespace millrace::graphql {

// The number by which introspect() knows a field of an introspection type, or __schema and __type.
std::uint8_t introspection_field(const Field& field);

// Fills the results of a step of StepKind::introspection.
void introspect(const Schema& schema, FieldBatch& batch);

}  // namespace millrace::graphql
