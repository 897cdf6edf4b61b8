#pragma once

// The fields of one entity, each as JSON text, and how they stand in the store. Pure.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/model.h"
#include "base/json.h"
#include "base/result.h"
#include "store/reply.h"
#include "store/store.h"

namespace millrace::app {

// In the order of Entity::fields; an empty text is a field that is not there, which reads as null.
struct EntityState {
  std::vector<std::string> fields{};

  bool operator==(const EntityState&) const = default;
};

// Whether `json` may be the value of a field of `type`: its shape, and the names of an enum.
bool fits(std::string_view json, graphql::TypeRef type);

// The command that reads an entity, and what its reply says: nothing when there is no entity, or none of this kind,
// under the key.
store::Command load_command(const Entity& entity, std::string_view id);
std::optional<EntityState> loaded_state(const Entity& entity, std::string_view id, const store::Reply& reply);

// The commands that put the entity there, or take it away.
void append_save(const Entity& entity, std::string_view id, const EntityState& state, bool is_new,
                 std::vector<store::Command>& out);
void append_removal(const Entity& entity, std::string_view id, std::vector<store::Command>& out);

// The JSON string of Store.JSON: `{"id":"1","text":"buy","done":false}`.
std::string to_json(const Entity& entity, const EntityState& state);

// Finds the fields of an entity in its JSON string, as pieces of it; `columns` has one place for each field of the
// entity, empty where the string has none. False when it is not an object.
bool read_columns(const Entity& entity, std::string_view json, std::span<std::string_view> columns);

}  // namespace millrace::app
