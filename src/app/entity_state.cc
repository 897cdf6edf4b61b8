#include "app/entity_state.h"

#include <algorithm>
#include <cstring>

#include "app/event.h"
#include "base/json_writer.h"

namespace millrace::app {
namespace {

using graphql::BuiltInScalar;
using graphql::TypeKind;
using graphql::TypeRef;
using Kind = JsonValue::Kind;

constexpr std::size_t json_bytes_usual = 128;  // of an entity; larger ones grow

bool fits_value(const JsonValue& value, TypeRef type) {
  if (value.is_null()) return !type.is_non_null();
  if (type.is_list()) {
    return value.is_array() &&
           std::ranges::all_of(value.items(), [&](const JsonValue& item) { return fits_value(item, type.item()); });
  }
  if (type.named->kind == TypeKind::enumeration) {
    return value.is_string() && type.named->enum_value(value.string()) != nullptr;
  }
  switch (type.named->built_in) {
    case BuiltInScalar::boolean: return value.kind() == Kind::boolean;
    case BuiltInScalar::integer:
      return value.kind() == Kind::integer && value.integer() == static_cast<std::int32_t>(value.integer());
    case BuiltInScalar::floating: return value.kind() == Kind::integer || value.kind() == Kind::number;
    case BuiltInScalar::string:
    case BuiltInScalar::id: return value.is_string();
    case BuiltInScalar::none: return true;
  }
  return false;
}

// Text of strings and enums, JSON of everything else: what a person reads in a hash.
std::string plain(std::string_view json) {
  auto text = unquote(json);
  return text ? *text : std::string(json);
}

// The JSON of plain text for a field of `type`.
std::string from_plain(std::string_view text, TypeRef type) {
  bool quoted =
      !type.is_list() && (type.named->kind == TypeKind::enumeration || type.named->built_in == BuiltInScalar::string ||
                          type.named->built_in == BuiltInScalar::id || type.named->name == "DateTime");
  return quoted ? quote(text) : std::string(text);
}

// Cuts a value as to_json() mostly writes it: a string of plain ASCII without escapes, true, false, null or a number.
std::string_view cut_simple_value(std::string_view& rest) {
  std::size_t size = 0;
  if (rest.starts_with('"')) {
    const void* end = std::memchr(rest.data() + 1, '"', rest.size() - 1);
    if (end == nullptr) return {};
    size = static_cast<std::size_t>(static_cast<const char*>(end) - rest.data());
    bool plain = true;  // one pass without a way out, so that the compiler takes many bytes at a time
    for (std::size_t at = 1; at < size; ++at) plain &= rest[at] >= ' ' && rest[at] < 0x7f && rest[at] != '\\';
    if (!plain) return {};
    ++size;
  } else if (rest.starts_with("true") || rest.starts_with("null")) {
    size = 4;
  } else if (rest.starts_with("false")) {
    size = 5;
  } else {
    while (size < rest.size() && rest[size] >= '0' && rest[size] <= '9') ++size;
    if (size > 1 && rest[0] == '0') return {};
  }
  std::string_view value = rest.substr(0, size);
  rest.remove_prefix(size);
  return value;
}

// Reads what to_json() wrote of all fields with simple values, which is most, without parsing JSON. False, and the text
// may still be good, when it is anything else.
bool read_own_columns(const Entity& entity, std::string_view json, std::span<std::string_view> columns) {
  std::string_view rest = json;
  for (std::size_t field = 0; field < entity.fields.size(); ++field) {
    const std::string& key = entity.fields[field].json_key;
    bool here = rest.size() > key.size() + 1 && rest[0] == (field == 0 ? '{' : ',') &&
                std::memcmp(rest.data() + 1, key.data(), key.size()) == 0;
    if (!here) return false;
    rest.remove_prefix(key.size() + 1);
    columns[field] = cut_simple_value(rest);
    if (columns[field].empty()) return false;
  }
  return rest == "}";
}

std::optional<EntityState> from_json(const Entity& entity, std::string_view json) {
  std::vector<std::string_view> columns(entity.fields.size());
  if (!read_columns(entity, json, columns)) return {};
  EntityState state;
  state.fields.assign(columns.begin(), columns.end());
  return state;
}

std::optional<EntityState> from_hash(const Entity& entity, const store::Reply& reply) {
  if (reply.elements.empty()) return {};
  EntityState state;
  state.fields.resize(entity.fields.size());
  for (std::size_t at = 0; at + 1 < reply.elements.size(); at += 2) {
    if (auto field = entity.field(reply.elements[at].text)) {
      state.fields[*field] = from_plain(reply.elements[at + 1].text, entity.fields[*field].type());
    }
  }
  return state;
}

void append_hash(const Entity& entity, std::string_view id, const EntityState& state, bool is_new,
                 std::vector<store::Command>& out) {
  store::Command set{"HSET", entity.key.key(id)};
  store::Command unset{"HDEL", entity.key.key(id)};
  for (std::size_t field = 0; field < entity.fields.size(); ++field) {
    if (state.fields[field].empty() || state.fields[field] == "null") {
      unset.push_back(entity.fields[field].name);
    } else {
      set.push_back(entity.fields[field].name);
      set.push_back(plain(state.fields[field]));
    }
  }
  if (is_new) out.push_back(store::make_command("DEL", entity.key.key(id)));
  out.push_back(std::move(set));
  if (!is_new && unset.size() > 2) out.push_back(std::move(unset));
}

}  // namespace

bool fits(std::string_view json, TypeRef type) {
  if (json.empty()) return false;
  if (!type.is_list()) {  // the usual shapes, told by their first letter
    bool text = type.named->built_in == BuiltInScalar::string || type.named->built_in == BuiltInScalar::id;
    if (text && json.front() == '"') return true;
    if (type.named->built_in == BuiltInScalar::boolean && (json == "true" || json == "false")) return true;
  }
  auto document = JsonDocument::parse(json);
  return document && fits_value(document->root(), type);
}

store::Command load_command(const Entity& entity, std::string_view id) {
  return store::make_command(entity.store == EntityStore::hash ? "HGETALL" : "GET", entity.key.key(id));
}

std::optional<EntityState> loaded_state(const Entity& entity, std::string_view id, const store::Reply& reply) {
  if (entity.store == EntityStore::hash) {
    return reply.kind == store::Reply::Kind::map ? from_hash(entity, reply) : std::nullopt;
  }
  if (reply.kind != store::Reply::Kind::bulk) return {};
  if (entity.store == EntityStore::json) return from_json(entity, reply.text);
  EntityState state;
  state.fields.resize(entity.fields.size());
  state.fields[entity.id_field] = quote(id);
  state.fields[1 - entity.id_field] = quote(reply.text);
  return state;
}

void append_save(const Entity& entity, std::string_view id, const EntityState& state, bool is_new,
                 std::vector<store::Command>& out) {
  switch (entity.store) {
    case EntityStore::json:
      out.push_back(store::make_command("SET", entity.key.key(id), to_json(entity, state)));
      break;
    case EntityStore::string:
      out.push_back(store::make_command("SET", entity.key.key(id), plain(state.fields[1 - entity.id_field])));
      break;
    case EntityStore::hash: append_hash(entity, id, state, is_new, out); break;
  }
  if (is_new) out.push_back(store::make_command("SADD", entity.set, id));
}

void append_removal(const Entity& entity, std::string_view id, std::vector<store::Command>& out) {
  out.push_back(store::make_command("DEL", entity.key.key(id)));
  out.push_back(store::make_command("SREM", entity.set, id));
}

std::string to_json(const Entity& entity, const EntityState& state) {
  std::string text;
  text.reserve(json_bytes_usual);
  JsonWriter json(text);
  json.open_object();
  for (std::size_t field = 0; field < entity.fields.size(); ++field) {
    if (!state.fields[field].empty()) json.key(entity.fields[field].name).raw(state.fields[field]);
  }
  json.close_object();
  return text;
}

bool read_columns(const Entity& entity, std::string_view json, std::span<std::string_view> columns) {
  if (read_own_columns(entity, json, columns)) return true;
  std::ranges::fill(columns, std::string_view{});
  thread_local JsonMembers members;
  if (!members.read(json)) return false;
  for (const auto& member : members.all()) {
    if (auto field = entity.field(member.name)) columns[*field] = member.text;
  }
  return true;
}

}  // namespace millrace::app
