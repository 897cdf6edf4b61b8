#pragma once

// An app on engines in memory, for tests of what runs it.

#include <gmock/gmock.h>
#include <string>
#include <vector>

#include "app/compile.h"
#include "app/inline_runner.h"
#include "app/service.h"
#include "base/json.h"
#include "kv/testing.h"

namespace millrace::app {

inline constexpr std::string_view tasks_sdl = R"(
type Task @entity(key: "{id}", set: "tasks", topic: "events") {
  id: String! @id(gen: CLOCK)
  text: String!
  done: Boolean!
}
type Query { list: [Task] }
type Mutation {
  createTask(text: String!): Task @event
  updateTask(id: String!, text: String!, done: Boolean!): Task @event
  deleteTask(id: String!): String @event
}
)";

class TestApp {
 public:
  explicit TestApp(std::string_view sdl = tasks_sdl, std::unique_ptr<kv::Engine> engine = kv::make_memory_engine())
      : memory(std::move(engine)),
        model(compile(sdl, "test.graphql").value()),
        log(memory.home()),
        store(memory.home()),
        database(take_now(store.create_database("default")).value()),
        runner(model, memory.home(), log, store, database,
               {.clock = [this] { return now; }, .observer = [this](const Projected&) { ++observed; }}),
        service(model, runner, {}) {
    take_now(runner.prepare()).value();
  }

  // The response of one GraphQL request.
  std::string ask(std::string_view query, std::string idempotency_key = {}) {
    graphql::Request request{.query = query};
    return take_now(service.run(request, {.idempotency_key = std::move(idempotency_key)})).text();
  }

  store::Reply redis(store::Command command) {
    return take_now(store.execute(database, {std::move(command)})).value().front();
  }

  std::vector<eventlog::Record> events(std::string topic = "events") {
    return take_now(log.read(std::move(topic), 0, 1, {})).value().records;
  }

  // A record by another door.
  void append(std::string value, std::string topic = "events") {
    std::vector<eventlog::NewRecord> records(1);
    records[0].value = std::move(value);
    take_now(log.append(std::move(topic), std::move(records))).value();
  }

  // Every key of the database with its bytes.
  std::vector<std::pair<std::string, std::string>> dump() {
    auto unit = memory.home().open();
    std::vector<std::pair<std::string, std::string>> all;
    for (const std::string& key : store.keys(*unit, database, std::nullopt, 100'000).value()) {
      all.emplace_back(key, store.dump(*unit, database, key).value().value());
    }
    return all;
  }

  Timestamp now{std::chrono::milliseconds(1'679'311'303'901)};
  int observed = 0;
  kv::MemoryHome memory;
  ModelPointer model;
  eventlog::EmbeddedLog log;
  store::EmbeddedStore store;
  store::DatabaseId database;
  InlineRunner runner;
  Service service;
};

}  // namespace millrace::app
