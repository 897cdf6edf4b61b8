#include "graphql/execution/service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "graphql/execution/json_resolver.h"
#include "graphql/schema/build.h"

namespace millrace::graphql {
namespace {

using testing::HasSubstr;
using testing::Not;

// A service on a schema and a tree of data.
class ServiceTest : public testing::Test {
 protected:
  void open(std::string_view sdl, std::string_view data = "{}", ServiceOptions options = {}) {
    schema_ = build_schema(sdl).value();
    data_.emplace(JsonDocument::parse(data).value());
    service_.emplace(schema_, std::move(options));
  }

  Response run(Request request) {
    JsonResolver resolver(*schema_, data_->root());
    return take_now(service_->run(request, resolver));
  }
  Response run(std::string_view query, std::string_view variables = "{}") {
    variables_.emplace(JsonDocument::parse(variables).value());
    return run(Request{.query = query, .variables = &variables_->root()});
  }
  std::string text(std::string_view query, std::string_view variables = "{}") { return run(query, variables).text(); }

  SchemaPointer schema_{};
  std::optional<JsonDocument> data_{};
  std::optional<JsonDocument> variables_{};
  std::optional<GraphqlService> service_{};
};

constexpr std::string_view tasks_sdl = R"(
  type Task { id: String! text: String! done: Boolean! next: Task }
  type Query { list: [Task] first: Task! task(id: String, page: Int = 3): Task }
  type Mutation { add(text: String!): Task must: Int! other: Int }
  type Subscription { added: Task }
)";

TEST_F(ServiceTest, WritesDataInTheOrderOfTheDocument) {
  open(tasks_sdl, R"({"list":[{"id":"1","text":"a \"b\"","done":true},null]})");

  EXPECT_EQ(text("{ list { done id t: text __typename } }"),
            R"({"data":{"list":[{"done":true,"id":"1","t":"a \"b\"","__typename":"Task"},null]}})");
}

TEST_F(ServiceTest, WritesErrorsBeforeData) {
  open(tasks_sdl, R"({"list":[{"id":"1"}]})");

  auto response = run("{ list { id text } }");

  EXPECT_EQ(response.outcome, Outcome::data_and_errors);
  EXPECT_THAT(response.text(), testing::StartsWith(R"({"errors":[{"message":)"));
  EXPECT_THAT(response.text(), HasSubstr(R"("locations":[{"line":1,"column":13}],"path":["list",0,"text"])"));
  EXPECT_THAT(response.text(), testing::EndsWith(R"(],"data":{"list":[null]}})"));
}

TEST_F(ServiceTest, GivesNullDataWhenNothingIsNullableOnTheWayUp) {
  open(tasks_sdl, R"({"first":{"id":"1","text":"x"}})");

  EXPECT_THAT(text("{ first { done } }"), testing::EndsWith(R"("data":null})"));
}

TEST_F(ServiceTest, ReportsOnlyTheFirstErrorBelowOneNullablePosition) {
  open(tasks_sdl, R"({"list":[{}]})");

  EXPECT_THAT(text("{ list { text id done } }"), Not(HasSubstr(R"("path":["list",0,"id"])")));
}

TEST_F(ServiceTest, StopsAMutationAtAFieldThatMakesTheDataNull) {
  open(tasks_sdl, R"({"must":null,"other":{"$error":"never asked"}})");

  EXPECT_THAT(text("mutation { must other }"), Not(HasSubstr("never asked")));
}

TEST_F(ServiceTest, ListsEveryPlaceOfAMergedFieldInAnError) {
  open(tasks_sdl, R"({"list":{"$error":"no"}})");

  EXPECT_THAT(text("{ list { id } list { text } }"),
              HasSubstr(R"("locations":[{"line":1,"column":3},{"line":1,"column":15}])"));
}

TEST_F(ServiceTest, OrdersFieldsByTheirFirstIncludedOccurrence) {
  open("type Query { a: Int b: Int }", R"({"a":1,"b":2})");
  constexpr auto query = "query($s: Boolean!) { a @skip(if: $s) b a }";

  EXPECT_EQ(text(query, R"({"s":true})"), R"({"data":{"b":2,"a":1}})");
  EXPECT_EQ(text(query, R"({"s":false})"), R"({"data":{"a":1,"b":2}})");
}

TEST_F(ServiceTest, ReportsAllFaultsOfVariables) {
  open("input I { a: Int! b: [Int] } type Query { f(i: I!, j: Int!): Int }");

  auto response = run("query($i: I!, $j: Int!) { f(i: $i, j: $j) }", R"({"i":{"b":[1,"x"],"c":1}})");

  EXPECT_EQ(response.outcome, Outcome::invalid_variables);
  EXPECT_THAT(response.text(), HasSubstr(R"(\"$i\" lacks the field \"a\" of type \"Int!\".)"));
  EXPECT_THAT(response.text(), HasSubstr(R"(\"$i.b[1]\" must be of type \"Int\", not \"x\".)"));
  EXPECT_THAT(response.text(), HasSubstr(R"(\"$i\" has the field \"c\")"));
  EXPECT_THAT(response.text(), HasSubstr(R"(The variable \"$j\" of type \"Int!\" has no value.)"));
}

TEST_F(ServiceTest, MasksUnexpectedFailuresAndLogsThem) {
  std::string logged_id;
  std::string logged;
  ServiceOptions options;
  options.on_internal_error = [&](std::string_view id, std::string_view detail) {
    logged_id = id;
    logged = detail;
  };
  open(tasks_sdl, R"({"list":{"$error":"disk on fire","$code":"INTERNAL_SERVER_ERROR"}})", std::move(options));

  auto answer = text("{ list { id } }");

  EXPECT_THAT(answer, Not(HasSubstr("fire")));
  EXPECT_THAT(answer, HasSubstr(R"("message":"Internal server error")"));
  EXPECT_THAT(answer, HasSubstr(logged_id));
  EXPECT_EQ(logged, "disk on fire");
}

TEST_F(ServiceTest, TellsOutcomesApart) {
  open(tasks_sdl);

  EXPECT_EQ(run("{").outcome, Outcome::syntax_error);
  EXPECT_EQ(run("{ nothing }").outcome, Outcome::invalid_document);
  EXPECT_EQ(run("fragment F on Task { id }").outcome, Outcome::invalid_document);
  EXPECT_EQ(run("query A { list { id } } query B { list { id } }").outcome, Outcome::no_such_operation);
  EXPECT_EQ(run(Request{.query = "query A { list { id } }", .operation_name = "B"}).outcome,
            Outcome::no_such_operation);
  EXPECT_EQ(run("subscription { added { id } }").outcome, Outcome::subscription_without_stream);
  EXPECT_EQ(run(Request{.query = "mutation { other }", .read_only = true}).outcome, Outcome::mutation_over_get);
  EXPECT_EQ(run(Request{}).outcome, Outcome::malformed_request);
  EXPECT_EQ(run("{ list { id } }").outcome, Outcome::data);
}

TEST_F(ServiceTest, PreparesSubscriptionsForTransportsThatStream) {
  open(tasks_sdl);
  auto prepared = service_->prepare({.query = "subscription { added { id } }"});
  auto& operation = std::get<PreparedOperation>(prepared);
  auto event = JsonDocument::parse(R"({"added":{"id":"7"}})").value();
  JsonResolver resolver(*schema_, event.root());

  EXPECT_EQ(operation.kind(), ast::OperationKind::subscription);
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(take_now(service_->execute(operation, resolver)).text(), R"({"data":{"added":{"id":"7"}}})");
}

TEST_F(ServiceTest, UsesADocumentAgainAndForgetsItWithItsSchema) {
  open(tasks_sdl, R"({"list":[]})");

  run("{ list { id } }");
  run("{ list { id } }");
  EXPECT_EQ(service_->cache_counts().hits, 1u);
  service_->replace_schema(schema_);
  run("{ list { id } }");
  EXPECT_EQ(service_->cache_counts().hits, 1u);
}

TEST_F(ServiceTest, KeepsItsCacheWithinBounds) {
  ServiceOptions options;
  options.cache_bytes_max = 100'000;
  open(tasks_sdl, "{}", std::move(options));

  for (int i = 0; i < 200; ++i) run("{ a" + std::to_string(i) + ": list { id } }");
  for (int i = 0; i < 2000; ++i) run("{ nothing" + std::to_string(i) + " }");

  EXPECT_LE(service_->cache_counts().bytes, 100'000u);
  EXPECT_GE(service_->cache_counts().documents, 5u);
  run("{ a199: list { id } }");
  EXPECT_EQ(service_->cache_counts().hits, 1u);
}

TEST_F(ServiceTest, AnswersAStandardIntrospectionFromBytes) {
  open(tasks_sdl);

  auto first = run("{ __schema { queryType { name } types { name } } }");
  auto second = run("{ __schema { queryType { name } types { name } } }");

  EXPECT_EQ(first.text(), second.text());
  EXPECT_NE(second.body_shared, nullptr);
  EXPECT_THAT(first.text(), HasSubstr(R"("queryType":{"name":"Query"},"types":[{"name":"Task"},{"name":"Query"})"));
}

TEST_F(ServiceTest, RefusesIntrospectionWhenItIsOff) {
  ServiceOptions options;
  options.introspection = false;
  open(tasks_sdl, R"({"first":{"id":"1","text":"","done":true}})", std::move(options));

  EXPECT_EQ(run("{ __schema { queryType { name } } }").outcome, Outcome::invalid_document);
  EXPECT_EQ(text("{ __typename first { __typename } }"),
            R"({"data":{"__typename":"Query","first":{"__typename":"Task"}}})");
  EXPECT_THAT(text("{ lst { id } }"), Not(HasSubstr("Did you mean")));
}

// --- Limits

class LimitTest : public ServiceTest {
 protected:
  static constexpr std::string_view sdl = R"(
    type User { name: String friends: [User] posts(first: Int = 20): [Post] page(first: Int!): Page }
    type Post { title: String author: User }
    type Page { items: [Post] }
    type Query { me: User users(first: Int = 10, last: Int): [User] }
  )";
  std::string refusal(std::string_view query, std::string_view variables = "{}") {
    auto response = run(query, variables);
    EXPECT_EQ(response.outcome, Outcome::over_limit) << query << "\n" << response.text();
    EXPECT_THAT(response.text(), HasSubstr(R"("code":"LIMIT_EXCEEDED")"));
    return response.text();
  }
};

TEST_F(LimitTest, BoundsDepthThroughFragments) {
  ServiceOptions options;
  options.limits.depth_max = 3;
  open(sdl, "{}", std::move(options));

  EXPECT_EQ(run("{ me { friends { name } } }").outcome, Outcome::data);
  EXPECT_THAT(refusal("{ me { ...F } } fragment F on User { friends { posts { title } } }"), HasSubstr("Post.title"));
  EXPECT_THAT(refusal("{ me { ...F page(first: 1) { items { author { ...F } } } } } fragment F on User { name }"),
              HasSubstr("nested more than 3"));
}

TEST_F(LimitTest, BoundsDepthOfASelectionThatIsAlsoMetLessDeep) {
  ServiceOptions options;
  options.limits.depth_max = 3;
  open(sdl, "{}", std::move(options));

  refusal("{ me { ...F friends { ...F } } } fragment F on User { page(first: 1) { items { title } } }");
}

TEST_F(LimitTest, DoesNotCountIntrospectionAsDepth) {
  ServiceOptions options;
  options.limits.depth_max = 2;
  open(sdl, "{}", std::move(options));

  EXPECT_EQ(run("{ __schema { types { fields { type { ofType { name } } } } } }").outcome, Outcome::data);
}

TEST_F(LimitTest, BoundsAliasesDirectivesAndRootFields) {
  ServiceOptions options;
  options.limits.aliases_max = 2;
  options.limits.directives_max = 2;
  options.limits.root_fields_max = 2;
  open(sdl, "{}", std::move(options));

  EXPECT_THAT(refusal("{ me { a: name b: name c: name } }"), HasSubstr("more than 2 aliases"));
  EXPECT_THAT(refusal("{ me @skip(if: true) { name @skip(if: true) } me @include(if: true) { name } }"),
              HasSubstr("more than 2 directives"));
  EXPECT_THAT(refusal("{ a: me { name } b: me { name } me { name } }"), HasSubstr("more than 2 root fields"));
}

TEST_F(LimitTest, MultipliesComplexityByPageSizes) {
  ServiceOptions options;
  options.limits.complexity_max = 500;
  open(sdl, "{}", std::move(options));

  EXPECT_EQ(run("{ users(first: 100) { name } }").outcome, Outcome::data);  // 100 × 3
  EXPECT_THAT(refusal("{ users(first: 100) { posts(first: 2) { title } } }"), HasSubstr("Query.users"));
  EXPECT_EQ(run("{ users(first: 10) { posts(first: 2) { title } } }").outcome, Outcome::data);
  EXPECT_THAT(refusal("{ me { friends { friends { name } } } }"), HasSubstr("complexity"));  // 20 × 20 × 3
  EXPECT_EQ(run("{ me { page(first: 100) { items { title } } } }").outcome, Outcome::data);
  refusal("{ me { friends { page(first: 100) { items { title } } } } }");
}

TEST_F(LimitTest, TakesPageSizesFromVariables) {
  ServiceOptions options;
  options.limits.complexity_max = 200;
  open(sdl, "{}", std::move(options));
  constexpr auto query = "query($n: Int) { users(first: $n) { name } }";

  EXPECT_EQ(run(query, R"({"n":50})").outcome, Outcome::data);
  EXPECT_THAT(refusal(query, R"({"n":80})"), HasSubstr("complexity"));
  EXPECT_THAT(refusal(query, R"({"n":101})"), HasSubstr("Query.users(first:)"));
  EXPECT_EQ(run(query).outcome, Outcome::data);
}

TEST_F(LimitTest, BoundsPlansThatFragmentsMultiply) {
  std::string types = "interface I { f: I g: I } type Query { i: I }";
  std::string conditions;
  for (int i = 0; i < 12; ++i) {
    auto name = "T" + std::to_string(i);
    types += " type " + name + " implements I { f: I g: I }";
  }
  open(types);
  std::string query = "{ i { ...F0 } }";
  for (int level = 0; level < 10; ++level) {
    query += " fragment F" + std::to_string(level) + " on I {";
    for (int i = 0; i < 12; ++i)
      query += " ...on T" + std::to_string(i) + " { f { g { f } ...F" + std::to_string(level + 1) + " } }";
    query += " }";
  }
  query += " fragment F10 on I { __typename }";

  auto response = run(query);

  EXPECT_NE(response.outcome, Outcome::internal_failure);
  EXPECT_NE(response.outcome, Outcome::data);
}

TEST_F(LimitTest, EndsAResponseThatGetsTooLarge) {
  ServiceOptions options;
  options.limits.response_bytes_max = 10'000;
  std::string items;
  for (int i = 0; i < 1000; ++i) items += std::string(i == 0 ? "" : ",") + R"({"name":"somebody somewhere"})";
  open(sdl, R"({"users":[)" + items + "]}", std::move(options));

  auto response = run("{ users { name } }");

  EXPECT_EQ(response.outcome, Outcome::data_and_errors);
  EXPECT_THAT(response.text(), HasSubstr(R"("code":"LIMIT_EXCEEDED")"));
  EXPECT_THAT(response.text(), testing::EndsWith(R"("data":null})"));
}

TEST_F(LimitTest, EndsAResponseOfTooManyErrors) {
  ServiceOptions options;
  options.limits.response_bytes_max = 10'000;
  std::string items;
  for (int i = 0; i < 1000; ++i) items += std::string(i == 0 ? "" : ",") + R"({"$error":"no"})";
  open(sdl, R"({"users":[)" + items + "]}", std::move(options));

  auto answer = text("{ users { name } }");

  EXPECT_THAT(answer, HasSubstr(R"("code":"LIMIT_EXCEEDED")"));
  EXPECT_LT(answer.size(), 100'000u);
}

std::chrono::steady_clock::time_point hurried_clock() {
  static std::chrono::steady_clock::time_point now{};
  return now += std::chrono::seconds{3};
}

TEST_F(LimitTest, EndsAnExecutionThatTakesTooLong) {
  ServiceOptions options;
  options.now = &hurried_clock;
  open(sdl, R"({"me":{"name":"x"}})", std::move(options));

  auto answer = text("{ me { name } }");

  EXPECT_THAT(answer, HasSubstr(R"("code":"TIMEOUT")"));
  EXPECT_THAT(answer, testing::EndsWith(R"("data":null})"));
}

// --- Persisted queries

class PersistedTest : public ServiceTest {
 protected:
  static constexpr std::string_view query = "{ __typename }";
  static constexpr std::string_view answer = R"({"data":{"__typename":"Query"}})";

  Response ask(std::string_view extensions, std::optional<std::string_view> text = {}) {
    extensions_.emplace(JsonDocument::parse(extensions).value());
    return run(Request{.query = text, .extensions = &extensions_->root()});
  }
  static std::string hash_of(std::string_view text) {
    return R"({"persistedQuery":{"version":1,"sha256Hash":")" + to_hex(sha256(text)) + "\"}}";
  }

  std::optional<JsonDocument> extensions_{};
};

TEST_F(PersistedTest, LearnsADocumentOnce) {
  open(tasks_sdl);

  EXPECT_EQ(ask(hash_of(query)).outcome, Outcome::persisted_query_not_found);
  EXPECT_THAT(ask(hash_of(query)).text(), HasSubstr(R"("message":"PersistedQueryNotFound")"));
  EXPECT_EQ(ask(hash_of(query), query).text(), answer);
  EXPECT_EQ(ask(hash_of(query)).text(), answer);
}

TEST_F(PersistedTest, DoesNotLearnWhatIsInvalidOrOfAnotherHash) {
  open(tasks_sdl);

  EXPECT_EQ(ask(hash_of("{ nothing }"), "{ nothing }").outcome, Outcome::invalid_document);
  EXPECT_EQ(ask(hash_of("{ nothing }")).outcome, Outcome::persisted_query_not_found);
  EXPECT_THAT(ask(hash_of("{ other }"), query).text(), HasSubstr("provided sha does not match query"));
}

TEST_F(PersistedTest, RefusesOtherVersionsAndShapes) {
  open(tasks_sdl);

  EXPECT_THAT(ask(R"({"persistedQuery":{"version":2,"sha256Hash":"x"}})").text(),
              HasSubstr("Unsupported persisted query version"));
  EXPECT_EQ(ask(R"({"persistedQuery":{"version":1}})").outcome, Outcome::malformed_request);
  EXPECT_EQ(ask(R"({"persistedQuery":7})").outcome, Outcome::malformed_request);
}

TEST_F(PersistedTest, CanBeOff) {
  ServiceOptions options;
  options.automatic_persisted_queries = false;
  open(tasks_sdl, "{}", std::move(options));

  EXPECT_EQ(ask(hash_of(query), query).outcome, Outcome::persisted_query_not_supported);
}

TEST_F(PersistedTest, ForgetsTheLeastRecentlyUsed) {
  PersistedDocuments documents(1000);
  for (int i = 0; i < 10; ++i) documents.learn("hash" + std::to_string(i), "{ __typename }");

  EXPECT_EQ(documents.find_learnt("hash0"), nullptr);
  EXPECT_NE(documents.find_learnt("hash9"), nullptr);
}

TEST_F(PersistedTest, ServesOnlyListedDocumentsWhenToldSo) {
  ServiceOptions options;
  options.trusted_mode = TrustedDocuments::only;
  options.trusted_documents = {{"hello", std::string(query)}};
  open(tasks_sdl, "{}", std::move(options));

  EXPECT_EQ(run(Request{.document_id = "hello"}).text(), answer);
  EXPECT_EQ(run(query).text(), answer);
  EXPECT_EQ(run("{ list { id } }").outcome, Outcome::document_not_trusted);
  EXPECT_EQ(run(Request{.document_id = "other"}).outcome, Outcome::persisted_query_not_found);
}

TEST(ReadRequest, TakesNullForAbsentAndRefusesWrongTypes) {
  auto body = JsonDocument::parse(R"({"query":"{a}","variables":null,"operationName":null,"other":1})").value();
  auto request = read_request(body.root()).value();

  EXPECT_EQ(request.query, "{a}");
  EXPECT_EQ(request.variables, nullptr);
  EXPECT_FALSE(request.operation_name);
  for (auto text : {"[]", R"({"query":1})", R"({"variables":[]})", R"({"extensions":"x"})", R"({"operationName":{}})"})
    EXPECT_FALSE(read_request(JsonDocument::parse(text).value().root())) << text;
}

}  // namespace
}  // namespace millrace::graphql
