// Parsing and schema building. Targets on one core of about 3 GHz: the small query 0.7 µs, the kitchen sink 5 µs, the
// introspection query 10 µs, a schema of 368 KB built in 20 ms.

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <string>

#include "graphql/language/parser.h"
#include "graphql/schema/build.h"

namespace millrace::graphql {
namespace {

constexpr std::string_view small_query = "query { list { id text done } }                ";

constexpr std::string_view kitchen_sink = R"(
query Board($owner: ID!, $first: Int = 20, $filter: TaskFilter = {states: [OPEN, DONE], text: "milk"}) @cached(for: 5) {
  owner: user(id: $owner) {
    ...Person
    tasks(first: $first, filter: $filter, order: [{field: DUE, descending: true}, {field: TEXT}]) @include(if: true) {
      items {
        id
        text
        due(format: "yyyy-MM-dd", zone: "Europe/Berlin")
        weight(scale: 1.5e3, offset: -12)
        ... on Chore @skip(if: false) { every repeats }
        ... on Purchase { price(currency: EUR) { amount currency } shop { name address { street city } } }
      }
      next
      total
    }
  }
  null: viewer { on fragment type }
}

mutation Done($id: ID!) {
  finish(id: $id, note: """
    All of it,
      even the last item.
  """) { id done history(last: 3) { at by { ...Person } } }
}

subscription Changes { taskChanged(since: "2024-01-01T00:00:00Z") { id done } }

fragment Person on User @maybe(reason: "a \"quoted\" word, \u00e9 and \u{1F600}") {
  id
  name
  avatar(size: 64) { url width height }
  ... @include(if: $verbose) { email phone }
}
)";

constexpr std::string_view introspection_query = R"(
    query IntrospectionQuery {
      __schema {
        description
        queryType { name kind }
        mutationType { name kind }
        subscriptionType { name kind }
        types {
          ...FullType
        }
        directives {
          name
          description
          isRepeatable
          locations
          args(includeDeprecated: true) {
            ...InputValue
          }
        }
      }
    }

    fragment FullType on __Type {
      kind
      name
      description
      specifiedByURL
      isOneOf
      fields(includeDeprecated: true) {
        name
        description
        args(includeDeprecated: true) {
          ...InputValue
        }
        type {
          ...TypeRef
        }
        isDeprecated
        deprecationReason
      }
      inputFields(includeDeprecated: true) {
        ...InputValue
      }
      interfaces {
        ...TypeRef
      }
      enumValues(includeDeprecated: true) {
        name
        description
        isDeprecated
        deprecationReason
      }
      possibleTypes {
        ...TypeRef
      }
    }

    fragment InputValue on __InputValue {
      name
      description
      type { ...TypeRef }
      defaultValue
      isDeprecated
      deprecationReason
    }

    fragment TypeRef on __Type {
      kind
      name
      ofType {
        kind
        name
        ofType {
          kind
          name
          ofType {
            kind
            name
            ofType {
              kind
              name
              ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } }
            }
          }
        }
      }
    }
)";

// A schema of at least `size` bytes, in the proportions of large public ones: described fields, connections, inputs.
std::string large_schema(std::size_t size) {
  std::string text = "interface Node { id: ID! }\ntype Query { node(id: ID!): Node first: Thing0 }\n";
  for (int i = 0; text.size() < size; ++i)
    text += fmt::format(R"(
"""
A thing of the kind number {0}, with what belongs to it.
"""
type Thing{0} implements Node {{
  "Identifies the thing."
  id: ID!
  "What people call it."
  name(locale: String = "en"): String!
  "The things below it, page by page."
  children("How many at most." first: Int = 20, "Where to go on." after: String, filter: Filter{0} = {{state: OPEN}}): [Thing{0}!]!
  weight: Float @deprecated(reason: "Use `mass`.")
  mass: Float
  state: State{0}!
}}
"The states of a thing {0}."
enum State{0} {{ OPEN CLOSED @deprecated LOST }}
input Filter{0} {{ state: State{0} = OPEN text: String limit: Int! = 10 any: [Filter{0}!] }}
union Found{0} = Thing{0} | Query
)",
                        i);
  return text;
}

void parse_text(benchmark::State& state, std::string_view text) {
  for (auto _ : state) {
    auto document = parse(text);
    benchmark::DoNotOptimize(document);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK_CAPTURE(parse_text, small_query, small_query);
BENCHMARK_CAPTURE(parse_text, kitchen_sink, kitchen_sink);
BENCHMARK_CAPTURE(parse_text, introspection_query, introspection_query);

void parse_large_schema(benchmark::State& state) {
  const auto text = large_schema(368'000);
  for (auto _ : state) {
    auto document = parse(text, {.limits = schema_parse_limits});
    benchmark::DoNotOptimize(document);
  }
}
BENCHMARK(parse_large_schema)->Unit(benchmark::kMillisecond);

void build_large_schema(benchmark::State& state) {
  const auto text = large_schema(368'000);
  for (auto _ : state) {
    auto schema = build_schema(text);
    if (!schema) state.SkipWithError(to_string(schema.error().front()).c_str());
    benchmark::DoNotOptimize(schema);
  }
}
BENCHMARK(build_large_schema)->Unit(benchmark::kMillisecond);

void build_empty_schema(benchmark::State& state) {
  for (auto _ : state) {
    auto schema = build_schema("type Query { a: Int }");
    benchmark::DoNotOptimize(schema);
  }
}
BENCHMARK(build_empty_schema)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace millrace::graphql
