#include "front/redis/rest_reply.h"

#include <gtest/gtest.h>
#include <limits>

#include "front/redis/sse_events.h"

namespace millrace::front {
namespace {

using store::Reply;

std::string plain(const Reply& reply) {
  std::string out;
  append_rest_reply(out, reply, RestEncoding::plain);
  return out;
}

std::string encoded(const Reply& reply) {
  std::string out;
  append_rest_reply(out, reply, RestEncoding::base64);
  return out;
}

TEST(RestReply, ShowsScalars) {
  EXPECT_EQ(plain(Reply::ok()), R"({"result":"OK"})");
  EXPECT_EQ(plain(Reply::bulk("a \"b\"\n\u00e9")), "{\"result\":\"a \\\"b\\\"\\n\u00e9\"}");
  EXPECT_EQ(plain(Reply::of(std::numeric_limits<std::int64_t>::min())), R"({"result":-9223372036854775808})");
  EXPECT_EQ(plain(Reply::nil()), R"({"result":null})");
  EXPECT_EQ(plain(Reply::nil_array()), R"({"result":null})");
  EXPECT_EQ(plain(Reply::of_boolean(true)), R"({"result":1})");
  EXPECT_EQ(plain(Reply::verbatim("text")), R"({"result":"text"})");
  EXPECT_EQ(plain({.kind = Reply::Kind::big_number, .text = "123456789012345678901"}),
            R"({"result":"123456789012345678901"})");
}

TEST(RestReply, ShowsDoublesAsStrings) {
  EXPECT_EQ(plain(Reply::of_real(1.5)), R"({"result":"1.5"})");
  EXPECT_EQ(plain(Reply::of_real(3)), R"({"result":"3"})");
  EXPECT_EQ(plain(Reply::of_real(std::numeric_limits<double>::infinity())), R"({"result":"inf"})");
  EXPECT_EQ(plain(Reply::of_real(-std::numeric_limits<double>::infinity())), R"({"result":"-inf"})");
}

TEST(RestReply, ShowsCollectionsAsArrays) {
  EXPECT_EQ(plain(Reply::map({Reply::bulk("f1"), Reply::bulk("v1")})), R"({"result":["f1","v1"]})");
  EXPECT_EQ(plain(Reply::set({Reply::bulk("a")})), R"({"result":["a"]})");
  EXPECT_EQ(plain(Reply::array({})), R"({"result":[]})");
  EXPECT_EQ(plain(Reply::array({Reply::bulk("0"), Reply::array({Reply::bulk("k1"), Reply::nil()}), Reply::of(7)})),
            R"({"result":["0",["k1",null],7]})");
}

TEST(RestReply, ShowsErrorsWithoutAResult) {
  Reply error = Reply::error("WRONGTYPE Operation against a key holding the wrong kind of value");

  EXPECT_EQ(plain(error), R"({"error":"WRONGTYPE Operation against a key holding the wrong kind of value"})");
  EXPECT_EQ(encoded(error), plain(error));
  EXPECT_EQ(plain(Reply::error("ERR Error running script\nstack traceback:\n\tx")),
            R"({"error":"ERR Error running script\nstack traceback:\n\tx"})");
}

TEST(RestReply, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(plain(Reply::bulk("a\xff")), "{\"result\":\"a\ufffd\"}");
  EXPECT_EQ(encoded(Reply::bulk("a\xff")), R"({"result":"Yf8="})");
}

TEST(RestReply, EncodesEveryStringButTheStatusOkAtTheTop) {
  EXPECT_EQ(encoded(Reply::ok()), R"({"result":"OK"})");
  EXPECT_EQ(encoded(Reply::bulk("OK")), R"({"result":"T0s="})");
  EXPECT_EQ(encoded(Reply::simple("PONG")), R"({"result":"UE9ORw=="})");
  EXPECT_EQ(encoded(Reply::bulk("Ankara")), R"({"result":"QW5rYXJh"})");
  EXPECT_EQ(encoded(Reply::bulk("")), R"({"result":""})");
  EXPECT_EQ(encoded(Reply::of(5)), R"({"result":5})");
  EXPECT_EQ(encoded(Reply::of_real(1.5)), R"({"result":"MS41"})");
  EXPECT_EQ(encoded(Reply::array({Reply::bulk("a"), Reply::nil(), Reply::ok()})), R"({"result":["YQ==",null,"T0s="]})");
  EXPECT_EQ(encoded(Reply::array({Reply::array({Reply::ok()})})), R"({"result":[["T0s="]]})");
}

TEST(RestForm, IsChosenByHeaders) {
  EXPECT_EQ(read_rest_form({}, {})->encoding, RestEncoding::plain);
  EXPECT_EQ(read_rest_form("base64", "json")->encoding, RestEncoding::base64);
  EXPECT_EQ(read_rest_form("gzip", {})->encoding, RestEncoding::plain);
  EXPECT_EQ(read_rest_form({}, "resp2")->format, RestFormat::resp2);
  EXPECT_EQ(read_rest_form({}, "RESP2")->format, RestFormat::resp2);
  EXPECT_FALSE(read_rest_form({}, "resp3"));
  EXPECT_FALSE(read_rest_form("base64", "resp2"));
}

TEST(SseEvents, WriteALineOfDataForEachLine) {
  auto event = [](std::string_view payload) {
    std::string out;
    append_sse_event(out, payload);
    return out;
  };

  EXPECT_EQ(event(subscribed_payload("subscribe", "chat", 1)), "data: subscribe,chat,1\n\n");
  EXPECT_EQ(event(message_payload("chat", R"({"text":"hi, all"})")), "data: message,chat,{\"text\":\"hi, all\"}\n\n");
  EXPECT_EQ(event(pattern_message_payload("c*", "chat", "x")), "data: pmessage,c*,chat,x\n\n");
  EXPECT_EQ(event("a\nb\r\nc\rd\n"), "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
  EXPECT_EQ(event(""), "data: \n\n");
}

}  // namespace
}  // namespace millrace::front
