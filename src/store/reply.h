#pragma once

// What a command of the store answers. Its shapes are those of the Redis protocol, version 3, so that any door can
// write them as they are or bring them down to what it knows: version 2 shows a map and a set as flat arrays, a double
// and a verbatim text as bulk strings, a boolean as 1 or 0.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace millrace::store {

struct Reply {
  // `map` has keys and values in turn; `push` is no answer to a command, but a message that comes by itself.
  enum class Kind : std::uint8_t {
    nil,
    integer,
    bulk,
    simple,
    error,
    array,
    nil_array,
    real,
    boolean,
    map,
    set,
    push,
    verbatim,
    big_number
  };

  Kind kind = Kind::nil;
  std::int64_t integer = 0;  // of integer; of boolean 1 or 0
  double real = 0;
  std::string text{};             // of bulk, simple, verbatim, big_number, error; an error begins with its code
  std::vector<Reply> elements{};  // of array, map, set, push

  static Reply nil() { return {}; }
  static Reply nil_array() { return {.kind = Kind::nil_array}; }
  static Reply of(std::int64_t number) { return {.kind = Kind::integer, .integer = number}; }
  static Reply of_real(double number) { return {.kind = Kind::real, .real = number}; }
  static Reply of_boolean(bool yes) { return {.kind = Kind::boolean, .integer = yes ? 1 : 0}; }
  static Reply bulk(std::string text) { return {.kind = Kind::bulk, .text = std::move(text)}; }
  static Reply bulk(std::string_view text) { return bulk(std::string(text)); }
  static Reply bulk(const char* text) { return bulk(std::string(text)); }
  static Reply simple(std::string text) { return {.kind = Kind::simple, .text = std::move(text)}; }
  static Reply verbatim(std::string text) { return {.kind = Kind::verbatim, .text = std::move(text)}; }
  static Reply error(std::string text) { return {.kind = Kind::error, .text = std::move(text)}; }
  static Reply array(std::vector<Reply> elements) { return {.kind = Kind::array, .elements = std::move(elements)}; }
  static Reply map(std::vector<Reply> elements) { return {.kind = Kind::map, .elements = std::move(elements)}; }
  static Reply set(std::vector<Reply> elements) { return {.kind = Kind::set, .elements = std::move(elements)}; }
  static Reply push(std::vector<Reply> elements) { return {.kind = Kind::push, .elements = std::move(elements)}; }
  static Reply ok() { return simple("OK"); }

  bool is_nil() const { return kind == Kind::nil || kind == Kind::nil_array; }
  bool is_error() const { return kind == Kind::error; }

  bool operator==(const Reply&) const = default;
};

}  // namespace millrace::store
