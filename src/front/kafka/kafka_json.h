#pragma once

// The JSON of requests under /kafka, as tolerant as the hosted service's own examples need it: one comma may stand
// before a closing bracket, fields that nobody knows are ignored, null is as good as absent. Pure; any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"

namespace millrace::front {

// A body that was parsed, with the text that its strings may point into.
class KafkaBody {
 public:
  // Of an empty body the root is null. Fails with `invalid` for what is no JSON.
  static Result<KafkaBody> parse(std::string_view body);

  const JsonValue& root() const;

 private:
  std::optional<JsonDocument> document_{};
};

// The member if it is there and not null, else a null pointer.
const JsonValue* present(const JsonValue& object, std::string_view name);

// A whole number, also as 1e3 or 5.0; nothing for anything else.
std::optional<std::int64_t> whole_number(const JsonValue& value);
std::optional<std::int64_t> whole_number(std::string_view text);

// `json` without the commas that stand alone before a bracket that closes.
std::string without_trailing_commas(std::string_view json);

}  // namespace millrace::front
