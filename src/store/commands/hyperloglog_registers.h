#pragma once

// Estimates how many different elements there were, in at most 12 KiB, with an error of about 0.81 %. The bytes are
// those of Redis, so that a value can go from one to the other:
//
//   "HYLL", a byte for the form (0 dense, 1 sparse), 3 bytes 0, the last count (8 bytes, the lowest first; its top bit
//   set: no longer true), then 16,384 registers.
//   Dense: 6 bits each, from the lowest bit of the first byte on.
//   Sparse: runs. 00nnnnnn is n+1 zeros, 01nnnnnn nnnnnnnn is n+1 zeros, 1vvvvvnn is n+1 registers of v+1.
//
// An element is hashed by MurmurHash64A; the estimator is Ertl's ("New cardinality estimation algorithms for
// HyperLogLog sketches", 2017). Pure.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace millrace::store {

constexpr std::size_t hll_registers = 16'384;

using HllRegisters = std::array<std::uint8_t, hll_registers>;

// Where an element counts, and what for.
struct HllPlace {
  std::size_t at = 0;
  std::uint8_t value = 0;
};
HllPlace hll_place(std::string_view element);

enum class HllForm : std::uint8_t { dense = 0, sparse = 1 };

// The form of a value; nothing for a string that is none. Whether its registers can be read is another question.
std::optional<HllForm> hll_form(std::string_view bytes);

std::optional<HllRegisters> read_hll(std::string_view bytes);

// In the sparse form unless it has more than `sparse_bytes_max` bytes, or a register is too large for it. Without a
// count.
std::string write_hll(const HllRegisters& registers, HllForm form, std::size_t sparse_bytes_max);

// Sets a register of a value in the dense form to at least that; whether it changed.
bool raise_dense(std::string& bytes, HllPlace place);

// The register of a readable value.
std::uint8_t hll_register(std::string_view bytes, std::size_t at);

std::uint64_t estimate(const HllRegisters& registers);

// The count that is kept in the value; nothing when it is no longer true.
std::optional<std::uint64_t> kept_count(std::string_view bytes);
void keep_count(std::string& bytes, std::uint64_t count);
void forget_count(std::string& bytes);

// What stands in the head of `before` beside its form, as Redis leaves it there, but for the truth of the count.
void take_head(std::string& bytes, std::string_view before);

}  // namespace millrace::store
