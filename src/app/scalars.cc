#include "app/scalars.h"

#include <cmath>

#include "base/time.h"

namespace millrace::app {
namespace {

using graphql::Arena;
using graphql::Value;

Result<Value> parse_date_time(const Value& raw, Arena& arena) {
  if (!raw.is_string()) return Error{ErrorCode::invalid, "is not a string with an RFC 3339 time"};
  auto time = from_rfc3339(raw.as_string());
  if (!time) return Error{ErrorCode::invalid, "is not an RFC 3339 time such as \"2023-03-20T11:21:43.901Z\""};
  return Value::string(arena.copy(to_rfc3339(*time)));
}

bool is_degrees(const Value& value, double bound) {
  bool number = value.kind() == Value::Kind::integer || value.kind() == Value::Kind::floating;
  return number && std::fabs(value.as_number()) <= bound;
}

Result<Value> parse_point(const Value& raw, Arena&) {
  bool pair = raw.kind() == Value::Kind::object && raw.entries().size() == 2;
  if (!pair || !is_degrees(raw.get("lat"), 90) || !is_degrees(raw.get("lon"), 180)) {
    return Error{ErrorCode::invalid, "is not a point such as {lat: 52.52, lon: 13.4}"};
  }
  return raw;
}

constexpr graphql::ScalarBinding bindings[] = {
    {.scalar = "DateTime", .parse = parse_date_time},
    {.scalar = "Point", .parse = parse_point},
};

}  // namespace

std::span<const graphql::ScalarBinding> scalar_bindings() {
  return bindings;
}

}  // namespace millrace::app
