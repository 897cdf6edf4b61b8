#include "graphql/schema/schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "graphql/schema/build.h"
#include "graphql/schema/coerce.h"
#include "graphql/schema/coordinate.h"
#include "graphql/schema/print.h"
#include "graphql/schema/suggestion.h"

namespace millrace::graphql {
namespace {

using testing::ElementsAre;

SchemaPointer example() {
  static const SchemaPointer schema = *build_schema(R"(
    directive @mark(name: String) on FIELD
    interface Node { id: ID! }
    type Query { node(id: ID!): Node found: [Found!] a1: Int a2: Int a3: Int a4: Int a5: Int a6: Int }
    type Task implements Node { id: ID! text: String! }
    type User implements Node { id: ID! }
    type Note { id: ID! }
    union Found = Task | Note
    enum State { OPEN DONE }
    input Filter { state: State = OPEN, text: String, size: Int! = 5, tags: [String!] }
    input Either @oneOf { a: Int b: String }
  )");
  return schema;
}

std::string type_text(std::string_view text) {
  Arena arena;
  const auto node = parse_type(text, arena);
  const auto type = example()->resolve(**node);
  return type ? to_string(*type) : "none";
}

TypeRef type_of(std::string_view text) {
  Arena arena;
  return *example()->resolve(**parse_type(text, arena));
}

// What a literal is for a type as literal text again, or "invalid".
std::string coerced(std::string_view literal, std::string_view type) {
  Arena arena;
  const auto value = coerce_literal(**parse_const_value(literal, arena), type_of(type), arena);
  return value ? literal_text(*value, type_of(type)) : "invalid";
}

// Where a literal is wrong for a type.
std::vector<std::uint32_t> problems(std::string_view literal, std::string_view type) {
  Arena arena;
  std::vector<LiteralProblem> found;
  check_literal(**parse_const_value(literal, arena), type_of(type), found);
  std::vector<std::uint32_t> offsets;
  for (auto& problem : found) offsets.push_back(problem.offset);
  return offsets;
}

TEST(TypeRef, KeepsWrappersThroughText) {
  for (auto* text : {"Int", "Int!", "[Int]", "[Int!]!", "[[Task]!]", "[[[Task!]]!]!"}) EXPECT_EQ(type_text(text), text);
  EXPECT_EQ(type_text("[Nothing]"), "none");
}

TEST(TypeRef, UnwrapsLevelByLevel) {
  const auto type = type_of("[[Int!]]!");

  EXPECT_TRUE(type.is_non_null());
  EXPECT_EQ(to_string(type.nullable()), "[[Int!]]");
  EXPECT_EQ(to_string(type.item()), "[Int!]");
  EXPECT_EQ(to_string(type.item().item()), "Int!");
  EXPECT_FALSE(type.item().item().is_list());
  EXPECT_EQ(to_string(type.item().item().list().non_null()), "[Int!]!");
}

TEST(Schema, FindsTypesFieldsAndMetaFields) {
  const auto& schema = *example();
  const auto& query = schema.query();

  EXPECT_EQ(query.field("a5")->index, 6u);
  EXPECT_EQ(query.field("a7"), nullptr);
  EXPECT_EQ(schema.field(query, "__schema"), &schema.schema_field());
  EXPECT_EQ(schema.field(*schema.type("Task"), "__schema"), nullptr);
  EXPECT_EQ(schema.field(*schema.type("Found"), "__typename"), &schema.typename_field());
  EXPECT_EQ(schema.field(*schema.type("State"), "__typename"), nullptr);
  EXPECT_EQ(query.field("__typename"), nullptr);
  EXPECT_EQ(schema.type("__MetaFields"), nullptr);
}

TEST(Schema, HasTheIntrospectionTypesAndOnlyTheScalarsInUse) {
  const auto& schema = *example();

  EXPECT_EQ(schema.type("__TypeKind")->enum_values.size(), 8u);
  EXPECT_EQ(schema.type("__DirectiveLocation")->enum_values.size(), 19u);
  EXPECT_TRUE(schema.type("__Type")->introspection);
  EXPECT_NE(schema.type("ID"), nullptr);
  EXPECT_EQ(schema.type("Float"), nullptr);
  EXPECT_EQ(schema.built_in(BuiltInScalar::floating).name, "Float");
  EXPECT_EQ(schema.directives().front()->name, "mark");
  EXPECT_EQ(schema.directives().size(), 6u);
}

TEST(Schema, NumbersItsTypesInSourceOrder) {
  const auto types = example()->types();

  EXPECT_EQ(types[0]->name, "Node");
  EXPECT_EQ(types[1]->name, "Query");
  for (std::uint32_t i = 0; i < types.size(); ++i) EXPECT_EQ(types[i]->id, i);
}

TEST(Schema, KnowsWhatAnAbstractTypeCanBe) {
  const auto& schema = *example();
  const auto& node = *schema.type("Node");
  const auto& found = *schema.type("Found");

  EXPECT_TRUE(node.possible.contains(*schema.type("User")));
  EXPECT_FALSE(node.possible.contains(*schema.type("Note")));
  EXPECT_THAT(found.possible_types, ElementsAre(schema.type("Task"), schema.type("Note")));
  EXPECT_TRUE(node.possible.intersects(found.possible));
  EXPECT_FALSE(found.possible.intersects(schema.type("User")->possible));
}

TEST(Subtype, IsCovariant) {
  EXPECT_TRUE(is_subtype(type_of("Task!"), type_of("Node")));
  EXPECT_TRUE(is_subtype(type_of("[Task!]!"), type_of("[Found]")));
  EXPECT_FALSE(is_subtype(type_of("Node"), type_of("Task")));
  EXPECT_FALSE(is_subtype(type_of("Task"), type_of("Task!")));
  EXPECT_FALSE(is_subtype(type_of("Task"), type_of("[Task]")));
}

TEST(LiteralCoercion, FollowsTheTypes) {
  EXPECT_EQ(coerced("2147483647", "Int"), "2147483647");
  EXPECT_EQ(coerced("2147483648", "Int"), "invalid");
  EXPECT_EQ(coerced("1.0", "Int"), "invalid");
  EXPECT_EQ(coerced("12", "ID"), "12");
  EXPECT_EQ(coerced("\"012\"", "ID"), "\"012\"");
  EXPECT_EQ(coerced("1.5", "ID"), "invalid");
  EXPECT_EQ(coerced("1", "String"), "invalid");
  EXPECT_EQ(coerced("\"true\"", "Boolean"), "invalid");
  EXPECT_EQ(coerced("OPEN", "State"), "OPEN");
  EXPECT_EQ(coerced("\"OPEN\"", "State"), "invalid");
  EXPECT_EQ(coerced("null", "Int!"), "invalid");
}

TEST(LiteralCoercion, MakesListsOfSingleValues) {
  EXPECT_EQ(coerced("1", "[[Int]]"), "[[1]]");
  EXPECT_EQ(coerced("null", "[Int]"), "null");
  EXPECT_EQ(coerced("[1, null]", "[Int]"), "[1, null]");
  EXPECT_EQ(coerced("[1, null]", "[Int!]"), "invalid");
}

TEST(LiteralCoercion, FillsInObjectsInTheOrderOfTheSchema) {
  EXPECT_EQ(coerced("{text: null, state: DONE}", "Filter"), "{state: DONE, text: null, size: 5}");
  EXPECT_EQ(coerced("{size: null}", "Filter"), "invalid");
  EXPECT_EQ(coerced("{other: 1}", "Filter"), "invalid");
  EXPECT_EQ(coerced("{a: 1}", "Either"), "{a: 1}");
  EXPECT_EQ(coerced("{a: 1, b: \"x\"}", "Either"), "invalid");
  EXPECT_EQ(coerced("{a: null}", "Either"), "invalid");
}

TEST(LiteralCoercion, TakesVariables) {
  struct One : VariableValues {
    Value find(std::string_view name) const override { return name == "one" ? Value::integer(1) : Value{}; }
  };
  const auto document = parse("{ f(a: [$one, $none], b: {text: $none}, c: $none) }");
  const auto arguments =
      ast::as_field(ast::as_operation(document->definitions()[0])->selection_set.selections[0])->arguments;
  Arena arena;

  EXPECT_EQ(literal_text(*coerce_literal(arguments[0].value, type_of("[Int]"), arena, std::make_unique<One>().get()),
                         type_of("[Int]")),
            "[1, null]");
  EXPECT_EQ(coerce_literal(arguments[0].value, type_of("[Int!]"), arena, std::make_unique<One>().get()), std::nullopt);
  EXPECT_TRUE(coerce_literal(arguments[1].value, type_of("Filter"), arena)->get("text").is_absent());
  EXPECT_TRUE(coerce_literal(arguments[2].value, type_of("Int"), arena)->is_absent());
}

TEST(LiteralCheck, FindsEveryFaultWhereItIs) {
  EXPECT_THAT(problems("[1, \"x\", null, 2]", "[Int!]"), ElementsAre(4u, 9u));
  EXPECT_THAT(problems("{state: OPE, none: 1, size: null}", "Filter"), ElementsAre(8u, 13u, 28u));
  EXPECT_THAT(problems("[{a: 1}, {}, {a: null}]", "[Either]"), ElementsAre(9u, 13u));
  EXPECT_THAT(problems("[[1]]", "[Int]"), ElementsAre(1u));
}

TEST(Value, WritesNumbersLikeJavaScript) {
  const std::pair<double, std::string> cases[] = {{1, "1"},
                                                  {0.1, "0.1"},
                                                  {-0.0, "0"},
                                                  {1e20, "100000000000000000000"},
                                                  {1e21, "1e+21"},
                                                  {1.5e300, "1.5e+300"},
                                                  {1e-6, "0.000001"},
                                                  {1e-7, "1e-7"},
                                                  {-123.456, "-123.456"},
                                                  {5e-324, "5e-324"},
                                                  {12345678901234567890.0, "12345678901234567000"}};
  for (auto& [number, text] : cases) {
    std::string written;
    append_json(written, Value::floating(number));
    EXPECT_EQ(written, text);
  }
}

TEST(Value, CopiesDeeply) {
  Arena arena;
  Value copied;
  {
    Arena inner;
    copied = copy(untyped(**parse_const_value("{a: [1, \"x\", {b: null}], c: 1.5}", inner), inner), arena);
  }
  std::string json;
  append_json(json, copied);
  EXPECT_EQ(json, R"({"a":[1,"x",{"b":null}],"c":1.5})");
}

TEST(Suggestion, NamesTheClosestFirst) {
  const std::string_view options[] = {"text", "test", "tags", "description"};

  EXPECT_EQ(did_you_mean("tex", options), "Did you mean \"text\" or \"test\"?");
  EXPECT_EQ(did_you_mean("Description", options), "Did you mean \"description\"?");
  EXPECT_EQ(did_you_mean("zzzzzz", options), "");
}

TEST(Coordinate, ParsesAndPrints) {
  for (auto* text : {"Task", "Task.text", "Query.node(id:)", "@mark", "@mark(name:)"})
    EXPECT_EQ(to_string(*parse_coordinate(text)), text);
  for (auto* text :
       {"", "Task.", "Task(id:)", "Query.node(id)", "@", "@mark.name", "Task.text ", "Query.node(id: )", "1a"})
    EXPECT_FALSE(parse_coordinate(text)) << text;
}

TEST(Coordinate, NamesMembers) {
  const auto& schema = *example();

  EXPECT_EQ(resolve(schema, *parse_coordinate("Query.node(id:)")).input_value->name, "id");
  EXPECT_EQ(resolve(schema, *parse_coordinate("State.DONE")).enum_value->name, "DONE");
  EXPECT_EQ(resolve(schema, *parse_coordinate("Filter.text")).input_value->name, "text");
  EXPECT_EQ(resolve(schema, *parse_coordinate("@mark(name:)")).directive->name, "mark");
  EXPECT_EQ(resolve(schema, *parse_coordinate("Task.none")).type, nullptr);
  EXPECT_EQ(coordinate_of(*schema.query().field("node")), "Query.node");
}

TEST(SchemaPrint, WritesWhatTheReferenceWrites) {
  const std::string text = R"("""
The schema
in two lines
"""
schema {
  query: Q
}

directive @mark(
  """Its name"""
  name: String = "x"
) repeatable on FIELD | QUERY

type Q implements Node {
  id: ID!

  """Finds."""
  find(filter: Filter = {state: OPEN, size: 5}, ids: [ID!] = [1, "a"]): [Found!]! @deprecated(reason: "slow")
}

interface Node {
  id: ID!
}

union Found = Q

enum State {
  OPEN
  DONE @deprecated
}

input Filter {
  state: State
  size: Int! = 5
}

input Either @oneOf {
  a: Int
}

scalar Date @specifiedBy(url: "https://example.org/date"))";

  EXPECT_EQ(print_schema(**build_schema(text)), text);
}

}  // namespace
}  // namespace millrace::graphql
