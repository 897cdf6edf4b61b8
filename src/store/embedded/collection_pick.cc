// How a collection gives elements at random.

#include <algorithm>
#include <unordered_set>

#include "store/embedded/collection.h"
#include "store/embedded/sampling.h"

namespace millrace::store {
namespace {

constexpr std::uint64_t walked_max = 2'000;  // elements: about as dear as to choose one by probes

// A choice by probes costs as much as to pass by so many elements.
constexpr std::uint64_t walk_per_choice = 1'000;

std::vector<std::uint64_t> random_indexes(std::uint64_t bound, std::uint64_t count, Repeats repeats) {
  std::vector<std::uint64_t> indexes;
  indexes.reserve(count);
  if (repeats == Repeats::allowed) {
    while (indexes.size() < count) indexes.push_back(random_below(bound));
  } else {
    std::unordered_set<std::uint64_t> taken;
    for (std::uint64_t last = bound - count; last < bound; ++last) {  // each of the ways to choose is as likely
      std::uint64_t index = random_below(last + 1);
      if (!taken.insert(index).second) taken.insert(index = last);
      indexes.push_back(index);
    }
  }
  std::ranges::sort(indexes);
  return indexes;
}

void shuffle(std::vector<Collection::Picked>& picked) {
  for (std::size_t i = picked.size(); i > 1; --i) std::swap(picked[i - 1], picked[random_below(i)]);
}

}  // namespace

Result<std::vector<Collection::Picked>> Collection::pick(std::uint64_t count, Repeats repeats) {
  if (size_ == 0 || count == 0) return std::vector<Picked>{};
  bool walk = generation_ == 0 || size_ <= walked_max || count > size_ / walk_per_choice;
  if (!walk) {
    auto picked = pick_by_probes(count, repeats);
    if (!picked || picked->size() == count) return picked;
  }
  return pick_by_index(count, repeats);
}

// Fields whose time is over still count, so that the first walk may not find as many as there are.
Result<std::vector<Collection::Picked>> Collection::pick_by_index(std::uint64_t count, Repeats repeats) {
  std::vector<Picked> picked;
  for (std::uint64_t bound = size_; bound > 0;) {
    picked.clear();
    auto indexes = random_indexes(bound, repeats == Repeats::allowed ? count : std::min(count, bound), repeats);
    std::uint64_t passed = 0;
    std::size_t next = 0;
    auto done = each([&](std::string_view member, std::string_view value) {
      for (; next < indexes.size() && indexes[next] == passed; ++next) {
        picked.push_back({std::string(member), std::string(value)});
      }
      ++passed;
      return next < indexes.size() ? Visit::more : Visit::stop;
    });
    if (!done) return done.error();
    bound = next == indexes.size() ? 0 : passed;
  }
  if (repeats == Repeats::allowed) shuffle(picked);
  return picked;
}

// May find fewer where many fields are over or the choice keeps falling on the same ones.
Result<std::vector<Collection::Picked>> Collection::pick_by_probes(std::uint64_t count, Repeats repeats) {
  Sampler sampler(keys_, generation_, size_);
  std::vector<Picked> picked;
  std::unordered_set<std::string> taken;
  for (std::uint64_t tries = 4 * count + 16; tries > 0 && picked.size() < count; --tries) {
    auto member = sampler.pick();
    if (!member) return member.error();
    if (repeats == Repeats::never && !taken.insert(*member).second) continue;
    auto entry = get_entry(*member);
    if (!entry) return entry.error();
    if (*entry) picked.push_back({std::move(*member), std::string((*entry)->value)});
  }
  return picked;
}

}  // namespace millrace::store
