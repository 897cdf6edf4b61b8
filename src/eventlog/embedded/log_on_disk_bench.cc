// The log on RocksDB: what a reader gets a second, what a producer waits, and what retention and compaction cost it.
// The syncs are real where the folder is on a real disk; the latencies contain them.

#include <algorithm>
#include <benchmark/benchmark.h>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "eventlog/embedded/embedded_log.h"
#include "kv/home.h"
#include "kv/rocksdb/open.h"
#include "kv/rocksdb/test_folder.h"

namespace millrace::eventlog {
namespace {

using std::chrono::steady_clock;

// A data folder, with a loop in the place of a reactor.
struct Disk {
  Disk() {
    engine = kv::open_rocksdb({.folder = folder.path() + "/data"}).value();
    syncer.emplace(*engine);
    kv::HomesOptions options;
    options.post = [this](std::function<void()> call) { post(std::move(call)); };
    homes.emplace(*engine, &*syncer, std::move(options));
    home = homes->make_home();
    log.emplace(*home,
                EmbeddedLogOptions{.clock = [this] { return now; }, .compaction_delay = std::chrono::milliseconds(0)});
  }
  ~Disk() {
    log.reset();
    home.reset();
    homes.reset();
    syncer.reset();
  }

  void post(std::function<void()> call) {
    std::lock_guard lock(mutex);
    calls.push_back(std::move(call));
    changed.notify_one();
  }

  template <class Done>
  void run_until(Done done) {
    for (homes->end_tick(); !done(); homes->end_tick()) {
      std::unique_lock lock(mutex);
      changed.wait_until(lock, timer ? timer->first : steady_clock::now() + std::chrono::seconds(1),
                         [&] { return !calls.empty(); });
      auto ready = std::exchange(calls, {});
      lock.unlock();
      for (auto& call : ready) call();
      if (timer && timer->first <= steady_clock::now()) std::exchange(timer, {})->second.resume();
    }
  }

  // One at a time.
  auto sleep(std::chrono::milliseconds time) {
    struct Awaiter {
      Disk& disk;
      std::chrono::milliseconds time;
      bool await_ready() const { return false; }
      void await_suspend(std::coroutine_handle<> waiting) const {
        disk.timer.emplace(steady_clock::now() + time, waiting);
      }
      void await_resume() const {}
    };
    return Awaiter{*this, time};
  }

  template <class T>
  T run(Async<T> work) {
    std::optional<T> value;
    start(std::move(work), [&](T done) { value.emplace(std::move(done)); });
    run_until([&] { return value.has_value(); });
    return std::move(*value);
  }

  kv::TestFolder folder{};
  std::unique_ptr<kv::Engine> engine{};
  std::mutex mutex{};
  std::condition_variable changed{};
  std::deque<std::function<void()>> calls{};
  std::optional<std::pair<steady_clock::time_point, std::coroutine_handle<>>> timer{};
  std::optional<kv::Syncer> syncer{};
  std::optional<kv::Homes> homes{};
  std::unique_ptr<Home> home{};
  Timestamp now = system_now();
  std::optional<EmbeddedLog> log{};
};

NewRecord event(std::uint64_t number) {
  return {.key = "1679311303901." + std::to_string(number % 1000),
          .value = R"({"type":"create-task","data":{"id":"1679311303901.048","text":"buy milk","done":false}})"};
}

std::vector<NewRecord> events(std::uint64_t from, std::uint64_t count) {
  std::vector<NewRecord> records;
  records.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) records.push_back(event(from + i));
  return records;
}

void fill(Disk& disk, std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; i += 10'000) disk.run(disk.log->append("events", events(i, 10'000))).value();
}

// A full read of 1,000,000 records, 500 at a time.
void read_a_million(benchmark::State& state) {
  Disk disk;
  disk.run(disk.log->create("events", {})).value();
  fill(disk, 1'000'000);
  for (auto _ : state) {
    for (Offset from = 0; from < 1'000'000;) {
      auto batch = disk.run(disk.log->read("events", 0, from, {})).value();
      from = batch.records.back().offset + 1;
    }
    state.SetItemsProcessed(state.items_processed() + 1'000'000);
  }
  state.counters["bytes_per_record"] = static_cast<double>(disk.engine->approximate_size({})) / 1'000'000;
}
BENCHMARK(read_a_million)->Unit(benchmark::kMillisecond)->Iterations(3);

void append_batches(benchmark::State& state) {
  Disk disk;
  disk.run(disk.log->create("events", {})).value();
  auto count = static_cast<std::uint64_t>(state.range(0));
  std::uint64_t number = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto records = events(number += count, count);
    state.ResumeTiming();
    disk.run(disk.log->append("events", std::move(records))).value();
    state.SetItemsProcessed(state.items_processed() + state.range(0));
  }
}
BENCHMARK(append_batches)->Arg(1)->Arg(100)->Arg(1000)->UseRealTime();

struct Producing {
  Disk& disk;
  std::vector<double> waited{};  // microseconds
  int running = 0;

  Async<Result<void>> produce(std::uint64_t from, int count) {
    for (int i = 0; i < count; ++i) {
      auto begun = steady_clock::now();
      std::vector<NewRecord> one(1, event(from + static_cast<std::uint64_t>(i)));
      auto done = co_await disk.log->append("events", std::move(one));
      if (!done) co_return done.error();
      waited.push_back(std::chrono::duration<double, std::micro>(steady_clock::now() - begun).count());
    }
    co_return Result<void>{};
  }

  // Slices as the server runs them as long as there is something to do.
  Async<Result<void>> tidy() {
    for (bool more = true; running > 0;) {
      disk.now += std::chrono::milliseconds(more ? 0 : 1'000);
      auto done = co_await disk.log->tidy();
      if (!done) co_return done.error();
      more = *done;
      auto pause = disk.sleep(std::chrono::milliseconds(3));
      co_await pause;
    }
    co_return Result<void>{};
  }
};

// 64 producers that each append one record after the other: without (0), with retention (1), with compaction (2) at
// work all the time on 500,000 records that stand there before.
void p99_of_64_producers(benchmark::State& state) {
  Disk disk;
  TopicSettings settings;
  if (state.range(0) == 1) settings.retention_bytes = 1 << 20;
  if (state.range(0) == 2) settings.cleanup = Cleanup::compact;
  disk.run(disk.log->create("events", settings)).value();
  fill(disk, 500'000);
  for (auto _ : state) {
    Producing producing{disk};
    producing.running = 64;
    auto begun = steady_clock::now();
    for (int i = 0; i < 64; ++i) {
      start(producing.produce(static_cast<std::uint64_t>(i) * 1'000, 1'000), [&](auto) { --producing.running; });
    }
    bool tidied = state.range(0) == 0;
    if (!tidied) start(producing.tidy(), [&](auto) { tidied = true; });
    disk.run_until([&] { return producing.running == 0; });
    double seconds = std::chrono::duration<double>(steady_clock::now() - begun).count();
    disk.run_until([&] { return tidied; });
    std::ranges::sort(producing.waited);
    auto at = [&](double part) {
      return producing.waited[static_cast<std::size_t>(part * (producing.waited.size() - 1.0))];
    };
    state.counters["p50_us"] = at(0.5);
    state.counters["p99_us"] = at(0.99);
    state.counters["max_us"] = at(1);
    state.counters["appends_per_s"] = 64'000 / seconds;
    auto status = disk.run(disk.log->status("events")).value();
    state.counters["records_left"] = static_cast<double>(status.partitions[0].records);
  }
}
BENCHMARK(p99_of_64_producers)->Arg(0)->Arg(1)->Arg(2)->Iterations(1)->Unit(benchmark::kMillisecond);

// Appends while so many readers wait for a record that does not come.
void append_beside_waiters(benchmark::State& state) {
  Disk disk;
  disk.run(disk.log->create("events", {})).value();
  std::stop_source cancel;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    start(disk.log->wait({{"events", 0, Offset{1} << 40}}, cancel.get_token()), [](auto) {});
  }
  std::uint64_t number = 0;
  for (auto _ : state) disk.run(disk.log->append("events", events(number++, 1))).value();
  cancel.request_stop();
}
BENCHMARK(append_beside_waiters)->Arg(0)->Arg(10'000)->UseRealTime();

}  // namespace
}  // namespace millrace::eventlog
