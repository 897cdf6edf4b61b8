#include "front/redis/rest_routes.h"

#include <gmock/gmock.h>

#include "base/json.h"
#include "kv/faulty/faulty_engine.h"
#include "kv/testing.h"

namespace millrace::front {
namespace {

using kv::FaultyEngine;
using net::HttpRequest;
using net::HttpResponse;
using testing::HasSubstr;

constexpr std::string_view secret = "s3cr3t";

// What a stream wrote, and a client that takes all of it at once.
class HeardStream final : public net::HttpStream {
 public:
  Async<bool> write(std::string bytes) override {
    heard += bytes;
    co_return open_;
  }
  bool open() const override { return open_; }
  void on_close(net::Task task) override { close_ = std::move(task); }

  void close() {
    open_ = false;
    if (close_) close_();
  }

  std::string heard{};

 private:
  bool open_ = true;
  net::Task close_{};
};

class RestDoorTest : public testing::Test {
 protected:
  RestDoorTest() {
    database_ = take_now(store_.create_database("default")).value();
    directory_.admit(secret, {.database = database_});
  }

  HttpResponse send(std::string_view method, std::string_view path, std::string_view body = "",
                    std::string_view headers = "Authorization: Bearer s3cr3t\r\n") {
    std::string text = fmt_request(method, path, body, headers);
    request_ = HttpRequest::parse(text);
    return take_now(door_.routes().front().handle(*request_));
  }
  std::string post(std::string_view path, std::string_view body) { return send("POST", path, body).body; }

  static std::string fmt_request(std::string_view method, std::string_view path, std::string_view body,
                                 std::string_view headers) {
    std::string text(method);
    text.append(" /redis").append(path).append(" HTTP/1.1\r\nHost: h\r\n").append(headers);
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    return text;
  }

  FaultyEngine* engine_ = nullptr;
  kv::MemoryHome memory_{[this] {
    auto engine = std::make_unique<FaultyEngine>(kv::make_memory_engine());
    engine_ = engine.get();
    return engine;
  }()};
  store::EmbeddedStore store_{memory_.home()};
  store::DatabaseId database_{};
  DatabaseDirectory directory_;
  net::Reactor reactor_;
  RestDoor door_{reactor_, store_, directory_, {.limits = {.request_bytes = 1000}, .streams = {.buffer_bytes = 100}}};
  std::unique_ptr<HttpRequest> request_{};
};

TEST_F(RestDoorTest, RunsACommand) {
  EXPECT_EQ(post("", R"(["SET","k","v"])"), R"({"result":"OK"})");
  EXPECT_EQ(send("GET", "/get/k").body, R"({"result":"v"})");
}

TEST_F(RestDoorTest, AnswersServerTroubleInJson) {
  engine_->fail_always(FaultyEngine::Call::write);
  HttpResponse response = send("POST", "", R"(["SET","k","v"])");

  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, testing::StartsWith(R"({"error":"ERR )"));
  EXPECT_EQ(response.content_type, "application/json");
}

TEST_F(RestDoorTest, TellsEachItemOfAPipelineOfServerTrouble) {
  post("", R"(["SET","k","v"])");
  engine_->fail_always(FaultyEngine::Call::write);
  HttpResponse response = send("POST", "/pipeline", R"([["SET","a","1"],["GET","k"],["SET","b","1"]])");

  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body,
              testing::MatchesRegex(R"(\[\{"error":"ERR .*"\},\{"result":"v"\},\{"error":"ERR .*"\}\])"));
}

TEST_F(RestDoorTest, AnswersATransactionThatCannotBeKeptAsAWhole) {
  engine_->fail_always(FaultyEngine::Call::write);
  HttpResponse response = send("POST", "/multi-exec", R"([["SET","a","1"],["SET","b","1"]])");

  EXPECT_EQ(response.status, 503);
  EXPECT_THAT(response.body, testing::StartsWith(R"({"error":"ERR )"));
  engine_->fail(FaultyEngine::Call::any, 0);
  EXPECT_EQ(post("", R"(["EXISTS","a","b"])"), R"({"result":0})");
}

TEST_F(RestDoorTest, KeepsTheOrderOfAPipelineThatReadsFromDisk) {
  post("", R"(["SET","n","1"])");
  engine_->forget_memory();

  EXPECT_EQ(post("/pipeline", R"([["GET","n"],["INCR","n"],["GET","n"]])"),
            R"([{"result":"1"},{"result":2},{"result":"2"}])");
}

TEST_F(RestDoorTest, RefusesWhatCannotBeRead) {
  request_ = HttpRequest::parse("POST /redis HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(door_.refuse(408, "The body took too long", *request_).body, R"({"error":"ERR The body took too long"})");
  EXPECT_EQ(door_.refuse(413, "Too large", *request_).status, 400);
  EXPECT_EQ(door_.refuse(413, "Too large", *request_).body,
            R"({"error":"ERR max request size exceeded. Limit: 1000 bytes, Actual: 1001 bytes"})");
}

TEST_F(RestDoorTest, OwnsItsPathsOnly) {
  EXPECT_TRUE(RestDoor::owns("/redis"));
  EXPECT_TRUE(RestDoor::owns("/redis/get/k"));
  EXPECT_TRUE(RestDoor::owns("/redis//pipeline"));
  EXPECT_FALSE(RestDoor::owns("/redisx"));
  EXPECT_FALSE(RestDoor::owns("/"));
}

TEST_F(RestDoorTest, NeverRepeatsASyncToken) {
  HttpResponse first = send("GET", "/ping");
  HttpResponse second = send("GET", "/ping");

  EXPECT_NE(first.header("upstash-sync-token"), second.header("upstash-sync-token"));
}

TEST_F(RestDoorTest, ForgetsAListenerThatWentBeforeItsStreamBegan) {
  {
    HttpResponse response =
        send("POST", "/subscribe/c", "", "Authorization: Bearer s3cr3t\r\nAccept: text/event-stream\r\n");
    EXPECT_EQ(store_.live().pubsub.publish(database_, "c", "x"), 1);
  }

  EXPECT_EQ(store_.live().pubsub.publish(database_, "c", "x"), 0);
}

TEST_F(RestDoorTest, EndsAStreamWhoseBufferIsFull) {
  HttpResponse response =
      send("POST", "/subscribe/c", "", "Authorization: Bearer s3cr3t\r\nAccept: text/event-stream\r\n");
  store_.live().pubsub.publish(database_, "c", std::string(101, 'x'));
  HeardStream stream;
  bool ended = false;
  start(response.stream(stream), [&] { ended = true; });

  EXPECT_TRUE(ended);
  EXPECT_EQ(stream.heard, "");
}

TEST_F(RestDoorTest, StreamsWhatIsPublishedUntilTheClientGoes) {
  HttpResponse response =
      send("POST", "/subscribe/c", "", "Authorization: Bearer s3cr3t\r\nAccept: text/event-stream\r\n");
  HeardStream stream;
  bool ended = false;
  start(response.stream(stream), [&] { ended = true; });
  EXPECT_EQ(stream.heard, "data: subscribe,c,1\n\n");
  store_.live().pubsub.publish(database_, "c", "hi");
  reactor_.post([&] { stream.close(); });
  reactor_.post([&] { reactor_.stop(); });
  reactor_.run();

  EXPECT_THAT(stream.heard, HasSubstr("data: message,c,hi\n\n"));
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace millrace::front
