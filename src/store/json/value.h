#pragma once

// A JSON document as a tree that can be changed: what the JSON commands work on between the text they read and the
// text they write. Confined to its user; pointers to values inside stay valid until their array or object grows,
// shrinks or goes.
//
// Objects keep the order in which their names first came; a name stands in an object once.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace millrace::store::json {

// What JSON.TYPE tells apart: an `integer` was written without fraction and exponent and fits 64 bits.
enum class Type : std::uint8_t { null, boolean, integer, number, string, array, object };

// How deep arrays and objects may nest, as in RedisJSON. Recursion over a tree is bounded by it.
inline constexpr int depth_max = 128;

class Value;
struct Member;

using Array = std::vector<Value>;
using Object = std::vector<Member>;

class Value {
 public:
  Value();
  explicit Value(bool truth);
  explicit Value(std::int64_t number);
  explicit Value(std::uint64_t number);  // kept exactly, also beyond the range of int64
  explicit Value(double number);
  explicit Value(std::string text);
  explicit Value(Array items);
  explicit Value(Object members);

  Type type() const;
  bool is_number() const { return type() == Type::integer || type() == Type::number; }
  bool is_string() const { return string() != nullptr; }
  bool is_array() const { return array() != nullptr; }
  bool is_object() const { return object() != nullptr; }

  // Null pointers where the value is of another type; `integer` also where it does not fit int64.
  const bool* boolean() const { return std::get_if<bool>(&data_); }
  bool* boolean() { return std::get_if<bool>(&data_); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&data_); }
  const std::uint64_t* large_integer() const { return std::get_if<std::uint64_t>(&data_); }  // beyond int64
  const std::string* string() const { return std::get_if<std::string>(&data_); }
  std::string* string() { return std::get_if<std::string>(&data_); }
  const Array* array() const { return std::get_if<Array>(&data_); }
  Array* array() { return std::get_if<Array>(&data_); }
  const Object* object() const { return std::get_if<Object>(&data_); }
  Object* object() { return std::get_if<Object>(&data_); }
  double number() const;  // of any number; 0 of anything else

  // How many children an array or object has; 0 for the others.
  std::size_t size() const;
  const Value& child(std::size_t index) const;
  Value& child(std::size_t index);

  const Value* find(std::string_view name) const;
  Value* find(std::string_view name);

 private:
  std::variant<std::nullptr_t, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> data_;
};

struct Member {
  std::string name{};
  Value value{};
};

// Down here, because a variant is built of complete types only.
inline Value::Value() : data_(nullptr) {}
inline Value::Value(bool truth) : data_(truth) {}
inline Value::Value(std::int64_t number) : data_(number) {}
inline Value::Value(double number) : data_(number) {}
inline Value::Value(std::string text) : data_(std::move(text)) {}
inline Value::Value(Array items) : data_(std::move(items)) {}
inline Value::Value(Object members) : data_(std::move(members)) {}

std::string_view to_string(Type type);

// Equal numbers are equal whichever way they are written, and so are objects whatever their order.
bool operator==(const Value& one, const Value& other);

// Sets `name` to `value`, in its old place where it has one.
void put(Object& object, std::string name, Value value);

// Keeps of members with the same name the first place and the last value.
void drop_repeated(Object& object);

// Merges `patch` into `target` as RFC 7386 has it: null deletes, objects are merged, anything else replaces.
void merge(Value& target, Value patch);

// How deep arrays and objects nest: 0 for a scalar, 1 for an empty array.
int depth(const Value& value);

// About how many bytes it takes in memory.
std::size_t memory(const Value& value);

}  // namespace millrace::store::json
