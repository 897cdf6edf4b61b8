#include "app/project.h"

#include <algorithm>

namespace millrace::app {
namespace {

// Sets the fields that the event gives; false when one does not fit.
bool overlay(const Entity& entity, const Event& event, EntityState& state) {
  for (const auto& [name, json] : event.data) {
    auto field = entity.field(name);
    if (!field) continue;
    if (!fits(json, entity.fields[*field].type())) return false;
    state.fields[*field] = json;
  }
  return true;
}

EntityState blank(const Entity& entity) {
  EntityState state;
  for (const EntityField& field : entity.fields) state.fields.push_back(field.natural);
  return state;
}

bool is_complete(const EntityState& state) {
  return std::ranges::none_of(state.fields, &std::string::empty);
}

}  // namespace

std::optional<Aim> aim_of(const Model& model, const Event& event) {
  const EventKind* kind = model.event(event.name);
  if (kind == nullptr) return {};
  const std::string* id = event.find(kind->entity->fields[kind->entity->id_field].name);
  if (id == nullptr) return {};
  auto text = unquote(*id);
  if (!text || text->empty() || model.is_reserved(kind->entity->key.key(*text))) return {};
  return Aim{kind, std::move(*text)};
}

std::optional<Change> project(const Aim& aim, const std::optional<EntityState>& self, const Event& event) {
  const Entity& entity = *aim.kind->entity;
  Change change{.kind = aim.kind, .id = aim.id};
  switch (aim.kind->operation) {
    case Operation::create:
      change.is_new = true;
      change.state = blank(entity);
      if (!overlay(entity, event, change.state) || !is_complete(change.state)) return {};
      return change;
    case Operation::update:
      if (!self) return {};
      change.state = *self;
      if (!overlay(entity, event, change.state)) return {};
      return change;
    case Operation::remove:
      if (!self) return {};
      change.state = *self;
      return change;
  }
  return {};
}

void append_commands(const Change& change, std::vector<store::Command>& out) {
  if (change.kind->operation == Operation::remove) {
    append_removal(*change.kind->entity, change.id, out);
  } else {
    append_save(*change.kind->entity, change.id, change.state, change.is_new, out);
  }
}

store::Command checkpoint(const Model& model, std::string_view topic, std::uint64_t offset_next) {
  return store::make_command("SET", model.checkpoint_key(topic), std::to_string(offset_next));
}

}  // namespace millrace::app
