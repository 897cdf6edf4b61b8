// MULTI, EXEC, DISCARD, WATCH, UNWATCH.

#include "front/redis/session.h"

namespace millrace::front {
namespace {

using store::Reply;

// Of the words of a queue, as much as one bulk string may have.
constexpr std::size_t queued_bytes_max = std::size_t{512} << 20;

}  // namespace

void Session::multi(Arguments, std::string& out) {
  if (transaction_) return append_error(out, "ERR MULTI calls can not be nested");
  transaction_ = std::make_unique<Transaction>();
  append_simple(out, "OK");
}

Session::Next Session::queue(std::vector<std::string>& words, const store::CommandSpec& spec) {
  for (const auto& word : words) transaction_->bytes += word.size() + sizeof word;
  if (transaction_->bytes > queued_bytes_max) {
    transaction_->commands.clear();
    transaction_->specs.clear();
    return refuse(words, &spec, Reply::error("ERR the transaction is too large"));
  }
  transaction_->commands.push_back(std::move(words));
  transaction_->specs.push_back(&spec);
  append_simple(outbox_.begin(), "QUEUED");
  outbox_.end();
  return Next::more;
}

void Session::abort_transaction(std::string_view why, std::string& out) {
  transaction_.reset();
  if (watch_) watch_->clear();
  if (why.empty()) return append_error(out, "EXECABORT Transaction discarded because of previous errors.");
  append_error(out, std::string("EXECABORT Transaction discarded because of: ").append(why));
}

void Session::show_exec() {
  static const auto& exec = *store::find_command("exec");
  if (!live_.monitors.empty()) live_.monitors.saw(*database_, context_.caller, {std::string(exec.name)});
}

Session::Next Session::execute_transaction() {
  const bool runs = transaction_ && !transaction_->refused && !(watch_ && watch_->written());
  if (!runs) show_exec();
  auto& out = outbox_.begin();
  if (!transaction_) {
    append_error(out, "ERR EXEC without MULTI");
  } else if (transaction_->refused) {
    abort_transaction({}, out);
  } else if (watch_ && watch_->written()) {
    transaction_.reset();
    watch_->clear();
    append_nil_array(out, version_);
  } else {
    outbox_.end();
    if (watch_) watch_->clear();
    Job job;
    job.kind = Job::Kind::transaction;
    job.transaction = std::move(transaction_);
    for (std::size_t at = 0; at < job.transaction->commands.size(); ++at) {
      if (job.transaction->specs[at]->has(store::of_connection)) continue;
      job.commands.push_back(std::move(job.transaction->commands[at]));
    }
    auto unit = home_.open();
    auto replies = stage(*unit, job);
    if (home_.missed(*unit)) return run_cold(std::move(unit), std::move(job));
    return answer_transaction(job, std::move(unit), std::move(replies));
  }
  outbox_.end();
  return Next::more;
}

// The commands about the connection take their turn here, between those of the store, which have all run by now.
Session::Next Session::answer_transaction(Job& job, std::unique_ptr<Unit> unit, Result<std::vector<Reply>> replies) {
  std::optional<Error> failure;
  Home::Receipt receipt{};
  if (replies) {
    auto committed = home_.commit_now(std::move(unit));
    committed ? void(receipt = *committed) : void(failure = committed.error());
  } else {
    failure = replies.error();
  }
  if (closed_) return Next::wait;
  if (failure) {
    write_error("ERR " + failure->message);
    return Next::more;
  }
  show_exec();
  const auto& queued = *job.transaction;
  auto& out = outbox_.begin(core_->flight_of(receipt, *this));
  append_array_head(out, queued.specs.size());
  auto reply = replies->begin();
  for (std::size_t at = 0; at < queued.specs.size(); ++at) {
    const auto& spec = *queued.specs[at];
    if (!spec.has(store::of_connection)) {
      append_reply(out, *reply++, version_);
      continue;
    }
    const auto resolved = store::resolve(queued.commands[at], context_.caller);
    const auto handler = handler_of(spec);
    if (resolved.spec == nullptr || handler == nullptr) {
      append_error(out, "ERR unknown command");
    } else {
      (this->*handler)(resolved.arguments, out);
    }
  }
  outbox_.end();
  tracking_.next.reset();
  see_to_others();
  return pace();
}

void Session::discard(Arguments, std::string& out) {
  if (!transaction_) return append_error(out, "ERR DISCARD without MULTI");
  transaction_.reset();
  if (watch_) watch_->clear();
  append_simple(out, "OK");
}

void Session::watch(Arguments keys, std::string& out) {
  if (transaction_) return append_error(out, "ERR WATCH inside MULTI is not allowed");
  if (!watch_) watch_ = std::make_unique<store::WatchedKeys::Watch>(live_.watched);
  for (const auto& key : keys) watch_->add(*database_, key);
  append_simple(out, "OK");
}

void Session::unwatch(Arguments, std::string& out) {
  if (watch_) watch_->clear();
  append_simple(out, "OK");
}

}  // namespace millrace::front
