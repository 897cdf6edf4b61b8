// OBJECT and MEMORY: how Redis would keep a value, and how much it takes here.

#include <algorithm>
#include <fmt/format.h>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/process_facts.h"
#include "store/commands/settings.h"
#include "store/commands/text.h"
#include "store/embedded/packed.h"

namespace millrace::store {
namespace {

std::size_t size_setting(Call& call, std::string_view name) {
  return static_cast<std::size_t>(integer_setting(call.live(), call.keys.database(), name));
}

std::string_view encoding_of_string(std::string_view text) {
  constexpr std::size_t embedded_max = 44;
  if (to_integer(text)) return "int";
  return text.size() <= embedded_max ? "embstr" : "raw";
}

// Visits the elements of a set or a hash until the visitor says stop.
Result<void> each_member(Call& call, const KeyRow& row, const Keyspace::Visitor& visit) {
  if (row.spread) return call.keys.each_element(row.generation, visit);
  for (std::string_view rest = row.content; !rest.empty();) {
    auto [member, value] = take_packed(rest);
    if (visit(member, value) == Visit::stop) break;
  }
  return {};
}

struct Shape {
  std::size_t members = 0;
  std::size_t longest = 0;  // member or value
  bool integers = true;
};

Result<Shape> shape_of(Call& call, const KeyRow& row) {
  constexpr std::size_t members_max = 1000;  // beyond it the answer is known, unless a setting is unusual
  Shape shape;
  auto done = each_member(call, row, [&](std::string_view member, std::string_view value) {
    shape.longest = std::max({shape.longest, member.size(), value.size()});
    shape.integers = shape.integers && to_integer(member);
    return ++shape.members < members_max ? Visit::more : Visit::stop;
  });
  if (!done) return done.error();
  return shape;
}

Result<std::string_view> encoding_of_set(Call& call, const KeyRow& row) {
  auto shape = shape_of(call, row);
  if (!shape) return shape.error();
  if (shape->integers && shape->members <= size_setting(call, "set-max-intset-entries")) return "intset";
  bool small = shape->members <= size_setting(call, "set-max-listpack-entries") &&
               shape->longest <= size_setting(call, "set-max-listpack-value");
  return small ? "listpack" : "hashtable";
}

// The value of a field has a byte before it.
Result<std::string_view> encoding_of_hash(Call& call, const KeyRow& row) {
  auto shape = shape_of(call, row);
  if (!shape) return shape.error();
  bool small = shape->members <= size_setting(call, "hash-max-listpack-entries") &&
               shape->longest <= size_setting(call, "hash-max-listpack-value") + 1;
  return small ? "listpack" : "hashtable";
}

Result<std::string_view> encoding_of(Call& call, const KeyRow& row) {
  switch (row.type) {
    case Type::string: return encoding_of_string(row.content);
    case Type::set: return encoding_of_set(call, row);
    case Type::hash: return encoding_of_hash(call, row);
    case Type::list: return row.spread ? "quicklist" : "listpack";
    case Type::sorted_set: return row.spread ? "skiplist" : "listpack";
    case Type::stream: return "stream";
    case Type::json: return "raw";
  }
  return "raw";
}

Result<Reply> object_encoding(Call& call) {
  auto found = call.keys.find(call.arguments[0]);
  if (!found) return found.error();
  if (!*found) return Reply::nil();
  auto encoding = encoding_of(call, **found);
  if (!encoding) return encoding.error();
  return Reply::bulk(*encoding);
}

bool counts_uses(Call& call) {
  return setting(call.live(), call.keys.database(), "maxmemory-policy").ends_with("-lfu");
}

// How often keys are used is not counted: they all look as a new one does in Redis.
Result<Reply> object_freq(Call& call) {
  constexpr std::int64_t of_new_keys = 5;
  auto found = call.keys.find(call.arguments[0]);
  if (!found) return found.error();
  if (!*found) return Reply::nil();
  if (counts_uses(call)) return Reply::of(of_new_keys);
  return Error{ErrorCode::invalid,
               "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when "
               "switching between policies at runtime LRU and LFU data will take some time to adjust."};
}

Result<Reply> object_idletime(Call& call) {
  const std::string& key = call.arguments[0];
  auto found = call.keys.find(key);
  if (!found) return found.error();
  if (!*found) return Reply::nil();
  if (counts_uses(call)) {
    return Error{ErrorCode::invalid,
                 "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching "
                 "between policies at runtime LRU and LFU data will take some time to adjust."};
  }
  return Reply::of(call.live().accesses.idle_seconds(call.keys.database(), key, call.now()));
}

Result<Reply> object_refcount(Call& call) {
  auto found = call.keys.find(call.arguments[0]);
  if (!found) return found.error();
  return *found ? Reply::of(1) : Reply::nil();
}

struct Sample {
  std::uint64_t elements = 0;
  std::uint64_t bytes = 0;
  bool all = true;
};

Result<Sample> sample_elements(Call& call, const KeyRow& row, std::uint64_t samples_max) {
  Sample sample;
  std::uint64_t prefix = elements_prefix(call.keys.database(), call.keys.id(), row.generation).size();
  auto done = call.keys.each_element(row.generation, [&](std::string_view member, std::string_view value) {
    sample.all = samples_max == 0 || sample.elements < samples_max;
    if (!sample.all) return Visit::stop;
    ++sample.elements;
    sample.bytes += prefix + member.size() + value.size();
    return Visit::more;
  });
  if (!done) return done.error();
  return sample;
}

// The bytes of the rows; of a large collection they are estimated from a few of its elements, as in Redis.
Result<Reply> memory_usage(Call& call) {
  std::int64_t samples = 5;
  if (call.arguments.size() > 1) {
    if (call.arguments.size() != 3 || !equals_ignoring_case(call.arguments[1], "SAMPLES")) return syntax_error();
    auto number = to_integer(call.arguments[2]);
    if (!number) return not_an_integer();
    if (*number < 0) return syntax_error();
    samples = *number;
  }
  auto found = call.keys.find(call.arguments[0]);
  if (!found) return found.error();
  if (!*found) return Reply::nil();
  constexpr std::uint64_t row_bytes = 48;  // what a row takes beside its key and value
  KeyRow row = **found;
  std::uint64_t bytes = row_bytes + call.arguments[0].size() + row.content.size();
  if (row.spread) {
    auto sample = sample_elements(call, row, static_cast<std::uint64_t>(samples));
    if (!sample) return sample.error();
    std::uint64_t elements = sample->all ? sample->elements : std::max(row.elements, sample->elements);
    bytes += elements * row_bytes + sample->bytes * elements / std::max<std::uint64_t>(sample->elements, 1);
  }
  return Reply::of(static_cast<std::int64_t>(bytes));
}

Result<Reply> memory_doctor(Call&) {
  return Reply::verbatim("No issue with memory was found.\n");
}

Result<Reply> memory_malloc_stats(Call&) {
  return Reply::bulk("Stats not supported for the current allocator");
}

Result<Reply> memory_purge(Call&) {
  return Reply::ok();
}

Result<Reply> memory_stats(Call& call) {
  auto keys = call.keys.size();
  if (!keys) return keys.error();
  ProcessMemory used = process_memory();
  auto resident = static_cast<std::int64_t>(used.resident);
  auto count = static_cast<std::int64_t>(*keys);
  std::vector<Reply> pairs;
  auto add = [&](std::string_view name, std::int64_t number) {
    pairs.push_back(Reply::bulk(name));
    pairs.push_back(Reply::of(number));
  };
  add("peak.allocated", static_cast<std::int64_t>(used.resident_most));
  add("total.allocated", resident);
  add("startup.allocated", 0);
  add("replication.backlog", 0);
  add("clients.slaves", 0);
  add("clients.normal", 0);
  add("aof.buffer", 0);
  add("lua.caches", 0);
  add("functions.caches", 0);
  add("overhead.total", 0);
  add("keys.count", count);
  add("keys.bytes-per-key", count == 0 ? 0 : resident / count);
  add("dataset.bytes", resident);
  return Reply::map(std::move(pairs));
}

constexpr CommandSpec table[] = {
    {
        .name = "memory",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .since = "4.0.0",
        .complexity = "depends on the sub-command",
        .summary = "Container of the commands about memory.",
    },
    {
        .name = "memory|doctor",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = memory_doctor,
        .since = "4.0.0",
        .complexity = "O(1)",
        .summary = "Says what is wrong with the memory.",
    },
    {
        .name = "memory|malloc-stats",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = memory_malloc_stats,
        .since = "4.0.0",
        .complexity = "O(1)",
        .summary = "Returns what the allocator tells, which is nothing.",
    },
    {
        .name = "memory|purge",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = memory_purge,
        .since = "4.0.0",
        .complexity = "O(1)",
        .summary = "Does nothing: memory is given back by itself.",
    },
    {
        .name = "memory|stats",
        .arity = exactly(0),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::server,
        .run = memory_stats,
        .since = "4.0.0",
        .complexity = "O(1)",
        .summary = "Returns what the memory is used for.",
    },
    {
        .name = "memory|usage",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = no_touch,
        .group = Group::server,
        .run = memory_usage,
        .since = "4.0.0",
        .complexity = "O(N) in the number of samples",
        .summary = "Returns how many bytes a key and its value take.",
    },
    {
        .name = "object",
        .arity = at_least(1),
        .keys = no_keys,
        .access = Access::none,
        .flags = 0,
        .group = Group::generic,
        .since = "2.2.3",
        .complexity = "depends on the sub-command",
        .summary = "Container of the commands about how values are kept.",
    },
    {
        .name = "object|encoding",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = no_touch,
        .group = Group::generic,
        .run = object_encoding,
        .since = "2.2.3",
        .complexity = "O(1)",
        .summary = "Returns how Redis would keep the value of a key.",
    },
    {
        .name = "object|freq",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = no_touch,
        .group = Group::generic,
        .run = object_freq,
        .since = "4.0.0",
        .complexity = "O(1)",
        .summary = "Returns how often a key is used, which is not counted.",
    },
    {
        .name = "object|idletime",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = no_touch,
        .group = Group::generic,
        .run = object_idletime,
        .since = "2.2.3",
        .complexity = "O(1)",
        .summary = "Returns for how many seconds a key has not been used, at least.",
    },
    {
        .name = "object|refcount",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = no_touch,
        .group = Group::generic,
        .run = object_refcount,
        .since = "2.2.3",
        .complexity = "O(1)",
        .summary = "Returns how often the value of a key is referred to, which is once.",
    },
};

}  // namespace

std::span<const CommandSpec> object_commands() {
  return table;
}

}  // namespace millrace::store
