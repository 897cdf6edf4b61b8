#include "store/commands/hyperloglog_registers.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace millrace::store {
namespace {

constexpr std::size_t sparse_max = 3000;

HllRegisters random_registers(std::mt19937& dice, std::size_t set, std::uint8_t most) {
  HllRegisters registers{};
  for (std::size_t i = 0; i < set; ++i)
    registers[dice() % hll_registers] = static_cast<std::uint8_t>(dice() % most + 1);
  return registers;
}

TEST(HllRegisters, ComeBackFromBothForms) {
  unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 dice(seed);
  for (std::size_t set : {0u, 1u, 100u, 500u, 16'384u}) {
    HllRegisters registers = random_registers(dice, set, 32);

    std::string sparse = write_hll(registers, HllForm::sparse, 100'000);
    EXPECT_EQ(hll_form(sparse), HllForm::sparse);
    EXPECT_EQ(read_hll(sparse), registers);
    std::string dense = write_hll(registers, HllForm::dense, sparse_max);
    EXPECT_EQ(dense.size(), 12'304u);
    EXPECT_EQ(read_hll(dense), registers);
    std::size_t at = dice() % hll_registers;
    EXPECT_EQ(hll_register(sparse, at), registers[at]);
    EXPECT_EQ(hll_register(dense, at), registers[at]);
  }
}

TEST(HllRegisters, TurnDenseWhenTheyAreManyOrLarge) {
  std::mt19937 dice(1);

  EXPECT_EQ(hll_form(write_hll(random_registers(dice, 100, 32), HllForm::sparse, sparse_max)), HllForm::sparse);
  EXPECT_EQ(hll_form(write_hll(random_registers(dice, 10'000, 32), HllForm::sparse, sparse_max)), HllForm::dense);
  HllRegisters large{};
  large[7] = 33;
  EXPECT_EQ(hll_form(write_hll(large, HllForm::sparse, sparse_max)), HllForm::dense);
}

TEST(HllRegisters, AreRefusedWhenDamaged) {
  std::string good = write_hll({}, HllForm::sparse, sparse_max);

  EXPECT_EQ(good, std::string("HYLL\x01\0\0\0\0\0\0\0\0\0\0\x80\x7f\xff", 18));
  EXPECT_FALSE(hll_form("HYLX" + good.substr(4)));
  EXPECT_FALSE(hll_form(good.substr(0, 15)));
  EXPECT_FALSE(hll_form(std::string("HYLL\0", 5) + good.substr(5)));
  EXPECT_FALSE(read_hll(good + '\x01'));
  EXPECT_FALSE(read_hll(good.substr(0, 17)));
}

TEST(HllRegisters, EstimateWithinTheirError) {
  HllRegisters registers{};
  std::uint64_t added = 0;
  for (std::uint64_t goal : {10u, 1000u, 10'000u, 100'000u, 1'000'000u}) {
    for (; added < goal; ++added) {
      HllPlace place = hll_place(std::to_string(added));
      registers[place.at] = std::max(registers[place.at], place.value);
    }
    auto guess = static_cast<double>(estimate(registers));

    EXPECT_NEAR(guess, static_cast<double>(goal), 0.03 * static_cast<double>(goal)) << goal;
  }
  EXPECT_EQ(estimate({}), 0u);
}

TEST(HllRegisters, KeepTheirCountUntilItIsForgotten) {
  std::string bytes = write_hll({}, HllForm::sparse, sparse_max);
  EXPECT_EQ(kept_count(bytes), std::nullopt);

  keep_count(bytes, 0x123456789a);
  EXPECT_EQ(kept_count(bytes), 0x123456789au);
  forget_count(bytes);
  EXPECT_EQ(kept_count(bytes), std::nullopt);
}

}  // namespace
}  // namespace millrace::store
