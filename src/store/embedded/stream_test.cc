// Streams as a whole: against a simple model, in the rows they leave, and where doors differ.

#include "store/embedded/stream.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>

#include "kv/testing.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/stream_group.h"

namespace millrace::store {
namespace {

class Streams : public testing::Test {
 protected:
  Streams() : database_(take_now(store_.create_database("shop")).value()) {}

  Reply execute(Command command, Caller caller = {}) {
    auto unit = memory_.home().open();
    Context context(store_.live(), std::move(caller));
    Reply reply = store_.stage(*unit, context, database_, command).value();
    blocking_ = context.blocking;
    take_now(memory_.home().commit(std::move(unit))).value();
    return reply;
  }
  Reply execute(std::string_view words, Caller caller = {}) {
    Command command;
    for (std::size_t at = 0; at < words.size();) {
      std::size_t end = std::min(words.find(' ', at), words.size());
      command.emplace_back(words.substr(at, end - at));
      at = end + 1;
    }
    return execute(std::move(command), std::move(caller));
  }
  std::string error(std::string_view words, Caller caller = {}) { return execute(words, std::move(caller)).text; }

  // How many rows there are under the stream's generation, by family.
  std::map<char, std::size_t> rows() {
    memory_.homes().end_tick();
    std::map<char, std::size_t> found;
    auto count = [&](std::string_view key, std::string_view) {
      constexpr std::size_t prefix_size = 2 + 4 + 4 + 8;
      if (key.starts_with("se")) ++found[key[prefix_size]];
      return Visit::more;
    };
    memory_.home().open()->scan({}, Direction::ascending, count).value();
    return found;
  }

  static Caller redis() { return {.door = Door::redis}; }
  static Caller rest() { return {.door = Door::rest}; }

  Timestamp now_{std::chrono::milliseconds(1'700'000'000'000)};
  kv::MemoryHome memory_;
  EmbeddedStore store_{memory_.home(), [this] { return now_; }};
  DatabaseId database_;
  std::optional<Blocking> blocking_{};
};

TEST_F(Streams, GiveIdsThatNeverGoBackWithTheClock) {
  EXPECT_EQ(execute("XADD s * a 1").text, "1700000000000-0");
  EXPECT_EQ(execute("XADD s * a 1").text, "1700000000000-1");
  now_ -= std::chrono::seconds(10);
  EXPECT_EQ(execute("XADD s * a 1").text, "1700000000000-2");
  now_ += std::chrono::seconds(20);
  EXPECT_EQ(execute("XADD s * a 1").text, "1700000010000-0");
}

TEST_F(Streams, LeaveNoRowsWhenTheyAreDeleted) {
  for (int i = 0; i < 20; ++i) execute("XADD s * a 1");
  execute("XGROUP CREATE s g 0");
  execute("XREADGROUP GROUP g alice COUNT 5 STREAMS s >");
  EXPECT_EQ(rows(), (std::map<char, std::size_t>{{'c', 1}, {'d', 5}, {'e', 20}, {'g', 1}, {'p', 5}}));

  execute("DEL s");
  EXPECT_TRUE(rows().empty());
}

TEST_F(Streams, LeaveNoRowsOfAGroupThatIsDestroyed) {
  for (int i = 0; i < 20; ++i) execute("XADD s * a 1");
  execute("XGROUP CREATE s g 0");
  execute("XGROUP CREATE s h 0");
  for (const char* group : {"g", "h"}) {
    execute(fmt::format("XREADGROUP GROUP {} alice COUNT 5 STREAMS s >", group));
    execute(fmt::format("XREADGROUP GROUP {} bob COUNT 5 STREAMS s >", group));
  }
  execute("XGROUP DESTROY s g");
  EXPECT_EQ(rows(), (std::map<char, std::size_t>{{'c', 2}, {'d', 10}, {'e', 20}, {'g', 1}, {'p', 10}}));
  execute("XGROUP DELCONSUMER s h bob");
  EXPECT_EQ(rows(), (std::map<char, std::size_t>{{'c', 1}, {'d', 5}, {'e', 20}, {'g', 1}, {'p', 5}}));
}

TEST_F(Streams, AreTrimmedByNodesOrNearlyExactlyAsTheDoorHasIt) {
  for (const auto& [caller, left] : {std::pair{redis(), 100}, std::pair{rest(), 30}}) {
    execute("DEL s");
    for (int i = 0; i < 1000; ++i) execute("XADD s * a 1");
    execute("XTRIM s MAXLEN ~ 30", caller);
    EXPECT_EQ(execute("XLEN s"), Reply::of(left));
  }
  execute("DEL s");
  for (int i = 0; i < 120; ++i) execute("XADD s * a 1");
  EXPECT_EQ(execute("XTRIM s MAXLEN ~ 30", rest()), Reply::of(0));
}

TEST_F(Streams, AreTrimmedByIdInNodesToo) {
  for (int i = 1; i <= 250; ++i) execute(fmt::format("XADD s {}-0 a 1", i));
  EXPECT_EQ(execute("XTRIM s MINID ~ 220", redis()), Reply::of(200));
  EXPECT_EQ(execute("XTRIM s MINID ~ 251", redis()), Reply::of(50));
}

TEST_F(Streams, ShowWhatWasReadAsAMapInTheThirdVersionOfTheProtocol) {
  execute("XADD s 1-0 a 1");
  Caller caller = redis();
  caller.protocol = 3;
  Reply reply = execute("XREAD STREAMS s 0", caller);
  EXPECT_EQ(reply.kind, Reply::Kind::map);
  ASSERT_EQ(reply.elements.size(), 2u);
  EXPECT_EQ(reply.elements[0], Reply::bulk("s"));
  EXPECT_EQ(reply.elements[1].elements.size(), 1u);
}

TEST_F(Streams, LetReadersWaitForWhatComesAfterTheLastEntry) {
  execute("XADD s 7-0 a 1");
  EXPECT_EQ(execute("XREAD BLOCK 500 COUNT 2 STREAMS s t $ $", redis()), Reply::nil_array());
  ASSERT_TRUE(blocking_);
  EXPECT_EQ(blocking_->keys, (std::vector<std::string>{"s", "t"}));
  EXPECT_EQ(blocking_->until, 1'700'000'000'500);
  Command again = blocking_->again.value();
  EXPECT_EQ(again, (Command{"xread", "BLOCK", "500", "COUNT", "2", "STREAMS", "s", "t", "7-0", "0-0"}));

  execute("XADD t 1-0 b 2");
  EXPECT_EQ(execute(again, redis()).elements.size(), 1u);
  EXPECT_FALSE(blocking_);
}

TEST_F(Streams, LetConsumersWaitAndRememberThem) {
  execute("XGROUP CREATE s g $ MKSTREAM");
  EXPECT_EQ(execute("XREADGROUP GROUP g alice BLOCK 0 STREAMS s >", redis()), Reply::nil_array());
  ASSERT_TRUE(blocking_);
  EXPECT_EQ(blocking_->until, 0);
  EXPECT_EQ(execute("XINFO CONSUMERS s g").elements.size(), 1u);

  execute("XREADGROUP GROUP g alice BLOCK 0 STREAMS s 0", redis());
  EXPECT_FALSE(blocking_);
}

TEST_F(Streams, NeverLetAnybodyWaitElsewhere) {
  execute("XADD s 1-0 a 1");
  EXPECT_EQ(execute("XREAD BLOCK 0 STREAMS s $"), Reply::nil_array());
  EXPECT_FALSE(blocking_);
  EXPECT_EQ(error("XREAD BLOCK 0 STREAMS s $", rest()),
            "ERR Command \"XREAD\" is not allowed in REST or it has a special context path");
  EXPECT_EQ(execute("XREAD STREAMS s 0", rest()).elements.size(), 1u);
}

TEST_F(Streams, RememberNoConsumerOverRestWhoAcknowledgesOnTheWay) {
  execute("XADD s 1-0 a 1");
  execute("XGROUP CREATE s g 0");
  EXPECT_EQ(execute("XREADGROUP GROUP g alice NOACK STREAMS s >", rest()).elements.size(), 1u);
  EXPECT_EQ(execute("XINFO CONSUMERS s g", rest()), Reply::array({}));
  EXPECT_EQ(execute("XINFO CONSUMERS s other", rest()), Reply::array({}));
  EXPECT_EQ(error("XINFO CONSUMERS s other", redis()), "NOGROUP No such consumer group 'other' for key name 's'");

  execute("XADD s 2-0 a 1");
  execute("XREADGROUP GROUP g alice NOACK STREAMS s >", redis());
  EXPECT_EQ(execute("XINFO CONSUMERS s g").elements.size(), 1u);
}

TEST_F(Streams, RefuseToLeaveMorePendingThanTheLimit) {
  auto unit = memory_.home().open();
  store_.set_properties(*unit, database_, {.limits = {.pending_entries_max = 10}}).value();
  take_now(memory_.home().commit(std::move(unit))).value();
  for (int i = 0; i < 20; ++i) execute("XADD s * a 1");
  execute("XGROUP CREATE s g 0");

  EXPECT_EQ(error("XREADGROUP GROUP g alice STREAMS s >"),
            "ERR XReadGroup is cancelled. Pending Entries List limit per consumer is about to be reached. Limit: 10, "
            "Current PEL size: 0, Requested Read: 20, Key: s, Group: g, Consumer: alice.");
  execute("XREADGROUP GROUP g alice COUNT 8 STREAMS s >");
  EXPECT_TRUE(execute("XREADGROUP GROUP g alice COUNT 3 STREAMS s >").is_error());
  EXPECT_EQ(execute("XPENDING s g").elements[0], Reply::of(8));
  EXPECT_FALSE(execute("XREADGROUP GROUP g bob COUNT 3 STREAMS s >").is_error());
}

TEST_F(Streams, TellHowLongEntriesHaveBeenPending) {
  execute("XADD s 1-0 a 1");
  execute("XADD s 2-0 a 1");
  execute("XGROUP CREATE s g 0");
  execute("XREADGROUP GROUP g alice COUNT 1 STREAMS s >");
  now_ += std::chrono::seconds(10);
  execute("XREADGROUP GROUP g alice COUNT 1 STREAMS s >");
  auto pending = [](const char* id, std::int64_t idle, std::int64_t deliveries) {
    return Reply::array({Reply::bulk(id), Reply::bulk("alice"), Reply::of(idle), Reply::of(deliveries)});
  };
  EXPECT_EQ(execute("XPENDING s g - + 10"), Reply::array({pending("1-0", 10'000, 1), pending("2-0", 0, 1)}));
  EXPECT_EQ(execute("XPENDING s g IDLE 1 - + 10"), Reply::array({pending("1-0", 10'000, 1)}));
  EXPECT_EQ(execute("XCLAIM s g alice 5000 1-0 2-0 JUSTID IDLE 700"), Reply::array({Reply::bulk("1-0")}));
  EXPECT_EQ(execute("XPENDING s g - + 1"), Reply::array({pending("1-0", 700, 1)}));
  execute("XCLAIM s g alice 0 1-0 TIME 1700000000500");
  EXPECT_EQ(execute("XPENDING s g - + 1"), Reply::array({pending("1-0", 9'500, 2)}));

  Reply consumer = execute("XINFO CONSUMERS s g").elements.at(0);
  EXPECT_EQ(consumer.elements[7], Reply::of(0));
}

TEST_F(Streams, TellWhenConsumersTriedAndWhenTheySucceeded) {
  execute("XGROUP CREATE s g $ MKSTREAM");
  execute("XREADGROUP GROUP g alice STREAMS s >");
  now_ += std::chrono::seconds(5);
  auto idle_and_inactive = [&] {
    Reply consumer = execute("XINFO CONSUMERS s g").elements.at(0);
    return std::pair{consumer.elements.at(5).integer, consumer.elements.at(7).integer};
  };
  EXPECT_EQ(idle_and_inactive(), (std::pair<std::int64_t, std::int64_t>{5000, -1}));
  execute("XADD s * a 1");
  execute("XREADGROUP GROUP g alice STREAMS s >");
  now_ += std::chrono::seconds(5);
  execute("XREADGROUP GROUP g alice STREAMS s >");
  EXPECT_EQ(idle_and_inactive(), (std::pair<std::int64_t, std::int64_t>{0, 5000}));
}

TEST_F(Streams, AreTheSameAfterTheyWereDumpedAndRestored) {
  for (int i = 1; i <= 250; ++i) execute(fmt::format("XADD s {}-1 a {}", i, i));
  execute("XDEL s 7-1 250-1");
  execute("XGROUP CREATE s g 0");
  execute("XREADGROUP GROUP g alice COUNT 20 STREAMS s >");
  execute("XREADGROUP GROUP g bob COUNT 1 STREAMS s >");
  execute("XGROUP CREATE s h $");
  now_ += std::chrono::seconds(5);
  std::vector<std::string> questions{"XRANGE s - +", "XINFO STREAM s", "XINFO STREAM s FULL COUNT 0",
                                     "XINFO CONSUMERS s g", "XPENDING s g - + 100"};
  std::vector<Reply> before;
  for (const std::string& question : questions) before.push_back(execute(question));
  Reply dumped = execute("DUMP s");
  execute("DEL s");
  EXPECT_EQ(execute({"RESTORE", "s", "0", dumped.text}), Reply::ok());

  for (std::size_t i = 0; i < questions.size(); ++i) EXPECT_EQ(execute(questions[i]), before[i]) << questions[i];
  EXPECT_EQ(execute("XADD s 250-1 a 1").text.substr(0, 3), "ERR");
  EXPECT_EQ(execute("COPY s t"), Reply::of(1));
  execute("RENAME t u");
  EXPECT_EQ(execute("XRANGE u - +"), before[0]);
  EXPECT_EQ(execute("XPENDING u g - + 100"), before[4]);
}

TEST_F(Streams, FindEntriesAgainFromACursor) {
  for (int i = 1; i <= 300; ++i) execute(fmt::format("XADD s {}-0 a 1", i));
  execute("XGROUP CREATE s g 0");
  execute("XREADGROUP GROUP g alice STREAMS s >");
  std::string cursor = "0-0";
  std::size_t claimed = 0;
  do {
    Reply reply = execute("XAUTOCLAIM s g bob 0 " + cursor + " COUNT 130 JUSTID");
    claimed += reply.elements[1].elements.size();
    cursor = reply.elements[0].text;
  } while (cursor != "0-0");
  EXPECT_EQ(claimed, 300u);
  EXPECT_EQ(execute("XPENDING s g").elements[3],
            Reply::array({Reply::array({Reply::bulk("bob"), Reply::bulk("300")})}));
}

// What a group has pending, as a model knows it.
struct ModelGroup {
  StreamId last{};
  std::map<StreamId, std::string> pending{};  // to whom
  std::set<std::string> consumers{};
};

class StreamModel : public Streams, public testing::WithParamInterface<std::uint32_t> {
 protected:
  StreamId some_id() { return {pick(40), pick(3)}; }
  std::uint64_t pick(std::uint64_t count) { return random_() % count; }
  std::string some_consumer() { return std::string(1, static_cast<char>('a' + pick(3))); }

  void add() {
    StreamId id = some_id();
    bool behind = id > last_;
    bool trims = pick(4) == 0;
    std::uint64_t length_max = pick(20);
    Reply reply = execute(
        fmt::format("XADD s{} {} f {}", trims ? fmt::format(" MAXLEN {}", length_max) : "", to_text(id), id.sequence));
    ASSERT_EQ(reply.is_error(), !behind);
    if (!behind) return;
    last_ = id;
    entries_.insert(id);
    if (trims) trim_to(length_max);
  }
  void trim_to(std::size_t length) {
    while (entries_.size() > length) entries_.erase(entries_.begin());
  }
  void remove() {
    StreamId id = some_id();
    EXPECT_EQ(execute("XDEL s " + to_text(id)), Reply::of(static_cast<std::int64_t>(entries_.erase(id))));
  }
  void trim_by_id() {
    StreamId id = some_id();
    std::int64_t gone = 0;
    for (; !entries_.empty() && *entries_.begin() < id; ++gone) entries_.erase(entries_.begin());
    EXPECT_EQ(execute("XTRIM s MINID " + to_text(id)), Reply::of(gone));
  }
  void start_over() {  // so that ids can be given again
    execute("DEL s");
    execute("XGROUP CREATE s g 0 MKSTREAM");
    entries_.clear();
    last_ = {};
    group_ = {};
  }
  void read() {
    std::string consumer = some_consumer();
    std::uint64_t count = 1 + pick(4);
    Reply reply = execute(fmt::format("XREADGROUP GROUP g {} COUNT {} STREAMS s >", consumer, count));
    group_.consumers.insert(consumer);
    std::vector<std::string> expected;
    for (auto at = entries_.upper_bound(group_.last); at != entries_.end() && expected.size() < count; ++at) {
      expected.push_back(to_text(*at));
      group_.pending[*at] = consumer;
      group_.last = *at;
    }
    std::vector<std::string> got;
    if (!reply.is_nil()) {
      for (const Reply& entry : reply.elements[0].elements[1].elements) got.push_back(entry.elements[0].text);
    }
    EXPECT_EQ(got, expected);
  }
  void acknowledge() {
    StreamId id = some_id();
    EXPECT_EQ(execute("XACK s g " + to_text(id)), Reply::of(static_cast<std::int64_t>(group_.pending.erase(id))));
  }
  void claim() {
    StreamId id = some_id();
    bool force = pick(2) == 0;
    std::string consumer = some_consumer();
    Reply reply = execute(fmt::format("XCLAIM s g {} 0 {} JUSTID{}", consumer, to_text(id), force ? " FORCE" : ""));
    group_.consumers.insert(consumer);
    bool there = entries_.contains(id);
    bool claimed = there && (force || group_.pending.contains(id));
    if (!there) group_.pending.erase(id);
    if (claimed) group_.pending[id] = consumer;
    EXPECT_EQ(reply.elements.size(), claimed ? 1u : 0u);
  }
  void claim_all() {
    std::string consumer = some_consumer();
    execute(fmt::format("XAUTOCLAIM s g {} 0 0 COUNT 1000", consumer));
    group_.consumers.insert(consumer);
    std::erase_if(group_.pending, [&](const auto& entry) { return !entries_.contains(entry.first); });
    for (auto& [id, owner] : group_.pending) owner = consumer;
  }
  void delete_consumer() {
    std::string consumer = some_consumer();
    group_.consumers.erase(consumer);
    auto gone = std::erase_if(group_.pending, [&](const auto& entry) { return entry.second == consumer; });
    EXPECT_EQ(execute("XGROUP DELCONSUMER s g " + consumer), Reply::of(static_cast<std::int64_t>(gone)));
  }
  void go_back() {
    group_.last = some_id();
    execute("XGROUP SETID s g " + to_text(group_.last));
  }
  void delete_with_references() {
    StreamId id = some_id();
    bool needed = id > group_.last || group_.pending.contains(id);
    bool there = entries_.contains(id);
    if (pick(2) == 0) {
      EXPECT_EQ(execute(fmt::format("XDELEX s ACKED IDS 1 {}", to_text(id))).elements[0], Reply::of(!there   ? -1
                                                                                                    : needed ? 2
                                                                                                             : 1));
      if (!needed) entries_.erase(id);
    } else {
      EXPECT_EQ(execute(fmt::format("XDELEX s DELREF IDS 1 {}", to_text(id))).elements[0], Reply::of(there ? 1 : -1));
      entries_.erase(id);
      group_.pending.erase(id);
    }
  }

  void check() {
    std::vector<std::string> expected;
    for (const StreamId& id : entries_) expected.push_back(to_text(id));
    std::vector<std::string> forth;
    std::vector<std::string> back;
    for (const Reply& entry : execute("XRANGE s - +").elements) forth.push_back(entry.elements[0].text);
    for (const Reply& entry : execute("XREVRANGE s + -").elements) back.push_back(entry.elements[0].text);
    std::ranges::reverse(back);
    EXPECT_EQ(forth, expected);
    EXPECT_EQ(back, expected);
    EXPECT_EQ(execute("XLEN s"), Reply::of(static_cast<std::int64_t>(entries_.size())));
    EXPECT_EQ(execute("XINFO STREAM s").elements.at(13).text, entries_.empty() ? "0-0" : expected.front());
    check_pending();
  }
  void check_pending() {
    std::map<StreamId, std::string> found;
    std::map<std::string, std::set<StreamId>> owned;
    for (const auto& [id, owner] : group_.pending) owned[owner].insert(id);
    for (const Reply& entry : execute("XPENDING s g - + 1000").elements) {
      found[*parse_stream_id(entry.elements[0].text)] = entry.elements[1].text;
    }
    EXPECT_EQ(found, group_.pending);
    std::vector<Reply> consumers = execute("XINFO CONSUMERS s g").elements;
    EXPECT_EQ(consumers.size(), group_.consumers.size());
    for (const Reply& consumer : consumers) {
      const std::string& name = consumer.elements[1].text;
      EXPECT_TRUE(group_.consumers.contains(name)) << name;
      EXPECT_EQ(consumer.elements[3], Reply::of(static_cast<std::int64_t>(owned[name].size()))) << name;
      EXPECT_EQ(execute("XPENDING s g - + 1000 " + name).elements.size(), owned[name].size()) << name;
    }
    auto found_rows = rows();
    EXPECT_EQ(found_rows['d'], group_.pending.size());
    EXPECT_EQ(found_rows['p'], group_.pending.size());
    EXPECT_EQ(found_rows['c'], group_.consumers.size());
    EXPECT_EQ(found_rows['e'], entries_.size());
  }

  std::mt19937 random_{GetParam()};
  std::set<StreamId> entries_{};
  StreamId last_{};
  ModelGroup group_{};
};

TEST_P(StreamModel, AgreesWithStreams) {
  SCOPED_TRACE(fmt::format("seed {}", GetParam()));
  execute("XGROUP CREATE s g 0 MKSTREAM");
  for (int step = 0; step < 1500 && !HasFailure(); ++step) {
    SCOPED_TRACE(fmt::format("step {}", step));
    switch (pick(20)) {
      case 0: remove(); break;
      case 1: trim_by_id(); break;
      case 2: acknowledge(); break;
      case 3: claim(); break;
      case 4: claim_all(); break;
      case 5: delete_consumer(); break;
      case 6: go_back(); break;
      case 7: delete_with_references(); break;
      case 8:
        if (pick(5) == 0) start_over();
        break;
      case 9:
      case 10:
      case 11: read(); break;
      default: add(); break;
    }
    check();
  }
}

INSTANTIATE_TEST_SUITE_P(Random, StreamModel, testing::Values(1, 2, 3, 4, std::random_device()()));

}  // namespace
}  // namespace millrace::store
