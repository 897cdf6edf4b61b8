// What the log adds to a command, on a home in memory. Stage: reads and writes of the unit alone, which is dropped.

#include <benchmark/benchmark.h>

#include "eventlog/embedded/embedded_log.h"
#include "kv/testing.h"

namespace millrace::eventlog {
namespace {

struct Bench {
  Bench() { take_now(log.create("events", {.offset_first = 1})).value(); }

  kv::MemoryHome memory;
  EmbeddedLog log{memory.home()};
};

NewRecord event(std::uint64_t number) {
  return {.key = "1679311303901." + std::to_string(number % 1000),
          .value = R"({"type":"create-task","data":{"id":"1679311303901.048","text":"buy milk","done":false}})"};
}

void stage(benchmark::State& state) {
  Bench bench;
  NewRecord record = event(1);
  take_now(bench.log.append("events", {record})).value();
  for (auto _ : state) {
    auto unit = bench.memory.home().open();
    benchmark::DoNotOptimize(bench.log.stage(*unit, "events", record));
  }
}
BENCHMARK(stage);

void open_and_drop(benchmark::State& state) {
  Bench bench;
  for (auto _ : state) benchmark::DoNotOptimize(bench.memory.home().open());
}
BENCHMARK(open_and_drop);

void stage_and_commit(benchmark::State& state) {
  Bench bench;
  std::uint64_t number = 0;
  for (auto _ : state) {
    auto unit = bench.memory.home().open();
    benchmark::DoNotOptimize(bench.log.stage(*unit, "events", event(number++)));
    benchmark::DoNotOptimize(take_now(bench.memory.home().commit(std::move(unit))));
  }
}
BENCHMARK(stage_and_commit);

void stage_with_idempotency_key(benchmark::State& state) {
  Bench bench;
  NewRecord record = event(1);
  record.idempotency_key = "0b1f4f0e-8f0c-4b7e-9a35-0d1c2f3a4b5c";
  for (auto _ : state) {
    auto unit = bench.memory.home().open();
    benchmark::DoNotOptimize(bench.log.stage(*unit, "events", record));
  }
}
BENCHMARK(stage_with_idempotency_key);

// Records a second of a long read, 500 at a time.
void read(benchmark::State& state) {
  Bench bench;
  constexpr Offset count = 100'000;
  std::vector<NewRecord> records;
  for (std::uint64_t i = 0; i < count; ++i) records.push_back(event(i));
  take_now(bench.log.append("events", records)).value();
  Offset from = 1;
  for (auto _ : state) {
    auto batch = take_now(bench.log.read("events", 0, from, {})).value();
    from = batch.records.back().offset + 1 > count ? 1 : batch.records.back().offset + 1;
    state.SetItemsProcessed(state.items_processed() + static_cast<std::int64_t>(batch.records.size()));
  }
}
BENCHMARK(read);

}  // namespace
}  // namespace millrace::eventlog
