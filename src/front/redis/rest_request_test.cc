#include "front/redis/rest_request.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace millrace::front {
namespace {

using store::Command;

RestRequest ask(std::string_view path, std::string_view body = "", std::string_view query = "",
                RestLimits limits = {}) {
  std::string padded(body);
  padded.append(json_padding, '\0');
  return read_rest_request({.path = path, .query = query, .body = {padded.data(), body.size()}}, limits);
}

RestRequest stream(std::string_view path, std::string_view body = "") {
  std::string padded(body);
  padded.append(json_padding, '\0');
  return read_rest_request({.path = path, .body = {padded.data(), body.size()}, .event_stream = true}, {});
}

// The one command of a request, or its error.
Command words(const RestRequest& request) {
  if (request.action != RestAction::command || request.commands.size() != 1) return {"error", request.error};
  return request.commands.front();
}

TEST(RestRequest, TakesACommandFromThePath) {
  EXPECT_EQ(words(ask("/set/k/v/EX/60")), (Command{"set", "k", "v", "EX", "60"}));
  EXPECT_EQ(words(ask("/json.get/doc/$")), (Command{"json.get", "doc", "$"}));
  EXPECT_EQ(words(ask("/script/load/return%201")), (Command{"script", "load", "return 1"}));
}

TEST(RestRequest, SplitsThePathBeforeItDecodes) {
  EXPECT_EQ(words(ask("/set/a%2Fb/c%20d/%00%ff")), (Command{"set", "a/b", "c d", std::string("\0\xff", 2)}));
  EXPECT_EQ(words(ask("/set/a+b/100%")), (Command{"set", "a+b", "100%"}));
}

TEST(RestRequest, CountsSlashesInFrontAsOneAndKeepsEmptySegmentsInside) {
  EXPECT_EQ(words(ask("//get/k")), (Command{"get", "k"}));
  EXPECT_EQ(words(ask("///get/k/")), (Command{"get", "k"}));
  EXPECT_EQ(words(ask("/set//v")), (Command{"set", "", "v"}));
  EXPECT_EQ(ask("//pipeline", R"([["PING"]])").action, RestAction::pipeline);
  EXPECT_EQ(words(ask("//", R"(["PING"])")), (Command{"PING"}));
}

TEST(RestRequest, AppendsTheBodyAsItIsBehindThePath) {
  EXPECT_EQ(words(ask("/set/k", std::string_view("\0\xff[\"", 4))), (Command{"set", "k", std::string("\0\xff[\"", 4)}));
  EXPECT_EQ(words(ask("/get/k", "")), (Command{"get", "k"}));
}

TEST(RestRequest, AppendsTheWordsOfTheQueryLast) {
  EXPECT_EQ(words(ask("/set/lock", "u1", "NX&PX=3000")), (Command{"set", "lock", "u1", "NX", "PX", "3000"}));
  EXPECT_EQ(words(ask("/zadd/board", "", "11=ana&22=bo")), (Command{"zadd", "board", "11", "ana", "22", "bo"}));
  EXPECT_EQ(words(ask("/set/k", "v", "EX=60&NX")), (Command{"set", "k", "v", "EX", "60", "NX"}));
  EXPECT_EQ(words(ask("/x", "", "a=&&b=c%26d+e=f")), (Command{"x", "a", "", "b", "c&d e=f"}));
}

TEST(RestRequest, LeavesOutTheTokenOfTheQuery) {
  EXPECT_EQ(words(ask("/get/city", "", "_token=s3cr3t")), (Command{"get", "city"}));
  EXPECT_EQ(words(ask("/set/k", "v", "EX=60&_token=s3cr3t&NX")), (Command{"set", "k", "v", "EX", "60", "NX"}));
  EXPECT_EQ(words(ask("", R"(["GET","k"])", "_token=s")), (Command{"GET", "k"}));
}

TEST(RestRequest, TakesACommandFromABodyOfJson) {
  EXPECT_EQ(words(ask("", R"(["SET","k","v","EX",60])")), (Command{"SET", "k", "v", "EX", "60"}));
  EXPECT_EQ(words(ask("/", R"( ["SET","k","\u00e9\n\ud83d\ude00"] )")), (Command{"SET", "k", "\u00e9\n\U0001f600"}));
}

TEST(RestRequest, TakesNumbersAsTheyAreWritten) {
  EXPECT_EQ(words(ask("", "[\"X\",60,99.5,1e+21,-0.10,12345678901234567890123,true,false]")),
            (Command{"X", "60", "99.5", "1e+21", "-0.10", "12345678901234567890123", "true", "false"}));
}

TEST(RestRequest, ReplacesHalvesOfSurrogatePairs) {
  EXPECT_EQ(words(ask("", R"(["SET","k","cut \ud83d"])")), (Command{"SET", "k", "cut \ufffd"}));
}

TEST(RestRequest, RefusesArgumentsThatAreNoWords) {
  EXPECT_EQ(ask("", R"(["SET","k",null])").error, "ERR unsupported arg type: %!q(<nil>): <nil>");
  EXPECT_EQ(ask("", R"(["SET","k",["a",1]])").error, R"(ERR unsupported arg type: ["a",1]: array)");
  EXPECT_EQ(ask("", R"(["SET","k",{"a":1}])").error, R"(ERR unsupported arg type: {"a":1}: object)");
  EXPECT_EQ(ask("", "[\"SET\",\"k\",[" + std::string(100, '1') + "]]").error,
            "ERR unsupported arg type: [" + std::string(63, '1') + "...: array");
}

TEST(RestRequest, RefusesBodiesThatAreNoCommand) {
  for (std::string_view body : {"", "{}", "\"GET\"", "GET k", "[\"GET\"", "[\"GET\",]", "[\"GET\"] x", "[\"\xff\"]"}) {
    RestRequest request = ask("", body);
    EXPECT_EQ(request.action, RestAction::refuse) << body;
    EXPECT_EQ(request.error, "ERR failed to parse command") << body;
  }
  EXPECT_EQ(ask("", "[]").error, "ERR empty command");
}

TEST(RestRequest, TakesTheCommandsOfAPipelineInOrder) {
  RestRequest request = ask("/pipeline", R"([["SET","n","abc"],["INCR","n"],["GET","n"]])");

  EXPECT_EQ(request.action, RestAction::pipeline);
  EXPECT_EQ(request.commands, (std::vector<Command>{{"SET", "n", "abc"}, {"INCR", "n"}, {"GET", "n"}}));
  EXPECT_TRUE(request.faults.empty());
}

TEST(RestRequest, KeepsAPipelineBesideItsFaultyItems) {
  RestRequest request = ask("/pipeline", R"([["GET","a"],[],["GET",null,null],["GET","b"]])");

  EXPECT_EQ(request.action, RestAction::pipeline);
  EXPECT_EQ(request.commands, (std::vector<Command>{{"GET", "a"}, {}, {}, {"GET", "b"}}));
  EXPECT_EQ(request.faults,
            (std::vector<std::pair<std::size_t, std::string>>{{1, "ERR empty pipeline command"},
                                                              {2, "ERR unsupported arg type: %!q(<nil>): <nil>"}}));
}

TEST(RestRequest, RefusesBodiesThatAreNoPipeline) {
  for (std::string_view body : {"", "{}", "[\"GET\",\"k\"]", "[[\"GET\"],1]", "[[\"GET\"]", "[null]"}) {
    EXPECT_EQ(ask("/pipeline", body).error, "ERR failed to parse pipeline request") << body;
  }
  EXPECT_EQ(ask("/pipeline", "[]").error, "ERR empty pipeline request");
}

TEST(RestRequest, TakesTheCommandsOfATransaction) {
  RestRequest request = ask("/multi-exec", R"([["SET","k","v"],["GET","k"]])");

  EXPECT_EQ(request.action, RestAction::transaction);
  EXPECT_EQ(request.commands, (std::vector<Command>{{"SET", "k", "v"}, {"GET", "k"}}));
}

TEST(RestRequest, RefusesATransactionAsAWhole) {
  EXPECT_EQ(ask("/multi-exec", "x").error, "ERR failed to parse transaction request");
  EXPECT_EQ(ask("/multi-exec", "[[\"A\"],\"B\"]").error, "ERR failed to parse transaction request");
  EXPECT_EQ(ask("/multi-exec", "[]").error, "ERR empty transaction request");
  EXPECT_EQ(ask("/multi-exec", "[[\"GET\",\"k\"],[]]").error, "ERR empty transaction command");
  EXPECT_EQ(ask("/multi-exec", "[[\"GET\",null]]").error, "ERR unsupported arg type: %!q(<nil>): <nil>");
}

TEST(RestRequest, OpensStreamsForWhoAcceptsEvents) {
  RestRequest channels = stream("/subscribe/chat/a%20b", "[]");
  EXPECT_EQ(channels.action, RestAction::subscribe);
  EXPECT_EQ(channels.commands, (std::vector<Command>{{"chat", "a b"}}));
  RestRequest pattern = stream("/psubscribe/user:*");
  EXPECT_EQ(pattern.action, RestAction::psubscribe);
  EXPECT_EQ(pattern.commands, (std::vector<Command>{{"user:*"}}));
  EXPECT_EQ(stream("/monitor").action, RestAction::monitor);
}

TEST(RestRequest, RefusesStreamsToWhoDoesNotAcceptEvents) {
  EXPECT_EQ(ask("/subscribe/chat").error,
            "ERR Command \"SUBSCRIBE\" is not allowed in REST or it has a special context path");
  EXPECT_EQ(ask("/monitor").error, "ERR Command \"MONITOR\" is not allowed in REST or it has a special context path");
  EXPECT_EQ(stream("/subscribe").error, "ERR wrong number of arguments for 'subscribe' command");
}

TEST(RestRequest, TakesPublishForAnOrdinaryCommand) {
  EXPECT_EQ(words(ask("/publish/chat/hi")), (Command{"publish", "chat", "hi"}));
  EXPECT_EQ(words(ask("/publish/chat", "hi there")), (Command{"publish", "chat", "hi there"}));
}

TEST(RestRequest, HoldsToItsLimits) {
  RestLimits limits{.request_bytes = 20, .commands_max = 2, .words_max = 5};
  EXPECT_EQ(ask("/set/k", std::string(21, 'x'), "", limits).error,
            "ERR max request size exceeded. Limit: 20 bytes, Actual: 21 bytes");
  EXPECT_EQ(words(ask("/set/k", std::string(20, 'x'), "", limits)).size(), 3);
  EXPECT_EQ(ask("/pipeline", "[[1],[2],[3]]", "", limits).error, "ERR max pipeline size exceeded. Limit: 2 commands");
  EXPECT_EQ(ask("", "[1,2,3,4,5,6]", "", limits).error, "ERR max number of arguments exceeded. Limit: 5");
}

std::string refused(const Command& command) {
  return refused_over_rest(command);
}

TEST(RestRequest, RefusesCommandsOfAConnection) {
  for (std::string_view name :
       {"AUTH",  "HELLO",   "RESET",      "SELECT",      "CLIENT",     "MULTI",        "EXEC",     "DISCARD",
        "WATCH", "UNWATCH", "SUBSCRIBE",  "UNSUBSCRIBE", "PSUBSCRIBE", "PUNSUBSCRIBE", "MONITOR",  "QUIT",
        "BLPOP", "BRPOP",   "BRPOPLPUSH", "BLMOVE",      "BLMPOP",     "BZPOPMIN",     "BZPOPMAX", "BZMPOP"}) {
    EXPECT_EQ(refused({std::string(name), "x"}),
              "ERR Command \"" + std::string(name) + "\" is not allowed in REST or it has a special context path");
  }
  EXPECT_EQ(refused({"multi"}), "ERR Command \"MULTI\" is not allowed in REST or it has a special context path");
  EXPECT_EQ(refused({"client", "setinfo", "LIB-NAME", "x"}), "");
  EXPECT_EQ(refused({"ping"}), "");
}

TEST(RestRequest, RefusesReadsOfStreamsThatWait) {
  EXPECT_NE(refused({"XREAD", "COUNT", "1", "BLOCK", "0", "STREAMS", "s", "$"}), "");
  EXPECT_NE(refused({"xreadgroup", "GROUP", "block", "count", "block", "5", "STREAMS", "s", ">"}), "");
  EXPECT_EQ(refused({"XREAD", "STREAMS", "block", "0"}), "");
  EXPECT_EQ(refused({"XREADGROUP", "GROUP", "block", "block", "STREAMS", "s", ">"}), "");
}

}  // namespace
}  // namespace millrace::front
