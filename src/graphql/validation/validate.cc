#include "graphql/validation/validate.h"

#include "graphql/validation/walk.h"

namespace millrace::graphql {

std::vector<GraphqlError> validate(const Schema& schema, ast::Document& document, const ValidationOptions& options) {
  return Walk(schema, document, options).run();
}

}  // namespace millrace::graphql
