// EXPIRE and its kin: when a key ends.

#include <fmt/format.h>

#include "store/commands/errors.h"
#include "store/commands/expiry_options.h"
#include "store/commands/groups.h"
#include "store/commands/text.h"

namespace millrace::store {
namespace {

struct ExpireCondition {
  bool if_none = false;    // NX
  bool if_some = false;    // XX
  bool if_later = false;   // GT
  bool if_sooner = false;  // LT

  // No expiry is later than any.
  bool is_met(std::int64_t before, std::int64_t after) const {
    if (if_none && before != 0) return false;
    if (if_some && before == 0) return false;
    if (if_later && (before == 0 || after <= before)) return false;
    return !if_sooner || before == 0 || after < before;
  }
};

Result<ExpireCondition> parse_condition(std::span<const std::string> words) {
  ExpireCondition condition;
  for (const std::string& word : words) {
    if (equals_ignoring_case(word, "NX")) {
      condition.if_none = true;
    } else if (equals_ignoring_case(word, "XX")) {
      condition.if_some = true;
    } else if (equals_ignoring_case(word, "GT")) {
      condition.if_later = true;
    } else if (equals_ignoring_case(word, "LT")) {
      condition.if_sooner = true;
    } else {
      return Error{ErrorCode::invalid, fmt::format("ERR Unsupported option {}", word)};
    }
  }
  if (condition.if_none && (condition.if_some || condition.if_later || condition.if_sooner)) {
    return Error{ErrorCode::invalid, "ERR NX and XX, GT or LT options at the same time are not compatible"};
  }
  if (condition.if_later && condition.if_sooner) {
    return Error{ErrorCode::invalid, "ERR GT and LT options at the same time are not compatible"};
  }
  return condition;
}

Result<void> change_expiry(Call& call, const KeyRow& before, std::int64_t expires_at) {
  const std::string& key = call.arguments[0];
  if (expires_at <= call.now()) {
    if (auto done = call.keys.erase(key, before); !done) return done;
    call.notify('g', "del", key);
    return {};
  }
  KeyRow row = before;
  row.expires_at = expires_at;
  if (auto done = call.keys.put(key, before, row); !done) return done;
  call.notify('g', "expire", key);
  return {};
}

Result<Reply> expire_by(Call& call, TimeForm form) {
  auto condition = parse_condition(call.arguments.subspan(2));
  if (!condition) return condition.error();
  auto time = any_expiry_time(call.arguments[1], form, call.now(), call.spec.name);
  if (!time) return time.error();
  auto found = call.keys.find(call.arguments[0]);
  if (!found) return found.error();
  if (!*found || !condition->is_met((*found)->expires_at, *time)) return Reply::of(0);
  if (auto done = change_expiry(call, **found, *time); !done) return done.error();
  return Reply::of(1);
}

Result<Reply> expire(Call& call) {
  return expire_by(call, {.seconds = true, .relative = true});
}

Result<Reply> expireat(Call& call) {
  return expire_by(call, {.seconds = true, .relative = false});
}

Result<Reply> pexpire(Call& call) {
  return expire_by(call, {.seconds = false, .relative = true});
}

Result<Reply> pexpireat(Call& call) {
  return expire_by(call, {.seconds = false, .relative = false});
}

Result<Reply> persist(Call& call) {
  const std::string& key = call.arguments[0];
  auto found = call.keys.find(key);
  if (!found) return found.error();
  if (!*found || (*found)->expires_at == 0) return Reply::of(0);
  KeyRow row = **found;
  row.expires_at = 0;
  if (auto done = call.keys.put(key, *found, row); !done) return done.error();
  call.notify('g', "persist", key);
  return Reply::of(1);
}

Result<Reply> time_left(Call& call, TimeForm form) {
  auto found = call.keys.find(call.arguments[0]);
  if (!found) return found.error();
  if (!*found) return Reply::of(-2);
  if ((*found)->expires_at == 0) return Reply::of(-1);
  std::int64_t time = (*found)->expires_at - (form.relative ? call.now() : 0);
  return Reply::of(form.seconds ? (time + 500) / 1000 : time);
}

Result<Reply> ttl(Call& call) {
  return time_left(call, {.seconds = true, .relative = true});
}

Result<Reply> pttl(Call& call) {
  return time_left(call, {.seconds = false, .relative = true});
}

Result<Reply> expiretime(Call& call) {
  return time_left(call, {.seconds = true, .relative = false});
}

Result<Reply> pexpiretime(Call& call) {
  return time_left(call, {.seconds = false, .relative = false});
}

constexpr CommandSpec table[] = {
    {
        .name = "expire",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::generic,
        .run = expire,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Has a key expire after so many seconds.",
    },
    {
        .name = "expireat",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::generic,
        .run = expireat,
        .since = "1.2.0",
        .complexity = "O(1)",
        .summary = "Has a key expire at a time in seconds since 1970.",
    },
    {
        .name = "expiretime",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast | no_touch,
        .group = Group::generic,
        .run = expiretime,
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Returns when a key expires, in seconds since 1970.",
    },
    {
        .name = "persist",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::generic,
        .run = persist,
        .since = "2.2.0",
        .complexity = "O(1)",
        .summary = "Has a key no longer expire.",
    },
    {
        .name = "pexpire",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::generic,
        .run = pexpire,
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Has a key expire after so many milliseconds.",
    },
    {
        .name = "pexpireat",
        .arity = at_least(2),
        .keys = first_argument,
        .access = Access::write,
        .flags = fast,
        .group = Group::generic,
        .run = pexpireat,
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Has a key expire at a time in milliseconds since 1970.",
    },
    {
        .name = "pexpiretime",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast | no_touch,
        .group = Group::generic,
        .run = pexpiretime,
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Returns when a key expires, in milliseconds since 1970.",
    },
    {
        .name = "pttl",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast | no_touch,
        .group = Group::generic,
        .run = pttl,
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Returns how many milliseconds a key has left.",
    },
    {
        .name = "ttl",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = fast | no_touch,
        .group = Group::generic,
        .run = ttl,
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns how many seconds a key has left.",
    },
};

}  // namespace

std::span<const CommandSpec> expiry_commands() {
  return table;
}

}  // namespace millrace::store
