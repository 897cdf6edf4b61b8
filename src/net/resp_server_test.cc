#include "net/resp_server.h"

#include <fmt/format.h>
#include <future>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include "net/testing.h"

namespace millrace::net {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;

// Answers each command with its words; some words do more.
class EchoSession final : public RespSession {
 public:
  EchoSession(RespPeer& peer, std::vector<EchoSession*>& all) : peer_(peer), all_(all) { all_.push_back(this); }

  Next command(std::vector<std::string>& words) override {
    ++commands;
    if (words[0] == "know") peer_.parser().set_known(known_ = true);
    if (words[0] == "size") words[1] = std::to_string(words[1].size());
    if (words[0] == "large") {
      peer_.send(std::string(1 << 20, 'x'));
    } else {
      for (const auto& word : words) peer_.out().append(word).append(" ");
      peer_.out().append("\n");
    }
    if (words[0] == "close") peer_.close();
    if (words[0] == "last") peer_.close_after_replies();
    owed_ = words[0] == "wait" ? Owed::replies : words[0] == "listen" ? Owed::events : owed_;
    return words[0] == "wait" ? Next::wait : Next::more;
  }
  void fault(const std::string& text) override { peer_.out().append(text); }
  Owed owed() const override { return owed_; }
  bool known() const override { return known_; }
  void sweep(std::chrono::steady_clock::time_point) override {}
  void closed() override { std::erase(all_, this); }

  void go_on() {
    peer_.out().append("waited\n");
    owed_ = Owed::nothing;
    peer_.go_on();
  }

  std::size_t commands = 0;

 private:
  RespPeer& peer_;
  std::vector<EchoSession*>& all_;
  Owed owed_ = Owed::nothing;
  bool known_ = false;
};

class RespServerTest : public testing::Test {
 protected:
  ~RespServerTest() override {
    if (thread_.joinable()) stop(0ms);
  }

  void serve(RespServerLimits limits = {}) {
    server_ = std::make_unique<RespServer>(reactor_, RespServerOptions{.limits = limits}, [this](RespPeer& peer) {
      return std::make_shared<EchoSession>(peer, sessions_);
    });
    port_ = server_->listen().value();
    thread_ = std::thread([this] { reactor_.run(); });
  }

  std::size_t stop(std::chrono::milliseconds grace) {
    std::size_t cut_off = 0;
    reactor_.post([&] {
      start(server_->stop(grace), [&](std::size_t count) {
        cut_off = count;
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

  template <class Condition>
  void await(Condition condition) {
    while (!on_reactor(condition)) std::this_thread::yield();
  }

  Reactor reactor_;
  std::unique_ptr<RespServer> server_;
  std::uint16_t port_ = 0;
  std::vector<EchoSession*> sessions_{};
  std::thread thread_;
};

TEST_F(RespServerTest, AnswersAPipelineInItsOrder) {
  serve();
  TestClient client{port_};
  client.send("a b\r\n*2\r\n$1\r\nc\r\n$1\r\nd\r\ne\n");

  EXPECT_EQ(client.bytes(11), "a b \nc d \ne");
}

TEST_F(RespServerTest, GivesOthersTheirTurnBetweenTheCommandsOfALongPipeline) {
  serve({.commands_a_turn = 2});
  TestClient client{port_};
  std::string sent;
  std::string expected;
  for (int number = 0; number < 1000; ++number) {
    sent += fmt::format("{}\n", number);
    expected += fmt::format("{} \n", number);
  }
  client.send(sent);

  EXPECT_EQ(client.bytes(expected.size()), expected);
}

TEST_F(RespServerTest, HoldsTheCommandsBehindOneThatWaits) {
  serve();
  TestClient client{port_};
  client.send("wait\nafter\n");
  EXPECT_EQ(client.bytes(6), "wait \n");
  client.send("later\n");
  on_reactor([&] { return sessions_.at(0)->go_on(), true; });

  EXPECT_EQ(client.bytes(21), "waited\nafter \nlater \n");
}

TEST_F(RespServerTest, DoesNotReadFromAClientThatDoesNotRead) {
  serve({.unsent_bytes = 2 << 20});
  TestClient client{port_};
  constexpr std::size_t count = 100;
  for (std::size_t sent = 0; sent < count; ++sent) client.send("large\n");
  await([&] { return !sessions_.empty() && sessions_[0]->commands > 2; });
  TestClient other{port_};
  other.send("ping\n");
  EXPECT_EQ(other.bytes(6), "ping \n");
  EXPECT_LT(on_reactor([&] { return sessions_.at(0)->commands; }), count / 2);

  EXPECT_EQ(client.bytes(count << 20).size(), count << 20);
}

TEST_F(RespServerTest, EndsAfterAFaultAndSaysIt) {
  serve();
  TestClient client{port_};
  client.send("a\n*x\r\nb\n");

  EXPECT_EQ(client.rest(), "a \nERR Protocol error: invalid multibulk length");
}

TEST_F(RespServerTest, ReadsLongCommandsOnceTheClientIsKnown) {
  serve();
  TestClient stranger{port_};
  stranger.send("*1\r\n$20000\r\n");
  EXPECT_THAT(stranger.rest(), EndsWith("unauthenticated bulk length"));

  TestClient client{port_};
  client.send("know\n*2\r\n$4\r\nsize\r\n$3000000\r\n" + std::string(3'000'000, 'x') + "\r\n");
  EXPECT_EQ(client.bytes(6 + 14), "know \nsize 3000000 \n");
}

TEST_F(RespServerTest, ClosesWhenTheSessionSaysSo) {
  serve();
  TestClient client{port_};
  client.send("last\nnever\n");
  EXPECT_EQ(client.rest(), "last \n");

  TestClient other{port_};
  other.send("close\nnever\n");
  EXPECT_THAT(other.rest(), testing::AnyOf("", "close \n"));
  await([&] { return server_->counts().connections_open == 0; });
}

TEST_F(RespServerTest, FinishesForAClientThatHasEndedItsSide) {
  serve({.commands_a_turn = 1});
  TestClient client{port_};
  client.send("a\nb\nwait\nc\n");
  client.end_sending();
  EXPECT_EQ(client.bytes(12), "a \nb \nwait \n");
  on_reactor([&] { return sessions_.at(0)->go_on(), true; });

  EXPECT_EQ(client.rest(), "waited\nc \n");
}

TEST_F(RespServerTest, LetsAListenerGoThatHasEndedItsSide) {
  serve();
  TestClient client{port_};
  client.send("listen\n");
  client.end_sending();

  EXPECT_EQ(client.rest(), "listen \n");
}

TEST_F(RespServerTest, TurnsAwayTooManyClientsAndSaysWhy) {
  serve({.connections = 1});
  TestClient client{port_};
  client.send("a\n");
  EXPECT_EQ(client.bytes(3), "a \n");

  TestClient other{port_};
  EXPECT_EQ(other.rest(), "-ERR max number of clients reached\r\n");
  EXPECT_EQ(on_reactor([&] { return server_->counts(); }).connections_refused, 1u);
}

TEST_F(RespServerTest, ClosesStrangersAndIdleClientsInTime) {
  serve({.unknown_time = 1s, .idle_time = 3s});
  TestClient stranger{port_};
  TestClient client{port_};
  TestClient listener{port_};
  listener.send("listen\n");
  client.send("know\n");
  EXPECT_EQ(client.bytes(6), "know \n");

  EXPECT_EQ(stranger.rest(), "");
  client.send("a\n");
  EXPECT_EQ(client.bytes(3), "a \n") << "it has more time than a stranger";
  EXPECT_EQ(client.rest(), "");
  stranger.shut();
  client.shut();
  await([&] { return server_->counts().connections_open == 1; });
  listener.send("still\n");
  EXPECT_EQ(listener.bytes(14), "listen \nstill ") << "who listens may wait for ever";
}

TEST_F(RespServerTest, StopsWithoutTheIdleAndWithTheRepliesOfTheOthers) {
  serve();
  TestClient idle{port_};
  TestClient waiting{port_};
  waiting.send("wait\nnever\n");
  EXPECT_EQ(waiting.bytes(6), "wait \n");
  await([&] { return sessions_.size() == 2; });
  auto* owing = on_reactor([&] {
    return *std::ranges::find_if(sessions_, [](auto* one) { return one->owed() == RespSession::Owed::replies; });
  });
  auto stopped = std::async(std::launch::async, [&] { return stop(20s); });
  EXPECT_EQ(idle.rest(), "");
  idle.shut();
  reactor_.post([&] { owing->go_on(); });
  EXPECT_EQ(waiting.rest(), "waited\n");
  waiting.shut();

  EXPECT_EQ(stopped.get(), 0u);
}

TEST_F(RespServerTest, CutsOffWhoIsNotDoneInTime) {
  serve();
  TestClient waiting{port_};
  waiting.send("wait\n");
  EXPECT_EQ(waiting.bytes(6), "wait \n");

  EXPECT_EQ(stop(10ms), 1u);
  EXPECT_EQ(waiting.rest(), "");
}

}  // namespace
}  // namespace millrace::net
