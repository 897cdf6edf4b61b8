// Schedules: messages made by the clock. A tick makes its messages and moves the schedule to the next one in the same
// transaction, so that each fires once whatever happens between.

#include <algorithm>

#include "delivery/cron.h"
#include "delivery/destination.h"
#include "delivery/engine.h"

namespace millrace::delivery {
namespace {

constexpr std::size_t last_messages_max = 100;  // whose states are told

Error unknown(const std::string& id) {
  return {ErrorCode::not_found, "schedule not found: " + id};
}

std::string lock_name(const std::string& id) {
  return "schedule " + id;
}

ScheduleState state_of(const std::optional<StatusRow>& status) {
  if (!status || !terminal(status->state)) return ScheduleState::in_progress;
  return status->state == State::delivered ? ScheduleState::success : ScheduleState::fail;
}

}  // namespace

Async<Result<std::optional<Delivery::Impl::ScheduleRows>>> Delivery::Impl::read_schedule(std::string id) {
  Transaction get;
  get.add("hget", std::string(schedules_key), id);
  get.add("hget", std::string(schedule_states_key), id);
  auto replies = co_await database.run(std::move(get));
  if (!replies) co_return replies.error();
  std::optional<ScheduleRows> found;
  auto row = text_of((*replies)[0]);
  if (!row) co_return found;
  auto state = text_of((*replies)[1]);
  auto schedule = decode_schedule(id, *row);
  auto decoded = state ? decode_schedule_state(*state) : std::nullopt;
  if (!schedule || !decoded) co_return Error{ErrorCode::corrupt, "schedule '" + id + "' cannot be read"};
  found = ScheduleRows{std::move(*schedule), std::move(*decoded)};
  co_return std::move(found);
}

// --- Ticks ---

Async<void> Delivery::Impl::tick(std::string id, std::int64_t at) {
  std::string same = id;
  auto done = co_await tick_once(std::move(same), at);
  ticking.erase(id);
  if (done) co_return;
  problem(done.error().message);
  due_rewind = std::min(due_rewind, at);
  arm(after_fault());
}

Async<Result<void>> Delivery::Impl::tick_once(std::string id, std::int64_t at) {
  std::string lock = lock_name(id);
  auto waiting = locks.hold(std::move(lock));
  auto held = co_await waiting;
  if (stopping) co_return Result<void>{};
  Transaction where;
  where.add("zscore", std::string(due_key), "s" + id);
  auto place = co_await database.run(std::move(where));
  if (!place) co_return place.error();
  if (place->front().is_nil() || score_of(place->front()) != at) co_return Result<void>{};  // changed meanwhile
  std::string same = id;
  auto rows = co_await read_schedule(std::move(same));
  if (!rows) co_return rows.error();
  const Timestamp time = now();
  auto cron = *rows ? CronSchedule::parse((*rows)->schedule.request.cron) : CronSchedule::parse("");
  auto next = *rows && cron ? cron->next(time) : std::nullopt;
  if (!*rows || (*rows)->state.paused) {
    Transaction away;
    away.add("zrem", std::string(due_key), "s" + id);
    auto done = co_await database.run(std::move(away));
    if (!done) co_return done.error();
    co_return Result<void>{};
  }
  ScheduleStateRow state = std::move((*rows)->state);
  ScheduleRequest& schedule = (*rows)->schedule.request;
  std::vector<PublishRequest> requests(1);
  requests[0].destination = schedule.destination;
  requests[0].content = std::move(schedule.content);
  requests[0].queue = schedule.queue;
  requests[0].delay = schedule.delay;
  requests[0].schedule = id;
  Also move = [&id, &state, next, time](const Answers& answers, Transaction& transaction) {
    state.last = time;
    state.next = next;
    state.last_messages.clear();
    state.error = answers[0] ? "" : answers[0].error().message;
    if (answers[0]) {
      for (const Published& each : *answers[0]) {
        if (state.last_messages.size() < last_messages_max) state.last_messages.push_back(each.message_id);
      }
    }
    transaction.add("hset", std::string(schedule_states_key), id, encode(state));
    if (next) transaction.add("zadd", std::string(due_key), score(count_of(*next)), "s" + id);
    if (!next) transaction.add("zrem", std::string(due_key), "s" + id);
  };
  auto published = co_await publish_all(std::move(requests), std::move(move));
  if (!published) co_return published.error();
  if (next) due_inserted(count_of(*next));
  co_return Result<void>{};
}

// --- The seam ---

Async<Result<std::string>> Delivery::put_schedule(ScheduleRequest request) {
  auto cron = CronSchedule::parse(request.cron);
  if (!cron) co_return cron.error();
  request.cron = cron->text();
  if (request.id.empty()) request.id = impl_->ids.next("scd_", impl_->now());
  if (auto good = check_name("schedule id", request.id); !good) co_return good.error();
  if (auto good = check_content(request.content, impl_->options); !good) co_return good.error();
  if (request.delay > impl_->options.limits.delay_max)
    co_return Error{ErrorCode::over_limit, "quota maxDelay exceeded"};
  if (!request.queue.empty()) {
    if (auto good = check_name("queue name", request.queue); !good) co_return good.error();
  }
  if (request.destination.group.empty()) {
    if (auto good = check_url(request.destination.url); !good) co_return good.error();
    if (impl_->options.admit) {
      if (auto admitted = impl_->options.admit(request.destination.url); !admitted) co_return admitted.error();
    }
  } else {
    std::string name = request.destination.group;
    auto there = co_await group(std::move(name));
    if (!there) co_return there.error();
  }
  const std::string id = request.id;
  std::string lock = lock_name(id);
  auto waiting = impl_->locks.hold(std::move(lock));
  auto held = co_await waiting;
  std::string same = id;
  auto before = co_await impl_->read_schedule(std::move(same));
  if (!before) co_return before.error();
  if (!*before) {
    Transaction count;
    count.add("hlen", std::string(schedules_key));
    auto replies = co_await impl_->database.run(std::move(count));
    if (!replies) co_return replies.error();
    if (static_cast<std::size_t>(replies->front().integer) >= impl_->options.limits.schedules_max) {
      co_return Error{ErrorCode::over_limit, "quota maxSchedules exceeded"};
    }
  }
  const Timestamp time = impl_->now();
  ScheduleRow row{.request = std::move(request), .created_at = *before ? (*before)->schedule.created_at : time};
  ScheduleStateRow state{.next = cron->next(time)};
  Transaction write;
  write.add("hset", std::string(schedules_key), id, encode(row));
  write.add("hset", std::string(schedule_states_key), id, encode(state));
  if (state.next) write.add("zadd", std::string(due_key), score(count_of(*state.next)), "s" + id);
  auto done = co_await impl_->database.run(std::move(write));
  if (!done) co_return done.error();
  if (state.next) impl_->due_inserted(count_of(*state.next));
  co_return id;
}

Async<Result<Schedule>> Delivery::Impl::show_schedule(std::string id) {
  std::string same = id;
  auto rows = co_await read_schedule(std::move(same));
  if (!rows) co_return rows.error();
  if (!*rows) co_return unknown(id);
  Schedule shown{.request = std::move((*rows)->schedule.request), .created_at = (*rows)->schedule.created_at};
  const ScheduleStateRow& state = (*rows)->state;
  shown.paused = state.paused;
  shown.last = state.last;
  shown.next = state.next;
  shown.error = state.error;
  Transaction statuses;
  for (const std::string& message : state.last_messages) statuses.add("get", status_key(message));
  auto replies = co_await database.run(std::move(statuses));
  if (!replies) co_return replies.error();
  for (std::size_t at = 0; at < state.last_messages.size(); ++at) {
    auto text = text_of((*replies)[at]);
    shown.last_states.emplace_back(state.last_messages[at], state_of(text ? decode_status(*text) : std::nullopt));
  }
  co_return std::move(shown);
}

Async<Result<Schedule>> Delivery::schedule(std::string id) {
  return impl_->show_schedule(std::move(id));
}

Async<Result<std::vector<Schedule>>> Delivery::schedules() {
  Transaction names;
  names.add("hkeys", std::string(schedules_key));
  auto replies = co_await impl_->database.run(std::move(names));
  if (!replies) co_return replies.error();
  const std::vector<store::Reply> ids = std::move(replies->front().elements);
  std::vector<Schedule> all;
  for (const store::Reply& each : ids) {
    std::string id = each.text;
    auto shown = co_await impl_->show_schedule(std::move(id));
    if (!shown && shown.error().code == ErrorCode::not_found) continue;
    if (!shown) co_return shown.error();
    all.push_back(std::move(*shown));
  }
  std::sort(all.begin(), all.end(),
            [](const auto& left, const auto& right) { return left.created_at < right.created_at; });
  co_return std::move(all);
}

Async<Result<void>> Delivery::pause_schedule(std::string id, bool paused) {
  std::string lock = lock_name(id);
  auto waiting = impl_->locks.hold(std::move(lock));
  auto held = co_await waiting;
  std::string same = id;
  auto rows = co_await impl_->read_schedule(std::move(same));
  if (!rows) co_return rows.error();
  if (!*rows) co_return unknown(id);
  ScheduleStateRow state = std::move((*rows)->state);
  if (state.paused == paused) co_return Result<void>{};
  state.paused = paused;
  auto cron = CronSchedule::parse((*rows)->schedule.request.cron);
  state.next = paused || !cron ? std::nullopt : cron->next(impl_->now());
  Transaction write;
  write.add("hset", std::string(schedule_states_key), id, encode(state));
  if (state.next) write.add("zadd", std::string(due_key), score(count_of(*state.next)), "s" + id);
  if (!state.next) write.add("zrem", std::string(due_key), "s" + id);
  auto done = co_await impl_->database.run(std::move(write));
  if (!done) co_return done.error();
  if (state.next) impl_->due_inserted(count_of(*state.next));
  co_return Result<void>{};
}

Async<Result<void>> Delivery::delete_schedule(std::string id) {
  std::string lock = lock_name(id);
  auto waiting = impl_->locks.hold(std::move(lock));
  auto held = co_await waiting;
  Transaction remove;
  remove.add("hdel", std::string(schedules_key), id);
  remove.add("hdel", std::string(schedule_states_key), id);
  remove.add("zrem", std::string(due_key), "s" + id);
  auto replies = co_await impl_->database.run(std::move(remove));
  if (!replies) co_return replies.error();
  if (replies->front().integer == 0) co_return unknown(id);
  co_return Result<void>{};
}

}  // namespace millrace::delivery
