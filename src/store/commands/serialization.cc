#include <fmt/format.h>

#include "store/commands/errors.h"
#include "store/commands/groups.h"
#include "store/commands/text.h"
#include "store/commands/value_images.h"
#include "store/json/text.h"
#include "store/rdb/payload.h"

namespace millrace::store {
namespace {

Result<Reply> dump(Call& call) {
  const std::string& key = call.arguments[0];
  auto found = call.keys.find(key);
  if (!found) return found.error();
  if (!*found) return Reply::nil();
  auto image = read_image(call.keys, key, **found);
  if (!image) return image.error();
  return Reply::bulk(rdb::encode(*image));
}

struct RestoreOptions {
  bool replace = false;
  bool absolute_time = false;
  std::optional<std::int64_t> idle_seconds{};
};

Result<RestoreOptions> parse_restore_options(std::span<const std::string> words) {
  RestoreOptions options;
  bool frequency = false;
  for (std::size_t i = 0; i < words.size(); ++i) {
    bool followed = i + 1 < words.size();
    if (equals_ignoring_case(words[i], "REPLACE")) {
      options.replace = true;
    } else if (equals_ignoring_case(words[i], "ABSTTL")) {
      options.absolute_time = true;
    } else if (equals_ignoring_case(words[i], "IDLETIME") && followed && !frequency) {
      auto seconds = to_integer(words[++i]);
      if (!seconds) return not_an_integer();
      if (*seconds < 0) return Error{ErrorCode::invalid, "ERR Invalid IDLETIME value, must be >= 0"};
      options.idle_seconds = *seconds;
    } else if (equals_ignoring_case(words[i], "FREQ") && followed && !options.idle_seconds) {
      auto number = to_integer(words[++i]);
      if (!number) return not_an_integer();
      if (*number < 0 || *number > 255) {
        return Error{ErrorCode::invalid, "ERR Invalid FREQ value, must be >= 0 and <= 255"};
      }
      frequency = true;
    } else {
      return syntax_error();
    }
  }
  return options;
}

// A document's text is trusted by whoever reads it, so that it must be one.
Result<rdb::Value> decode_payload(std::string_view payload) {
  auto value = rdb::decode(payload);
  const auto* document = value ? std::get_if<rdb::Json>(&*value) : nullptr;
  if (document != nullptr && !json::parse(document->text)) return Error{ErrorCode::invalid, "ERR Bad data format"};
  return value;
}

Result<std::int64_t> parse_expiry(Call& call, bool absolute) {
  auto time = to_integer(call.arguments[1]);
  if (!time) return not_an_integer();
  if (*time < 0) return Error{ErrorCode::invalid, "ERR Invalid TTL value, must be >= 0"};
  std::int64_t at = *time;
  if (at != 0 && !absolute && __builtin_add_overflow(at, call.now(), &at)) at = INT64_MAX;
  return at;
}

Result<void> finish_restore(Call& call, std::string_view key, std::int64_t at) {
  auto written = call.keys.find(key);
  if (!written) return written.error();
  if (!*written) return {};  // all its fields were over
  if (at != 0) {
    KeyRow row = **written;
    row.expires_at = at;
    if (auto done = call.keys.put(key, *written, row); !done) return done;
  }
  call.notify('g', "restore", key);
  return {};
}

Result<Reply> restore(Call& call) {
  const std::string& key = call.arguments[0];
  auto options = parse_restore_options(call.arguments.subspan(3));
  if (!options) return options.error();
  auto before = call.keys.find(key);
  if (!before) return before.error();
  if (*before && !options->replace) {
    return Error{ErrorCode::invalid, "BUSYKEY Target key name already exists."};
  }
  auto expires_at = parse_expiry(call, options->absolute_time);
  if (!expires_at) return expires_at.error();
  auto value = decode_payload(call.arguments[2]);
  if (!value) return value.error();
  if (*before) {
    if (auto done = call.keys.erase(key, **before); !done) return done.error();
  }
  if (*expires_at != 0 && *expires_at <= call.now()) {
    if (*before) call.notify('g', "del", key);
    return Reply::ok();
  }
  if (auto done = write_image(call.keys, key, *value); !done) return done.error();
  if (auto done = finish_restore(call, key, *expires_at); !done) return done.error();
  if (options->idle_seconds) {
    call.live().accesses.used(call.keys.database(), key, call.now() - *options->idle_seconds * 1000);
  }
  return Reply::ok();
}

constexpr CommandSpec table[] = {
    {
        .name = "dump",
        .arity = exactly(1),
        .keys = first_argument,
        .access = Access::read,
        .flags = 0,
        .group = Group::generic,
        .run = dump,
        .since = "2.6.0",
        .complexity = "O(N) in the number of elements",
        .summary = "Returns the value of a key as bytes that RESTORE takes, also that of Redis.",
    },
    {
        .name = "restore",
        .arity = at_least(3),
        .keys = first_argument,
        .access = Access::write,
        .flags = may_grow | dangerous,
        .group = Group::generic,
        .run = restore,
        .since = "2.6.0",
        .complexity = "O(N) in the number of elements",
        .summary = "Makes a key of the bytes that DUMP returned, also that of Redis.",
    },
};

}  // namespace

std::span<const CommandSpec> serialization_commands() {
  return table;
}

}  // namespace millrace::store
