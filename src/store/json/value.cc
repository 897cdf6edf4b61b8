#include "store/json/value.h"

#include <algorithm>
#include <unordered_map>

namespace millrace::store::json {
namespace {

// Up to here names are compared one by one; beyond, a table pays.
constexpr std::size_t small_object = 16;

bool equal_numbers(const Value& one, const Value& other) {
  if (one.integer() && other.integer()) return *one.integer() == *other.integer();
  if (one.large_integer() && other.large_integer()) return *one.large_integer() == *other.large_integer();
  return one.number() == other.number();
}

bool equal_objects(const Object& one, const Value& other) {
  if (one.size() != other.size()) return false;
  return std::ranges::all_of(one, [&](const Member& member) {
    const Value* same = other.find(member.name);
    return same && *same == member.value;
  });
}

bool has_repeated(const Object& object) {
  for (std::size_t i = 1; i < object.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (object[i].name == object[j].name) return true;
    }
  }
  return false;
}

void merge_members(Object& target, Object patch) {
  std::unordered_map<std::string_view, std::size_t> places;
  places.reserve(target.size());
  for (std::size_t i = 0; i < target.size(); ++i) places.emplace(target[i].name, i);

  std::vector<bool> dropped(target.size());
  Object added;
  for (Member& member : patch) {
    auto place = places.find(member.name);
    bool deletes = member.value.type() == Type::null;
    if (place != places.end()) {
      if (deletes) {
        dropped[place->second] = true;
      } else {
        merge(target[place->second].value, std::move(member.value));
      }
    } else if (!deletes) {
      Value fresh;
      merge(fresh, std::move(member.value));
      added.push_back({std::move(member.name), std::move(fresh)});
    }
  }
  std::size_t index = 0;
  std::erase_if(target, [&](const Member&) { return dropped[index++]; });
  std::ranges::move(added, std::back_inserter(target));
}

std::size_t heap_bytes(const std::string& text) {
  return text.capacity() > 15 ? text.capacity() + 1 : 0;  // 15: what a string holds within itself
}

}  // namespace

Value::Value(std::uint64_t number) : data_(nullptr) {
  if (number <= INT64_MAX) {
    data_ = static_cast<std::int64_t>(number);
  } else {
    data_ = number;
  }
}

Type Value::type() const {
  constexpr Type types[] = {Type::null,   Type::boolean, Type::integer, Type::integer,
                            Type::number, Type::string,  Type::array,   Type::object};
  return types[data_.index()];
}

double Value::number() const {
  if (auto* exact = std::get_if<double>(&data_)) return *exact;
  if (auto* whole = integer()) return static_cast<double>(*whole);
  if (auto* large = large_integer()) return static_cast<double>(*large);
  return 0;
}

std::size_t Value::size() const {
  if (auto* items = array()) return items->size();
  if (auto* members = object()) return members->size();
  return 0;
}

const Value& Value::child(std::size_t index) const {
  if (auto* items = array()) return (*items)[index];
  return (*object())[index].value;
}

Value& Value::child(std::size_t index) {
  return const_cast<Value&>(static_cast<const Value&>(*this).child(index));
}

const Value* Value::find(std::string_view name) const {
  auto* members = object();
  if (!members) return nullptr;
  for (const Member& member : *members) {
    if (member.name == name) return &member.value;
  }
  return nullptr;
}

Value* Value::find(std::string_view name) {
  return const_cast<Value*>(static_cast<const Value&>(*this).find(name));
}

std::string_view to_string(Type type) {
  switch (type) {
    case Type::null: return "null";
    case Type::boolean: return "boolean";
    case Type::integer: return "integer";
    case Type::number: return "number";
    case Type::string: return "string";
    case Type::array: return "array";
    case Type::object: return "object";
  }
  return {};
}

bool operator==(const Value& one, const Value& other) {
  if (one.is_number() && other.is_number()) return equal_numbers(one, other);
  if (one.type() != other.type()) return false;
  switch (one.type()) {
    case Type::boolean: return *one.boolean() == *other.boolean();
    case Type::string: return *one.string() == *other.string();
    case Type::array: return std::ranges::equal(*one.array(), *other.array());
    case Type::object: return equal_objects(*one.object(), other);
    case Type::null:
    case Type::integer:
    case Type::number: break;
  }
  return true;
}

void put(Object& object, std::string name, Value value) {
  auto place = std::ranges::find(object, name, &Member::name);
  if (place != object.end()) {
    place->value = std::move(value);
  } else {
    object.push_back({std::move(name), std::move(value)});
  }
}

void drop_repeated(Object& object) {
  if (object.size() <= small_object && !has_repeated(object)) return;
  std::unordered_map<std::string_view, std::size_t> last;
  last.reserve(object.size());
  for (std::size_t i = 0; i < object.size(); ++i) last[object[i].name] = i;
  if (last.size() == object.size()) return;

  Object kept;
  for (Member& member : object) {
    auto found = last.find(member.name);
    if (found == last.end()) continue;
    Value value = std::move(object[found->second].value);
    last.erase(found);  // before the name it refers to moves
    kept.push_back({member.name, std::move(value)});
  }
  object = std::move(kept);
}

void merge(Value& target, Value patch) {
  if (!patch.is_object()) {
    target = std::move(patch);
    return;
  }
  if (!target.is_object()) target = Value(Object{});
  merge_members(*target.object(), std::move(*patch.object()));
}

int depth(const Value& value) {
  if (!value.is_array() && !value.is_object()) return 0;
  int deepest = 0;
  for (std::size_t i = 0; i < value.size(); ++i) deepest = std::max(deepest, depth(value.child(i)));
  return deepest + 1;
}

std::size_t memory(const Value& value) {
  std::size_t bytes = sizeof(Value);
  if (auto* text = value.string()) bytes += heap_bytes(*text);
  for (std::size_t i = 0; i < value.size(); ++i) bytes += memory(value.child(i));
  if (auto* members = value.object()) {
    for (const Member& member : *members) bytes += sizeof(std::string) + heap_bytes(member.name);
  }
  return bytes;
}

}  // namespace millrace::store::json
