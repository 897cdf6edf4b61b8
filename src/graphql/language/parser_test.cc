#include "graphql/language/parser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

#include "graphql/language/location.h"

namespace millrace::graphql {
namespace {

// "line:column" of the syntax error, or "parsed".
std::string error_at(std::string_view text, const ParseOptions& options = {}) {
  const auto document = parse(text, options);
  if (document) return "parsed";
  const auto [line, column] = locate(text, document.error().offset);
  return fmt::format("{}:{}", line, column);
}

// The value that `literal` gives a String, or where the error is.
std::string string_value(std::string_view literal) {
  Arena arena;
  const auto value = parse_const_value(literal, arena);
  if (!value) return fmt::format("error at {}", value.error().offset);
  EXPECT_EQ((*value)->kind, ast::ValueKind::string);
  return std::string((*value)->text);
}

ast::ValueKind kind_of(std::string_view literal) {
  Arena arena;
  const auto value = parse_const_value(literal, arena);
  EXPECT_TRUE(value) << literal;
  return value ? (*value)->kind : ast::ValueKind::null;
}

TEST(Lexer, IgnoresMarksOfByteOrderWhiteSpaceCommasAndComments) {
  EXPECT_EQ(error_at("\xEF\xBB\xBF{ a,,,\xEF\xBB\xBF b\t# c é \r\n\rc\n}"), "parsed");
}

TEST(Lexer, TakesNothingElseForWhiteSpace) {
  EXPECT_EQ(error_at("{\fa}"), "1:2");
  EXPECT_EQ(error_at("{\xC2\xA0 a}"), "1:2");
  EXPECT_EQ(error_at(std::string_view("{\0 a}", 5)), "1:2");
}

TEST(Lexer, RejectsLoneDots) {
  EXPECT_EQ(error_at("{ .a }"), "1:3");
  EXPECT_EQ(error_at("{ ..a }"), "1:3");
}

TEST(Lexer, RejectsMalformedNumbersWhereTheyGoWrong) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"01", "1:7"}, {"1.", "1:8"}, {".5", "1:6"},    {"1e", "1:8"},  {"0x1", "1:7"},
      {"1a", "1:7"}, {"-", "1:7"},  {"1.2.3", "1:9"}, {"1e+", "1:9"}, {"--1", "1:7"},
  };
  for (auto& [number, where] : cases) EXPECT_EQ(error_at("{a(b:" + number + ")}"), where) << number;
}

TEST(Lexer, ReadsIntegersAndFloats) {
  for (auto* text : {"0", "-0", "12", "-5"}) EXPECT_EQ(kind_of(text), ast::ValueKind::integer) << text;
  for (auto* text : {"0.0e+1", "1.5", "-1e3", "2E-4", "0.00"})
    EXPECT_EQ(kind_of(text), ast::ValueKind::floating) << text;
}

TEST(Lexer, ResolvesEscapes) {
  EXPECT_EQ(string_value(R"("\" \\ \/ \b \f \n \r \t")"), "\" \\ / \b \f \n \r \t");
  EXPECT_EQ(string_value(R"("\u00e9\u{e9}\u{0000000000000000e9}")"), "ééé");
  EXPECT_EQ(string_value(R"("\u{1F600}\uD83D\uDE00")"), "😀😀");
}

TEST(Lexer, RejectsEscapesThatNameNoCharacter) {
  for (auto* text : {R"("\uD83D")", R"("\uDE00\uD83D")", R"("\uD83D\u0041")", R"("\u{}")", R"("\u{110000}")",
                     R"("\uDEAD")", R"("\u12")", R"("\u{D83D}\u{DE00}")", R"("\x")", R"("\u{41")"})
    EXPECT_EQ(string_value(text), "error at 1") << text;
}

TEST(Lexer, RejectsLineEndsInQuotedStrings) {
  EXPECT_EQ(error_at("{a(b:\"x\ny\")}"), "1:8");
  EXPECT_EQ(error_at("{a(b:\"x"), "1:8");
}

TEST(Lexer, RejectsWhatIsNotUtf8) {
  for (auto* bytes : {"\xFF", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"}) {
    EXPECT_NE(error_at(std::string("{a(b:\"") + bytes + "\")}"), "parsed");
    EXPECT_NE(error_at(std::string("{a(b:\"\"\"") + bytes + "\"\"\")}"), "parsed");
    EXPECT_NE(error_at(std::string("#") + bytes + "\n{a}"), "parsed");
  }
}

TEST(BlockString, LosesCommonIndentationAndOuterBlankLines) {
  EXPECT_EQ(string_value("\"\"\"\n    buy\n      milk \\n\n  \"\"\""), "buy\n  milk \\n");
  EXPECT_EQ(string_value("\"\"\"  first\n    second\r\n   third\r     fourth\"\"\""),
            "  first\n second\nthird\n  fourth");
}

TEST(BlockString, MayBeEmptyOrBlank) {
  EXPECT_EQ(string_value("\"\"\"\"\"\""), "");
  EXPECT_EQ(string_value("\"\"\"  \n\t\n  \"\"\""), "");
}

TEST(BlockString, EscapesNothingButThreeQuotes) {
  EXPECT_EQ(string_value(R"("""a \""" b \n \u0041 " "" c""")"), R"(a """ b \n \u0041 " "" c)");
}

TEST(Location, CountsLikeTheReference) {
  EXPECT_EQ(error_at("{\r\n\r\n  a\r  b\n  ?}"), "5:3");
  EXPECT_EQ(error_at("{ a(b: \"é😀\") ? }"), "1:15");
  EXPECT_EQ(error_at("\xEF\xBB\xBF?"), "1:2");
  EXPECT_EQ(error_at("{a(b:\"\"\"x\ny\"\"\") ?}"), "2:7");
}

TEST(Parser, TakesKeywordsForNames) {
  EXPECT_EQ(error_at("{ query: type null: id on true fragment { subscription } }"), "parsed");
  EXPECT_EQ(error_at("query query { a } fragment type on on { on }"), "parsed");
}

TEST(Parser, RejectsAFragmentNamedOn) {
  EXPECT_EQ(error_at("fragment on on T { a }"), "1:10");
}

TEST(Parser, RejectsEmptyParts) {
  EXPECT_EQ(error_at("{ }"), "1:3");
  EXPECT_EQ(error_at("{ a() }"), "1:5");
  EXPECT_EQ(error_at("query () { a }"), "1:8");
  EXPECT_EQ(error_at("type T { }"), "1:10");
  EXPECT_EQ(error_at("enum E {}"), "1:9");
  EXPECT_EQ(error_at(""), "1:1");
}

TEST(Parser, TakesEmptySelectionSetsWhenAllowed) {
  const ParseOptions options{.allow_empty_selection_sets = true};

  EXPECT_EQ(error_at("{ }", options), "parsed");
  EXPECT_EQ(error_at("{ a { } }", options), "parsed");
}

TEST(Parser, RejectsVariablesInConstantValues) {
  EXPECT_EQ(error_at("query ($a: Int = $b) { c }"), "1:18");
  EXPECT_EQ(error_at("query ($a: Int @x(y: [$b])) { c }"), "1:23");
}

TEST(Parser, RejectsADoubleBang) {
  EXPECT_EQ(error_at("query ($a: Int!!) { b }"), "1:16");
}

TEST(Parser, TakesDescriptionsExceptOnTheShorthand) {
  EXPECT_EQ(error_at(R"("d" query ("v" $a: Int) { b } """d""" fragment F on T { a } "d" mutation { m })"), "parsed");
  EXPECT_EQ(error_at(R"("d" { a })"), "1:1");
  EXPECT_EQ(error_at(R"("d" extend type T { a: Int })"), "1:1");
}

TEST(Parser, BeginsADefinitionAtItsDescription) {
  const auto document = parse("\n\"d\" query ($a: Int) { b }");

  EXPECT_EQ(document->definitions()[0]->offset, 1u);
  EXPECT_EQ(document->definitions()[0]->description->text, "d");
}

TEST(Parser, KeepsWhatASelectionSays) {
  const auto document = parse("{ x: f(a: [1, {b: $c}]) @d ... on T { g } ...F }");
  const auto& set = ast::as_operation(document->definitions()[0])->selection_set;
  const auto* field = ast::as_field(set.selections[0]);

  EXPECT_EQ(field->response_name().text, "x");
  EXPECT_EQ(field->name.text, "f");
  EXPECT_EQ(field->arguments[0].value.items[1].fields[0].value.text, "c");
  EXPECT_EQ(field->directives[0].name.text, "d");
  EXPECT_EQ(ast::as_inline_fragment(set.selections[1])->type_condition.text, "T");
  EXPECT_EQ(ast::as_fragment_spread(set.selections[2])->name.text, "F");
}

TEST(Parser, ReadsEveryDefinitionOfATypeSystem) {
  EXPECT_EQ(error_at(R"(
    "d" schema @a { query: Q } extend schema @b { mutation: M } extend schema @c
    "d" scalar S @a extend scalar S @b
    "d" type T implements & A & B @a { "f" f("x" x: Int = 1 @a): T! @b } extend type T implements C extend type T @c
    "d" interface I implements J @a { f: Int } extend interface I { g: Int }
    "d" union U @a = | A | B extend union U = C
    "d" enum E @a { "v" A @a B } extend enum E { C }
    "d" input N @a { "v" a: [Int!]! = [1] @a } extend input N @a
    "d" directive @x("a" a: Int) repeatable on | FIELD | OBJECT
  )"),
            "parsed");
}

TEST(Parser, RejectsExtensionsThatAddNothing) {
  EXPECT_EQ(error_at("extend schema"), "1:14");
  EXPECT_EQ(error_at("extend scalar S type T"), "1:17");
  EXPECT_EQ(error_at("extend union U"), "1:15");
}

TEST(Parser, RejectsReservedEnumValuesAndUnknownLocations) {
  EXPECT_EQ(error_at("enum E { A true }"), "1:12");
  EXPECT_EQ(error_at("directive @a on FIELD | NOWHERE"), "1:25");
}

TEST(ParseLimits, EndTheTextAtTheTokenThatIsTooMuch) {
  const auto document = parse("{ a b c }", {.limits = {.tokens_max = 4}});

  ASSERT_FALSE(document);
  EXPECT_TRUE(document.error().over_limit);
  EXPECT_EQ(document.error().offset, 8u);
  EXPECT_EQ(parse("{ a b c }", {.limits = {.tokens_max = 5}})->tokens(), 5u);
}

TEST(ParseLimits, BoundNestingOfEveryKind) {
  const auto nested = [](std::string_view before, std::string_view open, std::string_view inside,
                         std::string_view close, std::string_view after, int depth) {
    std::string text(before);
    for (int i = 0; i < depth; ++i) text += open;
    text += inside;
    for (int i = 0; i < depth; ++i) text += close;
    return text + std::string(after);
  };
  for (int depth : {100'000, 201}) {
    for (auto& text :
         {nested("", "{a", "", "}", "", depth), nested("{a(b:", "[", "1", "]", ")}", depth),
          nested("{a(b:", "{c:", "1", "}", ")}", depth), nested("query($a:", "[", "T", "]", "){b}", depth)}) {
      const auto document = parse(text, {.limits = {.tokens_max = 1'000'000}});
      ASSERT_FALSE(document);
      EXPECT_TRUE(document.error().over_limit);
    }
  }
  EXPECT_TRUE(parse(nested("", "{a", "", "}", "", 200)));
}

TEST(ParseLimits, AreNotSyntaxErrors) {
  EXPECT_FALSE(parse("{").error().over_limit);
}

TEST(ParseType, ReadsWrappers) {
  Arena arena;
  const auto type = parse_type("[[Int!]]!", arena);

  ASSERT_TRUE(type);
  EXPECT_EQ((*type)->kind, ast::TypeNodeKind::non_null);
  EXPECT_EQ((*type)->inner().text, "Int");
  EXPECT_EQ((*type)->inner().offset, 2u);
  EXPECT_FALSE(parse_type("Int Int", arena));
}

}  // namespace
}  // namespace millrace::graphql
