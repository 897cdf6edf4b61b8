#include <benchmark/benchmark.h>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "kv/home.h"
#include "kv/rocksdb/open.h"
#include "kv/rocksdb/test_folder.h"

namespace millrace::kv {
namespace {

// A data folder, with a loop in the place of a reactor.
struct Bench {
  Bench() {
    engine = open_rocksdb({.folder = folder.path() + "/data"}).value();
    syncer.emplace(*engine);
    homes.emplace(*engine, &*syncer, HomesOptions{.post = [this](auto call) { post(std::move(call)); }});
    home = homes->make_home();
  }
  ~Bench() {
    home.reset();
    homes.reset();
    syncer.reset();
  }

  void post(std::function<void()> call) {
    {
      std::lock_guard lock(mutex);
      calls.push_back(std::move(call));
    }
    changed.notify_one();
  }

  void run_until_idle() {
    for (homes->end_tick(); !homes->idle(); homes->end_tick()) {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return !calls.empty(); });
      auto ready = std::exchange(calls, {});
      lock.unlock();
      for (auto& call : ready) call();
    }
  }

  void commit(std::unique_ptr<Unit> unit) {
    start(home->commit(std::move(unit)), [](Result<void> result) { benchmark::DoNotOptimize(result); });
  }

  void put_rows(std::string_view prefix, int rows) {
    auto unit = home->open();
    for (int i = 0; i < rows; ++i) unit->put(std::string(prefix) + std::to_string(1000 + i), std::string(100, 'v'));
    commit(std::move(unit));
    run_until_idle();
  }

  TestFolder folder{};
  std::unique_ptr<Engine> engine{};
  std::mutex mutex{};
  std::condition_variable changed{};
  std::deque<std::function<void()>> calls{};
  std::optional<Syncer> syncer{};
  std::optional<Homes> homes{};
  std::unique_ptr<Home> home{};
};

void open_and_drop(benchmark::State& state) {
  Bench bench;
  for (auto _ : state) benchmark::DoNotOptimize(bench.home->open());
}
BENCHMARK(open_and_drop);

void get_cached(benchmark::State& state) {
  Bench bench;
  bench.put_rows("sdatabase1/key", 100);
  auto unit = bench.home->open();
  for (auto _ : state) benchmark::DoNotOptimize(unit->get("sdatabase1/key1042"));
}
BENCHMARK(get_cached);

void scan_20_cached(benchmark::State& state) {
  Bench bench;
  bench.put_rows("sdatabase1/set/", 20);
  auto unit = bench.home->open();
  auto range = prefix_range("sdatabase1/set/");
  for (auto _ : state) {
    std::size_t bytes = 0;
    (void)unit->scan(range, Direction::ascending, [&](auto key, auto value) {
      bytes += key.size() + value.size();
      return Visit::more;
    });
    benchmark::DoNotOptimize(bytes);
  }
}
BENCHMARK(scan_20_cached);

void scan_20_from_the_engine(benchmark::State& state) {
  Bench bench;
  bench.put_rows("sdatabase1/set/", 20);
  auto range = prefix_range("sdatabase1/set/");
  for (auto _ : state) {
    std::size_t bytes = 0;
    (void)bench.engine->scan(range, Direction::ascending, {}, [&](auto key, auto value) {
      bytes += key.size() + value.size();
      return Visit::more;
    });
    benchmark::DoNotOptimize(bytes);
  }
}
BENCHMARK(scan_20_from_the_engine);

// Commands of five rows: an event at the end of its topic, a projection, an index row, a counter and a checkpoint.
void commit_5_rows(benchmark::State& state) {
  Bench bench;
  std::uint64_t number = 0;
  for (auto _ : state) {
    for (auto command = state.range(0); command > 0; --command, ++number) {
      auto unit = bench.home->open();
      auto digits = std::to_string(1'000'000'000 + number);
      unit->put("etopic1/0/" + digits, std::string(200, 'e'));
      unit->put("sdatabase1/todo/" + std::to_string(number * 7919 % 100'000), std::string(150, 'p'));
      unit->put("sdatabase1/open/" + std::to_string(number * 104'729 % 100'000), "");
      unit->put("sdatabase1/count", digits);
      unit->put("sdatabase1/checkpoint", digits);
      bench.commit(std::move(unit));
    }
    bench.run_until_idle();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(number));
}
BENCHMARK(commit_5_rows)
    ->ArgName("commands_in_a_tick")
    ->Arg(1)
    ->Arg(16)
    ->Arg(64)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

}  // namespace
}  // namespace millrace::kv
