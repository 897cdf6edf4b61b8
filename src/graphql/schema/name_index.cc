#include "graphql/schema/name_index.h"

#include <bit>

namespace millrace::graphql {
namespace {

// Comparing so few names costs less than hashing one.
constexpr std::size_t names_without_slots_max = 4;

}  // namespace

NameIndex NameIndex::build(std::span<const std::string_view> names, Arena& arena) {
  NameIndex index;
  index.names_ = names;
  if (names.size() <= names_without_slots_max) return index;
  auto slots = arena.make_array<Slot>(std::bit_ceil(names.size() * 2));
  index.slots_ = slots;
  const auto mask = static_cast<std::uint32_t>(slots.size() - 1);
  for (std::uint32_t i = 0; i < names.size(); ++i) {
    if (index.find(names[i]) != none) continue;
    const auto hash = hash_name(names[i]);
    auto at = hash & mask;
    while (slots[at].position != none) at = (at + 1) & mask;
    slots[at] = {hash, i};
  }
  return index;
}

std::uint32_t NameIndex::find(std::string_view name) const {
  if (slots_.empty()) {
    for (std::uint32_t i = 0; i < names_.size(); ++i)
      if (names_[i] == name) return i;
    return none;
  }
  const auto hash = hash_name(name);
  const auto mask = static_cast<std::uint32_t>(slots_.size() - 1);
  for (auto at = hash & mask; slots_[at].position != none; at = (at + 1) & mask)
    if (slots_[at].hash == hash && names_[slots_[at].position] == name) return slots_[at].position;
  return none;
}

}  // namespace millrace::graphql
