#include "net/http_server.h"

#include <fmt/format.h>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>
#include <stdexcept>
#include <thread>

#include "net/testing.h"

namespace millrace::net {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// A server with a reactor on a thread of its own, and handlers for what the tests need.
class HttpServerTest : public testing::Test {
 protected:
  ~HttpServerTest() override {
    if (thread_.joinable()) stop(0ms);
  }

  void serve(HttpServerOptions options = {}) {
    server_ = std::make_unique<HttpServer>(reactor_, options, [this](HttpRequest& request) { return handle(request); });
    port_ = server_->listen().value();
    thread_ = std::thread([this] { reactor_.run(); });
  }

  std::size_t stop(std::chrono::milliseconds grace) {
    std::size_t cut_off = 0;
    reactor_.post([&] {
      start(server_->stop(grace), [&](std::size_t count) {
        cut_off = count;
        for (auto& [path, waiting] : std::exchange(parked_, {})) reactor_.post([handle = waiting] { handle.resume(); });
        reactor_.post([this] {
          server_.reset();
          reactor_.stop();
        });
      });
    });
    thread_.join();
    return cut_off;
  }

  template <class Function>
  auto on_reactor(Function function) {
    std::promise<decltype(function())> promise;
    reactor_.post([&] { promise.set_value(function()); });
    return promise.get_future().get();
  }

  // Lets the handler of /park/... go on once it has come to wait.
  void release(std::string_view path) {
    while (!on_reactor([&] { return parked_.contains(std::string(path)); })) std::this_thread::yield();
    on_reactor([&] {
      const auto waiting = parked_.extract(std::string(path)).mapped();
      waiting.resume();
      return true;
    });
  }

  HttpCounts counts() {
    return on_reactor([&] { return server_->counts(); });
  }

  // `counts` until the condition holds; a test that waits in vain ends by the time limit of the run.
  template <class Condition>
  void await(Condition condition) {
    while (!condition(counts())) std::this_thread::yield();
  }

  TestClient client() { return TestClient{port_}; }

  Reactor reactor_;
  std::unique_ptr<HttpServer> server_;
  std::uint16_t port_ = 0;
  std::string static_text_ = std::string(100'000, 's');
  std::vector<std::string> order_{};

 private:
  struct Park {
    HttpServerTest& test;
    std::string path;
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> handle) { test.parked_[path] = handle; }
    void await_resume() const {}
  };

  struct Gone {
    std::stop_token token;
    std::coroutine_handle<> waiting{};
    struct Resume {
      Gone* gone;
      void operator()() const { gone->waiting.resume(); }
    };
    std::optional<std::stop_callback<Resume>> on_stop{};

    bool await_ready() const { return token.stop_requested(); }
    void await_suspend(std::coroutine_handle<> handle) {
      waiting = handle;
      on_stop.emplace(token, Resume{this});
    }
    void await_resume() const {}
  };

  Async<HttpResponse> handle(HttpRequest& request) {
    order_.push_back(std::string(request.target));
    HttpResponse response;
    response.content_type = "text/plain";
    response.body = fmt::format("{} {} {}", request.method, request.target, request.body.substr(0, 100));
    if (request.path.starts_with("/park/")) {
      Park park{*this, std::string(request.path)};
      co_await park;
    }
    if (request.path == "/until-gone") {
      Gone gone{request.gone()};
      co_await gone;
      ++gone_told_;
    }
    if (request.path == "/throw") throw std::runtime_error("handler");
    if (request.path == "/size") response.body = std::to_string(request.body.size());
    if (request.path == "/big") response.body = std::string(4 << 20, 'b');
    if (request.path == "/none") response.status = 204;
    if (request.path == "/close") response.close = true;
    if (request.path == "/peer") response.body = request.peer;
    if (request.path == "/static") {
      response.body.clear();
      response.static_body = static_text_;
    }
    if (request.path == "/stream") {
      response.stream = [](HttpStream& stream) -> Async<void> {
        co_await stream.write("one");
        co_await stream.write("");
        co_await stream.write(std::string(17, '2'));
      };
    }
    if (request.path == "/flood") response.stream = [this](HttpStream& stream) { return flood(stream); };
    if (request.path == "/wait") response.stream = [this](HttpStream& stream) { return wait_for_close(stream); };
    if (request.path == "/torn") {
      response.stream = [](HttpStream& stream) -> Async<void> {
        co_await stream.write("half");
        throw std::runtime_error("source");
      };
    }
    co_return response;
  }

  Async<void> flood(HttpStream& stream) {
    for (bool taken = true; taken;) {  // g++ 12 loses a temporary in `while (co_await ...)`
      taken = co_await stream.write(std::string(50'000, 'f'));
      flooded_ += 50'000;
    }
    flood_ended_ = true;
  }

  Async<void> wait_for_close(HttpStream& stream) {
    struct News {
      HttpStream& stream;
      bool await_ready() const { return !stream.open(); }
      void await_suspend(std::coroutine_handle<> handle) {
        stream.on_close([handle] { handle.resume(); });
      }
      void await_resume() const {}
    };
    co_await stream.write("begun");
    News news{stream};
    co_await news;
    wait_ended_ = true;
  }

 protected:
  std::size_t flooded_ = 0;
  bool flood_ended_ = false;
  bool wait_ended_ = false;
  int gone_told_ = 0;
  std::map<std::string, std::coroutine_handle<>> parked_{};

 private:
  std::thread thread_{};
};

const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

std::string get_of(std::string_view path) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: h\r\n\r\n", path);
}

std::string post_of(std::string_view path, std::string_view body) {
  return fmt::format("POST {} HTTP/1.1\r\nHost: h\r\nContent-Length: {}\r\n\r\n{}", path, body.size(), body);
}

TEST_F(HttpServerTest, AnswersARequest) {
  serve();
  auto connection = client();
  connection.send(get);

  const auto response = connection.response();

  EXPECT_EQ(response.status_line, "HTTP/1.1 200 OK");
  EXPECT_EQ(response.header("content-type"), "text/plain");
  EXPECT_EQ(response.header("content-length"), "6");
  EXPECT_THAT(response.header("date"), EndsWith(" GMT"));
  EXPECT_EQ(response.header("connection"), "");
  EXPECT_EQ(response.body, "GET / ");
}

TEST_F(HttpServerTest, KeepsTheConnectionForMoreRequests) {
  serve();
  auto connection = client();
  for (int number = 0; number < 100; ++number) {
    connection.send(post_of("/x", std::to_string(number)));
    EXPECT_EQ(connection.response().body, fmt::format("POST /x {}", number));
  }
  EXPECT_EQ(counts().connections_accepted, 1u);
  EXPECT_EQ(counts().requests_total, 100u);
}

TEST_F(HttpServerTest, ClosesWhenTheClientAsksForIt) {
  serve();
  auto connection = client();
  connection.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

  EXPECT_EQ(connection.response().header("connection"), "close");
  EXPECT_EQ(connection.rest(), "");
}

TEST_F(HttpServerTest, ClosesWhenTheHandlerAsksForIt) {
  serve();
  auto connection = client();
  connection.send(get_of("/close") + get);

  EXPECT_EQ(connection.response().header("connection"), "close");
  EXPECT_EQ(connection.rest(), "");
}

TEST_F(HttpServerTest, SpeaksHttp10) {
  serve();
  auto closing = client();
  closing.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(closing.response().header("connection"), "close");
  EXPECT_EQ(closing.rest(), "");

  auto keeping = client();
  keeping.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(keeping.response().header("connection"), "keep-alive");
  keeping.send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(keeping.response().body, "GET / ");
}

TEST_F(HttpServerTest, LeavesTheBodyOutForHead) {
  serve();
  auto connection = client();
  connection.send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
  const auto response = connection.response(TestClient::Body::none);
  connection.send(get);

  EXPECT_EQ(response.header("content-length"), "8");
  EXPECT_EQ(connection.response().body, "GET / ");
}

TEST_F(HttpServerTest, SendsNoLengthWithoutContent) {
  serve();
  auto connection = client();
  connection.send(get_of("/none") + get);

  EXPECT_EQ(connection.response(TestClient::Body::none).header("content-length"), "");
  EXPECT_EQ(connection.response().body, "GET / ");
}

TEST_F(HttpServerTest, HandsOptionsToTheHandler) {
  serve();
  auto connection = client();
  connection.send("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");

  EXPECT_EQ(connection.response().body, "OPTIONS * ");
}

TEST_F(HttpServerTest, AnswersARequestThatComesByteByByte) {
  serve();
  auto connection = client();
  for (const char byte : post_of("/slow", "body")) connection.send({&byte, 1});

  EXPECT_EQ(connection.response().body, "POST /slow body");
}

TEST_F(HttpServerTest, ReadsChunkedBodies) {
  serve();
  auto connection = client();
  connection.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n" +
                  get);

  EXPECT_EQ(connection.response().body, "POST / abcd");
  EXPECT_EQ(connection.response().body, "GET / ");
}

TEST_F(HttpServerTest, ReadsLargeBodies) {
  serve({.limits = {.body_bytes = 32 << 20}});
  auto connection = client();
  const std::string body(20 << 20, 'x');
  connection.send(post_of("/size", body));

  EXPECT_EQ(connection.response().body, std::to_string(body.size()));
}

TEST_F(HttpServerTest, SendsLargeBodiesToASlowReader) {
  serve();
  auto connection = client();
  connection.send(get_of("/big") + get_of("/static") + get);

  EXPECT_EQ(connection.response().body, std::string(4 << 20, 'b'));
  EXPECT_EQ(connection.response().body, static_text_);
  EXPECT_EQ(connection.response().body, "GET / ");
}

TEST_F(HttpServerTest, AsksTheClientToContinue) {
  serve();
  auto connection = client();
  connection.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(connection.response(TestClient::Body::none).status_line, "HTTP/1.1 100 Continue");

  connection.send("body");
  EXPECT_EQ(connection.response().body, "POST / body");
}

TEST_F(HttpServerTest, AsksToContinueOnlyWhenTheRequestsBeforeAreAnswered) {
  serve();
  auto connection = client();
  connection.send(get_of("/park/1") +
                  "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  release("/park/1");

  EXPECT_EQ(connection.response().body, "GET /park/1 ");
  EXPECT_EQ(connection.response(TestClient::Body::none).status_line, "HTTP/1.1 100 Continue");
  connection.send("body");
  EXPECT_EQ(connection.response().body, "POST / body");
}

TEST_F(HttpServerTest, RefusesALargeBodyBeforeItIsSent) {
  serve();
  auto connection = client();
  connection.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n");

  EXPECT_EQ(connection.response().status_line, "HTTP/1.1 413 Content Too Large");
  EXPECT_EQ(connection.rest(), "");
}

TEST_F(HttpServerTest, LetsAClientReadItsRefusalThatGoesOnSending) {
  serve();
  auto connection = client();
  connection.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\n");
  for (int part = 0; part < 90; ++part) connection.send(std::string(100'000, 'x'));

  EXPECT_EQ(connection.response().status_line, "HTTP/1.1 413 Content Too Large");
  connection.end_sending();
  EXPECT_EQ(connection.rest(), "");
}

TEST_F(HttpServerTest, TellsThePeersAddress) {
  serve();
  auto connection = client();
  connection.send(get_of("/peer"));

  EXPECT_EQ(connection.response().body, fmt::format("127.0.0.1:{}", connection.local_port()));
}

TEST_F(HttpServerTest, AnswersAnExceptionWith500AndGoesOn) {
  serve();
  auto connection = client();
  connection.send(get_of("/throw") + get);

  EXPECT_EQ(connection.response().status_line, "HTTP/1.1 500 Internal Server Error");
  EXPECT_EQ(connection.response().body, "GET / ");
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  serve();
  auto connection = client();
  std::string requests;
  for (int number = 0; number < 500; ++number) requests += get_of(fmt::format("/{}", number));
  connection.send(requests);

  for (int number = 0; number < 500; ++number) {
    ASSERT_EQ(connection.response().body, fmt::format("GET /{} ", number));
  }
}

TEST_F(HttpServerTest, KeepsTheOrderOfResponsesWhenHandlersEndInAnother) {
  serve();
  auto connection = client();
  connection.send(get_of("/park/1") + get_of("/park/2") + get_of("/3") + get_of("/park/4"));
  for (const auto* path : {"/park/4", "/park/2", "/park/1"}) release(path);

  for (const auto* path : {"/park/1", "/park/2", "/3", "/park/4"}) {
    EXPECT_EQ(connection.response().body, fmt::format("GET {} ", path));
  }
}

TEST_F(HttpServerTest, RunsAnUnsafeRequestAlone) {
  serve();
  auto connection = client();
  connection.send(get_of("/park/1") + post_of("/park/2", "") + get_of("/3"));
  release("/park/1");
  release("/park/2");

  EXPECT_EQ(connection.response().body, "GET /park/1 ");
  EXPECT_EQ(connection.response().body, "POST /park/2 ");
  EXPECT_EQ(connection.response().body, "GET /3 ");
  EXPECT_EQ(order_, (std::vector<std::string>{"/park/1", "/park/2", "/3"}));
}

TEST_F(HttpServerTest, StopsReadingWhenTooManyRequestsAreInWork) {
  serve({.limits = {.pipelined = 3}});
  auto connection = client();
  std::string requests;
  for (int number = 0; number < 10; ++number) requests += get_of(fmt::format("/park/{}", number));
  connection.send(requests);
  await([](const HttpCounts& now) { return now.requests_running == 3; });
  EXPECT_EQ(counts().requests_total, 3u);

  for (int number = 0; number < 10; ++number) {
    release(fmt::format("/park/{}", number));
    EXPECT_EQ(connection.response().body, fmt::format("GET /park/{} ", number));
  }
}

TEST_F(HttpServerTest, HoldsNoMoreResponsesThanTheClientTakes) {
  serve();
  auto connection = client();
  std::string requests;
  for (int number = 0; number < 60; ++number) requests += get_of("/big");
  connection.send(requests);
  auto other = client();
  other.send(get);
  other.response();

  EXPECT_LT(counts().requests_total, 10u);
  for (int number = 0; number < 60; ++number) ASSERT_EQ(connection.response().body.size(), 4u << 20);
}

TEST_F(HttpServerTest, AnswersAClientThatHasEndedItsSide) {
  serve();
  auto connection = client();
  connection.send(get_of("/park/1") + get_of("/2") + "GET /half");
  connection.end_sending();
  release("/park/1");

  EXPECT_EQ(connection.response().body, "GET /park/1 ");
  EXPECT_EQ(connection.response().body, "GET /2 ");
  EXPECT_EQ(connection.rest(), "");
}

TEST_F(HttpServerTest, ForgetsAClientThatBreaksOffWhileItsRequestRuns) {
  serve();
  {
    auto connection = client();
    connection.send(get_of("/park/1"));
    await([](const HttpCounts& now) { return now.requests_running == 1; });
    connection.reset();
  }
  await([](const HttpCounts& now) { return now.connections_open == 0; });
  EXPECT_EQ(counts().requests_running, 1u);

  release("/park/1");
  EXPECT_EQ(counts().requests_running, 0u);
}

TEST_F(HttpServerTest, TellsAWaitingHandlerThatItsClientHasGone) {
  serve();
  auto told = [&](int times) {
    while (on_reactor([&] { return gone_told_; }) < times) std::this_thread::yield();
  };
  auto reset = client();
  reset.send(get_of("/until-gone"));
  await([](const HttpCounts& now) { return now.requests_running == 1; });
  reset.reset();
  told(1);

  auto last = client();
  last.send("GET /until-gone HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" + std::string(10'000, 'x'));
  await([](const HttpCounts& now) { return now.requests_running == 1; });
  last.shut();
  told(2);

  auto half = client();
  half.send(get_of("/until-gone") + get_of("/until-gone"));
  half.end_sending();
  EXPECT_EQ(half.response().body, "GET /until-gone ");
  EXPECT_EQ(half.response().body, "GET /until-gone ");
  EXPECT_EQ(half.rest(), "");
  await([](const HttpCounts& now) { return now.requests_running == 0 && now.connections_open == 0; });
}

TEST_F(HttpServerTest, TellsWaitingHandlersWhenItStops) {
  serve();
  auto connection = client();
  connection.send(get_of("/until-gone"));
  await([](const HttpCounts& now) { return now.requests_running == 1; });
  std::thread reader([&] {
    EXPECT_EQ(connection.response().body, "GET /until-gone ");
    connection.shut();
  });

  EXPECT_EQ(stop(30s), 0u);
  reader.join();
}

TEST_F(HttpServerTest, StreamsInChunks) {
  serve();
  auto connection = client();
  connection.send(get_of("/stream") + get);

  const auto response = connection.response();
  EXPECT_EQ(response.header("transfer-encoding"), "chunked");
  EXPECT_EQ(response.body, "3\r\none\r\n11\r\n22222222222222222\r\n0\r\n\r\n");
  EXPECT_EQ(connection.response().body, "GET / ");
}

TEST_F(HttpServerTest, StreamsToHttp10UntilTheEnd) {
  serve();
  auto connection = client();
  connection.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");

  EXPECT_EQ(connection.response(TestClient::Body::none).header("connection"), "close");
  EXPECT_EQ(connection.rest(), "one22222222222222222");
}

TEST_F(HttpServerTest, CutsOffAStreamThatFails) {
  serve();
  auto connection = client();
  connection.send(get_of("/torn"));

  connection.response(TestClient::Body::none);
  EXPECT_EQ(connection.rest(), "4\r\nhalf\r\n");
}

TEST_F(HttpServerTest, SlowsAStreamToItsReaderAndEndsItWithItsClient) {
  serve();
  {
    auto connection = client();
    connection.send(get_of("/flood"));
    connection.response(TestClient::Body::none);
    while (on_reactor([&] { return flooded_; }) == 0) std::this_thread::yield();
    auto other = client();
    other.send(get);
    EXPECT_EQ(other.response().body, "GET / ");
    EXPECT_LT(on_reactor([&] { return flooded_; }), 64u << 20);
  }
  while (!on_reactor([&] { return flood_ended_; })) std::this_thread::yield();
}

TEST_F(HttpServerTest, TellsAWaitingStreamThatItsClientHasGone) {
  serve();
  {
    auto connection = client();
    connection.send(get_of("/wait"));
    connection.response(TestClient::Body::none);
  }
  while (!on_reactor([&] { return wait_ended_; })) std::this_thread::yield();
}

TEST_F(HttpServerTest, ClosesAnIdleConnection) {
  serve({.limits = {.idle_time = 60ms}});
  auto fresh = client();
  auto used = client();
  used.send(get);
  used.response();

  EXPECT_EQ(fresh.rest(), "");
  EXPECT_EQ(used.rest(), "");
}

TEST_F(HttpServerTest, RefusesHeadersThatTakeTooLong) {
  serve({.limits = {.header_time = 60ms}});
  auto connection = client();
  connection.send("GET / HTTP/1.1\r\nHo");

  EXPECT_EQ(connection.response().status_line, "HTTP/1.1 408 Request Timeout");
  EXPECT_EQ(connection.rest(), "");
}

TEST_F(HttpServerTest, RefusesABodyThatTakesTooLong) {
  serve({.limits = {.body_time = 60ms}});
  auto connection = client();
  connection.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nx");

  EXPECT_EQ(connection.response().status_line, "HTTP/1.1 408 Request Timeout");
  EXPECT_EQ(connection.rest(), "");
}

TEST_F(HttpServerTest, DoesNotHurryARunningHandler) {
  serve({.limits = {.body_time = 20ms, .idle_time = 20ms, .write_time = 20ms}});
  auto connection = client();
  connection.send(get_of("/park/1"));
  await([](const HttpCounts& now) { return now.requests_running == 1; });
  std::this_thread::sleep_for(100ms);  // longer than every time-out
  release("/park/1");

  EXPECT_EQ(connection.response().body, "GET /park/1 ");
}

TEST_F(HttpServerTest, DropsAClientThatNeverReads) {
  serve({.limits = {.write_time = 60ms}});
  auto connection = client();
  for (int number = 0; number < 10; ++number) connection.send(get_of("/big"));

  await([](const HttpCounts& now) { return now.connections_accepted == 1 && now.connections_open == 0; });
}

TEST_F(HttpServerTest, TurnsAwayMoreConnectionsThanItsLimit) {
  serve({.limits = {.connections = 2}});
  auto first = client();
  auto second = client();
  await([](const HttpCounts& now) { return now.connections_open == 2; });
  auto third = client();
  const auto refusal = third.response();

  EXPECT_EQ(refusal.status_line, "HTTP/1.1 503 Service Unavailable");
  EXPECT_EQ(refusal.header("retry-after"), "1");
  EXPECT_EQ(third.rest(), "");
  EXPECT_EQ(counts().connections_refused, 1u);
  first.send(get);
  EXPECT_EQ(first.response().body, "GET / ");
}

TEST_F(HttpServerTest, LetsTheOwnerShapeErrors) {
  serve({.error_response = [](int status, std::string_view reason, const HttpRequest* head) {
    HttpResponse response{.content_type = "application/graphql-response+json"};
    response.body = fmt::format("{} {} {}", status, reason, head ? head->path : "?");
    return response;
  }});
  auto with_head = client();
  with_head.send("POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 9999999\r\n\r\n");
  auto without = client();
  without.send("nonsense\r\n");

  const auto response = with_head.response();
  EXPECT_EQ(response.header("content-type"), "application/graphql-response+json");
  EXPECT_EQ(response.body, "413 The body is too large /p");
  EXPECT_EQ(without.response().body, "400 Malformed request line ?");
}

struct Refusal {
  const char* name;
  std::string request;
  int status;
};

class HttpServerRefuses : public HttpServerTest, public testing::WithParamInterface<Refusal> {};

TEST_P(HttpServerRefuses, InTheTurnOfTheRequestAndCloses) {
  serve();
  auto connection = client();
  connection.send(get_of("/park/1") + GetParam().request);
  release("/park/1");

  EXPECT_EQ(connection.response().body, "GET /park/1 ");
  const auto refusal = connection.response();
  EXPECT_THAT(refusal.status_line, StartsWith(fmt::format("HTTP/1.1 {} ", GetParam().status)));
  EXPECT_EQ(refusal.header("content-type"), "application/json");
  EXPECT_EQ(refusal.header("connection"), "close");
  EXPECT_THAT(refusal.body, EndsWith(fmt::format(R"(","status":{}}})", GetParam().status)));
  EXPECT_EQ(connection.rest(), "");
  EXPECT_EQ(counts().requests_rejected, 1u);
}

const Refusal refusals[] = {
    {"Garbage", std::string("\x16\x03\x01\x00", 4), 400},
    {"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
    {"BareLineFeed", "GET / HTTP/1.1\nHost: a\n\n", 400},
    {"LengthAndChunked",
     "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"TwoLengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy", 400},
    {"BadChunk", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
    {"LargeBody", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n", 413},
    {"LongTarget", "GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
    {"Expectation", "GET / HTTP/1.1\r\nHost: h\r\nExpect: tea\r\n\r\n", 417},
    {"LargeHeaders", "GET / HTTP/1.1\r\nHost: h\r\nA: " + std::string(17'000, 'x') + "\r\n\r\n", 431},
    {"Connect", "CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 501},
    {"Version", "GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505},
};

INSTANTIATE_TEST_SUITE_P(Refuses, HttpServerRefuses, testing::ValuesIn(refusals),
                         [](const auto& info) { return std::string{info.param.name}; });

TEST_F(HttpServerTest, StopsAtOnceWhenAllIsIdle) {
  serve();
  auto connection = client();
  connection.send(get);
  connection.response();
  std::thread reader([&] {
    EXPECT_EQ(connection.rest(), "");
    connection.shut();
  });

  EXPECT_EQ(stop(30s), 0u);
  reader.join();
}

TEST_F(HttpServerTest, FinishesRunningRequestsBeforeItStops) {
  serve();
  auto running = client();
  running.send(get_of("/park/1"));
  auto half = client();
  half.send("GET /half HTTP/1.1\r\nHost");
  await([](const HttpCounts& now) { return now.requests_running == 1 && now.connections_open == 2; });
  std::thread clients([&] {
    while (!TestClient::refused(port_)) std::this_thread::yield();
    half.send(": h\r\n\r\n");
    const auto late = half.response();
    EXPECT_EQ(late.body, "GET /half ");
    EXPECT_EQ(late.header("connection"), "close");
    half.shut();
    release("/park/1");
    EXPECT_EQ(running.response().body, "GET /park/1 ");
    running.shut();
  });

  EXPECT_EQ(stop(30s), 0u);
  clients.join();
}

TEST_F(HttpServerTest, CutsOffWhatDoesNotEndInTime) {
  serve();
  auto connection = client();
  connection.send(get_of("/park/1"));
  await([](const HttpCounts& now) { return now.requests_running == 1; });

  EXPECT_EQ(stop(20ms), 1u);
  EXPECT_EQ(connection.rest(), "");
}

TEST_F(HttpServerTest, EndsStreamsWhenItStops) {
  serve();
  auto connection = client();
  connection.send(get_of("/wait"));
  connection.response(TestClient::Body::none);
  std::thread reader([&] {
    EXPECT_EQ(connection.rest(), "5\r\nbegun\r\n0\r\n\r\n");
    connection.shut();
  });

  EXPECT_EQ(stop(30s), 0u);
  EXPECT_TRUE(wait_ended_);
  reader.join();
}

TEST_F(HttpServerTest, SaysThatAPortIsTaken) {
  serve();
  Reactor reactor;
  HttpServer second{reactor, {.port = port_}, [](HttpRequest&) -> Async<HttpResponse> { co_return HttpResponse{}; }};
  const auto port = second.listen();

  ASSERT_FALSE(port);
  EXPECT_EQ(port.error().code, ErrorCode::conflict);
  EXPECT_EQ(port.error().message, fmt::format("cannot listen on 127.0.0.1 port {}: the port is taken", port_));
}

TEST_F(HttpServerTest, SaysThatAnAddressIsNone) {
  HttpServer server{
      reactor_, {.address = "nowhere"}, [](HttpRequest&) -> Async<HttpResponse> { co_return HttpResponse{}; }};

  EXPECT_EQ(server.listen().error().code, ErrorCode::invalid);
}

}  // namespace
}  // namespace millrace::net
