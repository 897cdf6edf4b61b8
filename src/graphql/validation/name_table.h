#pragma once

// Numbers names from 0 in the order they are first seen. Lives in an arena; the names' text must outlive it. Confined
// to one thread.

#include <bit>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "graphql/language/arena.h"
#include "graphql/schema/name_index.h"

namespace millrace::graphql {

class NameTable {
 public:
  static constexpr std::uint32_t none = ~0u;

  explicit NameTable(Arena& arena) : arena_(&arena) {}

  // The number of `name`, a new one when it was not seen before.
  std::uint32_t intern(std::string_view name) {
    if (count_ * 2 >= slots_.size()) [[unlikely]]
      grow();
    auto& slot = slot_of(name, hash_name(name));
    if (slot.number == none) slot = {name, hash_name(name), count_++};
    return slot.number;
  }

  // The number of `name`, or `none`.
  std::uint32_t find(std::string_view name) const {
    return slots_.empty() ? none : const_cast<NameTable*>(this)->slot_of(name, hash_name(name)).number;
  }

  std::uint32_t size() const { return count_; }

 private:
  struct Slot {
    std::string_view name{};
    std::uint32_t hash = 0;
    std::uint32_t number = none;
  };

  Slot& slot_of(std::string_view name, std::uint32_t hash) {
    auto mask = slots_.size() - 1;
    auto at = hash & mask;
    while (slots_[at].number != none && (slots_[at].hash != hash || slots_[at].name != name)) at = (at + 1) & mask;
    return slots_[at];
  }

  void grow() {
    auto old = slots_;
    slots_ = arena_->make_array<Slot>(old.empty() ? 16 : old.size() * 2);
    for (auto& slot : old)
      if (slot.number != none) slot_of(slot.name, slot.hash) = slot;
  }

  Arena* arena_;
  std::span<Slot> slots_{};  // a power of two, at most half full
  std::uint32_t count_ = 0;
};

// For each element the position of the first one of the same name; empty when all names differ. `name_of` gives the
// std::string_view of an element.
template <class List, class NameOf>
std::span<const std::uint32_t> first_of_same_name(const List& list, Arena& arena, NameOf name_of) {
  constexpr std::uint32_t few = 8;  // compared one by one faster than hashed
  auto count = static_cast<std::uint32_t>(list.size());
  if (count < 2) return {};
  bool duplicates = count > few;
  for (std::uint32_t i = 1; !duplicates && i < count; ++i)
    for (std::uint32_t j = 0; j < i; ++j) duplicates |= name_of(list[i]) == name_of(list[j]);
  if (!duplicates) return {};

  NameTable names(arena);
  auto numbers = arena.make_array<std::uint32_t>(count);
  for (std::uint32_t i = 0; i < count; ++i) numbers[i] = names.intern(name_of(list[i]));
  if (names.size() == count) return {};
  auto first_at = arena.make_array<std::uint32_t>(names.size());
  for (std::uint32_t i = count; i-- > 0;) first_at[numbers[i]] = i;
  for (auto& number : numbers) number = first_at[number];
  return numbers;
}

// Calls `report` with the positions of each name that several elements have. `first` is what first_of_same_name() gave.
template <class Report>
void for_each_duplicated(std::span<const std::uint32_t> first, Report report) {
  std::vector<std::vector<std::uint32_t>> same(first.size());
  for (std::uint32_t i = 0; i < first.size(); ++i) same[first[i]].push_back(i);
  for (auto& positions : same)
    if (positions.size() > 1) report(std::span<const std::uint32_t>(positions));
}

}  // namespace millrace::graphql
