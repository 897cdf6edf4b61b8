#pragma once

// Reading JSON (RFC 8259) into a small immutable tree. For text that comes from outside: depth and UTF-8 are checked,
// a lone surrogate escape is refused, nothing may follow the value.
//
// Immutable once parsed, so any thread may read it; the views die with the document.

#include <cstdint>
#include <deque>
#include <memory>
#include <memory_resource>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/result.h"

namespace millrace {

struct JsonMember;

// One value. Strings are unescaped UTF-8.
class JsonValue {
 public:
  enum class Kind : std::uint8_t { null, boolean, integer, number, string, array, object };

  constexpr JsonValue() : integer_(0) {}
  constexpr explicit JsonValue(bool value) : kind_(Kind::boolean), integer_(value) {}
  constexpr explicit JsonValue(std::int64_t value) : kind_(Kind::integer), integer_(value) {}
  constexpr explicit JsonValue(double value) : kind_(Kind::number), number_(value) {}
  constexpr explicit JsonValue(std::string_view value)
      : kind_(Kind::string), size_(value.size()), text_(value.data()) {}
  constexpr explicit JsonValue(std::span<const JsonValue> items)
      : kind_(Kind::array), size_(items.size()), items_(items.data()) {}
  constexpr explicit JsonValue(std::span<const JsonMember> members);

  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::null; }
  bool is_string() const { return kind_ == Kind::string; }
  bool is_object() const { return kind_ == Kind::object; }
  bool is_array() const { return kind_ == Kind::array; }

  // Each is meaningful for its own kind only.
  bool boolean() const { return integer_ != 0; }
  std::int64_t integer() const { return integer_; }  // a number without fraction or exponent that fits 64 bits
  double number() const { return kind_ == Kind::integer ? static_cast<double>(integer_) : number_; }
  std::string_view string() const { return {text_, size_}; }
  std::span<const JsonValue> items() const { return {items_, size_}; }
  std::span<const JsonMember> members() const;  // in the order of the text, repeated names included

  // The value of member `name`, the last where it is repeated (as JavaScript reads it); null pointer where absent.
  const JsonValue* find(std::string_view name) const;

 private:
  Kind kind_ = Kind::null;
  std::size_t size_ = 0;
  union {
    std::int64_t integer_;
    double number_;
    const char* text_;
    const JsonValue* items_;
    const JsonMember* members_;
  };
};

struct JsonMember {
  std::string_view name{};
  JsonValue value{};
};

constexpr JsonValue::JsonValue(std::span<const JsonMember> members)
    : kind_(Kind::object), size_(members.size()), members_(members.data()) {}
inline std::span<const JsonMember> JsonValue::members() const {
  return {members_, size_};
}

// How many bytes must be readable behind a text given as `padded`.
inline constexpr std::size_t json_padding = 64;

// 64: deeper than any request of a person or an SDK, shallow enough for recursion on any stack.
inline constexpr int json_depth_max = 64;

// A parsed text: owns the tree.
class JsonDocument {
 public:
  // Fails with `invalid`; the message says what is wrong in words for a client ("the JSON ends too early").
  static Result<JsonDocument> parse(std::string_view text, int depth_max = json_depth_max);
  // The same without a copy of the text: `json_padding` bytes behind it must be readable.
  static Result<JsonDocument> parse_padded(std::string_view text, int depth_max = json_depth_max);

  const JsonValue& root() const { return root_; }

 private:
  std::unique_ptr<std::pmr::monotonic_buffer_resource> arena_{};
  JsonValue root_{};
};

// The members of an object as pieces of its text, each checked to be valid JSON, without a tree: for values that are
// mostly copied on. May be used again and again, which saves its memory.
class JsonMembers {
 public:
  struct Member {
    std::string_view name{};
    JsonValue::Kind kind = JsonValue::Kind::null;
    std::string_view text{};  // the value as written, a piece of the text given to read()
  };

  // Fails with `invalid` when `object` is not one JSON object. The members stand until the next call, and no longer
  // than `object`; names that are written with escapes are kept in here.
  Result<void> read(std::string_view object);

  std::span<const Member> all() const { return members_; }
  // The last member of that name, or null.
  const Member* find(std::string_view name) const;

 private:
  std::string padded_{};
  std::vector<Member> members_{};
  std::deque<std::string> names_{};
};

// What read_json_lists() tells as it goes.
class JsonListReader {
 public:
  virtual ~JsonListReader() = default;

  // Each may say false to end the reading.
  virtual bool open_list() = 0;
  virtual bool close_list() = 0;
  // A string unescaped, anything else as written: "1e+21". Objects, and arrays deeper than asked for, come as one item,
  // of which only the brackets are checked.
  virtual bool item(JsonValue::Kind kind, std::string_view text) = 0;
};

// Reads an array of values, and the arrays in it down to `depth` (1: the outer one alone), without a tree: for requests
// that are lists of words. `json_padding` bytes behind the text must be readable. Fails with `invalid`, possibly after
// items were told, when `text` is not one JSON array. A reader that ends the reading is no failure.
Result<void> read_json_lists(std::string_view text, int depth, JsonListReader& reader);

// `json` with \ufffd in place of escapes of lone surrogates, which JavaScript writes for text that was cut between
// them; nothing when there are none.
std::optional<std::string> replace_lone_surrogates(std::string_view json);

}  // namespace millrace
