#include "store/commands/set_operations.h"

#include <algorithm>

#include "store/embedded/collection.h"

namespace millrace::store {
namespace {

constexpr std::size_t chunk = 512;  // members that are read before others are looked up

Result<std::vector<Collection>> open_all(Keyspace& keys, std::span<const std::string> names) {
  std::vector<Collection> sets;
  sets.reserve(names.size());
  for (const std::string& name : names) {
    auto set = Collection::open(keys, name, Type::set);
    if (!set) return set.error();
    sets.push_back(std::move(*set));
  }
  return sets;
}

// Walks over `set` and keeps up to `count_max` members for which each of `others` says `wanted`.
Result<std::vector<std::string>> filter(Collection& set, std::span<Collection*> others, bool wanted,
                                        std::uint64_t count_max) {
  std::vector<std::string> kept;
  std::vector<std::string> members;
  std::string last;
  do {
    auto after = members.empty() ? std::nullopt : std::optional<std::string_view>(last = members.back());
    members.clear();
    auto done = set.each_after(after, [&](std::string_view member, std::string_view) {
      members.emplace_back(member);
      return members.size() < chunk ? Visit::more : Visit::stop;
    });
    if (!done) return done.error();
    for (const std::string& member : members) {
      bool passes = true;
      for (auto other = others.begin(); passes && other != others.end(); ++other) {
        auto found = (*other)->get(member);
        if (!found) return found.error();
        passes = found->has_value() == wanted;
      }
      if (!passes) continue;
      kept.push_back(member);
      if (kept.size() == count_max) return kept;
    }
  } while (members.size() == chunk);
  return kept;
}

Result<void> append_members(Collection& set, std::vector<std::string>& members) {
  return set.each([&](std::string_view member, std::string_view) {
    members.emplace_back(member);
    return Visit::more;
  });
}

}  // namespace

Result<std::vector<std::string>> intersect(Keyspace& keys, std::span<const std::string> names,
                                           std::uint64_t count_max) {
  auto sets = open_all(keys, names);
  if (!sets) return sets.error();
  if (std::ranges::any_of(*sets, [](const Collection& set) { return !set.exists(); })) {
    return std::vector<std::string>{};
  }
  std::vector<Collection*> by_size;
  for (Collection& set : *sets) by_size.push_back(&set);
  std::ranges::sort(by_size, {}, [](const Collection* set) { return set->size(); });
  return filter(*by_size[0], std::span(by_size).subspan(1), true, count_max);
}

Result<std::vector<std::string>> unite(Keyspace& keys, std::span<const std::string> names) {
  auto sets = open_all(keys, names);
  if (!sets) return sets.error();
  std::vector<std::string> members;
  for (Collection& set : *sets) {
    if (auto done = append_members(set, members); !done) return done.error();
  }
  std::ranges::sort(members);
  auto doubles = std::ranges::unique(members);
  members.erase(doubles.begin(), doubles.end());
  return members;
}

// Looks every member of the first up in the others, unless to read all of them is less work.
Result<std::vector<std::string>> subtract(Keyspace& keys, std::span<const std::string> names) {
  constexpr std::uint64_t reads_per_lookup = 10;
  auto sets = open_all(keys, names);
  if (!sets) return sets.error();
  std::uint64_t sizes = 0;
  std::vector<Collection*> others;
  for (Collection& set : std::span(*sets).subspan(1)) {
    if (set.exists()) others.push_back(&set);
    sizes += set.size();
  }
  Collection& first = sets->front();
  if (first.size() * others.size() * reads_per_lookup <= sizes || others.empty()) {
    return filter(first, others, false, UINT64_MAX);
  }
  std::vector<std::string> members;
  if (auto done = append_members(first, members); !done) return done.error();
  for (Collection* other : others) {
    std::size_t kept = 0;
    std::size_t at = 0;
    auto pass = [&] { std::swap(members[kept++], members[at++]); };
    auto done = other->each([&](std::string_view member, std::string_view) {  // both are sorted
      while (at < members.size() && members[at] < member) pass();
      if (at < members.size() && members[at] == member) ++at;
      return at < members.size() ? Visit::more : Visit::stop;
    });
    if (!done) return done.error();
    while (at < members.size()) pass();
    members.resize(kept);
  }
  return members;
}

Result<void> replace_with_set(Keyspace& keys, std::string_view key, std::span<const std::string> members,
                              std::string_view event) {
  auto before = keys.find(key);
  if (!before) return before.error();
  bool existed = before->has_value();
  if (existed) {
    if (auto done = keys.erase(key, **before); !done) return done;
  }
  if (members.empty()) {
    if (existed) keys.notify('g', "del", key);
    return {};
  }
  auto set = Collection::open(keys, key, Type::set);
  if (!set) return set.error();
  for (const std::string& member : members) {
    if (auto is_new = set->put(member, {}); !is_new) return is_new.error();
  }
  return set->save('s', event);
}

}  // namespace millrace::store
