// Scripts and functions in a store: what they share with the unit, the caller and the database they run in.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kv/faulty/faulty_engine.h"
#include "kv/testing.h"
#include "store/embedded/embedded_store.h"
#include "store/embedded/rows.h"
#include "store/scripting/scripting_state.h"

namespace millrace::store {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* counting_library =
    "#!lua name=counting\n"
    "redis.register_function('increment', function(keys) return redis.call('INCR', keys[1]) end)\n"
    "redis.register_function('look', function(keys) return redis.call('GET', keys[1]) end)\n";

class ScriptCommandsTest : public testing::Test {
 protected:
  ScriptCommandsTest() { database_ = take_now(store_.create_database("test")).value(); }

  Reply execute(Command command, Caller caller = {}) {
    return take_now(store_.execute(database_, {std::move(command)}, std::move(caller))).value().at(0);
  }
  Reply execute_in(DatabaseId database, Command command) {
    return take_now(store_.execute(database, {std::move(command)})).value().at(0);
  }
  std::vector<Reply> execute_all(std::vector<Command> commands) {
    return take_now(store_.execute(database_, std::move(commands))).value();
  }
  // Runs it in a unit that is dropped.
  Reply execute_in_vain(const Command& command) {
    auto unit = memory_.home().open();
    return store_.stage(*unit, database_, command).value();
  }
  std::size_t rows(std::string_view prefix) {
    std::size_t count = 0;
    auto counted = [&](std::string_view, std::string_view) {
      ++count;
      return Visit::more;
    };
    memory_.home().open()->scan(prefix_range(prefix), Direction::ascending, counted).value();
    return count;
  }

  kv::MemoryHome memory_;
  EmbeddedStore store_{memory_.home()};
  DatabaseId database_{};
};

TEST_F(ScriptCommandsTest, BelongToTheirDatabase) {
  DatabaseId other = take_now(store_.create_database("other")).value();
  const Reply digest = execute({"SCRIPT", "LOAD", "return 1"});
  execute({"FUNCTION", "LOAD", counting_library});

  EXPECT_EQ(execute({"SCRIPT", "EXISTS", digest.text}), Reply::array({Reply::of(1)}));
  EXPECT_EQ(execute_in(other, {"SCRIPT", "EXISTS", digest.text}), Reply::array({Reply::of(0)}));
  EXPECT_EQ(execute_in(other, {"FCALL", "look", "1", "k"}), Reply::error("ERR Function not found"));
  EXPECT_EQ(execute({"FCALL", "look", "1", "k"}), Reply::nil());
  EXPECT_EQ(LoadedScripts::of(store_.live()).cached_scripts(database_), 1u);
  EXPECT_EQ(LoadedScripts::of(store_.live()).cached_scripts({99}), 0u);
  EXPECT_THAT(execute({"INFO", "memory"}).text, HasSubstr("number_of_cached_scripts:1\r\nnumber_of_libraries:1\r\n"));
}

TEST_F(ScriptCommandsTest, KeepFunctionsAndForgetScriptsAtARestart) {
  const Reply digest = execute({"SCRIPT", "LOAD", "return 1"});
  execute({"FUNCTION", "LOAD", counting_library});

  EmbeddedStore again(memory_.home());
  const auto execute_again = [&](Command command) {
    return take_now(again.execute(database_, {std::move(command)})).value().at(0);
  };
  EXPECT_EQ(execute_again({"FCALL", "increment", "1", "k"}), Reply::of(1));
  EXPECT_EQ(execute_again({"SCRIPT", "EXISTS", digest.text}), Reply::array({Reply::of(0)}));
}

TEST_F(ScriptCommandsTest, ForgetTheLibrariesOfUnitsThatWereDropped) {
  EXPECT_EQ(execute_in_vain({"FUNCTION", "LOAD", counting_library}), Reply::bulk("counting"));
  EXPECT_EQ(execute({"FCALL", "look", "1", "k"}), Reply::error("ERR Function not found"));

  execute({"FUNCTION", "LOAD", counting_library});
  execute_in_vain({"FUNCTION", "LOAD", "REPLACE",
                   "#!lua name=counting\nredis.register_function('look', function() return 'replaced' end)"});
  EXPECT_EQ(execute({"FCALL", "look", "1", "k"}), Reply::nil());
  EXPECT_EQ(execute({"FCALL", "increment", "1", "k"}), Reply::of(1));

  execute_in_vain({"FUNCTION", "FLUSH"});
  EXPECT_EQ(execute({"FCALL", "increment", "1", "k"}), Reply::of(2));
}

TEST_F(ScriptCommandsTest, SeeTheLibrariesOfTheirOwnTransaction) {
  const auto replies = execute_all({{"FUNCTION", "LOAD", counting_library},
                                    {"FCALL", "increment", "1", "k"},
                                    {"FUNCTION", "DELETE", "counting"},
                                    {"FCALL", "increment", "1", "k"}});

  EXPECT_EQ(replies[1], Reply::of(1));
  EXPECT_EQ(replies[3], Reply::error("ERR Function not found"));
}

TEST_F(ScriptCommandsTest, LeaveNoRowsOfADeletedDatabase) {
  execute({"FUNCTION", "LOAD", counting_library});
  EXPECT_EQ(rows("sf") + rows("sl"), 2u);

  auto unit = memory_.home().open();
  store_.delete_database(*unit, "test").value();
  take_now(memory_.home().commit(std::move(unit))).value();
  EXPECT_EQ(rows("sf") + rows("sl"), 0u);
}

TEST_F(ScriptCommandsTest, LeaveNothingOfAScriptThatFails) {
  execute({"SET", "a", "before"});
  const Reply reply = execute({"EVAL",
                               "redis.call('SET', 'a', 'after') redis.call('SADD', 's', 'x') redis.call('SET', 'b', 1) "
                               "redis.call('SADD', 'a', 'wrong type')",
                               "0"});

  EXPECT_THAT(reply.text, StartsWith("WRONGTYPE "));
  EXPECT_EQ(execute({"GET", "a"}), Reply::bulk("before"));
  EXPECT_EQ(execute({"DBSIZE"}), Reply::of(1));
}

TEST_F(ScriptCommandsTest, LetTheRestOfATransactionCount) {
  const auto replies = execute_all(
      {{"SET", "a", "1"}, {"EVAL", "redis.call('SET', 'a', '2') error('x')", "0"}, {"GET", "a"}, {"INCR", "a"}});

  EXPECT_TRUE(replies[1].is_error());
  EXPECT_EQ(replies[2], Reply::bulk("1"));
  EXPECT_EQ(replies[3], Reply::of(2));
}

TEST_F(ScriptCommandsTest, TellErrorsAsTheDoorWantsThem) {
  const Command failing{"EVAL", "return redis.call('INCR', KEYS[1])", "1", "text"};
  execute({"SET", "text", "x"});

  EXPECT_THAT(execute(failing, {.door = Door::redis}).text,
              StartsWith("ERR value is not an integer or out of range script: "));
  EXPECT_THAT(execute(failing, {.door = Door::rest}).text,
              StartsWith("ERR Error running script: @user_script:1: value is not an integer or out of range\nstack "
                         "traceback:\n\t[C]: in function 'call'\n\t@user_script:1: in main chunk"));
}

TEST_F(ScriptCommandsTest, RefuseWritesWhereOnlyReadingIsAllowed) {
  execute({"FUNCTION", "LOAD", counting_library});
  const Command eval{"EVAL_RO", "return redis.call('DEL', KEYS[1])", "1", "k"};
  const Command fcall{"FCALL_RO", "increment", "1", "k"};
  const Caller rest{.door = Door::rest};

  EXPECT_THAT(execute(eval, {.door = Door::redis}).text,
              StartsWith("ERR Write commands are not allowed from read-only scripts. script: "));
  EXPECT_THAT(execute(eval, rest).text,
              HasSubstr("READONLY Write commands are not allowed from read-only scripts\nstack traceback:"));
  EXPECT_THAT(execute(fcall, rest).text, HasSubstr("READONLY Write commands are not allowed from read-only scripts"));
  EXPECT_THAT(execute({"EVAL_RO", "return redis.call('PUBLISH', 'c', 'm')", "0"}).text,
              StartsWith("ERR Write commands are not allowed"));
}

TEST_F(ScriptCommandsTest, LetFunctionsOnlyReadThatPromiseNothingButOverTheRedisProtocol) {
  execute({"FUNCTION", "LOAD", counting_library});

  EXPECT_EQ(execute({"FCALL_RO", "look", "1", "k"}, {.door = Door::rest}), Reply::nil());
  EXPECT_EQ(execute({"FCALL_RO", "look", "1", "k"}, {.door = Door::redis}),
            Reply::error("ERR Can not execute a script with write flag using *_ro command."));
  EXPECT_EQ(execute({"EVAL_RO", "#!lua\nreturn 1", "0"}, {.door = Door::redis}),
            Reply::error("ERR Can not execute a script with write flag using *_ro command."));
  EXPECT_EQ(execute({"EVAL_RO", "return 1", "0"}, {.door = Door::redis}), Reply::of(1));
}

TEST_F(ScriptCommandsTest, AreRefusedToTheReadOnlyUser) {
  EXPECT_EQ(execute({"EVALSHA", "x", "0"}, {.door = Door::rest, .read_only = true}),
            Reply::error("NOPERM this user has no permissions to run the 'evalsha' command or its subcommand"));
}

TEST_F(ScriptCommandsTest, GetTheShapesOfTheSecondProtocolUnlessTheyAskForTheThird) {
  execute({"HSET", "h", "f", "v"});
  const Caller third{.door = Door::redis, .protocol = 3};

  EXPECT_EQ(execute({"EVAL", "return redis.call('HGETALL', 'h')", "0"}, third),
            Reply::array({Reply::bulk("f"), Reply::bulk("v")}));
  EXPECT_EQ(execute({"EVAL", "redis.setresp(3) return redis.call('HGETALL', 'h')", "0"}, third),
            Reply::map({Reply::bulk("f"), Reply::bulk("v")}));
}

TEST_F(ScriptCommandsTest, ReachOnlyTheirKeysWithKeyLockingButInTransactions) {
  const Command other{"EVAL", "#!lua flags=allow-key-locking\nreturn redis.call('GET', 'other')", "1", "k"};

  EXPECT_THAT(execute(other).text, StartsWith("ERR Dynamic keys are not allowed in Lua scripts when "
                                              "'allow-key-locking' flag is set. Key was: other"));
  EXPECT_EQ(execute_all({other, {"PING"}})[0], Reply::nil());
}

TEST_F(ScriptCommandsTest, MayAskWhetherCommandsArePermitted) {
  EXPECT_EQ(execute({"EVAL", "return redis.acl_check_cmd('set', 'k', 'v')", "0"}), Reply::of(1));
  EXPECT_THAT(execute({"EVAL", "return redis.acl_check_cmd('nope')", "0"}).text,
              StartsWith("ERR Invalid command passed to redis.acl_check_cmd()"));
}

TEST_F(ScriptCommandsTest, RestoreWhatTheyDumped) {
  execute({"FUNCTION", "LOAD", counting_library});
  const std::string payload = execute({"FUNCTION", "DUMP"}).text;
  EXPECT_EQ(execute({"FUNCTION", "RESTORE", payload}), Reply::error("ERR Library counting already exists"));
  EXPECT_EQ(execute({"FUNCTION", "RESTORE", payload, "REPLACE"}), Reply::ok());

  execute({"FUNCTION", "FLUSH"});
  execute({"FUNCTION", "LOAD", "#!lua name=other\nredis.register_function('LOOK', function() return 'other' end)"});
  EXPECT_EQ(execute({"FUNCTION", "RESTORE", payload}), Reply::error("ERR Function look already exists"));
  EXPECT_EQ(execute({"FCALL", "look", "0"}), Reply::bulk("other"));
  EXPECT_EQ(execute({"FCALL", "increment", "1", "k"}), Reply::error("ERR Function not found"));

  EXPECT_EQ(execute({"FUNCTION", "RESTORE", payload, "FLUSH"}), Reply::ok());
  EXPECT_EQ(execute({"FCALL", "look", "1", "k"}), Reply::nil());
  EXPECT_EQ(rows("sl"), 1u);
}

TEST_F(ScriptCommandsTest, StopForTheTransactionWhenARowCannotBeRead) {
  auto faulty = std::make_unique<kv::FaultyEngine>(kv::make_memory_engine());
  kv::FaultyEngine& engine = *faulty;
  kv::MemoryHome home(std::move(faulty));
  EmbeddedStore store(home.home());
  const DatabaseId database = take_now(store.create_database("test")).value();
  bool passed = false;
  for (std::uint64_t nth = 1; !passed; ++nth) {
    ASSERT_LT(nth, 100u);
    const std::string fresh = fmt::format("key{}", nth);  // known to no cache
    engine.fail(kv::FaultyEngine::Call::read, nth);
    auto replies = take_now(store.execute(
        database,
        {{"EVAL", "redis.pcall('SET', KEYS[1], '1') pcall(redis.call, 'GET', KEYS[1] .. 'x') return 1", "1", fresh}}));
    engine.fail(kv::FaultyEngine::Call::read, 0);

    passed = replies.has_value();
    if (passed) continue;
    EXPECT_EQ(replies.error().code, ErrorCode::unavailable);
    EXPECT_EQ(take_now(store.execute(database, {{"EXISTS", fresh}})).value().at(0), Reply::of(0));
  }
}

TEST_F(ScriptCommandsTest, ForgetTheDatabaseThatWasNotUsedForLongest) {
  execute({"EVAL", "return 1", "0"});
  for (int i = 0; i < 64; ++i) {
    execute_in(take_now(store_.create_database(fmt::format("d{}", i))).value(), {"EVAL", "return 1", "0"});
  }

  EXPECT_EQ(LoadedScripts::of(store_.live()).cached_scripts(database_), 0u);
  EXPECT_EQ(execute({"EVAL", "return 1", "0"}), Reply::of(1));
}

}  // namespace
}  // namespace millrace::store
