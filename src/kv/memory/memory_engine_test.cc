#include "kv/memory/memory_engine.h"

#include "kv/engine_contract.h"

namespace millrace::kv {

INSTANTIATE_TEST_SUITE_P(Memory, EngineContract, testing::Values(make_memory_engine));

}  // namespace millrace::kv
