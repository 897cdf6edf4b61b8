#pragma once

// How events become state. Pure: the entity as it was and the event, nothing else, so every replay gives the same.

#include <optional>
#include <string>
#include <vector>

#include "app/entity_state.h"
#include "app/event.h"
#include "app/model.h"
#include "store/store.h"

namespace millrace::app {

// What one event changes.
struct Change {
  const EventKind* kind = nullptr;
  std::string id{};
  bool is_new = false;
  EntityState state{};  // afterwards; of a removed entity as it was before
};

// Which entity the event is about: its kind and id; nothing when this app does not understand it.
struct Aim {
  const EventKind* kind = nullptr;
  std::string id{};
};
std::optional<Aim> aim_of(const Model& model, const Event& event);

// Nothing when the event cannot be applied: an update of an entity that is not there, data of the wrong type. Such a
// record of another writer is skipped, whatever it says; our own always apply.
std::optional<Change> project(const Aim& aim, const std::optional<EntityState>& self, const Event& event);

// The store's commands for `change`.
void append_commands(const Change& change, std::vector<store::Command>& out);

// The command that moves the checkpoint: `offset_next` is the next offset of `topic` to project.
store::Command checkpoint(const Model& model, std::string_view topic, std::uint64_t offset_next);

}  // namespace millrace::app
