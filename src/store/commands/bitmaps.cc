#include <algorithm>
#include <fmt/format.h>

#include "store/commands/bit_offsets.h"
#include "store/commands/bits.h"
#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/string_values.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

struct BitRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  bool empty = true;
};

// From `start` to `end` of `size` units of so many bits each; negative ones count from behind.
BitRange range_of(std::int64_t start, std::int64_t end, std::int64_t size, std::uint64_t unit) {
  if (start < 0) start = std::max<std::int64_t>(start + size, 0);
  if (end < 0) end = std::max<std::int64_t>(end + size, 0);
  end = std::min(end, size - 1);
  if (start > end) return {};
  return {static_cast<std::uint64_t>(start) * unit, static_cast<std::uint64_t>(end) * unit + unit - 1, false};
}

Result<bool> counts_bits(std::string_view word) {
  if (equals_ignoring_case(word, "BIT")) return true;
  if (equals_ignoring_case(word, "BYTE")) return false;
  return syntax_error();
}

BitRange whole(std::string_view text) {
  return range_of(0, -1, static_cast<std::int64_t>(text.size()), 8);
}

// The range that `start end [BIT|BYTE]` says.
Result<BitRange> parse_range(std::span<const std::string> words, std::string_view text) {
  auto start = to_integer(words[0]);
  auto end = to_integer(words[1]);
  if (!start || !end) return not_an_integer();
  Result<bool> bits = words.size() == 3 ? counts_bits(words[2]) : Result<bool>(false);
  if (!bits) return bits.error();
  auto size = static_cast<std::int64_t>(text.size());
  return *bits ? range_of(*start, *end, size * 8, 1) : range_of(*start, *end, size, 8);
}

// Both ends are told from behind, and the first lies behind the last: nothing for BITCOUNT, even where both are cut
// off.
bool is_backwards(std::span<const std::string> words) {
  auto start = words.size() < 2 ? std::nullopt : to_integer(words[0]);
  auto end = words.size() < 2 ? std::nullopt : to_integer(words[1]);
  return start && end && *start < 0 && *end < 0 && *start > *end;
}

Result<Reply> bitcount(Call& call) {
  auto found = call.keys.find(call.arguments[0], Type::string);
  if (!found) return found.error();
  if (!*found) return Reply::of(0);
  std::string_view text = (*found)->content;
  auto words = call.arguments.subspan(1);
  if (words.size() == 1 || words.size() > 3) return syntax_error();
  Result<BitRange> range = words.empty() ? Result<BitRange>(whole(text)) : parse_range(words, text);
  if (!range) return range.error();
  if (is_backwards(words)) return Reply::of(0);
  return Reply::of(range->empty ? 0 : static_cast<std::int64_t>(count_bits(text, range->first, range->last)));
}

Result<Reply> bitpos(Call& call) {
  auto bit = to_integer(call.arguments[1]);
  if (!bit) return not_an_integer();
  if (*bit != 0 && *bit != 1) return Error{ErrorCode::invalid, "ERR The bit argument must be 1 or 0."};
  auto found = call.keys.find(call.arguments[0], Type::string);
  if (!found) return found.error();
  if (!*found) return Reply::of(*bit == 1 ? -1 : 0);
  std::string_view text = (*found)->content;
  auto words = call.arguments.subspan(2);
  if (words.size() > 3) return syntax_error();
  BitRange range = whole(text);
  if (words.size() == 1) {
    auto start = to_integer(words[0]);
    if (!start) return not_an_integer();
    range = range_of(*start, -1, static_cast<std::int64_t>(text.size()), 8);
  } else if (words.size() > 1) {
    auto parsed = parse_range(words, text);
    if (!parsed) return parsed.error();
    range = *parsed;
  }
  if (range.empty) return Reply::of(-1);
  auto at = find_bit(text, *bit == 1, range.first, range.last);
  if (at) return Reply::of(static_cast<std::int64_t>(*at));
  bool open_end = *bit == 0 && words.size() < 2;  // behind the end there are zeros
  return Reply::of(open_end ? static_cast<std::int64_t>(range.last) + 1 : -1);
}

std::optional<BitOperation> operation_of(std::string_view word) {
  struct Row {
    std::string_view word;
    BitOperation operation;
  };
  static constexpr Row rows[] = {{"AND", BitOperation::all},
                                 {"OR", BitOperation::any},
                                 {"XOR", BitOperation::odd},
                                 {"NOT", BitOperation::inverse},
                                 {"DIFF", BitOperation::first_only},
                                 {"DIFF1", BitOperation::others_only},
                                 {"ANDOR", BitOperation::first_and_others},
                                 {"ONE", BitOperation::exactly_one}};
  for (const Row& row : rows) {
    if (equals_ignoring_case(word, row.word)) return row.operation;
  }
  return std::nullopt;
}

Result<void> check_sources(BitOperation operation, std::string_view word, std::size_t count) {
  if (operation == BitOperation::inverse && count != 1) {
    return Error{ErrorCode::invalid, "ERR BITOP NOT must be called with a single source key."};
  }
  bool needs_two = operation == BitOperation::first_only || operation == BitOperation::others_only ||
                   operation == BitOperation::first_and_others;
  if (needs_two && count < 2) {
    return Error{ErrorCode::invalid,
                 fmt::format("ERR BITOP {} must be called with at least two source keys.", upper_case(word))};
  }
  return {};
}

Result<Reply> bitop(Call& call) {
  auto operation = operation_of(call.arguments[0]);
  if (!operation) return syntax_error();
  const std::string& target = call.arguments[1];
  auto names = call.arguments.subspan(2);
  if (auto valid = check_sources(*operation, call.arguments[0], names.size()); !valid) return valid.error();
  std::vector<std::string> sources;
  for (const std::string& name : names) {
    auto found = call.keys.find(name, Type::string);
    if (!found) return found.error();
    sources.emplace_back(*found ? (*found)->content : std::string_view());
  }
  std::string combined = combine_bits(*operation, sources);
  auto before = call.keys.find(target);
  if (!before) return before.error();
  if (!combined.empty()) {
    if (auto done = put_string(call.keys, target, *before, combined); !done) return done.error();
    call.notify('$', "set", target);
  } else if (*before) {
    if (auto done = call.keys.erase(target, **before); !done) return done.error();
    call.notify('g', "del", target);
  }
  return Reply::of(static_cast<std::int64_t>(combined.size()));
}

Result<Reply> getbit(Call& call) {
  auto at = parse_bit_offset(call.arguments[1]);
  if (!at) return at.error();
  auto found = call.keys.find(call.arguments[0], Type::string);
  if (!found) return found.error();
  return Reply::of(*found && bit_at((*found)->content, *at) ? 1 : 0);
}

Result<Reply> setbit(Call& call) {
  const std::string& key = call.arguments[0];
  auto at = parse_bit_offset(call.arguments[1]);
  if (!at) return at.error();
  if (call.arguments[2] != "0" && call.arguments[2] != "1") {
    return Error{ErrorCode::invalid, "ERR bit is not an integer or out of range"};
  }
  auto before = call.keys.find(key, Type::string);
  if (!before) return before.error();
  std::string text(*before ? (*before)->content : std::string_view());
  bool old = bit_at(text, *at);
  bool bit = call.arguments[2] == "1";
  std::size_t size = std::max<std::size_t>(text.size(), *at / 8 + 1);
  if (*before && old == bit && size == text.size()) return Reply::of(old ? 1 : 0);
  text.resize(size);
  set_bit(text, *at, bit);
  if (auto done = change_string(call.keys, key, *before, text); !done) return done.error();
  call.notify('$', "setbit", key);
  return Reply::of(old ? 1 : 0);
}

constexpr CommandSpec table[] = {
    {
        .name = "bitcount",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::bitmap,
        .run = bitcount,
        .since = "2.6.0",
        .complexity = "O(N) in the length of the string",
        .summary = "Counts the bits that are set in a string.",
    },
    {
        .name = "bitop",
        .arity = at_least(3),
        .keys = second_to_last,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::bitmap,
        .run = bitop,
        .since = "2.6.0",
        .complexity = "O(N) in the length of the longest string",
        .summary = "Combines the bits of strings and keeps the result.",
    },
    {
        .name = "bitpos",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::bitmap,
        .run = bitpos,
        .since = "2.8.7",
        .complexity = "O(N) in the length of the string",
        .summary = "Finds the first bit that is set, or clear, in a string.",
    },
    {
        .name = "getbit",
        .arity = exactly(2),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::bitmap,
        .run = getbit,
        .since = "2.2.0",
        .complexity = "O(1)",
        .summary = "Returns a bit of a string.",
    },
    {
        .name = "setbit",
        .arity = exactly(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::bitmap,
        .run = setbit,
        .since = "2.2.0",
        .complexity = "O(1)",
        .summary = "Sets or clears a bit of a string. Creates the key if it doesn't exist.",
    },
};

}  // namespace

std::span<const CommandSpec> bitmap_commands() {
  return table;
}

}  // namespace millrace::store
