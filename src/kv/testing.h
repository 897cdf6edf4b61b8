#pragma once

// A home for tests of what is built on homes: in memory, durable at once.
//
//   MemoryHome memory;
//   auto unit = memory.home().open();
//   unit->put("e/1", "created");
//   take_now(memory.home().commit(std::move(unit))).value();

#include <memory>

#include "kv/home.h"
#include "kv/memory/memory_engine.h"

namespace millrace::kv {

class MemoryHome {
 public:
  MemoryHome() : MemoryHome(make_memory_engine()) {}

  // On another engine, such as a faulty one around a memory engine.
  explicit MemoryHome(std::unique_ptr<Engine> engine)
      : engine_(std::move(engine)),
        homes_(*engine_, nullptr, {.durability = Durability::always, .ticks = Ticks::each_commit}),
        home_(homes_.make_home()) {}

  Home& home() { return *home_; }
  Homes& homes() { return homes_; }
  Engine& engine() { return *engine_; }

 private:
  std::unique_ptr<Engine> engine_;
  Homes homes_;
  std::unique_ptr<Home> home_;
};

}  // namespace millrace::kv
