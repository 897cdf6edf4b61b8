#include <benchmark/benchmark.h>

#include "graphql/language/parser.h"
#include "graphql/schema/build.h"
#include "graphql/validation/validate.h"
#include "graphql/validation/zoo_schema.h"

namespace millrace::graphql {
namespace {

constexpr std::string_view small_query = "query { lion { id name size } }";

constexpr std::string_view query_with_variables = R"(query Zoo($id: ID!, $first: Int = 5, $keeper: Boolean!) {
  animal(id: $id) { ...Basics friends(first: $first) { ...Basics } }
  animals(where: {diet: MEAT, and: [{age: 3}]}, first: $first) { ...Basics keeper @include(if: $keeper) { name } }
}
fragment Basics on Animal { id name age diet ... on Lion { mane } ... on Parrot { words } })";

// As clients such as GraphiQL send it.
constexpr std::string_view introspection_query = R"(query IntrospectionQuery {
  __schema {
    description
    queryType { name kind }
    mutationType { name kind }
    subscriptionType { name kind }
    types { ...FullType }
    directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } }
  }
}
fragment FullType on __Type {
  kind name description specifiedByURL isOneOf
  fields(includeDeprecated: true) {
    name description
    args(includeDeprecated: true) { ...InputValue }
    type { ...TypeRef }
    isDeprecated deprecationReason
  }
  inputFields(includeDeprecated: true) { ...InputValue }
  interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason }
  possibleTypes { ...TypeRef }
}
fragment InputValue on __InputValue {
  name description type { ...TypeRef } defaultValue isDeprecated deprecationReason
}
fragment TypeRef on __Type {
  kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
    ofType { kind name ofType { kind name ofType { kind name } } } } } } } } }
})";

void validate_text(benchmark::State& state, std::string_view text) {
  auto schema = build_schema(zoo_schema).value();
  auto document = parse(text).value();
  if (!validate(*schema, document).empty()) state.SkipWithError("the document is not valid");
  for (auto _ : state) benchmark::DoNotOptimize(validate(*schema, document));
}

BENCHMARK_CAPTURE(validate_text, small, small_query);
BENCHMARK_CAPTURE(validate_text, with_variables, query_with_variables);
BENCHMARK_CAPTURE(validate_text, introspection, introspection_query);

}  // namespace
}  // namespace millrace::graphql
