#include "front/kafka/kafka_door.h"

#include <gmock/gmock.h>

#include "eventlog/embedded/embedded_log.h"
#include "front/kafka/log_follower.h"
#include "kv/testing.h"

namespace millrace::front {
namespace {

using eventlog::Offset;
using net::HttpRequest;
using net::HttpResponse;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view as_main = "Authorization: Basic bWFpbjpvcGVu\r\n";  // main:open

// Groups that tell what they were asked.
class HeardGroups final : public eventlog::ConsumerGroups {
 public:
  using Batches = std::vector<eventlog::TopicBatch>;

  Async<Result<Batches>> consume(std::string group, std::string instance, std::vector<std::string> topics,
                                 eventlog::ConsumerOptions options, eventlog::FollowLimits, std::stop_token) override {
    heard = group + "/" + instance;
    for (const std::string& topic : topics) heard += " " + topic;
    if (!options.auto_commit) heard += " manual";
    if (error) co_return *error;
    Batches batches(1);
    batches.front().topic = topics.front();
    batches.front().records.push_back({.offset = 4, .value = "v"});
    co_return batches;
  }
  Async<Result<void>> commit(std::string group, std::string instance,
                             std::vector<eventlog::Position> offsets) override {
    heard = group + "/" + instance;
    for (const auto& at : offsets) heard += " " + at.topic + "=" + std::to_string(at.offset);
    if (error) co_return *error;
    co_return Result<void>();
  }
  Async<Result<std::vector<std::optional<Offset>>>> committed(
      std::string, std::vector<eventlog::TopicPartition> partitions) override {
    std::vector<std::optional<Offset>> offsets(partitions.size());
    offsets.back() = 7;
    co_return offsets;
  }
  Async<Result<void>> remove(std::string, std::string) override {
    if (error) co_return *error;
    co_return Result<void>();
  }
  std::vector<eventlog::GroupStatus> list() const override {
    return {{"billing", 3, {{"a", {{"orders", {0, 2}}, {"audit", {}}}}, {"b", {{"other", {1}}}}}}};
  }
  Async<Result<std::vector<std::string>>> names() override { co_return std::vector<std::string>(); }
  Async<Result<std::vector<eventlog::GroupLag>>> lag(std::string) override {
    co_return std::vector<eventlog::GroupLag>();
  }
  Async<Result<void>> forget(std::string) override { co_return Result<void>(); }

  std::string heard{};
  std::optional<Error> error{};
};

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
    if (close_) std::exchange(close_, {})();
  }

  std::string heard{};

 private:
  bool open_ = true;
  net::Task close_{};
};

class KafkaDoorTest : public testing::Test {
 protected:
  KafkaDoorTest() {
    take_now(log_.create("orders", {.partitions = 3})).value();
    take_now(log_.create("one", {})).value();
    take_now(log_.create("todo", {.offset_first = 1})).value();
  }

  HttpResponse send(std::string_view method, std::string_view target, std::string_view body = "",
                    std::string_view headers = as_main) {
    std::optional<HttpResponse> response;
    ask(method, target, body, headers, [&](HttpResponse answer) { response = std::move(answer); });
    EXPECT_TRUE(response.has_value()) << target << " waits";
    return response ? std::move(*response) : HttpResponse{};
  }
  std::string post(std::string_view target, std::string_view body) { return send("POST", target, body).body; }
  std::string get(std::string_view target) { return send("GET", target).body; }

  template <class Done>
  void ask(std::string_view method, std::string_view target, std::string_view body, std::string_view headers,
           Done done) {
    std::string text(method);
    text.append(" /kafka").append(target).append(" HTTP/1.1\r\nHost: h\r\n").append(headers);
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
    requests_.push_back(HttpRequest::parse(text));
    start(door_.routes().front().handle(*requests_.back()), std::move(done));
  }

  void append(std::string topic, std::string value, std::optional<std::string> key = {}) {
    std::vector<eventlog::NewRecord> records{{.key = std::move(key), .value = std::move(value), .partition = 0}};
    take_now(log_.append(std::move(topic), std::move(records))).value();
  }

  void run_for(std::chrono::milliseconds time) {
    auto end = reactor_.after(time, [this] { reactor_.stop(); });
    reactor_.run();
  }

  kv::MemoryHome memory_;
  net::Reactor reactor_;
  eventlog::EmbeddedLog log_{memory_.home(), {.clock = [] { return Timestamp(std::chrono::milliseconds(1000)); }}};
  HeardGroups groups_;
  LogCredentials credentials_{memory_.home(), reactor_, {.default_secrets = {"main", "open"}}};
  KafkaDoor door_{reactor_, log_, groups_, credentials_};
  std::vector<std::unique_ptr<HttpRequest>> requests_;
};

TEST_F(KafkaDoorTest, ProducesWhatStandsInThePath) {
  EXPECT_EQ(get("/produce/one/hello%20world?key=customer+1"),
            R"({"topic":"one","partition":0,"offset":0,"timestamp":1000})");
  EXPECT_EQ(get("/produce/one/{\"a\":\"100%%20b/c\"}").substr(0, 38), R"({"topic":"one","partition":0,"offset":)");

  auto records = take_now(log_.read("one", 0, 0, {})).value().records;
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].value, "hello world");
  EXPECT_EQ(records[0].key, "customer 1");
  EXPECT_EQ(records[1].value, "{\"a\":\"100% b/c\"}");
}

TEST_F(KafkaDoorTest, ProducesBodiesAsArrays) {
  EXPECT_EQ(post("/produce", R"({"topic":"one","value":"v","timestamp":7})"),
            R"([{"topic":"one","partition":0,"offset":0,"timestamp":7}])");
  EXPECT_EQ(post("/produce/one", R"([{"value":"v"},{"value":"w"},])"),
            R"([{"topic":"one","partition":0,"offset":1,"timestamp":1000},)"
            R"({"topic":"one","partition":0,"offset":2,"timestamp":1000}])");
  EXPECT_EQ(send("GET", "/produce/one/", R"({"value":"v"})").status, 200);
  EXPECT_EQ(post("/produce", "[]"), "[]");
}

TEST_F(KafkaDoorTest, ProducesWebhooks) {
  HttpResponse response =
      send("POST", "/webhook?topic=one&user=main&pass=open", "paid 42", "Event-Origin: shop\r\nAccept: */*\r\n");

  EXPECT_EQ(response.body, R"({"topic":"one","partition":0,"offset":0,"timestamp":1000})");
  auto record = take_now(log_.read("one", 0, 0, {})).value().records.at(0);
  EXPECT_EQ(record.value, "paid 42");
  EXPECT_EQ(record.headers, (std::vector<eventlog::Header>{{"event-origin", "shop"}}));
  EXPECT_EQ(send("POST", "/webhook", "x").status, 400);
  EXPECT_EQ(send("POST", "/webhook?topic=one&user=main&pass=open", "x", "Authorization: Basic bWFpbjp4\r\n").status,
            401);
}

TEST_F(KafkaDoorTest, SaysWhyItProducesNothing) {
  auto status = [&](std::string_view body) { return send("POST", "/produce", body).status; };

  EXPECT_EQ(status(R"([{"topic":"one","value":"v"},{"topic":"one"}])"), 400);
  EXPECT_EQ(status(R"({"topic":"none","value":"v"})"), 404);
  EXPECT_EQ(status(R"({"topic":"orders","value":"v","partition":3})"), 400);
  EXPECT_EQ(status("{\"topic\":\"one\",\"value\":\"" + std::string(2 << 20, 'x') + "\"}"), 413);
  EXPECT_EQ(status("{"), 400);
  EXPECT_EQ(send("GET", "/produce/one").status, 400);
  EXPECT_EQ(send("GET", "/produce/none/x").status, 404);
  EXPECT_EQ(take_now(log_.bounds("one", 0)).value().next, 0u);
}

TEST_F(KafkaDoorTest, ChecksVersionsAndRepeatsByIds) {
  auto versioned = [&](std::string_view version, std::string_view body) {
    return send("POST", "/produce/one", body,
                std::string(as_main) + "Expected-Version: " + std::string(version) + "\r\n");
  };
  EXPECT_EQ(versioned("none", R"({"key":"k","value":"v"})").body,
            R"([{"topic":"one","partition":0,"offset":0,"timestamp":1000,"version":1}])");
  HttpResponse refused = versioned("7", R"({"key":"k","value":"v"})");
  EXPECT_EQ(refused.status, 412);
  EXPECT_EQ(refused.header("current-version"), "1");
  EXPECT_EQ(refused.body, R"({"error":"key 'k' of topic 'one' is at version 1","status":412})");

  std::string_view event = R"({"topic":"one","key":"k","value":"v","id":"e-1","expectedVersion":1})";
  std::string first = post("/produce", event);
  EXPECT_EQ(first, R"([{"topic":"one","partition":0,"offset":1,"timestamp":1000,"version":2}])");
  EXPECT_EQ(post("/produce", event), first);
  std::string keyed = std::string(as_main) + "Idempotency-Key: r\r\n";
  std::string both = send("POST", "/produce/one", R"([{"value":"a"},{"value":"b"}])", keyed).body;
  EXPECT_EQ(send("POST", "/produce/one", R"([{"value":"a"},{"value":"b"}])", keyed).body, both);
  EXPECT_EQ(take_now(log_.bounds("one", 0)).value().next, 4u);
}

TEST_F(KafkaDoorTest, FetchesFromAnOffset) {
  append("one", "a", "");
  append("one", "b");
  append("orders", "c");

  EXPECT_EQ(post("/fetch/", R"({"topic":"one","partition":0,"offset":1})"),
            R"([{"topic":"one","partition":0,"offset":1,"timestamp":1000,"key":"","value":"b","headers":[]}])");
  std::string all = post("/fetch", R"({"topicPartitionOffsets":[{"topic":"orders"},{"topic":"orders","partition":1}],
                                       "topic":"one"})");
  EXPECT_THAT(all, StartsWith(R"([{"topic":"one","partition":0,"offset":0)"));
  EXPECT_LT(all.find(R"("value":"b")"), all.find(R"("value":"c")"));
}

TEST_F(KafkaDoorTest, TellsWhoFetchesWhatIsGoneWhereTheLogBegins) {
  append("todo", "a");
  HttpResponse response = send("POST", "/fetch", R"({"topic":"todo"})");

  EXPECT_THAT(response.body, HasSubstr(R"("offset":1)"));
  EXPECT_EQ(response.header("kafka-log-start-offset"), "1");
  EXPECT_EQ(response.header("kafka-offset-reset"), "earliest");
  EXPECT_EQ(send("POST", "/fetch", R"({"topic":"todo","offset":1})").header("kafka-offset-reset"), std::nullopt);
}

TEST_F(KafkaDoorTest, AnswersNothingBeyondTheEndWhenItsTimeIsOver) {
  EXPECT_EQ(post("/fetch", R"({"topic":"one","offset":5,"timeout":0})"), "[]");
  std::optional<std::string> body;
  ask("POST", "/fetch", R"({"topic":"one","offset":1,"timeout":20})", as_main,
      [&](HttpResponse response) { body = response.body; });
  EXPECT_FALSE(body);
  append("one", "below");
  EXPECT_FALSE(body);
  run_for(std::chrono::milliseconds(200));

  EXPECT_EQ(body, "[]");
}

TEST_F(KafkaDoorTest, WakesAFetchWithTheRecordItWaitsFor) {
  std::optional<std::string> body;
  ask("POST", "/fetch", R"({"topic":"one","offset":1,"timeout":60000})", as_main,
      [&](HttpResponse response) { body = response.body; });
  append("one", "below");
  EXPECT_FALSE(body);
  append("one", "it");

  ASSERT_TRUE(body);
  EXPECT_THAT(*body, HasSubstr(R"("value":"it")"));
}

TEST_F(KafkaDoorTest, RefusesReadsOfWhatIsNotThere) {
  EXPECT_EQ(send("POST", "/fetch", R"({"topic":"none"})").status, 404);
  EXPECT_EQ(send("POST", "/fetch", R"({"topic":"one","partition":1})").status, 404);
  EXPECT_EQ(send("POST", "/fetch", R"({"topic":"one","offset":-1})").status, 400);
  EXPECT_EQ(send("POST", "/fetch", "").status, 400);
  EXPECT_EQ(send("POST", "/offsets/latest", R"({"topic":"none"})").status, 404);
  EXPECT_EQ(send("POST", "/offsets/soon", R"({"topic":"one"})").status, 400);
  EXPECT_EQ(send("POST", "/offsets/latest", "").status, 400);
}

TEST_F(KafkaDoorTest, TellsOffsetsAndTopics) {
  append("orders", "a");
  append("orders", "b");

  EXPECT_EQ(post("/offsets/latest", R"([{"topic":"orders","partition":0},{"topic":"todo","partition":0}])"),
            R"([{"topic":"orders","partition":0,"offset":2},{"topic":"todo","partition":0,"offset":1}])");
  EXPECT_EQ(post("/offsets/earliest?timeout=5", R"({"topic":"orders","partition":0})"),
            R"([{"topic":"orders","partition":0,"offset":0}])");
  EXPECT_EQ(get("/topics/"), R"({"one":1,"orders":3,"todo":1})");
}

TEST_F(KafkaDoorTest, ReadsTheRecordsOfAKey) {
  for (std::string value : {"a", "b", "c"}) append("one", value, "k");

  EXPECT_THAT(get("/records/one?key=k"), StartsWith(R"([{"topic":"one","partition":0,"offset":0,"timestamp":1000,)"
                                                    R"("version":1,"key":"k","value":"a")"));
  std::string last = get("/records/one?key=k&backward=true&limit=1");
  EXPECT_THAT(last, HasSubstr(R"("version":3)"));
  EXPECT_THAT(last, Not(HasSubstr(R"("version":2)")));
  EXPECT_THAT(get("/records/one?key=k&from=3"), HasSubstr(R"("value":"c")"));
  EXPECT_EQ(get("/records/one?key=unknown"), "[]");
  EXPECT_EQ(get("/records/one?key=k&limit=0"), "[]");
  for (std::string_view target : {"/records/one", "/records/one?key=k&from=x", "/records/one?key=k&limit=-1"}) {
    EXPECT_EQ(send("GET", target).status, 400) << target;
  }
  EXPECT_EQ(send("GET", "/records/none?key=k").status, 404);
}

TEST_F(KafkaDoorTest, HandsConsumersToTheirGroups) {
  EXPECT_THAT(send("GET", "/consume/billing/worker-a/orders?timeout=3", "",
                   std::string(as_main) + "Kafka-Enable-Auto-Commit: false\r\n")
                  .body,
              StartsWith(R"([{"topic":"orders","partition":0,"offset":4)"));
  EXPECT_EQ(groups_.heard, "billing/worker-a orders manual");
  post("/consume/b%20c/w/", R"({"topics":["one","todo"]})");
  EXPECT_EQ(groups_.heard, "b c/w one todo");
  EXPECT_EQ(post("/commit/g/i", R"([{"topic":"one","partition":0,"offset":17}])"),
            R"({"result":"Success","status":200})");
  EXPECT_EQ(groups_.heard, "g/i one=17");
  EXPECT_EQ(post("/commit/g/i/", ""), R"({"result":"Success","status":200})");
  EXPECT_EQ(groups_.heard, "g/i");
  EXPECT_EQ(post("/committed/g/i", R"([{"topic":"one"},{"topic":"todo"}])"),
            R"([{"topic":"one","partition":0,"offset":-1},{"topic":"todo","partition":0,"offset":7}])");
  EXPECT_EQ(get("/consumers"),
            R"([{"name":"billing","instances":[{"name":"a","topics":[{"topic":"orders","partitions":[0,2]},)"
            R"({"topic":"audit","partitions":[]}]},{"name":"b","topics":[{"topic":"other","partitions":[1]}]}]}])");
  EXPECT_EQ(send("DELETE", "/delete-consumer/g/i").body, R"({"result":"Success","status":200})");
}

TEST_F(KafkaDoorTest, TellsWhatGroupsRefuse) {
  groups_.error = Error{ErrorCode::over_limit, "too many instances"};
  HttpResponse full = send("GET", "/consume/g/i/one");
  EXPECT_EQ(full.status, 429);
  EXPECT_EQ(full.header("retry-after"), "1");
  groups_.error = Error{ErrorCode::conflict, "another has it"};
  EXPECT_EQ(send("POST", "/commit/g/i", R"({"topic":"one","offset":1})").status, 409);
  groups_.error = Error{ErrorCode::not_found, "there is no instance"};
  EXPECT_EQ(send("POST", "/delete-consumer/g/i").status, 404);
  EXPECT_EQ(send("GET", "/consume/g/i/one", "", std::string(as_main) + "Kafka-Auto-Offset-Reset: x\r\n").status, 400);
}

TEST_F(KafkaDoorTest, AsksForCredentials) {
  for (std::string_view headers : {"", "Authorization: Basic eDp5\r\n", "Authorization: Bearer open\r\n"}) {
    HttpResponse refusal = send("GET", "/topics", "", headers);
    EXPECT_EQ(refusal.status, 401);
    EXPECT_EQ(refusal.header("www-authenticate"), "Basic realm=\"kafka\"");
    EXPECT_EQ(refusal.body, R"({"error":"Unauthorized","status":401})");
  }
  EXPECT_EQ(send("GET", "/topics?user=main&pass=open", "", "").status, 401);
}

TEST_F(KafkaDoorTest, AnswersJsonToWhatItDoesNotTake) {
  HttpResponse put = send("PUT", "/produce/one/x");
  EXPECT_EQ(put.status, 405);
  EXPECT_EQ(put.header("allow"), "GET, POST, OPTIONS");
  for (auto [method, target] : {std::pair{"POST", "/topics"}, std::pair{"GET", "/delete-consumer/g/i"},
                                std::pair{"DELETE", "/fetch"}, std::pair{"HEAD", "/topics"}}) {
    HttpResponse response = send(method, target);
    EXPECT_EQ(response.status, 405) << target;
    EXPECT_THAT(response.body, HasSubstr(R"("status":405)"));
  }
  EXPECT_EQ(send("GET", "").status, 404);
  EXPECT_EQ(send("GET", "/nothing").body, R"({"error":"there is nothing at /kafka/nothing","status":404})");
}

TEST_F(KafkaDoorTest, TakesBodiesAsLargeAsTheLargestRecordNeedsFromThoseItKnows) {
  KafkaOptions options{.body_bytes = 1000, .largest_record = [] { return std::uint64_t{5000}; }};
  KafkaDoor door(reactor_, log_, groups_, credentials_, options);
  auto limit = [&](std::string_view headers) {
    auto head = HttpRequest::parse("GET /kafka/produce HTTP/1.1\r\nHost: h\r\n" + std::string(headers) + "\r\n");
    return door.body_bytes_max(*head);
  };

  EXPECT_EQ(limit(as_main), 10'000u);
  EXPECT_EQ(limit(""), 1000u);
  EXPECT_EQ(limit("Authorization: Basic eDp5\r\n"), 1000u);
  auto head = HttpRequest::parse("GET /kafka/produce HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(door.refuse(413, "x", *head).body, R"({"error":"The body is larger than 1000 bytes","status":413})");
}

TEST_F(KafkaDoorTest, LetsPagesOfAnyOriginIn) {
  HttpResponse preflight = send("OPTIONS", "/produce", "", "");

  EXPECT_EQ(preflight.status, 200);
  EXPECT_EQ(preflight.body, "{}");
  EXPECT_EQ(preflight.header("access-control-allow-origin"), "*");
  EXPECT_THAT(std::string(*preflight.header("access-control-allow-methods")), HasSubstr("DELETE"));
  EXPECT_THAT(std::string(*preflight.header("access-control-allow-headers")), HasSubstr("kafka-session-timeout-ms"));
  EXPECT_EQ(send("GET", "/topics").header("access-control-allow-origin"), "*");
  EXPECT_EQ(send("GET", "/nothing").header("access-control-allow-origin"), "*");
}

TEST(LogFollower, WritesPositionsThatItReadsAgain) {
  std::vector<eventlog::Position> positions{{"orders", 0, 18}, {"a.b-c_d", 12, 0}};
  std::string id = event_id(positions);

  EXPECT_EQ(id, "orders:0:18,a.b-c_d:12:0");
  EXPECT_EQ(event_id(read_event_id(id).value()), id);
  for (std::string_view wrong : {"orders", "orders:1", ":", "::", "orders:x:1", "orders:1:-1", "orders:1:2,x"}) {
    EXPECT_FALSE(read_event_id(wrong).has_value()) << wrong;
  }
}

TEST_F(KafkaDoorTest, FollowsTopicsFromWhereTheClientWas) {
  append("one", "a", "k1");
  append("todo", "b", "k2");
  HeardStream stream;
  HttpResponse response = send("GET", "/follow/one,todo");
  EXPECT_EQ(response.content_type, "text/event-stream");
  start(response.stream(stream), [] {});

  EXPECT_THAT(stream.heard, StartsWith("id: one:0:1,todo:0:1\ndata: {\"topic\":\"one\""));
  EXPECT_THAT(stream.heard, HasSubstr("id: one:0:1,todo:0:2\ndata: {\"topic\":\"todo\""));
  stream.heard.clear();
  append("one", "later");
  EXPECT_THAT(stream.heard, StartsWith("id: one:0:2,todo:0:2\ndata: {\"topic\":\"one\",\"partition\":0,\"offset\":1"));
  stream.close();
  append("one", "unheard");

  HeardStream again;
  HttpResponse resumed =
      send("GET", "/follow/one,todo", "", std::string(as_main) + "Last-Event-ID: one:0:2,todo:0:2\r\n");
  start(resumed.stream(again), [] {});
  EXPECT_THAT(again.heard, HasSubstr("unheard"));
  EXPECT_THAT(again.heard, Not(HasSubstr("later")));
  again.close();
}

TEST_F(KafkaDoorTest, FollowsKeysOfOnePrefixFromTheEnd) {
  append("one", "before", "a1");
  HeardStream stream;
  HttpResponse response = send("GET", "/follow/one?from=latest&prefix=a");
  start(response.stream(stream), [] {});
  append("one", "other", "b1");
  append("one", "mine", "a1");

  EXPECT_THAT(stream.heard, HasSubstr("\"value\":\"mine\""));
  EXPECT_THAT(stream.heard, Not(HasSubstr("before")));
  EXPECT_THAT(stream.heard, Not(HasSubstr("other")));
  EXPECT_THAT(stream.heard, StartsWith("id: one:0:2\n\n"));
  stream.close();
  EXPECT_EQ(send("GET", "/follow/none").status, 404);
  EXPECT_EQ(send("GET", "/follow/one?from=x").status, 400);
  EXPECT_EQ(send("GET", "/follow/,").status, 400);
}

class KafkaRightsTest : public KafkaDoorTest {
 protected:
  // The headers of somebody who may do only so much, whose password has been checked.
  std::string login(std::string name, LogAccess access) {
    auto made = take_now(credentials_.create(std::move(name), std::move(access))).value();
    std::string pair;
    append_base64(pair, made.credential.username + ":" + made.password);
    net::Reactor reactor;
    return "Authorization: Basic " + pair + "\r\n";
  }

  int status(std::string_view method, std::string_view target, std::string_view body, std::string_view headers) {
    std::optional<int> status;
    reactor_.post([&] {
      ask(method, target, body, headers, [&](HttpResponse response) {
        status = response.status;
        body_ = response.body;
        reactor_.post([this] { reactor_.stop(); });
      });
    });
    reactor_.run();
    return status.value_or(0);
  }

  std::string body_;
};

TEST_F(KafkaRightsTest, KeepAProducerFromReading) {
  std::string producer = login("phone", {.topics = "o*", .permissions = LogPermissions::produce});

  // The first answer comes from the background, the others are remembered.
  EXPECT_EQ(status("POST", "/produce", R"([{"topic":"one","value":"v"},{"topic":"todo","value":"v"}])", producer), 403);
  EXPECT_EQ(take_now(log_.bounds("one", 0)).value().next, 0u);
  EXPECT_EQ(send("GET", "/produce/one/x", "", producer).status, 200);
  EXPECT_EQ(send("GET", "/produce/todo/x", "", producer).status, 403);
  EXPECT_EQ(send("POST", "/fetch", R"({"topic":"one"})", producer).status, 403);
  EXPECT_EQ(send("GET", "/consume/g/i/one", "", producer).status, 403);
  EXPECT_EQ(send("POST", "/commit/g/i", "", producer).status, 403);
  EXPECT_EQ(send("POST", "/committed/g/i", R"({"topic":"one"})", producer).status, 403);
  EXPECT_EQ(send("POST", "/offsets/latest", R"({"topic":"one"})", producer).status, 403);
  EXPECT_EQ(send("DELETE", "/delete-consumer/g/i", "", producer).status, 403);
  EXPECT_EQ(send("GET", "/records/one?key=k", "", producer).status, 403);
  EXPECT_EQ(send("GET", "/follow/one", "", producer).status, 403);
  EXPECT_EQ(send("GET", "/checkpoints/c", "", producer).status, 403);
  EXPECT_EQ(send("GET", "/topics", "", producer).body, R"({"one":1,"orders":3})");
}

TEST_F(KafkaRightsTest, KeepAConsumerToItsTopics) {
  std::string consumer = login("worker", {.topics = "orders", .permissions = LogPermissions::consume});

  EXPECT_EQ(status("POST", "/fetch", R"({"topic":"orders","timeout":0})", consumer), 200);
  EXPECT_EQ(send("POST", "/fetch", R"({"topic":"one","timeout":0})", consumer).status, 403);
  EXPECT_EQ(send("POST", "/consume/g/i", R"({"topics":["orders","one"]})", consumer).status, 403);
  EXPECT_EQ(send("GET", "/produce/orders/x", "", consumer).status, 403);
  EXPECT_EQ(send("POST", "/webhook?topic=orders", "x", consumer).status, 403);
  EXPECT_EQ(send("GET", "/consumers", "", consumer).body,
            R"([{"name":"billing","instances":[{"name":"a","topics":[{"topic":"orders","partitions":[0,2]}]}]}])");
}

}  // namespace
}  // namespace millrace::front
