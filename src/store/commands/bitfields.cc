// BITFIELD: strings as arrays of integers of any width.

#include <algorithm>

#include "store/commands/bit_offsets.h"
#include "store/commands/bits.h"
#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/string_values.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

struct FieldStep {
  enum class Kind { get, set, add };

  Kind kind = Kind::get;
  BitFieldType type{};
  std::uint64_t at = 0;
  std::int64_t operand = 0;
  Overflow overflow = Overflow::wrap;

  std::uint64_t bytes() const { return (at + type.bits + 7) / 8; }
};

Result<Overflow> parse_overflow(std::string_view word) {
  if (equals_ignoring_case(word, "WRAP")) return Overflow::wrap;
  if (equals_ignoring_case(word, "SAT")) return Overflow::saturate;
  if (equals_ignoring_case(word, "FAIL")) return Overflow::fail;
  return Error{ErrorCode::invalid, "ERR Invalid OVERFLOW type specified"};
}

std::optional<FieldStep::Kind> kind_of(std::string_view word, std::size_t words_left) {
  if (equals_ignoring_case(word, "GET") && words_left >= 3) return FieldStep::Kind::get;
  if (equals_ignoring_case(word, "SET") && words_left >= 4) return FieldStep::Kind::set;
  if (equals_ignoring_case(word, "INCRBY") && words_left >= 4) return FieldStep::Kind::add;
  return std::nullopt;
}

Result<FieldStep> parse_step(std::span<const std::string> words, FieldStep::Kind kind, Overflow overflow) {
  auto type = parse_field_type(words[1]);
  if (!type) {
    return Error{ErrorCode::invalid,
                 "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is."};
  }
  bool in_fields = words[2].starts_with('#');
  auto at = parse_bit_offset(std::string_view(words[2]).substr(in_fields ? 1 : 0), in_fields ? type->bits : 1);
  if (!at) return at.error();
  FieldStep step{.kind = kind, .type = *type, .at = *at, .overflow = overflow};
  if (kind != FieldStep::Kind::get) {
    auto operand = to_integer(words[3]);
    if (!operand) return not_an_integer();
    step.operand = *operand;
  }
  return step;
}

Result<std::vector<FieldStep>> parse_steps(std::span<const std::string> words, bool read_only) {
  std::vector<FieldStep> steps;
  auto overflow = Overflow::wrap;
  for (std::size_t i = 0; i < words.size();) {
    if (equals_ignoring_case(words[i], "OVERFLOW") && i + 1 < words.size()) {
      auto chosen = parse_overflow(words[i + 1]);
      if (!chosen) return chosen.error();
      overflow = *chosen;
      i += 2;
      continue;
    }
    auto kind = kind_of(words[i], words.size() - i);
    if (!kind) return syntax_error();
    auto step = parse_step(words.subspan(i), *kind, overflow);
    if (!step) return step.error();
    steps.push_back(*step);
    i += *kind == FieldStep::Kind::get ? 3 : 4;
  }
  bool writes = std::ranges::any_of(steps, [](const FieldStep& step) { return step.kind != FieldStep::Kind::get; });
  if (read_only && writes) return Error{ErrorCode::invalid, "ERR BITFIELD_RO only supports the GET subcommand"};
  return steps;
}

// What the step answers; it may change `text`.
Reply carry_out(const FieldStep& step, std::string& text, bool& changed) {
  std::int64_t old = read_field(text, step.type, step.at);
  if (step.kind == FieldStep::Kind::get) return Reply::of(old);
  bool adds = step.kind == FieldStep::Kind::add;
  auto value = adds ? add_to_field(step.type, step.overflow, old, step.operand)
                    : fit_field(step.type, step.overflow, step.operand);
  if (!value) return Reply::nil();
  write_field(text, step.type, step.at, *value);
  changed = changed || adds || *value != old;
  return Reply::of(adds ? *value : old);
}

Result<Reply> run_steps(Call& call, bool read_only) {
  const std::string& key = call.arguments[0];
  auto steps = parse_steps(call.arguments.subspan(1), read_only);
  if (!steps) return steps.error();
  auto before = call.keys.find(key, Type::string);
  if (!before) return before.error();
  std::string text(*before ? (*before)->content : std::string_view());
  std::uint64_t size = text.size();
  for (const FieldStep& step : *steps) {
    if (step.kind != FieldStep::Kind::get) size = std::max(size, step.bytes());
  }
  bool changed = size > text.size();
  text.resize(size);
  std::vector<Reply> replies;
  for (const FieldStep& step : *steps) replies.push_back(carry_out(step, text, changed));
  if (changed) {
    if (auto done = change_string(call.keys, key, *before, text); !done) return done.error();
    call.notify('$', "setbit", key);
  }
  return Reply::array(std::move(replies));
}

Result<Reply> bitfield(Call& call) {
  return run_steps(call, false);
}

Result<Reply> bitfield_ro(Call& call) {
  return run_steps(call, true);
}

constexpr CommandSpec table[] = {
    {
        .name = "bitfield",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow,
        .group = Group::bitmap,
        .run = bitfield,
        .since = "3.2.0",
        .complexity = "O(1) for each step",
        .summary = "Reads and changes integers of any width in a string.",
    },
    {
        .name = "bitfield_ro",
        .arity = at_least(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast,
        .group = Group::bitmap,
        .run = bitfield_ro,
        .since = "6.0.0",
        .complexity = "O(1) for each step",
        .summary = "Reads integers of any width in a string.",
    },
};

}  // namespace

std::span<const CommandSpec> bitfield_commands() {
  return table;
}

}  // namespace millrace::store
