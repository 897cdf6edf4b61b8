#include "graphql/schema/value.h"

#include <algorithm>

#include "base/json_writer.h"

namespace millrace::graphql {

Value Value::get(std::string_view name) const {
  if (kind_ != Kind::object) return {};
  for (auto& entry : entries())
    if (entry.name == name) return entry.value;
  return {};
}

bool Value::operator==(const Value& other) const {
  const auto is_number = [](const Value& value) {
    return value.kind_ == Kind::integer || value.kind_ == Kind::floating;
  };
  if (kind_ != other.kind_) return is_number(*this) && is_number(other) && as_number() == other.as_number();
  switch (kind_) {
    case Kind::absent:
    case Kind::null: return true;
    case Kind::boolean: return data_.boolean == other.data_.boolean;
    case Kind::integer: return data_.integer == other.data_.integer;
    case Kind::floating: return data_.floating == other.data_.floating;
    case Kind::string:
    case Kind::enumeration: return as_string() == other.as_string();
    case Kind::list: return std::ranges::equal(items(), other.items());
    case Kind::object:
      return size_ == other.size_ && std::ranges::all_of(entries(), [&](const ObjectEntry& entry) {
               const auto theirs = other.get(entry.name);
               return !theirs.is_absent() && theirs == entry.value;
             });
  }
  return false;
}

Value copy(const Value& value, Arena& arena) {
  switch (value.kind()) {
    case Value::Kind::string: return Value::string(arena.copy(value.as_string()));
    case Value::Kind::enumeration: return Value::enumeration(arena.copy(value.as_string()));
    case Value::Kind::list: {
      auto items = arena.make_array<Value>(value.items().size());
      std::ranges::transform(value.items(), items.begin(), [&](const Value& item) { return copy(item, arena); });
      return Value::list(items);
    }
    case Value::Kind::object: {
      auto entries = arena.make_array<ObjectEntry>(value.entries().size());
      std::ranges::transform(value.entries(), entries.begin(), [&](const ObjectEntry& entry) {
        return ObjectEntry{arena.copy(entry.name), copy(entry.value, arena)};
      });
      return Value::object(entries);
    }
    default: return value;
  }
}

namespace {

void write(JsonWriter& json, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::absent:
    case Value::Kind::null: json.null(); return;
    case Value::Kind::boolean: json.boolean(value.as_boolean()); return;
    case Value::Kind::integer: json.integer(value.as_integer()); return;
    case Value::Kind::floating: json.number(value.as_floating()); return;
    case Value::Kind::string:
    case Value::Kind::enumeration: json.string(value.as_string()); return;
    case Value::Kind::list:
      json.open_array();
      for (auto& item : value.items()) write(json, item);
      json.close_array();
      return;
    case Value::Kind::object:
      json.open_object();
      for (auto& entry : value.entries()) write(json.key(entry.name), entry.value);
      json.close_object();
      return;
  }
}

}  // namespace

void append_json(std::string& out, const Value& value) {
  JsonWriter json(out);
  write(json, value);
}

}  // namespace millrace::graphql
