#include "app/decide.h"

#include <fmt/format.h>

namespace millrace::app {
namespace {

using graphql::Value;

Result<void> check_presence(const CommandKind& kind, const Circumstances& circumstances) {
  const Entity& entity = *kind.event.entity;
  bool present = circumstances.self.has_value();
  if (kind.event.operation == Operation::create && present) {
    return Error{ErrorCode::conflict, fmt::format("there is a {} '{}' already", entity.name, circumstances.id)};
  }
  if (kind.event.operation != Operation::create && !present) {
    return Error{ErrorCode::not_found, fmt::format("there is no {} '{}'", entity.name, circumstances.id)};
  }
  return {};
}

std::string json_of(const Value& value) {
  std::string json;
  graphql::append_json(json, value);
  return json;
}

// The argument that sets `field`, if the command was given one.
const Value* argument_of(const Command& command, std::size_t field) {
  for (std::size_t at = 0; at < command.arguments.size(); ++at) {
    if (command.kind->argument_fields[at] == field && !command.arguments[at].is_absent()) return &command.arguments[at];
  }
  return nullptr;
}

Result<void> append_fields(const Command& command, const Circumstances& circumstances, Event& event) {
  const Entity& entity = *command.kind->event.entity;
  bool complete = command.kind->event.operation == Operation::create;
  for (std::size_t index = 0; index < entity.fields.size(); ++index) {
    const EntityField& field = entity.fields[index];
    const Value* given = argument_of(command, index);
    if (index == entity.id_field) {
      event.data.emplace_back(field.name, quote(circumstances.id));
    } else if (given != nullptr) {
      if (given->is_null() && field.type().is_non_null()) {
        return Error{ErrorCode::invalid, fmt::format("{}.{} cannot be null", entity.name, field.name)};
      }
      event.data.emplace_back(field.name, json_of(*given));
    } else if (complete) {
      event.data.emplace_back(field.name, field.natural);
    }
  }
  return {};
}

void append_other_arguments(const Command& command, Event& event) {
  const auto& arguments = command.kind->field->arguments;
  for (std::size_t at = 0; at < command.arguments.size(); ++at) {
    if (command.kind->argument_fields[at] || command.arguments[at].is_absent()) continue;
    event.data.emplace_back(arguments[at].name, json_of(command.arguments[at]));
  }
}

}  // namespace

std::string named_id(const Command& command) {
  if (!command.kind->id_argument) return {};
  return std::string(command.arguments[*command.kind->id_argument].as_string());
}

Result<Event> decide(const Model& model, const Command& command, const Circumstances& circumstances) {
  const Entity& entity = *command.kind->event.entity;
  if (auto presence = check_presence(*command.kind, circumstances); !presence) return presence.error();
  if (circumstances.id.empty() || model.is_reserved(entity.key.key(circumstances.id))) {
    return Error{ErrorCode::invalid, fmt::format("'{}' cannot be the id of a {}", circumstances.id, entity.name)};
  }
  Event event{.name = command.kind->event.name,
              .id = circumstances.event_id,
              .time = circumstances.now,
              .subject = circumstances.id,
              .version = circumstances.version + 1,
              .actor = command.actor};
  if (auto fields = append_fields(command, circumstances, event); !fields) return fields.error();
  append_other_arguments(command, event);
  return event;
}

}  // namespace millrace::app
