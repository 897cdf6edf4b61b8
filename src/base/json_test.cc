#include "base/json.h"

#include <gtest/gtest.h>

#include "base/json_writer.h"

namespace millrace {
namespace {

std::string reprint(std::string_view text) {
  auto document = JsonDocument::parse(text);
  if (!document) return "error: " + document.error().message;
  std::string out;
  append_json(out, document->root());
  return out;
}

TEST(Json, ReadsBackWhatItWrites) {
  for (std::string_view text :
       {"null", "true", "false", "0", "-7", "1.5", "\"\"", "[]", "{}", "[1,[2,{\"a\":null}],\"x\"]",
        R"({"a":{"b":[true,false,null]},"c":"line\nbreak \"quoted\" \\ \u0001"})", "9223372036854775807", "1e+300"}) {
    EXPECT_EQ(reprint(text), text);
  }
}

TEST(Json, UnescapesStrings) {
  auto document = JsonDocument::parse(R"("\u0041\ud83d\ude00\t")");

  EXPECT_EQ(document->root().string(), "A\xf0\x9f\x98\x80\t");
}

TEST(Json, RefusesMalformedText) {
  for (std::string_view text : {"",
                                " ",
                                "{",
                                "[1,",
                                "[1 2]",
                                "{\"a\"}",
                                "{\"a\":1,}",
                                "nul",
                                "01",
                                "1.",
                                "\"a",
                                "tru",
                                "truex",
                                "1 2",
                                "{} x",
                                "[1]]",
                                "\"\\ud800\"",
                                "\"\\udc00\"",
                                "\"\\ud800\\u0041\"",
                                "\"\xff\"",
                                "'a'",
                                "{a:1}",
                                "\"\\x\"",
                                "nullx",
                                "{\"\\udc00\":1}",
                                "-",
                                "+1",
                                "\"a\nb\""}) {
    EXPECT_FALSE(JsonDocument::parse(text)) << text;
  }
}

TEST(Json, RefusesTextThatIsNestedTooDeeply) {
  std::string inside(json_depth_max, '[');
  inside.append(json_depth_max, ']');

  EXPECT_TRUE(JsonDocument::parse(inside));
  EXPECT_FALSE(JsonDocument::parse("[" + inside + "]"));
  EXPECT_FALSE(JsonDocument::parse(std::string(100'000, '[')));
}

TEST(Json, TakesTheLastOfARepeatedMember) {
  auto document = JsonDocument::parse(R"({"a":1,"b":2,"a":3})");

  EXPECT_EQ(document->root().find("a")->integer(), 3);
  EXPECT_EQ(document->root().find("missing"), nullptr);
}

TEST(Json, KeepsNumbersBeyond64BitsAsDoubles) {
  EXPECT_EQ(reprint("18446744073709551615"), "18446744073709552000");
  EXPECT_EQ(reprint("123456789012345678901234567890"), "1.2345678901234568e+29");
}

TEST(JsonMembers, GivesEachValueAsWritten) {
  JsonMembers members;
  std::string text = R"( {"a" : "x\n\u00e9" , "b\u0041":[1, {"c":2}] ,"n": -1.50 ,"i":7,"t":true,"z":null , "o":{} } )";

  ASSERT_TRUE(members.read(text));
  EXPECT_EQ(members.find("a")->text, R"("x\n\u00e9")");
  EXPECT_EQ(members.find("bA")->text, R"([1, {"c":2}])");
  EXPECT_EQ(members.find("n")->text, "-1.50");
  EXPECT_EQ(members.find("n")->kind, JsonValue::Kind::number);
  EXPECT_EQ(members.find("i")->kind, JsonValue::Kind::integer);
  EXPECT_EQ(members.find("t")->text, "true");
  EXPECT_EQ(members.find("z")->kind, JsonValue::Kind::null);
  EXPECT_EQ(members.find("o")->text, "{}");
  EXPECT_EQ(members.find("c"), nullptr);
  EXPECT_EQ(members.all().size(), 7u);
}

TEST(JsonMembers, RefusesWhatIsNotOneObject) {
  JsonMembers members;
  for (std::string_view text :
       {"", "[]", "1", "{", "{\"a\":}", "{\"a\":tru}", "{\"a\":01}", "{\"a\":[1,]}", "{} {}", "{\"a\":\"\\x\"}",
        "{\"a\":nulll}", "{\"a\":{\"b\"}}", "{\"a\":1 2}", "{\"a\":\"\\ud800\"}"}) {
    EXPECT_FALSE(members.read(text)) << text;
  }
}

TEST(JsonWriter, PrintsNumbersAsJavaScriptDoes) {
  auto print = [](double number) {
    std::string out;
    append_json_number(out, number);
    return out;
  };

  EXPECT_EQ(print(1.0), "1");
  EXPECT_EQ(print(-0.0), "0");
  EXPECT_EQ(print(0.1), "0.1");
  EXPECT_EQ(print(-1.25), "-1.25");
  EXPECT_EQ(print(1234.5), "1234.5");
  EXPECT_EQ(print(0.000001), "0.000001");
  EXPECT_EQ(print(1e-7), "1e-7");
  EXPECT_EQ(print(1.5e-7), "1.5e-7");
  EXPECT_EQ(print(1e20), "100000000000000000000");
  EXPECT_EQ(print(1e21), "1e+21");
  EXPECT_EQ(print(1.0 / 0.0), "null");
}

TEST(JsonWriter, SeparatesMembersAndItems) {
  std::string out;
  JsonWriter json(out);
  json.open_object()
      .key("a")
      .open_array()
      .integer(1)
      .string("x")
      .null()
      .close_array()
      .key("b")
      .boolean(true)
      .close_object();

  EXPECT_EQ(out, R"({"a":[1,"x",null],"b":true})");
}

// The lists with their items in a row: [a 1 [b]].
class Listing final : public JsonListReader {
 public:
  bool open_list() override { return add("["); }
  bool close_list() override { return add("]"); }
  bool item(JsonValue::Kind kind, std::string_view text) override {
    return add((kind == JsonValue::Kind::string ? "'" : "") + std::string(text));
  }

  std::string text{};
  std::size_t items_max = 100;

 private:
  bool add(const std::string& what) {
    text += (text.empty() ? "" : " ") + what;
    return --items_max > 0;
  }
};

std::string listing(std::string_view json, int depth, std::size_t items_max = 100) {
  std::string padded(json);
  padded.append(json_padding, '\0');
  Listing reader;
  reader.items_max = items_max;
  auto read = read_json_lists({padded.data(), json.size()}, depth, reader);
  return read ? reader.text : "error";
}

TEST(JsonLists, TellsItemsAsTheyAreWritten) {
  EXPECT_EQ(listing(R"(["a\u00e9", 60 ,99.50,1e+21,-0,true,false,null])", 1),
            "[ 'a\u00e9 60 99.50 1e+21 -0 true false null ]");
  EXPECT_EQ(listing("[123456789012345678901234567890,1e400]", 1), "[ 123456789012345678901234567890 1e400 ]");
  EXPECT_EQ(listing(" [ ] ", 1), "[ ]");
}

TEST(JsonLists, OpensListsAsDeepAsAskedFor) {
  EXPECT_EQ(listing(R"([["a"],[],["b",[1, [2]] ,{"x":1}]])", 2), R"([ [ 'a ] [ ] [ 'b [1, [2]] {"x":1} ] ])");
}

TEST(JsonLists, RefusesWhatIsNoList) {
  for (std::string_view text :
       {"",          "{}",         "1",    "\"a\"",         "[",    "[1",  "[1,]",  "[1 2]", "[1]x",
        "[1][2]",    "[01]",       "[1.]", "[1x]",          "[+1]", "[-]", "[nul]", "[tru]", "[\"a]",
        "[\"\\x\"]", "[\"\xff\"]", "[[1]", "[\"\\ud800\"]", "['a']"}) {
    EXPECT_EQ(listing(text, 1), "error") << text;
  }
}

TEST(JsonLists, EndsWhenTheReaderWantsNoMore) {
  EXPECT_EQ(listing("[1,2,3,4 and never read]", 1, 3), "[ 1 2");
}

TEST(JsonLists, ReplacesLoneSurrogatesOnly) {
  EXPECT_EQ(replace_lone_surrogates(R"(["\ud83d\ude00 a\u00e9 \\ud800"])"), std::nullopt);
  EXPECT_EQ(replace_lone_surrogates(R"(["\ud83d","\uDE00x","\ud83d\ud83d\ude00"])"),
            R"(["\ufffd","\ufffdx","\ufffd\ud83d\ude00"])");
  EXPECT_EQ(replace_lone_surrogates(R"("\)"), std::nullopt);
}

TEST(JsonWriter, RepairsWhatIsNotUtf8) {
  auto written = [](std::string_view bytes) {
    std::string out;
    append_json_string_repaired(out, bytes);
    return out;
  };

  EXPECT_EQ(written("a\u00e9\U0001f600\""), "\"a\u00e9\U0001f600\\\"\"");
  EXPECT_EQ(written("a\xff"
                    "b"),
            "\"a\ufffdb\"");
  EXPECT_EQ(written("\xe2\x82"), "\"\ufffd\"");
  EXPECT_EQ(written("\xf0\x9f\x98x"), "\"\ufffdx\"");
  EXPECT_EQ(written("\xed\xa0\x80"), "\"\ufffd\ufffd\ufffd\"");
  EXPECT_EQ(written("\xc0\x80\xf5"), "\"\ufffd\ufffd\ufffd\"");
}

}  // namespace
}  // namespace millrace
