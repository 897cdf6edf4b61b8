#pragma once

// The runner of an app whose log and store are embedded: the event, the projection and the checkpoint of a command are
// one atomic batch. Records that came into the log by another door are projected before the next command decides.
//
// Confined to the reactor that owns the home.

#include <functional>
#include <memory>
#include <stop_token>

#include "app/projector.h"
#include "app/runner.h"
#include "base/ids.h"
#include "base/unit.h"

namespace millrace::app {

struct InlineRunnerOptions {
  Clock clock = system_now;
  OrderedIds::Dice dice{};
  ProjectionObserver observer{};
  std::function<void(const Error&)> on_unavailable{};  // a command could not be stored: for whoever runs the server
};

class InlineRunner final : public Runner {
 public:
  InlineRunner(ModelPointer model, Home& home, eventlog::EmbeddedLog& log, store::EmbeddedStore& store,
               store::DatabaseId database, InlineRunnerOptions options = {});

  // Creates what the app needs and is not there yet: its topics.
  Async<Result<void>> prepare();

  Async<Result<Answer>> run(Command command) override;
  std::unique_ptr<Reads> reads(int attempt) override;

  // Projects every record that stands in the log before this call and is not projected yet.
  Async<Result<void>> catch_up();

  // Projects what comes into the log by other doors, until `stop`.
  Async<void> follow(std::stop_token stop);

  // From where on the projection has yet to read `topic`; nothing for a topic that is not the app's.
  Result<std::optional<eventlog::Offset>> unread_from(Unit& unit, std::string_view topic);

  // The commands that follow are those of another model; the ones under way keep the old one.
  void replace_model(ModelPointer model);
  const ModelPointer& model() const { return projector_->model(); }

  Home& home() { return home_; }
  eventlog::EmbeddedLog& log() { return log_; }
  store::EmbeddedStore& store() { return store_; }
  store::DatabaseId database() const { return database_; }

 private:
  Async<Result<void>> abandon_rebuilds();
  Result<Answer> run_in(Projector& projector, Unit& unit, const Command& command);
  Result<std::optional<Answer>> find_repeat(Projector& projector, Unit& unit, const Command& command);
  Result<Circumstances> circumstances(Projector& projector, Unit& unit, const Command& command);
  Result<std::string> new_id(Projector& projector, Unit& unit, const Entity& entity);

  Home& home_;
  eventlog::EmbeddedLog& log_;
  store::EmbeddedStore& store_;
  store::DatabaseId database_;
  InlineRunnerOptions options_;
  OrderedIds ids_;
  std::shared_ptr<Projector> projector_;  // shared with the commands under way
};

}  // namespace millrace::app
