#include "graphql/schema/build.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "graphql/schema/print.h"

namespace millrace::graphql {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view vocabulary = R"(
  directive @entity(key: String, store: Store = JSON) on OBJECT
  directive @id(gen: IdGen = ULID, prefix: String) on FIELD_DEFINITION
  directive @tenant(from: String!) on SCHEMA
  enum Store { JSON HASH } enum IdGen { ULID CLOCK }
  scalar DateTime scalar Point
)";

// "line:column" of each error, in order.
std::vector<std::string> errors_at(std::string_view text) {
  const auto schema = build_schema(text);
  std::vector<std::string> places;
  if (!schema)
    for (auto& error : schema.error())
      places.push_back(std::to_string(error.line) + ":" + std::to_string(error.column));
  return places;
}

// Of definitions beside a query root, on a line of their own.
std::vector<std::string> faults(std::string_view text) {
  return errors_at("type Query { q: Int }\n" + std::string(text));
}

SchemaPointer built(std::string_view text, const SchemaOptions& options = {}) {
  auto schema = build_schema(text, options);
  if (schema) return *schema;
  for (auto& error : schema.error()) ADD_FAILURE() << to_string(error);
  return nullptr;
}

std::string first_error(std::string_view text, const SchemaOptions& options = {}) {
  const auto schema = build_schema(text, options);
  return schema ? "built" : to_string(schema.error().front());
}

TEST(SchemaRoots, AreTheUsualNamesWithoutASchemaBlock) {
  const auto schema = built("type Query { a: Int } type Mutation { b: Int }");

  EXPECT_EQ(schema->query().name, "Query");
  EXPECT_EQ(schema->mutation()->name, "Mutation");
  EXPECT_EQ(schema->subscription(), nullptr);
}

TEST(SchemaRoots, AreThoseOfTheSchemaBlockAndItsExtensions) {
  const auto schema = built(
      "schema { query: Q } type Q { a: Int } type M { a: Int } type Mutation { a: Int } extend schema { subscription: "
      "M }");

  EXPECT_EQ(schema->query().name, "Q");
  EXPECT_EQ(schema->mutation(), nullptr);
  EXPECT_EQ(schema->subscription()->name, "M");
}

TEST(SchemaRoots, NeedAQueryThatIsAnObjectAndDiffer) {
  EXPECT_THAT(errors_at("type T { a: Int }"), ElementsAre("1:1"));
  EXPECT_THAT(errors_at("input Query { a: Int }"), ElementsAre("1:1"));
  EXPECT_THAT(errors_at("schema { query: Q mutation: Q } type Q { a: Int }"), ElementsAre("1:19"));
  EXPECT_THAT(errors_at("schema { query: Q } schema { query: Q } type Q { a: Int }"), ElementsAre("1:21"));
  EXPECT_THAT(errors_at("schema { query: Q } extend schema { query: Q } type Q { a: Int }"), ElementsAre("1:37"));
}

TEST(SchemaNames, AreUnique) {
  EXPECT_THAT(faults("type A { a: Int } enum A { B }"), ElementsAre("2:24"));
  EXPECT_THAT(faults("directive @a on FIELD directive @a on FIELD"), ElementsAre("2:34"));
  EXPECT_THAT(faults("type A { a: Int b: Int a: Int }"), ElementsAre("2:24"));
  EXPECT_THAT(faults("type A { a(x: Int, x: Int): Int }"), ElementsAre("2:20"));
  EXPECT_THAT(faults("enum A { B C B }"), ElementsAre("2:14"));
  EXPECT_THAT(faults("input A { a: Int } extend input A { a: Int }"), ElementsAre("2:37"));
  EXPECT_THAT(faults("type A { a: Int } union U = A | A"), ElementsAre("2:33"));
  EXPECT_THAT(faults("interface I { a: Int } type A implements I & I { a: Int }"), ElementsAre("2:46"));
}

TEST(SchemaNames, DoNotBeginWithTwoUnderscores) {
  EXPECT_THAT(faults("type __A { a: Int }"), ElementsAre("2:1"));
  EXPECT_THAT(faults("type A { __a(__b: Int): Int }"), ElementsAre("2:10", "2:14"));
  EXPECT_THAT(faults("enum A { __B } directive @__c on FIELD"), ElementsAre("2:10", "2:16"));
}

TEST(SchemaNames, OfBuiltInDefinitionsAreTaken) {
  EXPECT_THAT(faults("scalar String"), ElementsAre("2:8"));
  EXPECT_THAT(faults("directive @skip on FIELD"), ElementsAre("2:12"));
  EXPECT_THAT(faults("extend scalar String @specifiedBy(url: \"x\")"), ElementsAre("2:15"));
}

TEST(SchemaTypes, NeedMembers) {
  EXPECT_THAT(faults("type A"), ElementsAre("2:1"));
  EXPECT_THAT(faults("interface A"), ElementsAre("2:1"));
  EXPECT_THAT(faults("union A"), ElementsAre("2:1"));
  EXPECT_THAT(faults("enum A"), ElementsAre("2:1"));
  EXPECT_THAT(faults("input A"), ElementsAre("2:1"));
  EXPECT_THAT(faults("type A extend type A { a: Int }"), ElementsAre());
}

TEST(SchemaTypes, StandWhereTheirKindMay) {
  EXPECT_THAT(faults("input I { a: Query }"), ElementsAre("2:14"));
  EXPECT_THAT(faults("type A { a(x: [Query!]): Int }"), ElementsAre("2:15"));
  EXPECT_THAT(faults("input I { a: Int } type A { a: [I] }"), ElementsAre("2:32"));
  EXPECT_THAT(faults("scalar S union U = S | Query"), ElementsAre("2:20"));
  EXPECT_THAT(faults("type A implements Query { q: Int }"), ElementsAre("2:19"));
}

TEST(SchemaTypes, ThatDoNotExistAreToldWithASuggestion) {
  EXPECT_EQ(first_error("type Query { a: Tsk } type Task { a: Int }"),
            "schema:1:17: There is no type \"Tsk\". Did you mean \"Task\"?");
  EXPECT_EQ(first_error("type Query { a: Int @depreciated }"),
            "schema:1:21: There is no directive \"@depreciated\". Did you mean \"deprecated\"?");
}

TEST(Implementation, DeclaresInheritedInterfaces) {
  EXPECT_THAT(faults("interface A { a: Int } interface B implements A { a: Int } type T implements B { a: Int }"),
              ElementsAre("2:78"));
  EXPECT_THAT(faults("interface A implements A { a: Int }"), ElementsAre("2:24"));
  EXPECT_THAT(faults("interface A implements B { a: Int } interface B implements A { a: Int }"),
              ElementsAre("2:24", "2:60"));
}

TEST(Implementation, HasEveryFieldCovariantly) {
  const std::string interfaces = "interface I { a: [I] } interface J implements I { a: [I] } union U = T ";
  EXPECT_THAT(faults(interfaces + "type T implements I { b: Int }"), ElementsAre("2:72"));
  EXPECT_THAT(faults(interfaces + "type T implements I { a: [T!]! }"), ElementsAre());
  EXPECT_THAT(faults(interfaces + "type T implements I { a: [Query] }"), ElementsAre("2:97"));
  EXPECT_THAT(faults(interfaces + "type T implements I { a: T }"), ElementsAre("2:97"));
  EXPECT_THAT(faults("interface I { u: U } union U = T type T implements I { u: T! }"), ElementsAre());
}

TEST(Implementation, HasTheSameArgumentsAndNoFurtherRequiredOnes) {
  EXPECT_THAT(faults("interface I { a(x: Int): Int } type T implements I { a: Int }"), ElementsAre("2:54"));
  EXPECT_THAT(faults("interface I { a(x: Int): Int } type T implements I { a(x: Int!): Int }"), ElementsAre("2:59"));
  EXPECT_THAT(faults("interface I { a: Int } type T implements I { a(x: Int! = 1, y: Int): Int }"), ElementsAre());
  EXPECT_THAT(faults("interface I { a: Int } type T implements I { a(x: Int!): Int }"), ElementsAre("2:48"));
}

TEST(Implementation, IsDeprecatedOnlyWithItsInterface) {
  EXPECT_THAT(faults("interface I { a: Int } type T implements I { a: Int @deprecated }"), ElementsAre("2:53"));
  EXPECT_THAT(faults("interface I { a: Int @deprecated } type T implements I { a: Int @deprecated }"), ElementsAre());
}

TEST(Deprecation, IsForWhatIsNotRequired) {
  EXPECT_THAT(faults("type A { a(x: Int! @deprecated): Int }"), ElementsAre("2:20"));
  EXPECT_THAT(faults("input A { a: Int! @deprecated b: Int! = 1 @deprecated c: Int @deprecated }"),
              ElementsAre("2:19"));
}

TEST(Defaults, AreCoercedWithThoseInside) {
  const auto schema = built(
      "input Page { size: Int! = 5, state: S = OPEN } enum S { OPEN } type Query { a(p: Page = {}, ids: [ID!] = 7, f: "
      "Float = 1.0): Int }");
  const auto* field = schema->query().field("a");

  EXPECT_EQ(field->argument("p")->default_text, "{size: 5, state: OPEN}");
  EXPECT_EQ(field->argument("p")->default_value.get("size"), Value::integer(5));
  EXPECT_EQ(field->argument("ids")->default_text, "[7]");
  EXPECT_EQ(field->argument("ids")->default_value.items()[0].as_string(), "7");
  EXPECT_EQ(field->argument("f")->default_text, "1");
}

TEST(Defaults, FitTheirTypes) {
  EXPECT_THAT(faults("input A { a: Int = \"x\" }"), ElementsAre("2:20"));
  EXPECT_THAT(faults("enum E { A } type T { a(x: [E!] = [A, B, null]): Int }"), ElementsAre("2:39", "2:42"));
  EXPECT_THAT(faults("input A { a: Int! } type T { a(x: A = {b: 1}): Int }"), ElementsAre("2:39", "2:40"));
  EXPECT_THAT(faults("input A { a: Int } type T { a(x: A = {a: 1, a: 2}): Int }"), ElementsAre("2:45"));
  EXPECT_THAT(faults("input A { a: Int = 2147483648 }"), ElementsAre("2:20"));
}

TEST(Defaults, DoNotContainThemselves) {
  EXPECT_THAT(faults("input A { a: A = {} }"), ElementsAre("2:18"));
  EXPECT_THAT(faults("input A { a: B = {} } input B { b: [A] = [{}] }").size(), 1u);
  EXPECT_THAT(faults("input A { a: A = {a: null} }"), ElementsAre());
}

TEST(InputCycles, NeedALinkThatMayEnd) {
  EXPECT_THAT(faults("input A { a: A! }"), ElementsAre("2:11"));
  EXPECT_THAT(faults("input A { b: B! } input B { x: Int a: A! }"), ElementsAre("2:11"));
  EXPECT_THAT(faults("input A { b: B! l: [A!]! } input B { a: A }"), ElementsAre());
}

TEST(OneOf, HasNullableFieldsWithoutDefaults) {
  EXPECT_THAT(faults("input A @oneOf { a: Int! b: Int = 1 c: Int }"), ElementsAre("2:21", "2:26"));
  EXPECT_THAT(faults("input A @oneOf { a: Int } extend input A { b: Int! }"), ElementsAre("2:47"));
  EXPECT_THAT(faults("input A { a: Int } extend input A @oneOf"), ElementsAre("2:35"));
  EXPECT_TRUE(built("type Query { a(x: A): Int } input A @oneOf { a: Int }")->type("A")->one_of);
}

TEST(Directives, StandWhereTheyMayAsOftenAsTheyMay) {
  EXPECT_THAT(faults("type A @deprecated { a: Int }"), ElementsAre("2:8"));
  EXPECT_THAT(faults("directive @d on OBJECT type A @d { a: Int } extend type A @d"), ElementsAre("2:59"));
  EXPECT_THAT(faults("directive @d repeatable on OBJECT type A @d @d { a: Int } extend type A @d"), ElementsAre());
  EXPECT_THAT(faults("type A @specifiedBy(url: \"x\") { a: Int }"), ElementsAre("2:8"));
  EXPECT_THAT(faults("directive @d on ARGUMENT_DEFINITION input A { a: Int } extend input A { b: Int @d }"),
              ElementsAre("2:80"));
}

TEST(Directives, HaveValidArguments) {
  const std::string directive = "directive @d(a: Int!, b: String = \"x\") on OBJECT ";
  EXPECT_THAT(faults(directive + "type A @d { a: Int }"), ElementsAre("2:57"));
  EXPECT_THAT(faults(directive + "type A @d(a: 1, c: 2) { a: Int }"), ElementsAre("2:66"));
  EXPECT_THAT(faults(directive + "type A @d(a: 1, a: 2) { a: Int }"), ElementsAre("2:66"));
  EXPECT_THAT(faults(directive + "type A @d(a: \"1\") { a: Int }"), ElementsAre("2:63"));
}

TEST(Directives, DoNotReferToThemselves) {
  EXPECT_THAT(faults("directive @d(a: Int @d) on ARGUMENT_DEFINITION"), ElementsAre("2:14"));
  EXPECT_THAT(faults("directive @d(a: A) on INPUT_FIELD_DEFINITION input A { b: Int @d }"), ElementsAre("2:14"));
  EXPECT_THAT(faults("directive @d(a: Int @e) on ARGUMENT_DEFINITION directive @e(b: Int) on ARGUMENT_DEFINITION"),
              ElementsAre());
}

TEST(Extensions, NeedATypeOfTheSameKind) {
  EXPECT_THAT(faults("extend type A { a: Int }"), ElementsAre("2:13"));
  EXPECT_THAT(faults("extend input Query { a: Int }"), ElementsAre("2:1"));
}

TEST(SchemaErrors, ComeTogetherInOrderWithTheirFiles) {
  const SchemaSource sources[] = {{"type Query { a: X }", "a.graphql"}, {"\ntype T { b: Y c: Int @z }", "b.graphql"}};
  const auto schema = build_schema(sources);

  ASSERT_FALSE(schema);
  ASSERT_EQ(schema.error().size(), 3u);
  EXPECT_THAT(to_string(schema.error()[0]), HasSubstr("a.graphql:1:17: "));
  EXPECT_THAT(to_string(schema.error()[1]), HasSubstr("b.graphql:2:13: "));
  EXPECT_THAT(to_string(schema.error()[2]), HasSubstr("b.graphql:2:22: "));
}

TEST(SchemaErrors, OfSyntaxAreToldForEveryFile) {
  const SchemaSource sources[] = {{"type Query {", "a"}, {"type {", "b"}};

  EXPECT_EQ(build_schema(sources).error().size(), 2u);
}

TEST(Vocabulary, IsKnownButNotShown) {
  const auto schema =
      built("type Query @entity(key: \"{id}\") { id: ID! @id(gen: CLOCK) }", {.vocabulary = vocabulary});
  const auto* entity = schema->query().directives.find("entity");

  ASSERT_NE(entity, nullptr);
  EXPECT_EQ(entity->argument("key").as_string(), "{id}");
  EXPECT_EQ(entity->argument("store").as_string(), "JSON");
  EXPECT_TRUE(entity->argument("nothing").is_absent());
  EXPECT_EQ(schema->place(entity->position_of("key")).location.column, 25u);
  EXPECT_EQ(schema->directive("entity"), nullptr);
  EXPECT_NE(schema->vocabulary_directive("entity"), nullptr);
  EXPECT_EQ(schema->type("Store"), nullptr);
  EXPECT_EQ(print_schema(*schema), "type Query {\n  id: ID!\n}");
}

TEST(Vocabulary, LeavesItsEnumNamesFree) {
  const auto schema =
      built("type Query @entity(store: HASH) { a: Store } enum Store { MINE }", {.vocabulary = vocabulary});

  EXPECT_NE(schema->type("Store")->enum_value("MINE"), nullptr);
  EXPECT_THAT(first_error("type Query { a: IdGen }", {.vocabulary = vocabulary}),
              HasSubstr("There is no type \"IdGen\""));
}

TEST(Vocabulary, GivesScalarsToFilesThatUseThem) {
  const auto schema = built("type Query { a: DateTime }", {.vocabulary = vocabulary});

  EXPECT_NE(schema->type("DateTime"), nullptr);
  EXPECT_EQ(schema->type("Point"), nullptr);
}

TEST(Vocabulary, ChecksWhatIsAppliedFromIt) {
  EXPECT_EQ(first_error("type Query { a: Int @id(gen: CLOK) }", {.vocabulary = vocabulary}),
            "schema:1:30: The enum \"IdGen\" has no value \"CLOK\". Did you mean \"CLOCK\"?");
  EXPECT_THAT(first_error("directive @entity on OBJECT type Query { a: Int }", {.vocabulary = vocabulary}),
              HasSubstr("built in"));
}

TEST(Scalars, AreReadByTheirBinding) {
  const auto refuse_all = +[](const Value&, Arena&) -> Result<Value> {
    return Error{ErrorCode::invalid, "is never right"};
  };
  const ScalarBinding binding{"Odd", refuse_all};

  EXPECT_THAT(first_error("scalar Odd type Query { a(x: Odd = 3): Int }", {.scalars = std::span(&binding, 1)}),
              HasSubstr("1:36: "));
}

}  // namespace
}  // namespace millrace::graphql
