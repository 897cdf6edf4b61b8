#pragma once

// A coerced input value: of a default, an argument or a variable (GraphQL specification, September 2025, section 3.13
// and 6.1.2). 16 bytes, copied freely; strings, lists and entries belong to an arena (or to the text they were read
// from) that must outlive it. Immutable, so readable from any thread.
//
// Kind::absent is "no value given", which is not null: an argument without value and default, an input field left out.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "graphql/language/arena.h"

namespace millrace::graphql {

struct ObjectEntry;

class Value {
 public:
  enum class Kind : std::uint8_t { absent, null, boolean, integer, floating, string, enumeration, list, object };

  constexpr Value() = default;  // absent

  static constexpr Value null() { return Value(Kind::null, 0); }
  static constexpr Value boolean(bool value) {
    Value made(Kind::boolean, 0);
    made.data_.boolean = value;
    return made;
  }
  // Int is 32-bit; only values of custom scalars may be wider.
  static constexpr Value integer(std::int64_t value) {
    Value made(Kind::integer, 0);
    made.data_.integer = value;
    return made;
  }
  static constexpr Value floating(double value) {
    Value made(Kind::floating, 0);
    made.data_.floating = value;
    return made;
  }
  // The text is not copied.
  static constexpr Value string(std::string_view value) { return text(Kind::string, value); }
  static constexpr Value enumeration(std::string_view name) { return text(Kind::enumeration, name); }
  // The elements are not copied.
  static constexpr Value list(std::span<const Value> items) {
    Value made(Kind::list, static_cast<std::uint32_t>(items.size()));
    made.data_.items = items.data();
    return made;
  }
  static constexpr Value object(std::span<const ObjectEntry> entries);

  constexpr Kind kind() const { return kind_; }
  constexpr bool is_absent() const { return kind_ == Kind::absent; }
  constexpr bool is_null() const { return kind_ == Kind::null; }
  constexpr bool is_string() const { return kind_ == Kind::string; }

  // Each needs the kind it names.
  constexpr bool as_boolean() const { return data_.boolean; }
  constexpr std::int64_t as_integer() const { return data_.integer; }
  constexpr double as_floating() const { return data_.floating; }
  constexpr std::string_view as_string() const { return {data_.text, size_}; }  // string, enumeration
  constexpr std::span<const Value> items() const { return {data_.items, size_}; }
  constexpr std::span<const ObjectEntry> entries() const;

  // integer or floating as a double.
  constexpr double as_number() const {
    return kind_ == Kind::integer ? static_cast<double>(data_.integer) : data_.floating;
  }

  // The entry of an object; absent when there is none or this is no object.
  Value get(std::string_view name) const;

  // Deep; numbers of both kinds compare by value, objects regardless of order.
  bool operator==(const Value& other) const;

 private:
  union Data {
    std::int64_t integer = 0;
    bool boolean;
    double floating;
    const char* text;
    const Value* items;
    const ObjectEntry* entries;
  };

  constexpr Value(Kind kind, std::uint32_t size) : kind_(kind), size_(size) {}
  static constexpr Value text(Kind kind, std::string_view value) {
    Value made(kind, static_cast<std::uint32_t>(value.size()));
    made.data_.text = value.data();
    return made;
  }

  Kind kind_ = Kind::absent;
  std::uint32_t size_ = 0;
  Data data_{};
};

// Entries of an input object stand in the order of the schema; those of a custom scalar as they were given.
struct ObjectEntry {
  std::string_view name{};
  Value value{};
};

constexpr Value Value::object(std::span<const ObjectEntry> entries) {
  Value made(Kind::object, static_cast<std::uint32_t>(entries.size()));
  made.data_.entries = entries.data();
  return made;
}

constexpr std::span<const ObjectEntry> Value::entries() const {
  return {data_.entries, size_};
}

// A deep copy whose text and elements are in `arena`.
Value copy(const Value& value, Arena& arena);

// Appends the value as JSON; absent as null, enumerations as strings.
void append_json(std::string& out, const Value& value);

}  // namespace millrace::graphql
