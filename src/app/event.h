#pragma once

// An event as it stands in the log: JSON that any consumer can read, `{"type":"create-task","data":{…}}`, to which
// millrace adds `id`, `time`, `subject`, `version` and `actor` (named as in CloudEvents 1.0 where that has a name).
// Pure.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace millrace::app {

struct Event {
  std::string name{};  // "create-task"
  std::string id{};    // a ULID; empty in a record of another writer
  Timestamp time{};
  std::string subject{};               // the entity's id; empty in a record of another writer
  std::uint64_t version = 0;           // of the entity, from 1; 0 in a record of another writer
  std::optional<std::string> actor{};  // who asked for it
  // Name and JSON text of each member, in order.
  std::vector<std::pair<std::string, std::string>> data{};

  const std::string* find(std::string_view member) const;
  bool operator==(const Event&) const = default;
};

std::string encode(const Event& event);

// Reads a record's value, ours or another writer's: `type` and `data` must be there, the rest may. Total: fails with
// `invalid` for anything that is no event.
Result<Event> decode_event(std::string_view value);

// The text of a JSON string, or nothing when `json` is none.
std::optional<std::string> unquote(std::string_view json);
// `text` as a JSON string.
std::string quote(std::string_view text);

}  // namespace millrace::app
