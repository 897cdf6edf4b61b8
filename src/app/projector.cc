#include "app/projector.h"

#include <charconv>
#include <fmt/format.h>

namespace millrace::app {

using store::Reply;

Projector::Projector(ModelPointer model, eventlog::EmbeddedLog& log, store::EmbeddedStore& store, store::Place place,
                     ProjectionObserver observer)
    : model_(std::move(model)), log_(log), store_(store), place_(place), observer_(std::move(observer)) {}

Result<std::optional<EntityState>> Projector::load(Unit& unit, const Entity& entity, std::string_view id) {
  auto reply = store_.stage(unit, place_, load_command(entity, id));
  if (!reply) return reply.error();
  return loaded_state(entity, id, *reply);
}

Result<std::uint64_t> Projector::checkpoint_of(Unit& unit, std::string_view topic) {
  auto reply = store_.stage(unit, place_, store::make_command("GET", model_->checkpoint_key(topic)));
  if (!reply) return reply.error();
  std::uint64_t offset = topic_offset_first;
  if (reply->is_nil()) return offset;
  const char* end = reply->text.data() + reply->text.size();
  auto [stop, wrong] = std::from_chars(reply->text.data(), end, offset);
  if (wrong == std::errc{} && stop == end) return offset;
  return Error{ErrorCode::corrupt, fmt::format("the key {} holds '{}', which is no offset; rebuild the projection",
                                               model_->checkpoint_key(topic), reply->text)};
}

Result<std::uint64_t> Projector::project_some(Unit& unit, std::string_view topic, std::uint64_t until,
                                              eventlog::ReadLimits limits) {
  auto from = checkpoint_of(unit, topic);
  if (!from) return from.error();
  if (*from >= until) return 0;
  auto batch = log_.read(unit, topic, 0, *from, limits);
  if (!batch) return batch.error();
  if (batch->records.empty()) return 0;
  std::vector<store::Command> commands;
  for (const eventlog::Record& record : batch->records) {
    auto change = change_of(unit, record);
    if (!change) return change.error();
    commands.clear();
    if (*change) append_commands(**change, commands);
    if (auto staged = stage(unit, commands); !staged) return staged.error();
    observe(unit, topic, record.offset, std::move(*change));
  }
  commands.assign(1, checkpoint(*model_, topic, batch->records.back().offset + 1));
  if (auto moved = stage(unit, commands); !moved) return moved.error();
  return batch->records.size();
}

Result<void> Projector::project_all(Unit& unit, std::string_view topic, eventlog::ReadLimits limits) {
  auto bounds = log_.bounds(unit, topic, 0);
  if (!bounds) return bounds.error();
  for (bool more = true; more;) {
    auto count = project_some(unit, topic, bounds->next, limits);
    if (!count) return count.error();
    more = *count > 0;
  }
  return {};
}

Result<std::optional<Change>> Projector::change_of(Unit& unit, const eventlog::Record& record) {
  auto event = decode_event(record.value ? std::string_view(*record.value) : std::string_view());
  auto aim = event ? aim_of(*model_, *event) : std::nullopt;
  if (!aim) return std::optional<Change>{};
  std::optional<EntityState> self;
  if (aim->kind->operation != Operation::create) {
    auto loaded = load(unit, *aim->kind->entity, aim->id);
    if (!loaded) return loaded.error();
    self = std::move(*loaded);
  }
  return project(*aim, self, *event);
}

Result<void> Projector::apply(Unit& unit, std::string_view topic, std::uint64_t offset, Change change) {
  std::vector<store::Command> commands;
  append_commands(change, commands);
  commands.push_back(checkpoint(*model_, topic, offset + 1));
  if (auto staged = stage(unit, commands); !staged) return staged.error();
  observe(unit, topic, offset, std::move(change));
  return {};
}

Result<void> Projector::stage(Unit& unit, const std::vector<store::Command>& commands) {
  auto replies = store_.stage(unit, place_, commands);
  if (!replies) return replies.error();
  for (const Reply& reply : *replies) {
    if (reply.is_error()) {
      return Error{ErrorCode::corrupt, fmt::format("the store refused a projection: {}", reply.text)};
    }
  }
  return {};
}

void Projector::observe(Unit& unit, std::string_view topic, std::uint64_t offset, std::optional<Change> change) {
  if (!observer_) return;
  unit.after_sync(
      [observer = observer_, model = model_, topic = std::string(topic), offset, change = std::move(change)] {
        observer({model.get(), topic, offset, change ? &*change : nullptr});
      });
}

}  // namespace millrace::app
