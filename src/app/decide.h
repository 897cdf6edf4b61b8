#pragma once

// The rules: whether a command may happen, and the event that says it did. Pure: the state, the clock and the new id
// are handed in.

#include <optional>
#include <span>
#include <string>

#include "app/entity_state.h"
#include "app/event.h"
#include "app/model.h"
#include "base/result.h"

namespace millrace::app {

// A mutation field with its arguments.
struct Command {
  const CommandKind* kind = nullptr;
  std::span<const graphql::Value> arguments{};  // in the order of the field's; they outlive the command
  std::string idempotency_key{};                // empty: none
  std::optional<std::string> actor{};
};

// What a decision rests on.
struct Circumstances {
  std::string id{};                   // of the entity: the one named, or a new one
  std::optional<EntityState> self{};  // as it is now, if it is
  std::uint64_t version = 0;          // of the entity now
  std::string event_id{};
  Timestamp now{};
};

// The id that the command names; empty when the server makes one.
std::string named_id(const Command& command);

// `not_found` for an entity that is not there, `conflict` for one that is there already, `invalid` for arguments that
// the types could not refuse. Event data are the arguments in the order of the entity's fields, then the others; a new
// entity's are complete, so that a consumer needs no defaults.
Result<Event> decide(const Model& model, const Command& command, const Circumstances& circumstances);

}  // namespace millrace::app
