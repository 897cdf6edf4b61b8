#include "graphql/language/printer.h"

#include <gtest/gtest.h>

#include "graphql/language/parser.h"

namespace millrace::graphql {
namespace {

// What graphql-js 16.15's `print` gives for the same texts is what is expected here.
std::string reprinted(std::string_view text) {
  const auto document = parse(text);
  EXPECT_TRUE(document) << text;
  if (!document) return {};
  auto printed = print(*document);
  const auto again = parse(printed);
  EXPECT_TRUE(again) << printed;
  EXPECT_EQ(again ? print(*again) : "", printed);
  return printed;
}

TEST(Printer, UsesTheShorthandForABareQuery) {
  EXPECT_EQ(reprinted("query { a, b:c }"), "{\n  a\n  b: c\n}");
  EXPECT_EQ(reprinted("query @x { a }"), "query @x {\n  a\n}");
  EXPECT_EQ(reprinted("query ($a:Int) { a }"), "query ($a: Int) {\n  a\n}");
  EXPECT_EQ(reprinted("\"d\" query { a }"), "\"d\"\nquery {\n  a\n}");
}

TEST(Printer, WritesSelections) {
  EXPECT_EQ(reprinted("mutation M($a:[Int!]!=[1,2]@x){a(b:$a)@y{...F@z ...on T{c} ...@w{d} ...{e}}}"),
            "mutation M($a: [Int!]! = [1, 2] @x) {\n  a(b: $a) @y {\n    ...F @z\n    ... on T {\n      c\n    }\n"
            "    ... @w {\n      d\n    }\n    ... {\n      e\n    }\n  }\n}");
}

TEST(Printer, BreaksArgumentsThatMakeALineTooLong) {
  EXPECT_EQ(
      reprinted("{ a { type(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: 1, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb: 2, c: {d: 1}) } }"),
      "{\n  a {\n    type(\n      aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa: 1\n      bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb: 2\n"
      "      c: {d: 1}\n    )\n  }\n}");
}

TEST(Printer, EscapesStringsAndKeepsBlocks) {
  EXPECT_EQ(reprinted("{a(b:\"\\u0001\\u007f\\u0085 é \\\" \\\\ \\n\")}"),
            "{\n  a(b: \"\\u0001\\u007F\\u0085 é \\\" \\\\ \\n\")\n}");
  EXPECT_EQ(reprinted("{a(b:\"\"\"x\n  y\"\"\")}"), "{\n  a(b: \"\"\"\n  x\n  y\n  \"\"\")\n}");
  EXPECT_EQ(reprinted("{a(b:\"\"\" x\"\"\", c:\"\"\"q\\\"\"\" \"\"\")}"),
            "{\n  a(b: \"\"\" x\"\"\", c: \"\"\"q\\\"\"\" \"\"\")\n}");
}

TEST(Printer, WritesTypeSystems) {
  EXPECT_EQ(reprinted("type T implements & A & B @x{\"d\" f(a:Int=1,b:[S!]):T!@y g(\"d\" a:Int b:Int):Int} type E"),
            "type T implements A & B @x {\n  \"d\"\n  f(a: Int = 1, b: [S!]): T! @y\n  g(\n    \"d\"\n    a: Int\n"
            "    b: Int\n  ): Int\n}\n\ntype E");
  EXPECT_EQ(
      reprinted(
          "union U=|A|B enum E{A@x B} input I@y{a:Int=1} extend schema@z{mutation:M} scalar S@specifiedBy(url:\"u\")"),
      "union U = A | B\n\nenum E {\n  A @x\n  B\n}\n\ninput I @y {\n  a: Int = 1\n}\n\n"
      "extend schema @z {\n  mutation: M\n}\n\nscalar S @specifiedBy(url: \"u\")");
  EXPECT_EQ(reprinted("directive@a(b:Int)repeatable on|FIELD|OBJECT"),
            "directive @a(b: Int) repeatable on FIELD | OBJECT");
}

}  // namespace
}  // namespace millrace::graphql
