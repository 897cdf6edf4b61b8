#include "graphql/execution/json_resolver.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/json_writer.h"

namespace millrace::graphql {
namespace {

using Kind = JsonValue::Kind;

// Objects with their entries sorted by name, at every depth.
Value sorted(const Value& value, Arena& arena) {
  if (value.kind() == Value::Kind::list) {
    auto items = arena.make_array<Value>(value.items().size());
    std::ranges::transform(value.items(), items.begin(), [&](auto& item) { return sorted(item, arena); });
    return Value::list(items);
  }
  if (value.kind() != Value::Kind::object) return value;
  auto entries = arena.copy_array(value.entries());
  for (auto& entry : entries) entry.value = sorted(entry.value, arena);
  std::ranges::sort(entries, {}, &ObjectEntry::name);
  return Value::object(entries);
}

std::string_view echo(const FieldBatch& batch) {
  std::vector<ObjectEntry> given;
  for (std::size_t i = 0; i < batch.arguments().size(); ++i)
    if (!batch.arguments()[i].is_absent()) given.push_back({batch.field().arguments[i].name, batch.arguments()[i]});
  std::string json;
  append_json(json, sorted(Value::object(given), batch.arena()));
  return batch.arena().copy(json);
}

std::string json_of(const JsonValue& value) {
  std::string json;
  append_json(json, value);
  return json;
}

const JsonValue* error_of(const JsonValue* value) {
  auto* error = value == nullptr || !value->is_object() ? nullptr : value->find("$error");
  return error != nullptr && error->is_string() ? error : nullptr;
}

// INTERNAL_SERVER_ERROR would be masked, so a failure without a code is the client's.
GraphqlErrorCode code_of(const JsonValue& value) {
  auto* name = value.find("$code");
  if (name == nullptr || !name->is_string()) return GraphqlErrorCode::bad_user_input;
  for (int i = 0; i <= static_cast<int>(GraphqlErrorCode::internal_server_error); ++i)
    if (auto code = static_cast<GraphqlErrorCode>(i); to_string(code) == name->string()) return code;
  return GraphqlErrorCode::bad_user_input;
}

FieldResult failure(const FieldBatch& batch, const JsonValue& value) {
  return batch.error(GraphqlError{.message = std::string(error_of(&value)->string()), .code = code_of(value)});
}

FieldResult scalar_of(const FieldBatch& batch, const JsonValue& value, const NamedType& type) {
  switch (value.kind()) {
    case Kind::null: return {};
    case Kind::boolean: return FieldResult::boolean(value.boolean());
    case Kind::integer: return FieldResult::integer(value.integer());
    case Kind::number: return FieldResult::floating(value.number());
    case Kind::string: return FieldResult::string(value.string());
    case Kind::array:
    case Kind::object: break;
  }
  bool any = type.kind == TypeKind::scalar && type.built_in == BuiltInScalar::none;
  if (any) return FieldResult::json(batch.arena().copy(json_of(value)));
  return batch.error(GraphqlError{.message = "The value is no leaf.", .code = GraphqlErrorCode::bad_user_input});
}

}  // namespace

bool JsonResolver::resolve_now(FieldBatch& batch) {
  auto& field = batch.field();
  for (std::size_t i = 0; i < batch.parents().size(); ++i) {
    auto* parent = batch.parents()[i].as<JsonValue>();
    if (parent == nullptr) parent = &root_;
    auto* value = parent->is_object() ? parent->find(field.name) : nullptr;
    bool echoes = value != nullptr && value->is_object() && value->find("$echo") != nullptr;
    batch.results()[i] = echoes                       ? FieldResult::string(echo(batch))
                         : error_of(value) != nullptr ? failure(batch, *value)
                                                      : value_of(batch, value, field.type);
  }
  return true;
}

FieldResult JsonResolver::value_of(const FieldBatch& batch, const JsonValue* value, TypeRef type) const {
  if (value == nullptr || value->is_null()) return {};
  if (type.is_list() && value->is_array()) {
    auto items = batch.list(value->items().size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      auto& item = value->items()[i];
      items[i] = error_of(&item) != nullptr ? failure(batch, item) : value_of(batch, &item, type.item());
    }
    return FieldResult::list(items);
  }
  auto& named = *type.named;
  if (named.is_composite() && !type.is_list()) return object_of(batch, *value, named);
  return scalar_of(batch, *value, named);
}

FieldResult JsonResolver::object_of(const FieldBatch& batch, const JsonValue& value, const NamedType& type) const {
  auto handle = ObjectHandle::of(&value);
  if (type.kind == TypeKind::object) return FieldResult::object(handle);
  auto* name = value.is_object() ? value.find("$type") : nullptr;
  auto* named = name == nullptr || !name->is_string() ? nullptr : schema_.type(name->string());
  if (named != nullptr && named->kind == TypeKind::object) return FieldResult::object(handle, *named);
  return batch.error(
      GraphqlError{.message = "The value names no object type.", .code = GraphqlErrorCode::bad_user_input});
}

}  // namespace millrace::graphql
