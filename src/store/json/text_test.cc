#include "store/json/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace millrace::store::json {
namespace {

std::string again(std::string_view text) {
  auto value = parse(text);
  return value ? print(*value) : "refused: " + value.error().message;
}

std::string nested(int depth) {
  auto count = static_cast<std::size_t>(depth);
  return std::string(count, '[') + std::string(count, ']');
}

TEST(JsonText, PrintsWithoutSpacesWhatItRead) {
  EXPECT_EQ(again(R"( { "a" : [ 1 , true , null , "x" ] , "b" : { } , "c" : [ ] } )"),
            R"({"a":[1,true,null,"x"],"b":{},"c":[]})");
}

TEST(JsonText, KeepsIntegersOfSixtyFourBitsExact) {
  for (const char* text : {"0", "-1", "9223372036854775807", "-9223372036854775808", "18446744073709551615"}) {
    EXPECT_EQ(again(text), text);
    EXPECT_EQ(parse(text)->type(), Type::integer);
  }
}

TEST(JsonText, KeepsThatANumberIsNoInteger) {
  EXPECT_EQ(again("1.0"), "1.0");
  EXPECT_EQ(again("-0"), "-0.0");
  EXPECT_EQ(again("1e2"), "100.0");
  EXPECT_EQ(again("3.141592653589793"), "3.141592653589793");
  EXPECT_EQ(again("1e15"), "1000000000000000.0");
  EXPECT_EQ(again("1e16"), "1e16");
  EXPECT_EQ(again("1.25e300"), "1.25e300");
  EXPECT_EQ(again("0.00001"), "0.00001");
  EXPECT_EQ(again("0.000001"), "1e-6");
  EXPECT_EQ(again("18446744073709551616"), "1.8446744073709552e19");
  EXPECT_EQ(again("1e-400"), "0.0");
}

TEST(JsonText, ReadsEscapesAndWritesOnlyThoseItMust) {
  EXPECT_EQ(again(R"("\u00e9\ud83d\ude00\/\u0041")"), "\"é😀/A\"");
  EXPECT_EQ(again(R"("\b\f\n\r\t\"\\\u0001\u001f")"), R"("\b\f\n\r\t\"\\\u0001\u001f")");
}

TEST(JsonText, OfRepeatedNamesTheLastWinsInTheFirstPlace) {
  EXPECT_EQ(again(R"({"a":1,"b":2,"a":3})"), R"({"a":3,"b":2})");

  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += "\"name" + std::to_string(i % 50) + "\":" + std::to_string(i) + ",";
  many.back() = '}';
  auto value = parse(many);
  ASSERT_EQ(value->size(), 50U);
  EXPECT_EQ(value->object()->front().name, "name0");
  EXPECT_EQ(*value->find("name0")->integer(), 50);
}

TEST(JsonText, RefusesWhatNestsTooDeeply) {
  EXPECT_TRUE(parse(nested(depth_max)));
  EXPECT_EQ(depth(*parse(nested(depth_max))), depth_max);
  EXPECT_EQ(again(nested(depth_max + 1)), "refused: recursion limit exceeded at line 1 column 129");
  EXPECT_FALSE(parse(std::string(1'000'000, '[')));
}

TEST(JsonText, TellsWhereTheTextIsWrong) {
  EXPECT_EQ(again(""), "refused: EOF while parsing a value at line 1 column 0");
  EXPECT_EQ(again("blue"), "refused: expected value at line 1 column 1");
  EXPECT_EQ(again("{"), "refused: EOF while parsing an object at line 1 column 1");
  EXPECT_EQ(again("[1"), "refused: EOF while parsing a list at line 1 column 2");
  EXPECT_EQ(again("[1,]"), "refused: trailing comma at line 1 column 4");
  EXPECT_EQ(again("{\"a\":1,\n 7}"), "refused: key must be a string at line 2 column 2");
  EXPECT_EQ(again("{\"a\" 1}"), "refused: expected `:` at line 1 column 6");
  EXPECT_EQ(again("1 2"), "refused: trailing characters at line 1 column 3");
  EXPECT_EQ(again("nul"), "refused: EOF while parsing a value at line 1 column 3");
  EXPECT_EQ(again("01"), "refused: invalid number at line 1 column 2");
  EXPECT_EQ(again("1e400"), "refused: number out of range at line 1 column 5");
}

TEST(JsonText, RefusesBytesThatAreNoText) {
  const char* wrong[] = {"\"\xff\"",    "\"\xc0\x80\"", "\"\xed\xa0\x80\"",   "\"\xe2\x82\"", "\"\xf4\x90\x80\x80\"",
                         "\"\\ud800\"", "\"\\udc00\"",  "\"\\ud800\\u0041\"", "\"\n\"",       "\"\\x\"",
                         "'a'",         "\"\\u12g4\""};
  for (const char* text : wrong) EXPECT_FALSE(parse(text)) << text;
  EXPECT_FALSE(parse(std::string_view("\0", 1)));
}

TEST(JsonText, LaysOutAsTold) {
  auto value = parse(R"({"a":[1,{}],"b":[]})");
  std::string out;
  print(out, *value, {.indent = "\t", .newline = "\n", .space = " "});
  EXPECT_EQ(out, "{\n\t\"a\": [\n\t\t1,\n\t\t{}\n\t],\n\t\"b\": []\n}");
}

TEST(JsonValue, ComparesByMeaning) {
  EXPECT_TRUE(*parse("[1,2.0]") == *parse("[1.0,2]"));
  EXPECT_TRUE(*parse(R"({"a":1,"b":2})") == *parse(R"({"b":2,"a":1})"));
  EXPECT_FALSE(*parse(R"({"a":1})") == *parse(R"({"b":1})"));
  EXPECT_FALSE(*parse("\"1\"") == *parse("1"));
  EXPECT_FALSE(*parse("9223372036854775807") == *parse("9223372036854775806"));
}

TEST(JsonValue, MergesAsRfc7386HasIt) {
  auto merged = [](std::string_view target, std::string_view patch) {
    Value value = *parse(target);
    merge(value, *parse(patch));
    return print(value);
  };
  EXPECT_EQ(merged(R"({"a":"b","c":{"d":1,"e":2}})", R"({"a":"z","c":{"d":null}})"), R"({"a":"z","c":{"e":2}})");
  EXPECT_EQ(merged(R"({"a":[1]})", R"({"a":{"b":null,"c":1}})"), R"({"a":{"c":1}})");
  EXPECT_EQ(merged(R"({})", R"({"x":{"y":null}})"), R"({"x":{}})");
  EXPECT_EQ(merged(R"({"a":1})", "[1]"), "[1]");
  EXPECT_EQ(merged("[1]", R"({"a":1})"), R"({"a":1})");
}

}  // namespace
}  // namespace millrace::store::json
