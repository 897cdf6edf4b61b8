#include "app/explain.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "app/event.h"
#include "graphql/schema/print.h"

namespace millrace::app {
namespace {

using graphql::Field;
using graphql::NamedType;

std::string_view word(EntityStore store) {
  switch (store) {
    case EntityStore::json: return "JSON";
    case EntityStore::hash: return "HASH";
    case EntityStore::string: return "STRING";
  }
  return {};
}

std::string_view word(IdGenerator generator) {
  switch (generator) {
    case IdGenerator::ulid: return "ULID";
    case IdGenerator::uuidv7: return "UUIDV7";
    case IdGenerator::sequence: return "SEQUENCE";
    case IdGenerator::clock: return "CLOCK";
    case IdGenerator::client: return "CLIENT";
  }
  return {};
}

std::string_view word(Operation operation) {
  switch (operation) {
    case Operation::create: return "CREATE";
    case Operation::update: return "UPDATE";
    case Operation::remove: return "DELETE";
  }
  return {};
}

std::string entity_directive(const Entity& entity) {
  return fmt::format(" @entity(key: {}, set: {}, store: {}, topic: {})", quote(entity.key.text()), quote(entity.set),
                     word(entity.store), quote(entity.topic));
}

std::string id_directive(const Entity& entity) {
  std::string prefix = entity.id_prefix.empty() ? "" : fmt::format(", prefix: {}", quote(entity.id_prefix));
  return fmt::format(" @id(gen: {}{})", word(entity.ids), prefix);
}

std::string signature(const Field& field) {
  std::vector<std::string> arguments;
  for (const auto& argument : field.arguments) {
    std::string value = argument.has_default() ? fmt::format(" = {}", argument.default_text) : "";
    arguments.push_back(fmt::format("{}: {}{}", argument.name, graphql::to_string(argument.type), value));
  }
  std::string list = arguments.empty() ? "" : fmt::format("({})", fmt::join(arguments, ", "));
  return fmt::format("{}{}: {}", field.name, list, graphql::to_string(field.type));
}

std::vector<std::string> data_members(const CommandKind& command) {
  const Entity& entity = *command.event.entity;
  std::vector<std::string> names;
  for (std::size_t field = 0; field < entity.fields.size(); ++field) {
    bool given = command.field->argument(entity.fields[field].name) != nullptr;
    if (given || field == entity.id_field || command.event.operation == Operation::create) {
      names.push_back(entity.fields[field].name);
    }
  }
  for (std::size_t at = 0; at < command.argument_fields.size(); ++at) {
    if (!command.argument_fields[at]) names.emplace_back(command.field->arguments[at].name);
  }
  return names;
}

std::string writes_of(const Model& model, const CommandKind& command) {
  const Entity& entity = *command.event.entity;
  std::string key = entity.key.text();
  std::string save = fmt::format("{} {}", entity.store == EntityStore::hash ? "HSET" : "SET", key);
  std::string change;
  switch (command.event.operation) {
    case Operation::create: change = fmt::format("{}, SADD {}", save, entity.set); break;
    case Operation::update: change = save; break;
    case Operation::remove: change = fmt::format("DEL {}, SREM {}", key, entity.set); break;
  }
  return fmt::format("  # one batch: event {} {{{}}} to topic {}; {}, SET {}\n", quote(command.event.name),
                     fmt::join(data_members(command), ", "), entity.topic, change, model.checkpoint_key(entity.topic));
}

std::string reads_of(const QueryKind& query) {
  const Entity& entity = *query.entity;
  std::string_view one = entity.store == EntityStore::hash ? "HGETALL" : "GET";
  if (query.shape == QueryKind::Shape::by_id)
    return fmt::format("  # one storage call: {} {}\n", one, entity.key.text());
  std::string_view all = entity.store == EntityStore::hash ? "HGETALL of all" : "MGET";
  return fmt::format("  # two storage calls for any number of entities: SMEMBERS {}, {} {}\n", entity.set, all,
                     entity.key.text());
}

void append_root_field(const Model& model, const Field& field, std::string& out) {
  if (const CommandKind* command = model.command(field)) {
    out += writes_of(model, *command);
    out += fmt::format("  {} @event(name: {}, of: {}, do: {}, version: 1)\n", signature(field),
                       quote(command->event.name), quote(command->event.entity->name), word(command->event.operation));
  } else if (const QueryKind* query = model.query(field)) {
    out += reads_of(*query);
    out += fmt::format("  {}\n", signature(field));
  }
}

void append_object(const Model& model, const NamedType& type, std::string& out) {
  const Entity* entity = model.entity(type);
  std::vector<std::string_view> interfaces;
  for (const NamedType* interface : type.interfaces) interfaces.push_back(interface->name);
  out += fmt::format("type {}{}{}{} {{\n", type.name, interfaces.empty() ? "" : " implements ",
                     fmt::join(interfaces, " & "), entity != nullptr ? entity_directive(*entity) : "");
  for (const Field& field : type.fields) {
    if (entity == nullptr) {
      append_root_field(model, field, out);
    } else {
      bool id = field.index == entity->id_field;
      out += fmt::format("  {}{}\n", signature(field), id ? id_directive(*entity) : "");
    }
  }
  out += "}\n\n";
}

}  // namespace

std::string explain(const Model& model) {
  std::string out;
  for (const NamedType* type : model.schema->types()) {
    if (type->introspection || type->built_in != graphql::BuiltInScalar::none) continue;
    if (type->kind == graphql::TypeKind::object) {
      append_object(model, *type, out);
    } else {
      out += graphql::print_type(*type) + "\n\n";
    }
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace millrace::app
