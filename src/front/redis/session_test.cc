#include "front/redis/session.h"

#include <deque>
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/crypto.h"
#include "front/redis/testing.h"
#include "kv/faulty/faulty_engine.h"
#include "kv/home.h"
#include "kv/memory/memory_engine.h"
#include "store/scripting/scripting_state.h"

namespace millrace::front {
namespace {

using Next = Session::Next;
using Owed = net::RespSession::Owed;

// A client with its session, which has said who it is.
struct Client {
  Client(const std::shared_ptr<RedisCore>& core, std::uint64_t number)
      : peer(number), session(std::make_shared<Session>(peer, core)) {}
  ~Client() {
    if (!gone) leave();
  }

  void leave() {
    gone = true;
    session->closed();
  }
  template <class... Words>
  Next operator()(Words... words) {
    std::vector<std::string> command{words...};
    return session->command(command);
  }

  TestPeer peer;
  std::shared_ptr<Session> session;
  bool gone = false;
};

class SessionTest : public testing::Test {
 protected:
  SessionTest() {
    auto made = run_now(store_.create_database("shop"));
    directory_.admit("secret", {.database = made.value()});
    directory_.admit("read", {.database = made.value(), .read_only = true});
  }

  std::unique_ptr<Client> client() {
    auto one = std::make_unique<Client>(core_, ++clients_);
    (*one)("AUTH", "secret");
    EXPECT_EQ(one->peer.take(), "+OK\r\n");
    return one;
  }

  // What the reactor would do until nothing is left to do.
  void run() {
    do {
      while (!posted_.empty()) {
        auto call = std::move(posted_.front());
        posted_.pop_front();
        call();
      }
      homes_.end_tick();
    } while (!posted_.empty());
  }

  template <class T>
  T run_now(Async<T> work) {
    std::optional<T> value;
    start(std::move(work), [&](T result) { value.emplace(std::move(result)); });
    run();
    return std::move(value.value());
  }

  kv::HomesOptions options() {
    return {.row_cache_bytes = 0,  // all rows come from the engine
            .range_cache_bytes = 0,
            .post = [this](auto call) { posted_.push_back(std::move(call)); },
            .on_background = [this](auto work) { posted_.push_back(std::move(work)); }};
  }

  std::deque<std::function<void()>> posted_{};
  kv::FaultyEngine engine_{kv::make_memory_engine()};
  kv::Homes homes_{engine_, nullptr, options()};
  std::unique_ptr<Home> home_ = homes_.make_home();
  store::EmbeddedStore store_{*home_};
  DatabaseDirectory directory_{};
  net::Reactor reactor_{};
  std::shared_ptr<RedisCore> core_ = std::make_shared<RedisCore>(reactor_, store_, directory_);
  std::uint64_t clients_ = 0;
};

TEST_F(SessionTest, AnswersAWriteOnceItIsDurable) {
  auto one = client();

  EXPECT_EQ((*one)("SET", "a", "1"), Next::more);
  EXPECT_EQ(one->peer.sent, "");
  EXPECT_EQ(one->session->owed(), Owed::replies);

  run();
  EXPECT_EQ(one->peer.sent, "+OK\r\n");
  EXPECT_EQ(one->session->owed(), Owed::nothing);
}

TEST_F(SessionTest, KeepsTheOrderOfRepliesBehindAWrite) {
  auto one = client();
  (*one)("SET", "a", "1");
  (*one)("CLIENT", "ID");
  (*one)("GET", "a");
  (*one)("NOPE");
  EXPECT_EQ(one->peer.sent, "");

  run();
  EXPECT_EQ(one->peer.sent, "+OK\r\n:1\r\n$1\r\n1\r\n-ERR unknown command 'NOPE', with args beginning with: \r\n");
}

TEST_F(SessionTest, TellsOfAWriteThatFailedAndOfWhatReadIt) {
  auto one = client();
  auto other = client();
  engine_.fail(kv::FaultyEngine::Call::write, 1);
  (*one)("SET", "a", "1");
  (*one)("CLIENT", "ID");
  (*other)("GET", "a");
  run();
  EXPECT_TRUE(one->peer.sent.starts_with("-MISCONF Errors writing to the disk")) << one->peer.sent;
  EXPECT_TRUE(one->peer.take().ends_with("\r\n:1\r\n"));
  EXPECT_TRUE(other->peer.take().starts_with("-MISCONF"));

  (*other)("GET", "a");
  (*one)("SET", "a", "2");
  run();
  EXPECT_EQ(other->peer.sent, "$-1\r\n");
  EXPECT_EQ(one->peer.sent, "+OK\r\n");
}

TEST_F(SessionTest, TellsOfATransactionThatFailedAsAWhole) {
  auto one = client();
  for (const char* name : {"MULTI", "INCR", "CLIENT", "INCR"}) {
    name[0] == 'M' ? (*one)(name) : name[0] == 'C' ? (*one)(name, "ID") : (*one)(name, "a");
  }
  one->peer.take();
  engine_.fail(kv::FaultyEngine::Call::write, 1);
  (*one)("EXEC");
  run();

  EXPECT_TRUE(one->peer.sent.starts_with("-MISCONF")) << one->peer.sent;
  EXPECT_EQ(one->peer.sent.find("\r\n"), one->peer.sent.size() - 2);
}

TEST_F(SessionTest, WaitsForRowsThatAreNotInMemory) {
  auto one = client();
  (*one)("SET", "a", "1");
  run();
  one->peer.take();
  engine_.forget_memory();

  EXPECT_EQ((*one)("GET", "a"), Next::wait);
  EXPECT_EQ(one->peer.sent, "");
  EXPECT_EQ(one->session->owed(), Owed::replies);
  run();

  EXPECT_EQ(one->peer.sent, "$1\r\n1\r\n");
  EXPECT_EQ(one->peer.went_on, 1);
}

TEST_F(SessionTest, RunsATransactionAgainWhoseRowsAreNotInMemory) {
  auto one = client();
  (*one)("SET", "a", "1");
  run();
  (*one)("MULTI");
  (*one)("INCR", "a");
  (*one)("CLIENT", "ID");
  (*one)("INCR", "a");
  one->peer.take();
  engine_.forget_memory();

  EXPECT_EQ((*one)("EXEC"), Next::wait);
  run();

  EXPECT_EQ(one->peer.sent, "*3\r\n:2\r\n:1\r\n:3\r\n");
  EXPECT_EQ(one->peer.went_on, 1);
}

TEST_F(SessionTest, FinishesWithoutAClientThatHasGone) {
  auto one = client();
  auto other = client();
  (*one)("SET", "a", "1");
  one->leave();
  run();
  engine_.forget_memory();
  EXPECT_EQ((*other)("INCR", "a"), Next::wait);
  other->leave();
  run();
  auto third = client();
  while ((*third)("GET", "a") == Next::wait) run();
  run();

  EXPECT_EQ(one->peer.sent, "");
  EXPECT_EQ(other->peer.sent, "");
  EXPECT_TRUE(third->peer.sent.ends_with("$1\r\n2\r\n")) << "what was taken is done: " << third->peer.sent;
}

TEST_F(SessionTest, HoldsUpAClientWhoseRepliesWouldFillTheMemory) {
  auto one = client();
  const std::string value(400'000, 'v');
  EXPECT_EQ((*one)("SET", "a", value), Next::more);
  EXPECT_EQ((*one)("GET", "a"), Next::more);
  EXPECT_EQ((*one)("GET", "a"), Next::more);
  EXPECT_EQ((*one)("GET", "a"), Next::wait);
  run();

  EXPECT_EQ(one->peer.went_on, 1);
  EXPECT_GT(one->peer.sent.size(), 3 * value.size());
}

TEST_F(SessionTest, ServesABlockedClientAndGoesOn) {
  auto one = client();
  auto other = client();
  EXPECT_EQ((*one)("XREAD", "BLOCK", "0", "STREAMS", "s", "$"), Next::wait);
  run();
  EXPECT_EQ(one->session->owed(), Owed::events);
  (*other)("XADD", "s", "1-1", "f", "v");
  run();

  EXPECT_EQ(one->peer.sent, "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n");
  EXPECT_EQ(one->peer.went_on, 1);
  EXPECT_EQ(one->session->owed(), Owed::nothing);
}

TEST_F(SessionTest, ServesWhoWaitsBeforeAnotherCommandRuns) {
  auto one = client();
  auto two = client();
  auto writer = client();
  EXPECT_EQ((*one)("BRPOPLPUSH", "a", "b", "0"), Next::wait);
  EXPECT_EQ((*two)("BRPOPLPUSH", "b", "a", "0"), Next::wait);
  (*writer)("RPUSH", "a", "x");
  (*writer)("LRANGE", "a", "0", "-1");
  (*writer)("EXISTS", "b");
  run();

  EXPECT_EQ(writer->peer.sent, ":1\r\n*1\r\n$1\r\nx\r\n:0\r\n");
  EXPECT_EQ(one->peer.sent, "$1\r\nx\r\n");
  EXPECT_EQ(two->peer.sent, "$1\r\nx\r\n");
  EXPECT_TRUE(store_.live().blocked.empty());
}

TEST_F(SessionTest, ServesWhoWaitsOnceATransactionIsOver) {
  auto one = client();
  auto writer = client();
  EXPECT_EQ((*one)("BLPOP", "a", "0"), Next::wait);
  for (const char* element : {"", "x", "y"}) *element ? (*writer)("LPUSH", "a", element) : (*writer)("MULTI");
  (*writer)("EXEC");
  (*writer)("LRANGE", "a", "0", "-1");
  run();

  EXPECT_TRUE(writer->peer.sent.ends_with("*2\r\n:1\r\n:2\r\n*1\r\n$1\r\nx\r\n")) << writer->peer.sent;
  EXPECT_EQ(one->peer.sent, "*2\r\n$1\r\na\r\n$1\r\ny\r\n");
}

TEST_F(SessionTest, LetsABlockedClientGo) {
  auto one = client();
  auto other = client();
  (*one)("XREAD", "BLOCK", "0", "STREAMS", "s", "$");
  one->leave();
  (*other)("XADD", "s", "1-1", "f", "v");
  run();

  EXPECT_EQ(one->peer.sent, "");
  EXPECT_EQ(store_.live().blocked.clients(), 0u);
}

// Runs a script that never ends, and `meanwhile` once others have their turn in it.
void run_slow_script(store::LiveState& live, Client& runner, const std::string& script,
                     const std::function<void()>& meanwhile) {
  auto& scripts = store::LoadedScripts::of(live);
  int turns = 0;
  scripts.set_turn([&] {
    if (++turns == 1) meanwhile();
  });
  runner("CONFIG", "SET", "busy-reply-threshold", "1");
  runner.peer.take();
  runner("EVAL", script, "0");
  scripts.set_turn({});
}

constexpr std::string_view busy_text =
    "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";

TEST_F(SessionTest, RefusesWhatIsAskedDuringASlowScriptUntilItIsKilled) {
  auto one = client();
  auto other = client();
  run_slow_script(store_.live(), *one, "while true do pcall(redis.call, 'PING') end", [&] {
    (*other)("PING");
    (*other)("FUNCTION", "KILL");
    (*other)("SCRIPT", "KILL");
  });
  const auto answers = fmt::format("{0}\r\n{0}\r\n+OK\r\n", busy_text);
  run();
  EXPECT_EQ(other->peer.take(), answers);
  EXPECT_TRUE(one->peer.take().starts_with("-ERR Script killed by user with SCRIPT KILL."));

  (*other)("SCRIPT", "KILL");
  EXPECT_EQ(other->peer.take(), "-NOTBUSY No scripts in execution right now.\r\n");
  (*other)("PING");
  EXPECT_EQ(other->peer.take(), "+PONG\r\n");
}

TEST_F(SessionTest, AbortsTransactionsThatMeetASlowScript) {
  auto one = client();
  auto queueing = client();
  auto executing = client();
  for (Client* each : {queueing.get(), executing.get()}) {
    (*each)("MULTI");
    (*each)("INCR", "a");
    each->peer.take();
  }
  run_slow_script(store_.live(), *one, "while true do end", [&] {
    (*queueing)("INCR", "a");
    (*executing)("EXEC");
    (*executing)("SCRIPT", "KILL");
  });
  (*queueing)("EXEC");
  run();
  EXPECT_EQ(executing->peer.sent,
            fmt::format("-EXECABORT Transaction discarded because of: {}\r\n+OK\r\n", busy_text.substr(1)));
  EXPECT_EQ(queueing->peer.sent,
            fmt::format("{}\r\n-EXECABORT Transaction discarded because of previous errors.\r\n", busy_text));
  executing->peer.take();
  (*executing)("EXISTS", "a");
  run();
  EXPECT_EQ(executing->peer.sent, ":0\r\n");
}

TEST_F(SessionTest, LetsOtherDatabasesGoOnDuringASlowScript) {
  auto second = run_now(store_.create_database("other"));
  directory_.admit("other secret", {.database = second.value()});
  auto one = client();
  auto killer = client();
  auto other = client();
  (*other)("AUTH", "other secret");
  other->peer.take();
  run_slow_script(store_.live(), *one, "while true do end", [&] {
    (*other)("EVAL", "return redis.call('INCR', KEYS[1])", "1", "a");
    (*killer)("SCRIPT", "KILL");
  });
  run();
  EXPECT_EQ(other->peer.sent, ":1\r\n");
}

TEST_F(SessionTest, DoesNotKillAScriptThatHasWritten) {
  auto one = client();
  auto other = client();
  run_slow_script(store_.live(), *one, "redis.call('SET', 'a', '1') for i = 1, 20000000 do end return 1",
                  [&] { (*other)("SCRIPT", "KILL"); });
  run();
  EXPECT_TRUE(other->peer.sent.starts_with("-UNKILLABLE")) << other->peer.sent;
  EXPECT_EQ(one->peer.sent, ":1\r\n");
}

TEST_F(SessionTest, TellsWhoTracksWhatHasChanged) {
  auto one = client();
  auto other = client();
  (*one)("HELLO", "3");
  (*one)("CLIENT", "TRACKING", "ON");
  (*one)("GET", "a");
  (*one)("MGET", "b", "c");
  run();
  one->peer.take();
  (*other)("MSET", "a", "1", "d", "1");
  (*other)("SET", "a", "2");
  run();
  EXPECT_EQ(one->peer.take(), ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n") << "once, and only what it has read";

  (*one)("INCR", "b");
  run();
  EXPECT_EQ(one->peer.take(), ":1\r\n>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nb\r\n") << "behind its own reply";

  (*other)("FLUSHALL");
  run();
  EXPECT_EQ(one->peer.take(), ">2\r\n$10\r\ninvalidate\r\n_\r\n");

  (*one)("GET", "a");
  (*one)("CLIENT", "TRACKING", "OFF");
  (*other)("SET", "a", "3");
  run();
  EXPECT_TRUE(one->peer.take().ends_with("+OK\r\n"));
  EXPECT_TRUE(store_.live().tracked.empty());
}

TEST_F(SessionTest, TellsWhatScriptsHaveRead) {
  auto one = client();
  auto other = client();
  (*one)("HELLO", "3");
  (*one)("CLIENT", "TRACKING", "ON");
  (*one)("EVAL", "return redis.call('GET', 'a')", "1", "b");
  (*one)("EVAL", "return redis.call('SET', 'c', '1')", "1", "d");
  run();
  one->peer.take();
  (*other)("MSET", "c", "1", "d", "1", "a", "1");
  run();
  EXPECT_EQ(one->peer.take(), ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\na\r\n");
}

TEST_F(SessionTest, TellsOfAllKeysBelowAPrefixToWhomItRedirects) {
  auto one = client();
  auto listener = client();
  auto other = client();
  (*listener)("SUBSCRIBE", "__redis__:invalidate");
  (*one)("CLIENT", "TRACKING", "ON", "BCAST", "NOLOOP", "REDIRECT", "2", "PREFIX", "a:");
  EXPECT_TRUE(one->peer.take().ends_with("+OK\r\n"));
  (*one)("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", "a:b");
  EXPECT_TRUE(one->peer.take().starts_with("-ERR Prefix 'a:b' overlaps with an existing prefix 'a:'"));
  listener->peer.take();
  (*other)("MSET", "a:1", "1", "b:1", "1", "a:2", "1");
  (*one)("SET", "a:3", "1");
  run();
  EXPECT_EQ(listener->peer.take(),
            "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*2\r\n$3\r\na:1\r\n$3\r\na:2\r\n");

  (*listener)("QUIT");
  (*one)("HELLO", "3");
  one->peer.take();
  (*other)("SET", "a:1", "2");
  run();
  EXPECT_EQ(one->peer.take(), ">2\r\n$21\r\ntracking-redir-broken\r\n:2\r\n");
}

TEST_F(SessionTest, TracksWhatItIsTold) {
  auto one = client();
  auto other = client();
  (*one)("HELLO", "3");
  (*one)("CLIENT", "TRACKING", "ON", "OPTIN");
  (*one)("GET", "a");
  (*one)("CLIENT", "CACHING", "YES");
  (*one)("GET", "b");
  (*one)("GET", "c");
  run();
  one->peer.take();
  (*other)("MSET", "a", "1", "b", "1", "c", "1");
  run();
  EXPECT_EQ(one->peer.take(), ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nb\r\n");

  (*one)("CLIENT", "TRACKING", "OFF");
  (*one)("CLIENT", "TRACKING", "ON");
  (*one)("MGET", "a", "b", "c");
  one->peer.take();
  (*other)("CONFIG", "SET", "tracking-table-max-keys", "1");
  run();
  EXPECT_EQ(store_.live().tracked.size(*one->session->database()).keys, 1u);
  const auto told = one->peer.take();
  EXPECT_EQ(std::count(told.begin(), told.end(), '>'), 2);
}

TEST_F(SessionTest, ShowsMonitorsTheEndOfATransactionThatIsAborted) {
  auto one = client();
  auto monitor = client();
  (*monitor)("MONITOR");
  monitor->peer.take();
  (*one)("MULTI");
  (*one)("NOPE");
  (*one)("EXEC");
  const auto seen = monitor->peer.take();
  EXPECT_NE(seen.find("\"MULTI\"\r\n"), seen.npos) << seen;
  EXPECT_TRUE(seen.ends_with("\"exec\"\r\n")) << seen;
}

TEST_F(SessionTest, PausesOnlyScriptsThatMayWrite) {
  const std::string reading = "#!lua flags=no-writes\nreturn 7";
  auto one = client();
  (*one)("FUNCTION", "LOAD",
         "#!lua name=l\nredis.register_function{function_name='f', callback=function() return 7 end, "
         "flags={'no-writes'}}");
  run();
  (*one)("CLIENT", "PAUSE", "60000", "WRITE");
  one->peer.take();
  EXPECT_EQ((*one)("EVAL", reading, "0"), Next::more);
  EXPECT_EQ((*one)("EVAL_RO", "return 7", "0"), Next::more);
  EXPECT_EQ((*one)("EVALSHA", to_hex(sha1(reading)), "0"), Next::more);
  EXPECT_EQ((*one)("FCALL", "f", "0"), Next::more);
  run();
  EXPECT_EQ(one->peer.take(), ":7\r\n:7\r\n:7\r\n:7\r\n");

  (*one)("MULTI");
  (*one)("EVAL", reading, "0");
  EXPECT_EQ((*one)("EXEC"), Next::more);
  (*one)("MULTI");
  (*one)("EVAL", "return 7", "0");
  EXPECT_EQ((*one)("EXEC"), Next::wait);
  EXPECT_EQ((*client())("EVAL", "return 7", "0"), Next::wait);
}

TEST_F(SessionTest, SendsWhatIsSubscribedToThoughRepliesAreOff) {
  auto one = client();
  (*one)("CLIENT", "REPLY", "OFF");
  (*one)("SUBSCRIBE", "c");
  one->session->deliver({.channel = "c", .payload = "p"});
  (*one)("PING");

  EXPECT_EQ(one->peer.sent, "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\np\r\n");
}

TEST_F(SessionTest, DropsAListenerThatDoesNotRead) {
  auto one = client();
  (*one)("SUBSCRIBE", "c");
  one->peer.unread = 9 << 20;
  one->session->deliver({.channel = "c", .payload = "p"});
  const auto now = std::chrono::steady_clock::now();
  one->session->sweep(now + std::chrono::seconds(50));
  EXPECT_FALSE(one->peer.closed);
  one->session->sweep(now + std::chrono::seconds(70));
  EXPECT_TRUE(one->peer.closed);

  auto other = client();
  (*other)("SUBSCRIBE", "c");
  other->peer.unread = 33 << 20;
  other->session->deliver({.channel = "c", .payload = "p"});
  EXPECT_TRUE(other->peer.closed);
}

TEST_F(SessionTest, LeavesEverythingOfADatabaseForAnother) {
  auto second = run_now(store_.create_database("other"));
  directory_.admit("other secret", {.database = second.value()});
  auto one = client();
  auto other = client();
  (*one)("HELLO", "3");
  (*one)("SUBSCRIBE", "c");
  (*one)("WATCH", "a");
  (*one)("MULTI");
  (*one)("AUTH", "other secret");
  (*one)("EXEC");
  one->peer.take();

  EXPECT_EQ(store_.live().pubsub.publish(*other->session->database(), "c", "p"), 0);
  (*one)("CLIENT", "LIST");
  EXPECT_EQ(one->peer.take().find("sub=1"), std::string::npos);
  (*other)("CLIENT", "LIST");
  const auto list = other->peer.take();
  EXPECT_EQ(list.find("id=1 "), std::string::npos) << "it is in another database: " << list;
}

}  // namespace
}  // namespace millrace::front
