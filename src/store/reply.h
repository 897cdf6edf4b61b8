#pragma once

// What a command of the store answers. Its shapes are those of the Redis protocol, so that any door can write them as
// they are.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::store {

struct Reply {
  enum class Kind : std::uint8_t { nil, integer, bulk, simple, error, array };

  Kind kind = Kind::nil;
  std::int64_t integer = 0;       // of Kind::integer
  std::string text{};             // of bulk, simple and error; an error begins with its code: "WRONGTYPE Operation …"
  std::vector<Reply> elements{};  // of array

  static Reply nil() { return {}; }
  static Reply of(std::int64_t number) { return {.kind = Kind::integer, .integer = number}; }
  static Reply bulk(std::string text) { return {.kind = Kind::bulk, .text = std::move(text)}; }
  static Reply bulk(std::string_view text) { return bulk(std::string(text)); }
  static Reply simple(std::string text) { return {.kind = Kind::simple, .text = std::move(text)}; }
  static Reply error(std::string text) { return {.kind = Kind::error, .text = std::move(text)}; }
  static Reply array(std::vector<Reply> elements) { return {.kind = Kind::array, .elements = std::move(elements)}; }
  static Reply ok() { return simple("OK"); }

  bool is_nil() const { return kind == Kind::nil; }
  bool is_error() const { return kind == Kind::error; }

  bool operator==(const Reply&) const = default;
};

}  // namespace millrace::store
