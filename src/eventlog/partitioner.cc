// MurmurHash2, 32 bits, as Kafka's Java client applies it to keys.

#include <cstring>

#include "eventlog/event_log.h"

namespace millrace::eventlog {
namespace {

constexpr std::uint32_t multiplier = 0x5bd1e995;

std::uint32_t little_endian(const char* bytes) {
  std::uint32_t word = 0;
  for (int i = 3; i >= 0; --i) word = word << 8 | static_cast<std::uint8_t>(bytes[i]);
  return word;
}

std::uint32_t murmur2(std::string_view key) {
  std::uint32_t hash = 0x9747b28cU ^ static_cast<std::uint32_t>(key.size());
  for (; key.size() >= 4; key.remove_prefix(4)) {
    std::uint32_t word = little_endian(key.data()) * multiplier;
    hash = hash * multiplier ^ (word ^ word >> 24) * multiplier;
  }
  if (!key.empty()) {
    for (std::size_t i = key.size(); i-- > 0;)
      hash ^= static_cast<std::uint32_t>(static_cast<std::uint8_t>(key[i])) << (8 * i);
    hash *= multiplier;
  }
  hash = (hash ^ hash >> 13) * multiplier;
  return hash ^ hash >> 15;
}

}  // namespace

PartitionNumber partition_of_key(std::string_view key, PartitionNumber partitions) {
  return (murmur2(key) & 0x7fffffffU) % partitions;
}

}  // namespace millrace::eventlog
