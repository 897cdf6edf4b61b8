#include "front/qstash/filter.h"

#include <gtest/gtest.h>

namespace millrace::front {
namespace {

using Texts = std::vector<std::string>;
using delivery::State;

constexpr SelectionRules strict{.strict = true};

Selection read(std::string_view query, SelectionRules rules = {}) {
  auto selection = read_selection(query, rules);
  EXPECT_TRUE(selection) << (selection ? "" : selection.error().message);
  return selection ? std::move(*selection) : Selection{};
}

TEST(Selection, TakesSeveralValuesByRepetitionAndByCommas) {
  EXPECT_EQ(read("label=a&label=b,c").filter.labels, (Texts{"a", "b", "c"}));
  EXPECT_EQ(read("messageId=1&messageIds=2").filter.message_ids, (Texts{"1", "2"}));
  EXPECT_EQ(read("topicName=g&urlGroup=h").filter.groups, (Texts{"g", "h"}));
  EXPECT_EQ(read("callerIp=1.1.1.1&callerIP=2.2.2.2").filter.caller_addresses, (Texts{"1.1.1.1", "2.2.2.2"}));
}

TEST(Selection, KeepsTheCommasOfAUrl) {
  EXPECT_EQ(read("url=http%3A%2F%2Fa%2F1,2,https%3A%2F%2Fb").filter.urls, (Texts{"http://a/1,2", "https://b"}));
  EXPECT_EQ(read("path=%2Fa,b").filter.paths, (Texts{"/a,b"}));
}

TEST(Selection, ReadsStatesStatusesAndTimes) {
  auto selection = read("state=created,IN_PROGRESS&responseStatus=500,0&fromDate=1&toDate=2");

  EXPECT_EQ(selection.filter.states, (std::vector<State>{State::created, State::active, State::retry, State::error}));
  EXPECT_EQ(selection.filter.response_statuses, (std::vector<int>{500, 0}));
  EXPECT_EQ(selection.filter.from, Timestamp(std::chrono::milliseconds(1)));
  EXPECT_EQ(selection.filter.to, Timestamp(std::chrono::milliseconds(2)));
}

TEST(Selection, BoundsAPage) {
  EXPECT_EQ(read("", {.count_default = 7}).page.count, 7U);
  EXPECT_EQ(read("count=3").page.count, 3U);
  EXPECT_EQ(read("count=5000", {.count_max = 100}).page.count, 100U);
  EXPECT_EQ(read("order=earliestFirst").page.order, delivery::Order::earliest_first);
  EXPECT_EQ(read("cursor=5-1").page.cursor, "5-1");
}

TEST(Selection, IsEverythingOnlyWhenNothingWasSaid) {
  EXPECT_TRUE(read("", strict).everything());
  EXPECT_TRUE(read("order=latestFirst", strict).everything());
  EXPECT_FALSE(read("count=1", strict).everything());
  EXPECT_FALSE(read("label=a", strict).everything());
  EXPECT_FALSE(read("cursor=1-1", strict).everything());
}

TEST(Selection, RefusesWhatItDoesNotKnowWhereThatWouldMeanEverything) {
  EXPECT_FALSE(read_selection("labeel=a", strict));
  EXPECT_FALSE(read_selection("label=", strict));
  EXPECT_FALSE(read_selection("host=a", {.strict = true, .host_and_path = false}));
  EXPECT_TRUE(read_selection("labeel=a&label=", {}));
}

TEST(Selection, RefusesValuesThatAreNone) {
  for (const char* query : {"count=0", "count=x", "count=-1", "state=SLEEPING", "fromDate=yesterday", "toDate=-1",
                            "order=sideways", "responseStatus=1000"}) {
    EXPECT_FALSE(read_selection(query, {})) << query;
  }
}

TEST(Selection, TakesIdsOfABody) {
  Selection selection;
  EXPECT_TRUE(add_ids("", selection));
  EXPECT_TRUE(add_ids(R"({"messageIds":["a","b"],"dlqIds":null})", selection));

  EXPECT_EQ(selection.filter.message_ids, (Texts{"a", "b"}));
  for (const char* body : {"[]", "{", R"({"messageids":[]})", R"({"messageIds":"a"})", R"({"messageIds":[1]})"}) {
    EXPECT_FALSE(add_ids(body, selection)) << body;
  }
}

TEST(Selection, TakesAnEmptyListOfIdsForNothing) {
  Selection selection;
  EXPECT_TRUE(add_ids(R"({"messageIds":[]})", selection));

  EXPECT_FALSE(selection.everything());
}

}  // namespace
}  // namespace millrace::front
