// What a session does not answer at once: commands whose rows are on disk, that block, or that are paused.

#include "front/redis/session.h"
#include "store/commands/script_run.h"

namespace millrace::front {
namespace {

using store::Reply;

constexpr int attempts_max = 3;  // as run_command: the third reads from disk on the reactor rather than starve

constexpr std::chrono::milliseconds busy_pause{10};

std::string text_of(const Error& error) {
  return "ERR " + error.message;
}

}  // namespace

// --- Rows that are not in memory ---

Session::Next Session::run_cold(std::unique_ptr<Unit> unit, Job job) {
  cold_ = true;
  start(fetch_and_run(shared_from_this(), std::move(unit), std::move(job)), [] {});
  return Next::wait;
}

Async<void> Session::fetch_and_run(std::shared_ptr<Session> self, std::unique_ptr<Unit> unit, Job job) {
  for (int attempt = 2;; ++attempt) {
    co_await home_.fetch(std::move(unit));
    unit = attempt < attempts_max ? home_.open() : home_.open_blocking();
    auto replies = stage(*unit, job);
    if (home_.missed(*unit)) continue;
    self->cold_ = false;
    self->go_on(self->conclude(job, std::move(unit), std::move(replies)));
    co_return;
  }
}

Result<std::vector<Reply>> Session::stage(Unit& unit, const Job& job) {
  prepare_context();
  const store::TrackedKeys::Reads reads(tracked_, reads_wanted());
  if (job.kind == Job::Kind::transaction) return core_->store.stage(unit, context_, *database_, job.commands);
  context_.trying_again = job.kind == Job::Kind::blocked;
  auto reply = core_->store.stage(unit, context_, *database_, job.commands[0]);
  if (!reply) return reply.error();
  std::vector<Reply> replies;
  replies.push_back(std::move(*reply));
  return replies;
}

Session::Next Session::conclude(Job& job, std::unique_ptr<Unit> unit, Result<std::vector<Reply>> replies) {
  if (job.kind == Job::Kind::transaction) return answer_transaction(job, std::move(unit), std::move(replies));
  if (job.kind == Job::Kind::blocked) {
    if (blocked_.get() != job.blocked) return Next::wait;  // its time was over meanwhile
    if (store::LoadedScripts::any_slow(live_)) {
      blocked_->running = false;
      try_again({});
      return Next::wait;
    }
    if (replies) {
      conclude_blocked(std::move(unit), std::move(replies->front()));
    } else {
      conclude_blocked(std::move(unit), replies.error());
    }
    return Next::wait;
  }
  if (!replies) {
    if (!closed_) write_error(text_of(replies.error()));
    return Next::more;
  }
  if (context_.blocking) return block(std::move(unit), std::move(job.commands[0]), std::move(replies->front()));
  return answer(std::move(unit), std::move(replies->front()));
}

void Session::go_on(Next next) {
  if (next == Next::more && !closed_) peer_.go_on();
}

// --- Blocking ---

// What the command wrote stays: XREADGROUP makes its consumer though it finds nothing.
Session::Next Session::block(std::unique_ptr<Unit> unit, store::Command command, Reply reply) {
  auto blocking = std::move(*context_.blocking);
  auto receipt = home_.commit_now(std::move(unit));
  see_to_others();
  if (closed_) return Next::wait;
  if (!receipt) {
    write_error(text_of(receipt.error()));
    return Next::more;
  }
  blocked_ = std::make_unique<Blocked>();
  blocked_->command = blocking.again ? std::move(*blocking.again) : std::move(command);
  blocked_->keys = std::move(blocking.keys);
  blocked_->needs_keys = blocking.needs_keys;
  blocked_->timeout = std::move(reply);
  live_.blocked.wait(*database_, blocked_->keys, *this);
  if (blocking.until != 0) {
    const std::chrono::milliseconds left{std::max<std::int64_t>(blocking.until - context_.now, 1)};
    blocked_->timer = core_->reactor.after(left, [this] { unblock(false); });
  }
  return Next::wait;
}

bool Session::needs_keys() const {
  return blocked_ && blocked_->needs_keys;
}

void Session::try_again(std::string_view) {
  if (!blocked_ || blocked_->running) return;
  if (store::LoadedScripts::any_slow(live_)) {  // which may have the database to itself
    blocked_->later = core_->reactor.after(busy_pause, [this] { try_again({}); });
    return;
  }
  Job job;
  job.kind = Job::Kind::blocked;
  job.blocked = blocked_.get();
  job.commands.push_back(blocked_->command);
  auto unit = home_.open();
  auto replies = stage(*unit, job);
  if (home_.missed(*unit)) {
    blocked_->running = true;
    run_cold(std::move(unit), std::move(job));
  } else {
    conclude(job, std::move(unit), std::move(replies));
  }
}

void Session::conclude_blocked(std::unique_ptr<Unit> unit, Result<Reply> reply) {
  blocked_->running = false;
  if (reply && context_.blocking) return;
  leave_blocked();
  if (!reply) write_error(text_of(reply.error()));
  go_on(reply ? answer(std::move(unit), std::move(*reply)) : Next::more);
}

void Session::leave_blocked() {
  if (!blocked_) return;
  live_.blocked.leave(*database_, blocked_->keys, *this);
  blocked_.reset();
}

bool Session::unblock(bool error) {
  if (!blocked_) return false;
  const Reply timeout = std::move(blocked_->timeout);
  leave_blocked();
  if (error) {
    write_error("UNBLOCKED client unblocked via CLIENT UNBLOCK");
  } else {
    write(timeout);
  }
  peer_.go_on();
  return true;
}

// --- CLIENT PAUSE ---

bool Session::paused(const store::Command& words, const store::CommandSpec& spec) const {
  if (core_->pauses.empty() || !database_) return false;
  const auto pause = core_->pauses.find(*database_);
  if (pause == core_->pauses.end()) return false;
  const auto writes = [this](const store::Command& command, const store::CommandSpec& one) {
    if (one.has(store::may_write)) return !store::promises_no_writes(live_, *database_, command, one);
    return one.access == store::Access::write || one.name == "publish" || one.name == "spublish" ||
           one.name == "pfcount";
  };
  if (spec.name == "exec") {
    if (!transaction_ || pause->second.all) return transaction_ != nullptr;
    for (std::size_t at = 0; at < transaction_->specs.size(); ++at) {
      if (writes(transaction_->commands[at], *transaction_->specs[at])) return true;
    }
    return false;
  }
  if (spec.has(store::of_connection) || transaction_) return false;
  return pause->second.all || writes(words, spec);
}

void Session::end_pause() {
  if (!paused_ || closed_) return;
  auto words = std::move(*paused_);
  paused_.reset();
  live_.blocked.leave(*database_, {}, *this);
  go_on(dispatch(words));
}

}  // namespace millrace::front
