// What commands cost on rows that are in memory. Each runs in a unit that is dropped, but where it says commit.

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "kv/testing.h"
#include "store/embedded/embedded_store.h"

namespace millrace::store {
namespace {

std::string id(std::size_t number) {
  return fmt::format("1679311303901.{:03}", number);
}

struct Bench {
  // A to-do list of 20.
  Bench() {
    for (std::size_t i = 0; i < 20; ++i) {
      std::string task = fmt::format(R"({{"id":"{}","text":"buy milk and bread","done":false}})", id(i));
      take_now(store.execute(database, {{"SET", id(i), task}, {"SADD", "tasks", id(i)}})).value();
    }
  }

  void run(benchmark::State& state, const std::vector<Command>& commands) {
    for (auto _ : state) {
      auto unit = memory.home().open();
      benchmark::DoNotOptimize(store.stage(*unit, database, commands));
    }
  }

  kv::MemoryHome memory;
  EmbeddedStore store{memory.home()};
  DatabaseId database = take_now(store.create_database("bench")).value();
};

const std::string text(60, 'x');

Command get_all() {
  Command all{"MGET"};
  for (std::size_t i = 0; i < 20; ++i) all.push_back(id(i));
  return all;
}

void ping(benchmark::State& state) {
  Bench().run(state, {{"PING"}});
}
void get(benchmark::State& state) {
  Bench().run(state, {{"GET", id(7)}});
}
void set_existing(benchmark::State& state) {
  Bench().run(state, {{"SET", id(7), text}});
}
void set_new(benchmark::State& state) {
  Bench().run(state, {{"SET", "1679311303901.999", text}});
}
void smembers_of_20(benchmark::State& state) {
  Bench().run(state, {{"SMEMBERS", "tasks"}});
}
void mget_of_20(benchmark::State& state) {
  Bench().run(state, {get_all()});
}
void list_of_20(benchmark::State& state) {
  Bench().run(state, {{"SMEMBERS", "tasks"}, get_all()});
}
void sadd_to_20(benchmark::State& state) {
  Bench().run(state, {{"SADD", "tasks", "1679311303901.999"}});
}
void project_a_task(benchmark::State& state) {
  Bench().run(
      state, {{"SET", "1679311303901.999", text}, {"SADD", "tasks", "1679311303901.999"}, {"SET", "lastOffset", "21"}});
}

void smembers_spread(benchmark::State& state) {
  Bench bench;
  Command add{"SADD", "large"};
  for (std::size_t i = 0; i < 500; ++i) add.push_back(id(i));
  take_now(bench.store.execute(bench.database, {add})).value();
  bench.run(state, {{"SMEMBERS", "large"}});
}

void set_and_commit(benchmark::State& state) {
  Bench bench;
  Command command{"SET", id(7), text};
  for (auto _ : state) {
    auto unit = bench.memory.home().open();
    benchmark::DoNotOptimize(bench.store.stage(*unit, bench.database, command));
    benchmark::DoNotOptimize(take_now(bench.memory.home().commit(std::move(unit))));
  }
}

void sadd_to_a_million(benchmark::State& state) {
  Bench bench;
  for (std::size_t i = 0; i < 1000; ++i) {
    Command add{"SADD", "huge"};
    for (std::size_t j = 0; j < 1000; ++j) add.push_back(fmt::format("{}", i * 1000 + j));
    take_now(bench.store.execute(bench.database, {add})).value();
  }
  bench.run(state, {{"SADD", "huge", "new"}});
}

BENCHMARK(ping);
BENCHMARK(get);
BENCHMARK(set_existing);
BENCHMARK(set_new);
BENCHMARK(smembers_of_20);
BENCHMARK(mget_of_20);
BENCHMARK(list_of_20);
BENCHMARK(sadd_to_20);
BENCHMARK(project_a_task);
BENCHMARK(smembers_spread);
BENCHMARK(set_and_commit);
BENCHMARK(sadd_to_a_million);

}  // namespace
}  // namespace millrace::store
