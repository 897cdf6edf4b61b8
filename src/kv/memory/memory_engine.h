#pragma once

// An engine that keeps its rows in memory and loses them with the process: for tests. Everything in it counts as
// durable.

#include <memory>

#include "kv/engine.h"

namespace millrace::kv {

std::unique_ptr<Engine> make_memory_engine();

}  // namespace millrace::kv
