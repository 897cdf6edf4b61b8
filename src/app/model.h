#pragma once

// What a schema file means: entities, the commands that change them, the events that say so, and the queries that read
// them. Made by compile() (compile.h) and immutable from then on; everything else in this folder runs it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "graphql/schema/schema.h"

namespace millrace::app {

enum class EntityStore : std::uint8_t {
  json,    // one JSON string for an entity
  hash,    // a hash, one field for each of the entity's
  string,  // the entity's one field beside the id, as plain text
};
enum class IdGenerator : std::uint8_t { ulid, uuidv7, sequence, clock, client };
enum class Operation : std::uint8_t { create, update, remove };

// A key of the store with the id in it: "task:{id}".
struct KeyPattern {
  std::string before{};
  std::string after{};

  std::string key(std::string_view id) const;
  // The id that gives this key, or nothing where no id does.
  std::optional<std::string_view> id(std::string_view key) const;
  std::string text() const { return before + "{id}" + after; }
};

struct EntityField {
  std::string name{};
  const graphql::Field* definition = nullptr;
  std::string json_key{};  // "text": with its quotes, as it stands in the JSON of an entity
  std::string natural{};   // the JSON of a field that no event has given: false, 0, [], null; empty where there is none

  graphql::TypeRef type() const { return definition->type; }
};

struct Entity {
  std::string name{};
  const graphql::NamedType* type = nullptr;
  KeyPattern key{};
  std::string set{};    // the key of the set of all ids
  std::string topic{};  // where its events stand
  EntityStore store = EntityStore::json;
  IdGenerator ids = IdGenerator::ulid;
  std::string id_prefix{};
  std::string sequence_key{};  // of IdGenerator::sequence: where it counts
  std::vector<EntityField> fields{};
  std::size_t id_field = 0;  // which of `fields`

  std::optional<std::size_t> field(std::string_view field_name) const;
};

// What an event does when it is projected.
struct EventKind {
  std::string name{};  // "create-task"
  Operation operation = Operation::update;
  const Entity* entity = nullptr;
};

// A mutation field.
struct CommandKind {
  const graphql::Field* field = nullptr;
  EventKind event{};
  std::optional<std::size_t> id_argument{};  // absent: the id is made
  // For each argument of the field: which field of the entity it sets, if any.
  std::vector<std::optional<std::size_t>> argument_fields{};
  bool answers_id = false;  // the field is a scalar: it answers the entity's id, not the entity
};

// A query field.
struct QueryKind {
  enum class Shape : std::uint8_t { all, by_id };

  const graphql::Field* field = nullptr;
  const Entity* entity = nullptr;
  Shape shape = Shape::all;
  std::size_t id_argument = 0;  // of Shape::by_id
};

// Every topic of an app starts at offset 1 with one partition.
inline constexpr std::uint64_t topic_offset_first = 1;

struct Model {
  std::string name{};  // the app's: its file's without the extension
  graphql::SchemaPointer schema{};
  std::vector<std::unique_ptr<const Entity>> entities{};
  std::vector<CommandKind> commands{};
  std::vector<QueryKind> queries{};
  std::vector<std::string> topics{};  // the first is the one that `lastOffset` counts

  const EventKind* event(std::string_view event_name) const;
  const CommandKind* command(const graphql::Field& field) const;
  const QueryKind* query(const graphql::Field& field) const;
  const Entity* entity(const graphql::NamedType& type) const;

  // The key that holds the next offset of `topic` to project.
  std::string checkpoint_key(std::string_view topic) const;
  // Whether the server or a projection keeps something of its own under `key`, so that no entity may live there.
  bool is_reserved(std::string_view key) const;
};

using ModelPointer = std::shared_ptr<const Model>;

// What the server keeps for itself in a database stands under this prefix.
inline constexpr std::string_view reserved_prefix = "millrace:";

// "createTask" becomes "create-task".
std::string kebab_case(std::string_view name);
// "Task" becomes "task".
std::string lower_first(std::string_view name);
// English, by rule: "task" becomes "tasks", "entry" "entries", "box" "boxes".
std::string plural(std::string_view noun);

}  // namespace millrace::app
