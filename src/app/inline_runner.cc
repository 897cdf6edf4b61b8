#include "app/inline_runner.h"

#include <algorithm>
#include <fmt/format.h>

namespace millrace::app {
namespace {

using eventlog::Expected;
using eventlog::NewRecord;

// 1000 records at a time: a few milliseconds of the reactor.
constexpr eventlog::ReadLimits catch_up_limits{.records_max = 1000, .bytes_max = 1 << 20};

}  // namespace

InlineRunner::InlineRunner(ModelPointer model, Home& home, eventlog::EmbeddedLog& log, store::EmbeddedStore& store,
                           store::DatabaseId database, InlineRunnerOptions options)
    : home_(home), log_(log), store_(store), database_(database), options_(std::move(options)), ids_(options_.dice) {
  replace_model(std::move(model));
}

void InlineRunner::replace_model(ModelPointer model) {
  projector_ = std::make_shared<Projector>(std::move(model), log_, store_, database_, options_.observer);
}

Async<Result<void>> InlineRunner::prepare() {
  auto kept = projector_;
  for (const std::string& topic : kept->model()->topics) {
    auto made = co_await log_.create(topic, {.partitions = 1, .offset_first = topic_offset_first});
    if (!made && made.error().code != ErrorCode::conflict) co_return made.error();
    if (!made) {  // there already, or a name that differs in '.' and '_' only
      if (auto shown = co_await log_.show(topic); !shown) co_return made.error();
    }
  }
  co_return co_await abandon_rebuilds();
}

// What a rebuild had begun when the process ended.
Async<Result<void>> InlineRunner::abandon_rebuilds() {
  auto done = co_await run_command<bool>(home_, [&](Unit& unit) -> Result<bool> {
    auto keyspaces = store_.keyspaces(unit, database_);
    if (!keyspaces) return keyspaces.error();
    for (std::size_t at = 1; at < keyspaces->size(); ++at) {
      if (auto gone = store_.abandon(unit, database_, (*keyspaces)[at]); !gone) return gone.error();
    }
    return true;
  });
  if (!done) co_return done.error();
  co_return Result<void>{};
}

Async<Result<Answer>> InlineRunner::run(Command command) {
  auto projector = projector_;
  auto answer = co_await run_command<Answer>(home_, [&](Unit& unit) { return run_in(*projector, unit, command); });
  bool told = !answer && answer.error().code == ErrorCode::unavailable && options_.on_unavailable;
  if (told) options_.on_unavailable(answer.error());
  co_return answer;
}

Result<Answer> InlineRunner::run_in(Projector& projector, Unit& unit, const Command& command) {
  const CommandKind& kind = *command.kind;
  const std::string& topic = kind.event.entity->topic;
  if (auto pending = projector.project_all(unit, topic, catch_up_limits); !pending) return pending.error();
  if (!command.idempotency_key.empty()) {
    auto repeat = find_repeat(projector, unit, command);
    if (!repeat) return repeat.error();
    if (*repeat) return std::move(**repeat);
  }

  auto known = circumstances(projector, unit, command);
  if (!known) return known.error();
  auto event = decide(*projector.model(), command, *known);
  if (!event) return event.error();
  auto appended =
      log_.stage(unit, topic,
                 NewRecord{.key = kind.event.entity->key.key(known->id),
                           .value = encode(*event),
                           .timestamp = event->time,
                           .expected = known->version == 0 ? Expected::none() : Expected::exactly(known->version),
                           .idempotency_key = command.idempotency_key});
  if (!appended) return appended.error();

  auto change = project({&kind.event, known->id}, known->self, *event);
  if (!change) return Error{ErrorCode::invalid, fmt::format("the arguments do not fit {}", kind.event.entity->name)};
  Answer answer{.id = known->id, .state = change->state, .offset = appended->offset};
  auto applied = projector.apply(unit, topic, appended->offset, std::move(*change));
  if (!applied) return applied.error();
  return answer;
}

// What an earlier command with the same idempotency key came to, told by the events of its entity up to its own.
Result<std::optional<Answer>> InlineRunner::find_repeat(Projector& projector, Unit& unit, const Command& command) {
  const Entity& entity = *command.kind->event.entity;
  auto first = log_.find_repeated(unit, entity.topic, command.idempotency_key);
  if (!first) return first.error();
  if (!*first) return std::optional<Answer>{};
  auto batch = log_.read(unit, entity.topic, (*first)->partition, (*first)->offset, {.records_max = 1});
  if (!batch) return batch.error();
  bool kept = !batch->records.empty() && batch->records.front().offset == (*first)->offset;
  const std::optional<std::string> key = kept ? batch->records.front().key : std::nullopt;
  if (!key) return Error{ErrorCode::conflict, "the idempotency key was used, and its event is no longer kept"};

  auto history = log_.read_key(unit, entity.topic, *key, 1, Direction::ascending,
                               {.records_max = (*first)->version, .bytes_max = std::size_t{64} << 20});
  if (!history) return history.error();
  Answer answer{.offset = (*first)->offset, .repeated = true};
  std::optional<EntityState> self;
  for (const eventlog::Record& record : *history) {
    auto event = decode_event(record.value.value_or(""));
    auto aim = event ? aim_of(*projector.model(), *event) : std::nullopt;
    auto change = aim ? project(*aim, self, *event) : std::nullopt;
    if (!change) continue;
    bool same_command = record.offset != answer.offset || aim->kind->name == command.kind->event.name;
    if (!same_command) return Error{ErrorCode::conflict, "the idempotency key was used for another command"};
    answer.id = change->id;
    answer.state = change->state;
    self = aim->kind->operation == Operation::remove ? std::nullopt : std::optional(change->state);
  }
  return std::optional(std::move(answer));
}

Result<Circumstances> InlineRunner::circumstances(Projector& projector, Unit& unit, const Command& command) {
  const Entity& entity = *command.kind->event.entity;
  Circumstances known{.id = named_id(command), .now = options_.clock()};
  known.event_id = ids_.ulid(known.now);
  if (!command.kind->id_argument) {  // nothing is there under an id that is made now
    auto id = new_id(projector, unit, entity);
    if (!id) return id.error();
    known.id = std::move(*id);
    return known;
  }
  auto self = projector.load(unit, entity, known.id);
  if (!self) return self.error();
  known.self = std::move(*self);
  auto version = log_.key_version(unit, entity.topic, entity.key.key(known.id));
  if (!version) return version.error();
  known.version = *version;
  return known;
}

Result<std::string> InlineRunner::new_id(Projector& projector, Unit& unit, const Entity& entity) {
  switch (entity.ids) {
    case IdGenerator::ulid: return entity.id_prefix + ids_.ulid(options_.clock());
    case IdGenerator::uuidv7: return entity.id_prefix + ids_.uuidv7(options_.clock());
    case IdGenerator::client: return Error{ErrorCode::invalid, "the id is the client's to give"};
    case IdGenerator::sequence: {
      auto count = store_.stage(unit, database_, store::make_command("INCR", entity.sequence_key));
      if (!count) return count.error();
      if (count->is_error()) return Error{ErrorCode::corrupt, count->text};
      return entity.id_prefix + std::to_string(count->integer);
    }
    case IdGenerator::clock: {
      const std::string key = std::string(reserved_prefix) + "clock";
      auto last = store_.stage(unit, database_, store::make_command("GET", key));
      if (!last) return last.error();
      std::string id = next_clock_id(last->text, options_.clock());
      std::vector<store::Command> keep;
      keep.push_back(store::make_command("SET", key, id));
      if (auto kept = projector.stage(unit, keep); !kept) return kept.error();
      return entity.id_prefix + id;
    }
  }
  return Error{ErrorCode::invalid, "unknown kind of id"};
}

// --- Records that came by another door ---

Async<Result<void>> InlineRunner::catch_up() {
  auto projector = projector_;
  for (const std::string& topic : projector->model()->topics) {
    auto bounds = co_await log_.bounds(topic, 0);
    if (!bounds) co_return bounds.error();
    for (bool more = true; more;) {
      auto count = co_await run_command<std::uint64_t>(
          home_, [&](Unit& unit) { return projector->project_some(unit, topic, bounds->next, catch_up_limits); });
      if (!count) co_return count.error();
      more = *count > 0;
    }
  }
  co_return Result<void>{};
}

Async<void> InlineRunner::follow(std::stop_token stop) {
  while (!stop.stop_requested()) {
    if (!co_await catch_up()) co_return;  // the next command meets the same fault and reports it
    auto projector = projector_;
    std::vector<eventlog::Position> positions;
    for (const std::string& topic : projector->model()->topics) {
      auto next = co_await log_.bounds(topic, 0);
      if (!next) co_return;
      positions.push_back({.topic = topic, .partition = 0, .offset = next->next});
    }
    auto woken = co_await log_.wait(std::move(positions), stop);
    if (!woken || !*woken) co_return;
  }
}

Result<std::optional<eventlog::Offset>> InlineRunner::unread_from(Unit& unit, std::string_view topic) {
  const auto& topics = model()->topics;
  if (std::ranges::find(topics, topic) == topics.end()) return std::optional<eventlog::Offset>{};
  auto next = projector_->checkpoint_of(unit, topic);
  if (!next) return next.error();
  return std::optional<eventlog::Offset>(*next);
}

// --- Queries ---

namespace {

// Opens its unit with the first read, so that a mutation holds none.
class InlineReads final : public Reads {
 public:
  InlineReads(Home& home, store::EmbeddedStore& store, store::DatabaseId database, bool blocking)
      : home_(home), store_(store), database_(database), blocking_(blocking) {}

  Result<std::vector<store::Reply>> read(std::vector<store::Command> commands) override {
    if (!unit_) unit_ = blocking_ ? home_.open_blocking() : home_.open();
    return store_.stage(*unit_, database_, commands);
  }

  Async<Result<bool>> settle() override {
    if (!unit_) co_return true;
    if (home_.missed(*unit_)) {
      co_await home_.fetch(std::move(unit_));
      co_return false;
    }
    unit_.reset();
    if (auto durable = co_await home_.synced(); !durable) co_return durable.error();
    co_return true;
  }

 private:
  Home& home_;
  store::EmbeddedStore& store_;
  store::DatabaseId database_;
  bool blocking_;
  std::unique_ptr<Unit> unit_{};
};

}  // namespace

std::unique_ptr<Reads> InlineRunner::reads(int attempt) {
  constexpr int attempts_max = 3;  // as run_command does
  return std::make_unique<InlineReads>(home_, store_, database_, attempt >= attempts_max);
}

}  // namespace millrace::app
