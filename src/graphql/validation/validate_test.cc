// The cases of each rule are text: cases/<rule>.txt holds documents against the schema of zoo_schema.h, each with a
// title line `# …` before it and its errors after it, one `=> line:column …` each.

#include "graphql/validation/validate.h"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <set>
#include <string>

#include "graphql/language/parser.h"
#include "graphql/schema/build.h"
#include "graphql/validation/rules.h"
#include "graphql/validation/zoo_schema.h"

namespace millrace::graphql {
namespace {

const Schema& zoo() {
  static const SchemaPointer schema = build_schema(zoo_schema).value();
  return *schema;
}

ast::Document parsed(std::string_view text) {
  return parse(text, {.limits = {.tokens_max = 1'000'000}}).value();
}

std::vector<GraphqlError> errors_of(std::string_view text, const ValidationOptions& options = {}) {
  auto document = parsed(text);
  return validate(zoo(), document, options);
}

std::string to_text(const GraphqlError& error) {
  std::string text;
  for (auto& location : error.locations)
    text += (text.empty() ? "" : " ") + std::to_string(location.line) + ":" + std::to_string(location.column);
  return text;
}

// --- Cases ----------------------------------------------------------------------------------------------------------

struct Case {
  std::string title{};
  std::string document{};
  std::multiset<std::string> errors{};
};

std::filesystem::path cases_folder() {
  return std::filesystem::path(__FILE__).parent_path() / "cases";
}

std::vector<Case> read_cases(const std::string& rule) {
  std::ifstream file(cases_folder() / (rule + ".txt"));
  std::vector<Case> cases;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("# "))
      cases.push_back({.title = line.substr(2)});
    else if (line.starts_with("=>"))
      cases.back().errors.insert(line.size() > 3 ? line.substr(3) : "");
    else if (!line.empty())
      cases.back().document += line + "\n";
  }
  return cases;
}

std::vector<std::string> case_files() {
  std::vector<std::string> names;
  for (auto& entry : std::filesystem::directory_iterator(cases_folder())) names.push_back(entry.path().stem().string());
  std::ranges::sort(names);
  return names;
}

class RuleCases : public testing::TestWithParam<std::string> {};

TEST_P(RuleCases, GiveTheErrorsOfTheReference) {
  auto cases = read_cases(GetParam());
  ASSERT_FALSE(cases.empty());
  for (auto& each : cases) {
    SCOPED_TRACE(each.title + "\n" + each.document);
    std::multiset<std::string> found;
    std::string messages;
    for (auto& error : errors_of(each.document)) {
      found.insert(to_text(error));
      messages += error.message + "\n";
    }
    EXPECT_EQ(found, each.errors) << messages;
  }
}

INSTANTIATE_TEST_SUITE_P(Validation, RuleCases, testing::ValuesIn(case_files()), [](auto& info) { return info.param; });

TEST(Rules, NearlyAllHaveCases) {
  std::size_t without = 2;  // operation type existence (below), introspection allowed (below)

  EXPECT_GE(case_files().size() + without, rules().size());
}

// --- Rules that need another schema or other options ----------------------------------------------------------------

TEST(OperationTypeExistence, RefusesOperationsWithoutARootType) {
  auto schema = build_schema("type Query { a: Int }").value();
  auto document = parsed("query A { a }\nmutation B { b }\nsubscription C { c }");

  auto errors = validate(*schema, document);

  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(to_text(errors[0]), "2:1");
  EXPECT_EQ(to_text(errors[1]), "3:1");
}

TEST(TypeNames, BuiltInScalarsThatTheSchemaDoesNotUseAreUnknown) {
  auto schema = build_schema("type Query { a(x: Int): Int }").value();
  auto document = parsed("query ($x: Float) { a(x: $x) }");

  auto errors = validate(*schema, document);

  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(to_text(errors[0]), "1:12");
}

TEST(LeafFieldSelections, RefusesAnEmptySelectionSetWhereTheParserAllowsIt) {
  auto document = parse("{ lion { } }", {.allow_empty_selection_sets = true}).value();

  auto errors = validate(zoo(), document);

  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(to_text(errors[0]), "1:3");
}

TEST(IntrospectionAllowed, RefusesIntrospectionFieldsWhenSwitchedOff) {
  auto errors = errors_of("{ __schema { types { name } } __typename lion { __typename } }", {.introspection = false});

  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(to_text(errors[0]), "1:3");
  EXPECT_EQ(to_text(errors[1]), "1:14");
}

TEST(IntrospectionDepth, IsALimit) {
  auto errors = errors_of("{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }");

  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].code, GraphqlErrorCode::limit_exceeded);
}

// --- What is told ---------------------------------------------------------------------------------------------------

TEST(Validation, ProposesNamesOnlyWhenAsked) {
  constexpr std::string_view document = "{ lino { name } animal(id: 1) { mane } numbers(itn: 1) ... on Lino { id } }";
  std::string with, without;
  for (auto& error : errors_of(document)) with += error.message;
  for (auto& error : errors_of(document, {.suggestions = false})) without += error.message;

  EXPECT_NE(with.find("Did you mean \"lion\""), std::string::npos) << with;
  EXPECT_NE(with.find("fragment on \"Lion\" or \"Parrot\""), std::string::npos) << with;
  for (auto name : {"lion", "Lion", "Parrot", "int"}) EXPECT_EQ(without.find(name), std::string::npos) << without;
}

TEST(Validation, StopsTellingAfterTheLimit) {
  std::string document = "{";
  for (int i = 0; i < 500; ++i) document += " nope" + std::to_string(i);
  auto errors = errors_of(document + " }");

  ASSERT_EQ(errors.size(), 101u);
  EXPECT_EQ(to_text(errors[99]), "1:" + std::to_string(3 + 10 * 6 + 89 * 7));
  EXPECT_TRUE(errors[100].locations.empty());
  EXPECT_EQ(errors_of(document + " }", {.errors_max = 3}).size(), 4u);
}

TEST(Validation, TellsErrorsInTheOrderOfTheWalkWhicheverRuleFindsThem) {
  auto errors =
      errors_of("query A($x: Int) { lion { a: id a: size nope ...F } }\nfragment F on Lion { ...F }\nquery A { nada }");
  std::vector<std::string> order;
  for (auto& error : errors) order.push_back(to_text(error));

  // Merging is told where the selection set begins, variables where the operation ends.
  EXPECT_EQ(order, (std::vector<std::string>{"1:27 1:33", "1:41", "1:9", "2:22", "1:7 3:7", "3:11"}));
}

TEST(Validation, CountsColumnsAsTheReferenceDoes) {
  auto errors = errors_of("{ numbers(string: \"\U0001F981\") nope\r\n  nada # \u00e9\r }");

  ASSERT_EQ(errors.size(), 2u);
  EXPECT_EQ(to_text(errors[0]), "1:25");
  EXPECT_EQ(to_text(errors[1]), "2:3");
}

// --- Slots ----------------------------------------------------------------------------------------------------------

TEST(Validation, FillsTheSlotsOfTheSyntaxTree) {
  auto document = parsed(
      "{ fits(box: {width: 1}) @skip(if: false) ...F ... { __typename } }\nfragment F on Query { lion { ... on Animal "
      "{ id "
      "} } }");
  ASSERT_TRUE(validate(zoo(), document).empty());
  auto& set = ast::as_operation(document.definitions()[0])->selection_set;
  auto& fits = *ast::as_field(set.selections[0]);
  auto& fragment = *ast::as_fragment(document.definitions()[1]);

  EXPECT_EQ(fits.definition, zoo().query().field("fits"));
  EXPECT_EQ(fits.arguments[0].definition, fits.definition->argument("box"));
  EXPECT_EQ(fits.arguments[0].value.fields[0].definition, zoo().type("Box")->input_field("width"));
  EXPECT_EQ(fits.directives[0].definition, zoo().directive("skip"));
  EXPECT_EQ(fits.directives[0].arguments[0].definition, zoo().directive("skip")->argument("if"));
  EXPECT_EQ(ast::as_fragment_spread(set.selections[1])->fragment, &fragment);
  EXPECT_EQ(fragment.type, &zoo().query());
  EXPECT_EQ(ast::as_inline_fragment(set.selections[2])->type, &zoo().query());
  auto& inside = *ast::as_inline_fragment(set.selections[2])->selection_set.selections[0];
  EXPECT_EQ(static_cast<ast::Field&>(inside).definition, &zoo().typename_field());
  auto& lion = *ast::as_field(fragment.selection_set.selections[0]);
  EXPECT_EQ(ast::as_inline_fragment(lion.selection_set.selections[0])->type, zoo().type("Animal"));
}

// --- Time -----------------------------------------------------------------------------------------------------------

std::string repeated(int count, const std::function<std::string(int)>& part) {
  std::string text;
  for (int i = 0; i < count; ++i) text += part(i) + " ";
  return text;
}

std::string number(int i) {
  return std::to_string(i);
}

// A document that grows with `size`.
struct Growing {
  std::string name{};
  std::function<std::string(int)> document{};
};

std::vector<Growing> hostile_documents() {
  using std::string;
  return {
      {"RepeatedFields",
       [](int n) { return "{" + repeated(n, [](int) { return string("lion { name mother { id } }"); }) + "}"; }},
      {"RepeatedFieldsAndAConflict",
       [](int n) {
         return "{ a: lion { id } a: parrot { id } " +
                repeated(n, [](int) { return string("lion { name mother { id } }"); }) + "}";
       }},
      {"RepeatedConflicts",
       [](int n) { return "{" + repeated(n, [](int i) { return "x: animal(id: " + number(i) + ") { id }"; }) + "}"; }},
      {"ConflictBelowManyFields",
       [](int n) { return "{" + repeated(n, [](int) { return string("lion { a: id }"); }) + "lion { a: name } }"; }},
      {"NestedFragments",
       [](int n) {
         return "{ lion { ...F0 } } " + repeated(n, [n](int i) {
                  return "fragment F" + number(i) + " on Lion { id name " +
                         (i + 1 < n ? "...F" + number(i + 1) : string("size")) + " }";
                });
       }},
      {"NestedFragmentsBelowFields",
       [](int n) {
         return "{ lion { ...F0 } } " + repeated(n, [n](int i) {
                  auto next = i + 1 < n ? "...F" + number(i + 1) : string("size");
                  return "fragment F" + number(i) + " on Lion { mother { " + next + " } mother { id " + next + " } }";
                });
       }},
      {"CyclicFragments",
       [](int n) {
         return "{ lion { ...F0 a: id a: size } } " + repeated(n, [n](int i) {
                  return "fragment F" + number(i) + " on Lion { mother { ...F" + number((i + 1) % n) + " } }";
                });
       }},
      {"ManySpreadsOfManyFragments",
       [](int n) {
         return "{" + repeated(n, [](int i) { return "lion { ...F" + number(i) + " }"; }) + "} " +
                repeated(n, [](int i) { return "fragment F" + number(i) + " on Lion { id name size }"; });
       }},
      {"ManyOperations",
       [](int n) {
         return repeated(n, [](int i) { return "query Q" + number(i) + "($v: Int) { numbers(int: $v) }"; });
       }},
      {"LongLists",
       [](int n) { return "{ numbers(matrix: [" + repeated(n, [](int i) { return "[" + number(i) + "]"; }) + "]) }"; }},
      {"ManyArguments",
       [](int n) { return "{ lion { name(" + repeated(n, [](int i) { return "a" + number(i) + ": 1"; }) + ") } }"; }},
      {"ManyDuplicateArguments",
       [](int n) {
         return "{ lion { name(" + repeated(n, [](int i) { return "a" + number(i / 2) + ": 1"; }) + ") } }";
       }},
      {"ManyObjectFields",
       [](int n) {
         return "{ at(time: {" + repeated(n, [](int i) { return "a" + number(i % 1000) + ": 1"; }) + "}) }";
       }},
      {"ManyVariables",
       [](int n) {
         return "query (" + repeated(n, [](int i) { return "$v" + number(i) + ": Int"; }) + ") {" +
                repeated(n, [](int i) { return "a" + number(i) + ": numbers(int: $v" + number(i) + ")"; }) + "}";
       }},
      {"ManyDirectives",
       [](int n) {
         return "{ lion " + repeated(n, [](int) { return string("@tag(name: \"x\") @once"); }) + "{ id } }";
       }},
      {"ManySubscriptionFields",
       [](int n) {
         return "subscription {" + repeated(n, [](int i) { return "a" + number(i) + ": fed { id }"; }) + "}";
       }},
      {"ManyIntrospections",
       [](int n) {
         return "{" + repeated(n, [](int i) { return "a" + number(i) + ": __schema { types { ...F0 } }"; }) + "} " +
                repeated(n, [n](int i) {
                  return "fragment F" + number(i) + " on __Type { ofType { ...F" + number((i + 1) % n) + " } }";
                });
       }},
  };
}

class HostileDocument : public testing::TestWithParam<Growing> {};

double ticks_for(const std::string& text) {
  double best = 1e9;
  for (int i = 0; i < 7; ++i) {
    auto document = parsed(text);
    std::clock_t begin = std::clock();  // of the processor: others on the machine do not count
    validate(zoo(), document);
    best = std::min(best, static_cast<double>(std::clock() - begin));
  }
  return best;
}

// Medians of a busy machine mislead, the best of several runs hardly; more rounds for the rest.
TEST_P(HostileDocument, TakesLessThanThreeTimesAsLongForEachDoubling) {
  constexpr double ratio_max = 27;  // three doublings; what grows with the square takes 64 times as long
  double ratio = 0;
  for (int round = 0; round < 8; ++round) {
    ratio = ticks_for(GetParam().document(4000)) / ticks_for(GetParam().document(500));
    if (ratio < ratio_max) break;
  }

  EXPECT_LT(ratio, ratio_max);
}

INSTANTIATE_TEST_SUITE_P(Validation, HostileDocument, testing::ValuesIn(hostile_documents()),
                         [](auto& info) { return info.param.name; });

TEST(Validation, SurvivesAChainOfFragmentsOfAnyLength) {
  constexpr int count = 50'000;
  auto text = "{ lion { a: id ...F0 } } " + repeated(count, [](int i) {
                return "fragment F" + number(i) + " on Lion { a: size ...F" + number((i + 1) % count) + " }";
              });

  EXPECT_FALSE(errors_of(text).empty());
}

// Valid, but with as many pairs to compare as there are fields squared; graphql-js gives up as well.
TEST(Merging, EndsWhenThereIsTooMuchToCompare) {
  auto text =
      "{" +
      repeated(2000,
               [](int) {
                 return std::string("beings { ... on Lion { x: name } ... on Parrot { x: name(upper: true) } }");
               }) +
      "}";
  auto errors = errors_of(text);

  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].code, GraphqlErrorCode::limit_exceeded);
  EXPECT_TRUE(errors[0].locations.empty());
}

}  // namespace
}  // namespace millrace::graphql
