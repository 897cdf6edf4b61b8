#include <benchmark/benchmark.h>
#include <string>
#include <vector>

#include "graphql/execution/operation_cache.h"
#include "graphql/execution/plan_compiler.h"
#include "graphql/execution/service.h"
#include "graphql/language/parser.h"
#include "graphql/schema/build.h"
#include "graphql/validation/validate.h"

namespace millrace::graphql {
namespace {

constexpr std::string_view tasks_sdl = R"(
  type Task { id: String! text: String! done: Boolean! }
  type Query { list: [Task] }
  type Mutation {
    createTask(text: String!): Task
    updateTask(id: String!, text: String!, done: Boolean!): Task
    deleteTask(id: String!): String
  }
)";
constexpr std::string_view list_query = "query { list { id text done } }";

constexpr std::string_view introspection_query = R"(
query IntrospectionQuery { __schema { description queryType { name kind } mutationType { name kind }
  subscriptionType { name kind } types { ...FullType }
  directives { name description isRepeatable locations args(includeDeprecated: true) { ...InputValue } } } }
fragment FullType on __Type { kind name description specifiedByURL isOneOf
  fields(includeDeprecated: true) { name description args(includeDeprecated: true) { ...InputValue } type { ...TypeRef }
    isDeprecated deprecationReason }
  inputFields(includeDeprecated: true) { ...InputValue } interfaces { ...TypeRef }
  enumValues(includeDeprecated: true) { name description isDeprecated deprecationReason } possibleTypes { ...TypeRef } }
fragment InputValue on __InputValue { name description type { ...TypeRef } defaultValue isDeprecated deprecationReason }
fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name
  ofType { kind name ofType { kind name ofType { kind name ofType { kind name ofType { kind name } } } } } } } } } }
)";

struct Task {
  std::string id{};
  std::string text{};
  bool done = false;
};

class Tasks final : public Resolver {
 public:
  explicit Tasks(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      tasks_.push_back({std::to_string(1624000000000 + i), "task " + std::to_string(i), i % 3 == 0});
  }
  bool resolve_now(FieldBatch& batch) override {
    auto parents = batch.parents();
    auto results = batch.results();
    auto name = batch.field().name;
    if (name == "list") {
      auto items = batch.list(tasks_.size());
      for (std::size_t i = 0; i < items.size(); ++i) items[i] = FieldResult::object(ObjectHandle::of(&tasks_[i]));
      results[0] = FieldResult::list(items);
    } else if (name == "id") {
      for (std::size_t i = 0; i < parents.size(); ++i) results[i] = FieldResult::string(parents[i].as<Task>()->id);
    } else if (name == "text") {
      for (std::size_t i = 0; i < parents.size(); ++i) results[i] = FieldResult::string(parents[i].as<Task>()->text);
    } else if (name == "done") {
      for (std::size_t i = 0; i < parents.size(); ++i) results[i] = FieldResult::boolean(parents[i].as<Task>()->done);
    }
    return true;
  }

 private:
  std::vector<Task> tasks_{};
};

void list_tasks(benchmark::State& state) {
  GraphqlService service(build_schema(tasks_sdl).value());
  Tasks tasks(static_cast<std::size_t>(state.range(0)));
  std::size_t bytes = 0;
  for (auto _ : state) {
    auto response = take_now(service.run({.query = list_query}, tasks));
    bytes = response.size();
    benchmark::DoNotOptimize(response);
  }
  state.counters["response_bytes"] = static_cast<double>(bytes);
}
BENCHMARK(list_tasks)->Arg(0)->Arg(1)->Arg(20)->Arg(1000)->Unit(benchmark::kMicrosecond);

void find_and_bind_three_variables(benchmark::State& state) {
  GraphqlService service(build_schema(tasks_sdl).value());
  constexpr std::string_view query =
      "mutation($id: String!, $text: String!, $done: Boolean!) { updateTask(id: $id, text: $text, done: $done) { id } "
      "}";
  auto variables = JsonDocument::parse(R"({"id":"7","text":"a text","done":true})").value();
  Request request{.query = query, .variables = &variables.root()};
  for (auto _ : state) {
    auto prepared = service.prepare(request);
    benchmark::DoNotOptimize(prepared);
  }
}
BENCHMARK(find_and_bind_three_variables);

void compile_small_plan(benchmark::State& state) {
  auto schema = build_schema(tasks_sdl).value();
  auto document = parse(list_query).value();
  if (!validate(*schema, document).empty()) std::abort();
  PlanRequest request{
      .schema = schema.get(), .document = document.text(), .operation = ast::as_operation(document.definitions()[0])};
  Limits limits;
  for (auto _ : state) benchmark::DoNotOptimize(compile_plan(request, limits));
}
BENCHMARK(compile_small_plan);

void first_sight_of_a_small_query(benchmark::State& state) {
  GraphqlService service(build_schema(tasks_sdl).value());
  std::string query(list_query);
  std::size_t number = 0;
  for (auto _ : state) {
    query.resize(list_query.size());
    query += " #" + std::to_string(number++);
    benchmark::DoNotOptimize(service.prepare({.query = query}));
  }
}
BENCHMARK(first_sight_of_a_small_query);

void introspect_from_bytes(benchmark::State& state) {
  GraphqlService service(build_schema(tasks_sdl).value());
  Tasks tasks(0);
  std::string body;
  for (auto _ : state) {
    auto response = take_now(service.run({.query = introspection_query}, tasks));
    body = response.text();
    benchmark::DoNotOptimize(body);
  }
  state.counters["response_bytes"] = static_cast<double>(body.size());
}
BENCHMARK(introspect_from_bytes)->Unit(benchmark::kMicrosecond);

// Execution alone: a variable keeps the response from being remembered.
void introspect_anew(benchmark::State& state) {
  GraphqlService service(build_schema(tasks_sdl).value());
  Tasks tasks(0);
  std::string query(introspection_query);
  query.replace(query.find("IntrospectionQuery"), 18, "Q($x: Boolean = true)");
  query.insert(query.find("{ __schema") + 1, " __typename @include(if: $x)");
  for (auto _ : state) benchmark::DoNotOptimize(take_now(service.run({.query = query}, tasks)));
}
BENCHMARK(introspect_anew)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace millrace::graphql
