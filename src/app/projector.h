#pragma once

// Brings a projection up to its log: reads records from the checkpoint on and writes what they mean, each batch with
// the checkpoint behind it in one unit. The projection is a keyspace of a database: the current one, or one that a
// rebuild fills beside it. Confined to the reactor that owns the home.

#include <functional>
#include <string_view>
#include <vector>

#include "app/project.h"
#include "base/unit.h"
#include "eventlog/embedded/embedded_log.h"
#include "store/embedded/embedded_store.h"

namespace millrace::app {

// What is told of each record that was projected, once that is durable.
struct Projected {
  const Model* model = nullptr;
  std::string_view topic{};
  std::uint64_t offset = 0;
  const Change* change = nullptr;  // null when no projection understands the record: it was skipped
};
using ProjectionObserver = std::function<void(const Projected&)>;

class Projector {
 public:
  Projector(ModelPointer model, eventlog::EmbeddedLog& log, store::EmbeddedStore& store, store::Place place,
            ProjectionObserver observer);

  Result<std::optional<EntityState>> load(Unit& unit, const Entity& entity, std::string_view id);

  // The next offset of `topic` to project.
  Result<std::uint64_t> checkpoint_of(Unit& unit, std::string_view topic);

  // Projects the next records of `topic` before offset `until`, as many as `limits` allow; gives their number, 0 when
  // none is left.
  Result<std::uint64_t> project_some(Unit& unit, std::string_view topic, std::uint64_t until,
                                     eventlog::ReadLimits limits);

  // Projects all that stands in `topic`, in this one unit.
  Result<void> project_all(Unit& unit, std::string_view topic, eventlog::ReadLimits limits);

  // Writes `change`, made by the record at `offset`, and the checkpoint behind it.
  Result<void> apply(Unit& unit, std::string_view topic, std::uint64_t offset, Change change);

  // Runs commands that must not fail.
  Result<void> stage(Unit& unit, const std::vector<store::Command>& commands);

  const ModelPointer& model() const { return model_; }
  const store::Place& place() const { return place_; }

 private:
  Result<std::optional<Change>> change_of(Unit& unit, const eventlog::Record& record);
  void observe(Unit& unit, std::string_view topic, std::uint64_t offset, std::optional<Change> change);

  ModelPointer model_;
  eventlog::EmbeddedLog& log_;
  store::EmbeddedStore& store_;
  store::Place place_;
  ProjectionObserver observer_;
};

}  // namespace millrace::app
