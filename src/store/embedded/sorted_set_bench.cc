// What sorted sets cost on rows that are in memory, ten members beside a million. Each command runs in a unit that is
// dropped, but for the first.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "kv/testing.h"
#include "store/embedded/embedded_store.h"

namespace millrace::store {
namespace {

struct Bench {
  explicit Bench(std::int64_t members) {
    constexpr std::int64_t at_once = 10'000;
    for (std::int64_t first = 0; first < members; first += at_once) {
      Command add{"ZADD", "key"};
      for (std::int64_t i = first; i < std::min(first + at_once, members); ++i) {
        add.push_back(std::to_string(i * 7919 % members));
        add.push_back(fmt::format("member {}", i));
      }
      take_now(store.execute(database, {add})).value();
    }
  }

  void run(benchmark::State& state, const Command& command) {
    for (auto _ : state) {
      auto unit = memory.home().open();
      benchmark::DoNotOptimize(store.stage(*unit, database, command));
    }
  }

  kv::MemoryHome memory;
  EmbeddedStore store{memory.home()};
  DatabaseId database = take_now(store.create_database("bench")).value();
};

std::string middle(const benchmark::State& state) {
  return std::to_string(state.range(0) / 2);
}

void zadd_new_and_commit(benchmark::State& state) {
  Bench bench(state.range(0));
  std::int64_t next = 0;
  for (auto _ : state) {
    auto unit = bench.memory.home().open();
    Command add{"ZADD", "key", std::to_string(next * 7919 % state.range(0)), fmt::format("new {}", next)};
    ++next;
    benchmark::DoNotOptimize(bench.store.stage(*unit, bench.database, add));
    benchmark::DoNotOptimize(take_now(bench.memory.home().commit(std::move(unit))));
  }
}
void zadd_new(benchmark::State& state) {
  Bench(state.range(0)).run(state, {"ZADD", "key", middle(state), "new"});
}
void zincrby(benchmark::State& state) {
  Bench(state.range(0)).run(state, {"ZINCRBY", "key", "5", "member 5"});
}
void zscore(benchmark::State& state) {
  Bench(state.range(0)).run(state, {"ZSCORE", "key", "member 5"});
}
void zrank(benchmark::State& state) {
  Bench(state.range(0)).run(state, {"ZRANK", "key", "member 5"});
}
void zcount_of_the_upper_half(benchmark::State& state) {
  Bench(state.range(0)).run(state, {"ZCOUNT", "key", middle(state), "+inf"});
}
void zrange_of_10_in_the_middle(benchmark::State& state) {
  std::string last = std::to_string(state.range(0) / 2 + 9);
  Bench(state.range(0)).run(state, {"ZRANGE", "key", middle(state), last});
}
void zrange_of_the_first_10(benchmark::State& state) {
  Bench(state.range(0)).run(state, {"ZRANGE", "key", "0", "9"});
}
void zpopmin(benchmark::State& state) {
  Bench(state.range(0)).run(state, {"ZPOPMIN", "key"});
}

constexpr std::int64_t packed = 10;
constexpr std::int64_t spread = 1'000'000;

BENCHMARK(zadd_new_and_commit)->Arg(spread);
BENCHMARK(zadd_new)->Arg(packed)->Arg(spread);
BENCHMARK(zincrby)->Arg(packed)->Arg(spread);
BENCHMARK(zscore)->Arg(packed)->Arg(spread);
BENCHMARK(zrank)->Arg(packed)->Arg(spread);
BENCHMARK(zcount_of_the_upper_half)->Arg(packed)->Arg(spread);
BENCHMARK(zrange_of_10_in_the_middle)->Arg(packed)->Arg(spread);
BENCHMARK(zrange_of_the_first_10)->Arg(packed)->Arg(spread);
BENCHMARK(zpopmin)->Arg(packed)->Arg(spread);

}  // namespace
}  // namespace millrace::store
