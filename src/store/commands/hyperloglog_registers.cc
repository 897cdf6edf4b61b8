#include "store/commands/hyperloglog_registers.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace millrace::store {
namespace {

constexpr std::size_t head_size = 16;
constexpr std::size_t form_at = 4;
constexpr std::size_t count_at = 8;
constexpr unsigned index_bits = 14;
constexpr unsigned hash_bits = 64 - index_bits;
constexpr unsigned register_bits = 6;
constexpr std::size_t dense_size = head_size + hll_registers * register_bits / 8;
constexpr std::uint8_t sparse_value_max = 32;
constexpr std::size_t sparse_run_max = 4;  // of registers that are not 0

unsigned byte_of(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) number = number << 8 | byte_of(bytes, i - 1);
  return number;
}

// Austin Appleby's MurmurHash64A.
std::uint64_t murmur(std::string_view bytes) {
  constexpr std::uint64_t multiplier = 0xc6a4a7935bd1e995;
  constexpr unsigned shift = 47;
  constexpr std::uint64_t seed = 0xadc83b19;
  std::uint64_t hash = seed ^ (bytes.size() * multiplier);
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    std::uint64_t word = little_endian(bytes.substr(0, 8)) * multiplier;
    word = (word ^ (word >> shift)) * multiplier;
    hash = (hash ^ word) * multiplier;
  }
  if (!bytes.empty()) hash = (hash ^ little_endian(bytes)) * multiplier;
  hash = (hash ^ (hash >> shift)) * multiplier;
  return hash ^ (hash >> shift);
}

// A run of equal registers in the sparse form.
struct Run {
  std::uint8_t value = 0;
  std::size_t length = 0;
};

// Takes one from `rest`, which is not empty; a length of 0 when it is cut off.
Run take_run(std::string_view& rest) {
  unsigned first = byte_of(rest, 0);
  rest.remove_prefix(1);
  if ((first & 0x80) != 0) return {static_cast<std::uint8_t>((first >> 2 & 31) + 1), (first & 3) + 1};
  if ((first & 0x40) == 0) return {0, (first & 63) + 1};
  if (rest.empty()) return {};
  unsigned second = byte_of(rest, 0);
  rest.remove_prefix(1);
  return {0, ((first & 63) << 8 | second) + 1};
}

void append_run(std::string& out, Run run) {
  if (run.value == 0 && run.length > 64) {
    out.push_back(static_cast<char>(0x40 | (run.length - 1) >> 8));
    out.push_back(static_cast<char>((run.length - 1) & 0xff));
  } else if (run.value == 0) {
    out.push_back(static_cast<char>(run.length - 1));
  } else {
    for (; run.length > 0; run.length -= std::min(run.length, sparse_run_max)) {
      out.push_back(static_cast<char>(0x80 | (run.value - 1) << 2 | (std::min(run.length, sparse_run_max) - 1)));
    }
  }
}

std::string head(HllForm form) {
  std::string bytes("HYLL");
  bytes.resize(head_size);
  bytes[form_at] = static_cast<char>(form);
  forget_count(bytes);
  return bytes;
}

std::uint8_t dense_register(std::string_view bytes, std::size_t at) {
  std::size_t bit = at * register_bits;
  std::size_t byte = head_size + bit / 8;
  unsigned pair = byte_of(bytes, byte);
  if (byte + 1 < bytes.size()) pair |= byte_of(bytes, byte + 1) << 8;
  return static_cast<std::uint8_t>(pair >> (bit % 8) & 63);
}

void set_dense(std::string& bytes, std::size_t at, std::uint8_t value) {
  std::size_t bit = at * register_bits;
  std::size_t byte = head_size + bit / 8;
  unsigned shift = bit % 8;
  unsigned mask = 63u << shift;
  unsigned shifted = static_cast<unsigned>(value) << shift;
  bytes[byte] = static_cast<char>((byte_of(bytes, byte) & ~mask) | shifted);
  if (shift > 2) bytes[byte + 1] = static_cast<char>((byte_of(bytes, byte + 1) & ~(mask >> 8)) | shifted >> 8);
}

std::optional<HllRegisters> read_sparse(std::string_view runs) {
  HllRegisters registers{};
  std::size_t at = 0;
  while (!runs.empty()) {
    Run run = take_run(runs);
    if (run.length == 0 || run.length > hll_registers - at) return std::nullopt;
    std::fill_n(registers.begin() + static_cast<std::ptrdiff_t>(at), run.length, run.value);
    at += run.length;
  }
  if (at != hll_registers) return std::nullopt;
  return registers;
}

std::optional<std::string> write_sparse(const HllRegisters& registers, std::size_t bytes_max) {
  std::string bytes = head(HllForm::sparse);
  for (std::size_t at = 0; at < hll_registers;) {
    Run run{registers[at], 1};
    if (run.value > sparse_value_max) return std::nullopt;
    while (at + run.length < hll_registers && registers[at + run.length] == run.value) ++run.length;
    append_run(bytes, run);
    at += run.length;
    if (bytes.size() > bytes_max + head_size) return std::nullopt;
  }
  return bytes;
}

std::string write_dense(const HllRegisters& registers) {
  std::string bytes = head(HllForm::dense);
  bytes.resize(dense_size);
  for (std::size_t at = 0; at < hll_registers; ++at) set_dense(bytes, at, registers[at]);
  return bytes;
}

double sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double y = 1;
  double sum = x;
  for (double before = -1; sum != before;) {
    before = sum;
    x *= x;
    sum += x * y;
    y += y;
  }
  return sum;
}

double tau(double x) {
  if (x == 0 || x == 1) return 0;
  double y = 1;
  double sum = 1 - x;
  for (double before = -1; sum != before;) {
    before = sum;
    x = std::sqrt(x);
    y *= 0.5;
    sum -= (1 - x) * (1 - x) * y;
  }
  return sum / 3;
}

}  // namespace

HllPlace hll_place(std::string_view element) {
  std::uint64_t hash = murmur(element);
  std::uint64_t rest = hash >> index_bits | std::uint64_t{1} << hash_bits;
  return {hash % hll_registers, static_cast<std::uint8_t>(std::countr_zero(rest) + 1)};
}

std::optional<HllForm> hll_form(std::string_view bytes) {
  if (bytes.size() < head_size || !bytes.starts_with("HYLL")) return std::nullopt;
  unsigned form = byte_of(bytes, form_at);
  if (form > 1 || (form == 0 && bytes.size() != dense_size)) return std::nullopt;
  return static_cast<HllForm>(form);
}

std::optional<HllRegisters> read_hll(std::string_view bytes) {
  auto form = hll_form(bytes);
  if (!form) return std::nullopt;
  if (*form == HllForm::sparse) return read_sparse(bytes.substr(head_size));
  HllRegisters registers{};
  for (std::size_t at = 0; at < hll_registers; ++at) registers[at] = dense_register(bytes, at);
  return registers;
}

std::string write_hll(const HllRegisters& registers, HllForm form, std::size_t sparse_bytes_max) {
  if (form == HllForm::sparse) {
    if (auto sparse = write_sparse(registers, sparse_bytes_max)) return std::move(*sparse);
  }
  return write_dense(registers);
}

bool raise_dense(std::string& bytes, HllPlace place) {
  if (dense_register(bytes, place.at) >= place.value) return false;
  set_dense(bytes, place.at, place.value);
  return true;
}

std::uint8_t hll_register(std::string_view bytes, std::size_t at) {
  if (hll_form(bytes) == HllForm::dense) return dense_register(bytes, at);
  std::size_t passed = 0;
  for (std::string_view rest = bytes.substr(head_size); !rest.empty();) {
    Run run = take_run(rest);
    passed += run.length;
    if (at < passed) return run.value;
    if (run.length == 0) break;
  }
  return 0;
}

std::uint64_t estimate(const HllRegisters& registers) {
  constexpr double count = hll_registers;
  constexpr double alpha = 0.721347520444481703680;  // 1 / (2 ln 2)
  std::array<std::uint32_t, 64> of_value{};
  for (std::uint8_t value : registers) ++of_value[value & 63];
  double z = count * tau((count - of_value[hash_bits + 1]) / count);
  for (unsigned value = hash_bits; value >= 1; --value) z = (z + of_value[value]) * 0.5;
  z += count * sigma(of_value[0] / count);
  return static_cast<std::uint64_t>(std::llround(alpha * count * count / z));
}

std::optional<std::uint64_t> kept_count(std::string_view bytes) {
  std::uint64_t count = little_endian(bytes.substr(count_at, 8));
  if (count >> 63 != 0) return std::nullopt;
  return count;
}

void keep_count(std::string& bytes, std::uint64_t count) {
  for (std::size_t i = 0; i < 8; ++i) bytes[count_at + i] = static_cast<char>(count >> (8 * i));
}

void forget_count(std::string& bytes) {
  bytes[count_at + 7] = static_cast<char>(byte_of(bytes, count_at + 7) | 0x80);
}

void take_head(std::string& bytes, std::string_view before) {
  constexpr std::size_t first = form_at + 1;
  bytes.replace(first, head_size - first, before.substr(first, head_size - first));
  forget_count(bytes);
}

}  // namespace millrace::store
