#include <algorithm>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/hyperloglog_registers.h"
#include "store/commands/settings.h"
#include "store/commands/string_values.h"

namespace millrace::store {
namespace {

Error damaged() {
  return {ErrorCode::invalid, "INVALIDOBJ Corrupted HLL object detected"};
}

// The row of a key that holds such a value, or nothing.
Result<std::optional<KeyRow>> find_hll(Call& call, std::string_view key) {
  auto found = call.keys.find(key, Type::string);
  if (found && *found && !hll_form((*found)->content)) {
    return Error{ErrorCode::invalid, "WRONGTYPE Key is not a valid HyperLogLog string value."};
  }
  return found;
}

std::size_t sparse_bytes_max(Call& call) {
  return static_cast<std::size_t>(integer_setting(call.live(), call.keys.database(), "hll-sparse-max-bytes"));
}

struct Addition {
  std::string bytes{};
  bool changed = false;
};

// Adds to a dense value in place, and to a sparse one by way of its registers, when anything changes at all.
Result<Addition> add_places(Call& call, std::string bytes, const std::vector<HllPlace>& places) {
  if (hll_form(bytes) == HllForm::dense) {
    bool changed = false;
    for (HllPlace place : places) changed = raise_dense(bytes, place) || changed;
    if (changed) forget_count(bytes);
    return Addition{std::move(bytes), changed};
  }
  bool changes =
      std::ranges::any_of(places, [&](HllPlace place) { return hll_register(bytes, place.at) < place.value; });
  if (!changes) return Addition{std::move(bytes), false};
  auto registers = read_hll(bytes);
  if (!registers) return damaged();
  for (HllPlace place : places) (*registers)[place.at] = std::max((*registers)[place.at], place.value);
  std::string added = write_hll(*registers, HllForm::sparse, sparse_bytes_max(call));
  take_head(added, bytes);
  return Addition{std::move(added), true};
}

Result<Reply> pfadd(Call& call) {
  const std::string& key = call.arguments[0];
  auto before = find_hll(call, key);
  if (!before) return before.error();
  std::string bytes = *before ? std::string((*before)->content) : write_hll({}, HllForm::sparse, 3000);
  std::vector<HllPlace> places;
  for (const std::string& element : call.arguments.subspan(1)) places.push_back(hll_place(element));
  auto added = add_places(call, std::move(bytes), places);
  if (!added) return added.error();
  if (!added->changed && *before) return Reply::of(0);
  if (auto done = change_string(call.keys, key, *before, added->bytes); !done) return done.error();
  call.notify('$', "pfadd", key);
  return Reply::of(1);
}

struct Merged {
  HllRegisters registers{};
  bool dense = false;
};

Result<Merged> merge(Call& call, std::span<const std::string> names) {
  Merged merged;
  for (const std::string& name : names) {
    auto found = find_hll(call, name);
    if (!found) return found.error();
    if (!*found) continue;
    auto registers = read_hll((*found)->content);
    if (!registers) return damaged();
    merged.dense = merged.dense || hll_form((*found)->content) == HllForm::dense;
    for (std::size_t i = 0; i < hll_registers; ++i) {
      merged.registers[i] = std::max(merged.registers[i], (*registers)[i]);
    }
  }
  return merged;
}

// The count is kept in the value, although this is a command that reads: the next one finds it there.
Result<Reply> count_one(Call& call) {
  const std::string& key = call.arguments[0];
  auto found = find_hll(call, key);
  if (!found) return found.error();
  if (!*found) return Reply::of(0);
  if (auto kept = kept_count((*found)->content)) return Reply::of(static_cast<std::int64_t>(*kept));
  std::string bytes((*found)->content);
  auto registers = read_hll(bytes);
  if (!registers) return damaged();
  std::uint64_t count = estimate(*registers);
  keep_count(bytes, count);
  if (auto done = change_string(call.keys, key, *found, bytes); !done) return done.error();
  return Reply::of(static_cast<std::int64_t>(count));
}

Result<Reply> pfcount(Call& call) {
  if (call.arguments.size() == 1) return count_one(call);
  auto merged = merge(call, call.arguments);
  if (!merged) return merged.error();
  return Reply::of(static_cast<std::int64_t>(estimate(merged->registers)));
}

Result<Reply> pfmerge(Call& call) {
  const std::string& key = call.arguments[0];
  auto merged = merge(call, call.arguments);
  if (!merged) return merged.error();
  auto form = merged->dense ? HllForm::dense : HllForm::sparse;
  std::string bytes = write_hll(merged->registers, form, sparse_bytes_max(call));
  auto before = call.keys.find(key);
  if (!before) return before.error();
  if (*before) take_head(bytes, (*before)->content);
  if (auto done = change_string(call.keys, key, *before, bytes); !done) return done.error();
  call.notify('$', "pfadd", key);
  return Reply::ok();
}

constexpr CommandSpec table[] = {
    {
        .name = "pfadd",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast | may_grow,
        .group = Group::hyperloglog,
        .run = pfadd,
        .since = "2.8.9",
        .complexity = "O(1) for each element",
        .summary = "Adds elements to what estimates how many different ones there were.",
    },
    {
        .name = "pfcount",
        .arity = at_least(1),
        .keys = all_arguments,
        .access = Access::read,
        .flags = 0,
        .group = Group::hyperloglog,
        .run = pfcount,
        .since = "2.8.9",
        .complexity = "O(N) in the number of keys",
        .summary = "Estimates how many different elements were added to keys.",
    },
    {
        .name = "pfmerge",
        .arity = at_least(1),
        .keys = all_arguments,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::hyperloglog,
        .run = pfmerge,
        .since = "2.8.9",
        .complexity = "O(N) in the number of keys",
        .summary = "Merges what estimates numbers of elements into one.",
    },
};

}  // namespace

std::span<const CommandSpec> hyperloglog_commands() {
  return table;
}

}  // namespace millrace::store
