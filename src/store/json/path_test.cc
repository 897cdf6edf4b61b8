#include "store/json/path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/json/text.h"

namespace millrace::store::json {
namespace {

using testing::HasSubstr;

// The matches of `path` in `text`, as one JSON array.
std::string found(std::string_view path, std::string_view text) {
  auto parsed = Path::parse(path);
  if (!parsed) return parsed.error().message;
  Value document = *parse(text);
  auto matches = find(*parsed, document);
  if (!matches) return matches.error().message;
  Array values;
  for (const Match& match : *matches) values.push_back(*match.value);
  return print(Value(std::move(values)));
}

std::string removed(std::string_view path, std::string_view text, std::size_t count) {
  Value document = *parse(text);
  auto matches = find(*Path::parse(path), document);
  EXPECT_EQ(remove(document, *matches), count) << path;
  return print(document);
}

constexpr std::string_view shop = R"({"store":{"book":[
    {"title":"Sayings","price":8.95,"isbn":null},
    {"title":"Sword","price":12.99},
    {"title":"Moby","price":9,"isbn":"0-553"}],
  "bicycle":{"color":"red","price":19.95}},"limit":10})";

TEST(JsonPath, LeadsAlongNamesAndIndexes) {
  EXPECT_EQ(found("$.store.book[0].title", shop), R"(["Sayings"])");
  EXPECT_EQ(found("$['store'][\"book\"][-1].title", shop), R"(["Moby"])");
  EXPECT_EQ(found("$.store.bicycle['color','price']", shop), R"(["red",19.95])");
  EXPECT_EQ(found("$.store.book[0,2].price", shop), "[8.95,9]");
  EXPECT_EQ(found("$.store.book[3]", shop), "[]");
  EXPECT_EQ(found("$.nothing.there", shop), "[]");
  EXPECT_EQ(found("$", "7"), "[7]");
  EXPECT_EQ(found("$.limit[0]", shop), "[]");
}

TEST(JsonPath, TakesNamesOfManyShapesWithoutQuotes) {
  EXPECT_EQ(found("$.prod:id", R"({"prod:id":1})"), "[1]");
  EXPECT_EQ(found("$.$ref", R"({"$ref":1})"), "[1]");
  EXPECT_EQ(found("$.größe", R"({"größe":1})"), "[1]");
  EXPECT_EQ(found(R"($["a\"]b"])", R"({"a\"]b":1})"), "[1]");
  EXPECT_EQ(found(R"($['it\'s'])", R"({"it's":1})"), "[1]");
  EXPECT_EQ(found(R"($["\u0041\n"])", R"({"A\n":1})"), "[1]");
}

TEST(JsonPath, SlicesArrays) {
  constexpr std::string_view digits = "[0,1,2,3,4,5]";
  EXPECT_EQ(found("$[1:3]", digits), "[1,2]");
  EXPECT_EQ(found("$[1:5:2]", digits), "[1,3]");
  EXPECT_EQ(found("$[:2]", digits), "[0,1]");
  EXPECT_EQ(found("$[-2:]", digits), "[4,5]");
  EXPECT_EQ(found("$[::3]", digits), "[0,3]");
  EXPECT_EQ(found("$[-100:100]", digits), digits);
  EXPECT_EQ(found("$[4:1:-2]", digits), "[4,2]");
  EXPECT_EQ(found("$[::-1]", digits), "[5,4,3,2,1,0]");
  EXPECT_EQ(found("$[0:9223372036854775807:9223372036854775807]", digits), "[0]");
  EXPECT_EQ(found("$[-9223372036854775808:2]", digits), "[0,1]");
  EXPECT_EQ(found("$[:]", R"({"a":1})"), "[]");
}

TEST(JsonPath, TakesAllChildren) {
  EXPECT_EQ(found("$.*", R"({"a":1,"b":[2]})"), "[1,[2]]");
  EXPECT_EQ(found("$[*][*]", R"({"a":1,"b":[2,3]})"), "[2,3]");
}

TEST(JsonPath, ListsNestedMatchesBeforeThoseAroundThem) {
  EXPECT_EQ(found("$..b", R"({"a":2,"b":3,"nested":{"a":4,"b":null}})"), "[null,3]");
  EXPECT_EQ(found("$..a", R"({"a":{"a":1}})"), R"([1,{"a":1}])");
  EXPECT_EQ(found("$..x", R"([{"x":1},[{"x":2}],{"y":{"x":3},"x":4}])"), "[1,2,3,4]");
  EXPECT_EQ(found("$..*", R"({"a":[1,2]})"), "[1,2,[1,2]]");
  EXPECT_EQ(found("$..[0]", "[[1],[2]]"), "[1,2,[1]]");
  EXPECT_EQ(found("$..book[1].price", shop), "[12.99]");
}

TEST(JsonPath, FiltersByComparison) {
  EXPECT_EQ(found("$.store.book[?(@.price < 10)].title", shop), R"(["Sayings","Moby"])");
  EXPECT_EQ(found("$.store.book[?(@.price<10 && @.title==\"Moby\")].price", shop), "[9]");
  EXPECT_EQ(found("$.store.book[?(@.title=='Sword' || @.price>=9)].title", shop), R"(["Sword","Moby"])");
  EXPECT_EQ(found("$.store.book[?(@.price > $.limit)].title", shop), R"(["Sword"])");
  EXPECT_EQ(found("$.store.book[?(@.isbn == null)].title", shop), R"(["Sayings"])");
  EXPECT_EQ(found("$.store.book[?(@.title != 'Sword')].price", shop), "[8.95,9]");
  EXPECT_EQ(found("$[?(@ > 1)]", "[1,2,\"3\",null,[5]]"), "[2]");
  EXPECT_EQ(found("$[?(@ == true)]", "[true,false,1]"), "[true]");
  EXPECT_EQ(found("$[?(2.0 <= @)]", "[1,2,3]"), "[2,3]");
  EXPECT_EQ(found("$[?(@.a == 1 || @.a == 2 && @.b == 1)]", R"([{"a":1},{"a":2},{"a":2,"b":1}])"),
            R"([{"a":1},{"a":2,"b":1}])");
  EXPECT_EQ(found("$[?((@.a == 1 || @.a == 2) && @.b == 1)]", R"([{"a":1},{"a":2,"b":1}])"), R"([{"a":2,"b":1}])");
  EXPECT_EQ(found("$..[?(@.price > 19)].color", shop), R"(["red"])");
}

TEST(JsonPath, FiltersByExistenceAndItsOpposite) {
  EXPECT_EQ(found("$.store.book[?(@.isbn)].title", shop), R"(["Sayings","Moby"])");
  EXPECT_EQ(found("$.store.book[?(!@.isbn)].title", shop), R"(["Sword"])");
  EXPECT_EQ(found("$.store.book[?!(@.isbn && @.price < 9)].title", shop), R"(["Sword","Moby"])");
  EXPECT_EQ(found("$[?(@.b.c)]", R"({"a":{"b":{"c":1}}})"), R"([{"b":{"c":1}}])");
  EXPECT_EQ(found("$[?(@.tags[?(@ == 'x')])].id", R"([{"id":1,"tags":["x"]},{"id":2,"tags":[]}])"), "[1]");
}

TEST(JsonPath, FindsRegularExpressionsInStrings) {
  EXPECT_EQ(found("$.store.book[?(@.title =~ \"^S\")].title", shop), R"(["Sayings","Sword"])");
  EXPECT_EQ(found("$.store.book[?(@.title =~ '(?i)SWORD')].price", shop), "[12.99]");
  EXPECT_EQ(found(R"($[?(@ =~ "^\d+\.\d$")])", R"(["1.5","1x5","a",7])"), R"(["1.5"])");
  EXPECT_EQ(found("$.words[?(@ =~ $.pattern)]", R"({"pattern":"b+","words":["abba","aa"]})"), R"(["abba"])");
  EXPECT_EQ(found("$[?(@ =~ '(')]", R"(["("])"), "[]");
}

TEST(JsonPath, ReadsLegacyPaths) {
  auto legacy = [](std::string_view path, std::string_view text) {
    EXPECT_TRUE(Path::parse(path)->is_legacy()) << path;
    return found(path, text);
  };
  EXPECT_EQ(legacy(".", "[1]"), "[[1]]");
  EXPECT_EQ(legacy(".a.b", R"({"a":{"b":1}})"), "[1]");
  EXPECT_EQ(legacy("a", R"({"a":1})"), "[1]");
  EXPECT_EQ(legacy("a[0][\"b\"]", R"({"a":[{"b":1}]})"), "[1]");
  EXPECT_EQ(legacy("[1]", "[1,2]"), "[2]");
  EXPECT_EQ(legacy(".[\"f.]$.f\"]", R"({"f.]$.f":1})"), "[1]");
  EXPECT_EQ(legacy("..a", R"({"b":{"a":1}})"), "[1]");
  EXPECT_EQ(legacy("$a", R"({"$a":1})"), "[1]");
  EXPECT_FALSE(Path::parse("$")->is_legacy());
  EXPECT_FALSE(Path::parse("$.a")->is_legacy());
  EXPECT_FALSE(Path::parse("$[0]")->is_legacy());
}

TEST(JsonPath, RefusesWhatIsNoPath) {
  for (const char* text :
       {"", " ", "$.", "$..", "$[", "$[]", "$['a'", "$[1:2:0]", "$[?(@.a ==)]", "$[?(@.a == 1]", "$.a b", "a\nb",
        "$.....a", "$[1,]", "$[99999999999999999999]", "$['a]", "$[?(@.a == foo)]", "$[-inf]"}) {
    EXPECT_THAT(found(text, "{}"), HasSubstr("Error occurred on position")) << text;
  }
  EXPECT_FALSE(Path::parse("$[?" + std::string(100'000, '(') + "@.a"));
  EXPECT_FALSE(Path::parse("$[?" + std::string(100'000, '!') + "@.a]"));
}

TEST(JsonPath, KnowsWhetherItLeadsToOnePlaceAtMost) {
  auto parsed = [](std::string_view text) { return *Path::parse(text); };
  EXPECT_TRUE(parsed("$.a['b'][0]").is_static());
  EXPECT_FALSE(parsed("$.a['b','c']").is_static());
  EXPECT_FALSE(parsed("$..a").is_static());
  EXPECT_FALSE(parsed("$.*").is_static());
  EXPECT_EQ(*parsed("$.a.b").last_name(), "b");
  EXPECT_EQ(parsed("$.a[0]").last_name(), nullptr);
  EXPECT_EQ(parsed("$").last_name(), nullptr);
  EXPECT_TRUE(parsed("$.a").parent().is_root());
}

TEST(JsonPath, GivesUpOnPathsThatMultiplyTheirMatches) {
  std::string deep = "1";
  for (int i = 0; i < 120; ++i) deep = "[" + deep + "]";
  EXPECT_EQ(found("$..*..*..*..*..*..*", deep), "the path leads to too many values");
  EXPECT_EQ(found("$..[?(@..*..*..*..*..*..*.x)]", deep), "the path leads to too many values");
}

TEST(JsonPath, RemovesAllMatchesAndCountsTheOutermost) {
  EXPECT_EQ(removed("$..a", R"({"a":1,"nested":{"a":2,"b":3}})", 2), R"({"nested":{"b":3}})");
  EXPECT_EQ(removed("$..a", R"({"a":{"a":2,"b":3},"b":["a"],"c":{"a":[1]}})", 2), R"({"b":["a"],"c":{}})");
  EXPECT_EQ(removed("$[2,0,1,1]", "[1,2,3,4]", 3), "[4]");
  EXPECT_EQ(removed("$..[0]", "[[1],[1,2,3]]", 2), "[[2,3]]");
  EXPECT_EQ(removed("$..[?(@ > 1)]", "[1,[2,3,[4]],1,5]", 4), "[1,[[]],1]");
}

TEST(JsonPath, OrdersChangesFromTheInside) {
  Value document = *parse(R"({"a":{"a":{"a":1}}})");
  auto matches = *find(*Path::parse("$..a"), document);
  ASSERT_EQ(matches.size(), 3U);
  std::vector<int> depths;
  for (std::size_t position : innermost_first(matches)) depths.push_back(matches[position].depth);
  EXPECT_THAT(depths, testing::ElementsAre(3, 2, 1));

  auto around = outermost(document, matches);
  ASSERT_EQ(around.size(), 1U);
  EXPECT_EQ(around[0], document.find("a"));
}

}  // namespace
}  // namespace millrace::store::json
