#include <algorithm>
#include <random>

#include "store/commands/groups.h"
#include "store/embedded/keyspace.h"

namespace millrace::store {
namespace {

Result<Reply> del(Call& call) {
  std::int64_t deleted = 0;
  for (const std::string& key : call.arguments) {
    auto before = call.keys.find(key);
    if (!before) return before.error();
    if (!*before) continue;
    if (auto done = call.keys.erase(key, **before); !done) return done.error();
    call.notify('g', "del", key);
    ++deleted;
  }
  return Reply::of(deleted);
}

Result<Reply> exists(Call& call) {
  std::int64_t count = 0;
  for (const std::string& key : call.arguments) {
    auto found = call.keys.find(key);
    if (!found) return found.error();
    count += found->has_value() ? 1 : 0;
  }
  return Reply::of(count);
}

std::size_t roll(Call& call, std::size_t below) {
  return std::uniform_int_distribution<std::size_t>(0, below - 1)(call.live().dice);
}

// The key that stands so many behind `after`, or the last one before the end. Visits no more than it must.
Result<std::optional<std::string>> key_behind(Call& call, std::optional<std::string> after, std::size_t skipped) {
  std::optional<std::string> chosen;
  auto done = call.keys.keys({}, after, skipped + 1, [&](std::string_view key, const KeyRow&) {
    chosen = key;
    return false;
  });
  if (!done) return done.error();
  return chosen;
}

Result<std::string> edge_key(Call& call, Direction direction) {
  std::string prefix = keys_prefix(call.keys.database(), call.keys.id());
  std::string edge;
  auto done = call.keys.unit().scan(prefix_range(prefix), direction, [&](std::string_view row_key, std::string_view) {
    edge = row_key.substr(prefix.size());
    return Visit::stop;
  });
  if (!done) return done.error();
  return edge;
}

// A text between the first and the last key: what both begin with, then bytes drawn at random.
Result<std::string> random_place(Call& call) {
  constexpr std::size_t drawn = 8;  // tells more keys apart than there can be
  auto first = edge_key(call, Direction::ascending);
  if (!first) return first;
  auto last = edge_key(call, Direction::descending);
  if (!last) return last;
  std::size_t common = 0;
  while (common < first->size() && common < last->size() && (*first)[common] == (*last)[common]) ++common;
  std::string place = first->substr(0, common);
  auto low = static_cast<unsigned char>(common < first->size() ? (*first)[common] : 0);
  auto high = static_cast<unsigned char>(common < last->size() ? (*last)[common] : 255);
  place += static_cast<char>(low + roll(call, static_cast<std::size_t>(high - low) + 1));
  for (std::size_t i = 0; i < drawn; ++i) place += static_cast<char>(roll(call, 128));
  return place;
}

// Uniform among a thousand keys; among more, those behind a gap in the order of keys come more often.
Result<Reply> randomkey(Call& call) {
  constexpr std::size_t counted_max = 1000;  // so many are walked over in a fraction of a millisecond
  auto size = call.keys.size();
  if (!size) return size.error();
  if (*size == 0) return Reply::nil();
  std::optional<std::string> after;
  if (*size > counted_max) {
    auto place = random_place(call);
    if (!place) return place.error();
    after = std::move(*place);
  }
  auto chosen = key_behind(call, after, roll(call, std::min<std::size_t>(*size, counted_max)));
  if (chosen && !*chosen && after) chosen = key_behind(call, std::nullopt, 0);
  if (!chosen) return chosen.error();
  return *chosen ? Reply::bulk(std::move(**chosen)) : Reply::nil();
}

Result<Reply> type(Call& call) {
  auto found = call.keys.find(call.arguments[0]);
  if (!found) return found.error();
  return Reply::simple(*found ? std::string(name_of((*found)->type)) : "none");
}

constexpr CommandSpec table[] = {
    {
        .name = "del",
        .arity = at_least(1),
        .keys = all_arguments,
        .access = Access::write,
        .flags = 0,
        .group = Group::generic,
        .run = del,
        .since = "1.0.0",
        .complexity = "O(N) in the number of keys, whatever their size",
        .summary = "Deletes keys.",
    },
    {
        .name = "exists",
        .arity = at_least(1),
        .keys = all_arguments,
        .access = Access::read,
        .flags = fast | no_touch,
        .group = Group::generic,
        .run = exists,
        .since = "1.0.0",
        .complexity = "O(N) in the number of keys",
        .summary = "Counts which of the keys exist.",
    },
    {
        .name = "randomkey",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::read,
        .flags = 0,
        .group = Group::generic,
        .run = randomkey,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns a key at random.",
    },
    {
        .name = "touch",
        .arity = at_least(1),
        .keys = all_arguments,
        .access = Access::read,
        .flags = fast,
        .group = Group::generic,
        .run = exists,
        .since = "3.2.1",
        .complexity = "O(N) in the number of keys",
        .summary = "Counts which of the keys exist.",
    },
    {
        .name = "type",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast | no_touch,
        .group = Group::generic,
        .run = type,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the type of the value of a key.",
    },
    {
        .name = "unlink",
        .arity = at_least(1),
        .keys = all_arguments,
        .access = Access::write,
        .flags = fast,
        .group = Group::generic,
        .run = del,
        .since = "4.0.0",
        .complexity = "O(N) in the number of keys, whatever their size",
        .summary = "Deletes keys, as DEL does.",
    },
};

}  // namespace

std::span<const CommandSpec> key_commands() {
  return table;
}

}  // namespace millrace::store
