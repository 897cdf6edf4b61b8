#pragma once

// Whether a document may be executed against a schema: all 30 rules of the GraphQL specification, September 2025,
// section 5, in one walk. Errors and their locations are those of graphql-js 16.15, except where the edition asks for
// more: an operation needs its root type, no @skip or @include at the root of a subscription, and no nullable variable
// as the field of a @oneOf object wherever that stands. Time is near linear in the document, whatever it contains.
//
// Confined to one thread per document; the schema is shared.

#include <cstddef>
#include <vector>

#include "graphql/error.h"
#include "graphql/language/ast.h"
#include "graphql/schema/schema.h"

namespace millrace::graphql {

struct ValidationOptions {
  // Errors beyond these are dropped, and one more error, without locations, says so.
  std::size_t errors_max = 100;
  // Whether messages propose names of the schema. Off wherever introspection is off: they would give the schema away.
  bool suggestions = true;
  // Whether fields of introspection types may be selected. __typename is no such field.
  bool introspection = true;
};

// All errors, none for a valid document. Fills the slots of `document` that are marked "Set by validation".
std::vector<GraphqlError> validate(const Schema& schema, ast::Document& document,
                                   const ValidationOptions& options = {});

}  // namespace millrace::graphql
