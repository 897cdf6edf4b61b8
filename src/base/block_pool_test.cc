#include "base/block_pool.h"

#include <algorithm>
#include <cstring>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

namespace millrace {
namespace {

TEST(BlockPool, GivesWritableBlocksOfEverySize) {
  std::vector<std::pair<void*, std::size_t>> blocks;
  for (std::size_t size : {1u, 127u, 128u, 129u, 1000u, 4096u, 16384u, 16385u, 100000u}) {
    blocks.emplace_back(BlockPool::take(size), size);
    std::memset(blocks.back().first, 0x5a, size);
  }
  for (auto [block, size] : blocks) BlockPool::give(block, size);
}

TEST(BlockPool, NeverGivesABlockTwice) {
  for (int round = 0; round < 3; ++round) {
    std::vector<void*> blocks;
    for (int i = 0; i < 1000; ++i) blocks.push_back(BlockPool::take(1000));
    auto sorted = blocks;
    std::sort(sorted.begin(), sorted.end());
    EXPECT_EQ(std::adjacent_find(sorted.begin(), sorted.end()), sorted.end());
    for (void* block : blocks) BlockPool::give(block, 1000);
  }
}

TEST(BlockPool, TakesBackBlocksOfOtherThreads) {
  void* block = nullptr;
  std::thread([&] { block = BlockPool::take(500); }).join();

  std::memset(block, 1, 500);
  BlockPool::give(block, 500);
}

}  // namespace
}  // namespace millrace
