#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <string>

#include "kv/engine.h"
#include "kv/rocksdb/open.h"
#include "kv/rocksdb/test_folder.h"

namespace millrace::kv {
namespace {

constexpr int rows = 200;
constexpr int synced = 120;

// Writes rows one by one, syncs some of them, and ends as by kill -9.
void write_and_be_killed(const char* folder, UnsyncedWrites unsynced) {
  auto engine = open_rocksdb({.folder = folder, .unsynced_writes = unsynced}).value();
  for (int i = 0; i < rows; ++i) {
    auto key = "row" + std::to_string(i);
    Write write{key, "value"};
    if (!engine->write({&write, 1})) ::_exit(1);
    bool well = i + 1 != synced || engine->sync();
    if (!well) ::_exit(2);
  }
  ::raise(SIGKILL);
}

int rows_after_kill(UnsyncedWrites unsynced) {
  GTEST_FLAG_SET(death_test_style,
                 "threadsafe");  // the process starts anew: RocksDB has threads that a fork would lose
  TestFolder folder;
  ::setenv("MILLRACE_TEST_FOLDER", folder.path().c_str(), 0);  // the new process keeps the first one's
  EXPECT_EXIT(write_and_be_killed(::getenv("MILLRACE_TEST_FOLDER"), unsynced), testing::KilledBySignal(SIGKILL), "");
  ::unsetenv("MILLRACE_TEST_FOLDER");
  auto engine = open_rocksdb({.folder = folder.path(), .unsynced_writes = unsynced}).value();
  int found = 0;
  EXPECT_TRUE(engine->scan({}, Direction::ascending, {}, [&](auto, auto) {
    ++found;
    return Visit::more;
  }));
  return found;
}

TEST(KillDeathTest, LosesNothingWrittenWhenTheProcessIsKilled) {
  EXPECT_EQ(rows_after_kill(UnsyncedWrites::to_system), rows);
}

TEST(KillDeathTest, IsALossOfPowerWhenUnsyncedWritesAreHeld) {
  EXPECT_EQ(rows_after_kill(UnsyncedWrites::held_in_memory), synced);
}

}  // namespace
}  // namespace millrace::kv
