#include "kv/faulty/faulty_engine.h"

#include <atomic>
#include <thread>

#include "kv/engine_contract.h"
#include "kv/memory/memory_engine.h"

namespace millrace::kv {
namespace {

std::unique_ptr<FaultyEngine> make() {
  return std::make_unique<FaultyEngine>(make_memory_engine());
}

}  // namespace

INSTANTIATE_TEST_SUITE_P(FaultyOverMemory, EngineContract, testing::Values(make));

namespace {

using Call = FaultyEngine::Call;

Result<void> put(Engine& engine, std::string_view key, std::string_view value) {
  Write write{key, value};
  return engine.write({&write, 1});
}

bool has(Engine& engine, std::string_view key) {
  std::string value;
  return engine.get(key, {}, value).value() == Found::yes;
}

TEST(FaultyEngine, FailsTheNthCallOnly) {
  auto engine = make();
  engine->fail(Call::write, 2);

  EXPECT_TRUE(put(*engine, "a", "1"));
  EXPECT_FALSE(put(*engine, "b", "1"));
  EXPECT_TRUE(put(*engine, "c", "1"));
  EXPECT_FALSE(has(*engine, "b"));
}

TEST(FaultyEngine, ForgetsWhatWasNotSynced) {
  auto engine = make();
  ASSERT_TRUE(put(*engine, "a", "1"));
  ASSERT_TRUE(engine->sync());
  ASSERT_TRUE(put(*engine, "a", "2"));
  ASSERT_TRUE(put(*engine, "b", "2"));
  engine->lose_power();

  std::string value;
  EXPECT_EQ(engine->get("a", {}, value).value(), Found::yes);
  EXPECT_EQ(value, "1");
  EXPECT_FALSE(has(*engine, "b"));
}

TEST(FaultyEngine, HoldsASyncUntilItIsReleased) {
  auto engine = make();
  engine->hold_syncs();
  std::atomic<bool> synced{false};
  std::thread syncing([&] { synced = engine->sync().has_value(); });
  engine->await_held_sync();
  EXPECT_FALSE(synced);
  engine->release_syncs();
  syncing.join();

  EXPECT_TRUE(synced);
}

}  // namespace
}  // namespace millrace::kv
