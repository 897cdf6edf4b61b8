#include "front/redis/rest_execution.h"

#include <algorithm>
#include <chrono>
#include <coroutine>
#include <optional>

#include "base/unit.h"
#include "front/redis/rest_request.h"
#include "net/http.h"
#include "store/commands/command_table.h"

namespace millrace::front {
namespace {

using net::equal_ignoring_case;
using store::Caller;
using store::Command;
using store::Context;
using store::Reply;

// SDKs say who they are. There is no connection to remember it, so it is taken and forgotten.
bool is_client_setinfo(const Command& command) {
  return command.size() == 4 && equal_ignoring_case(command[0], "client") && equal_ignoring_case(command[1], "setinfo");
}

// What a command answers that the store is not asked for.
std::optional<Reply> answer_here(const Command& command) {
  if (is_client_setinfo(command)) return Reply::ok();
  std::string refusal = refused_over_rest(command);
  if (!refusal.empty()) return Reply::error(std::move(refusal));
  return std::nullopt;
}

bool can_start(const Command& command, const Caller& caller) {
  if (is_client_setinfo(command)) return true;
  if (!refused_over_rest(command).empty()) return false;
  store::Resolved resolved = store::resolve(command, caller);
  return resolved.spec != nullptr && !resolved.spec->has(store::no_transaction);
}

// Commits that are under way while further commands run. Lives in the coroutine that waits for them.
struct Commits {
  std::size_t running = 0;
  std::int64_t delay = 0;  // milliseconds, of the command that has to wait longest
  std::coroutine_handle<> waiting{};

  auto all_done() {
    struct Awaiter {
      Commits& commits;
      bool await_ready() const { return commits.running == 0; }
      void await_suspend(std::coroutine_handle<> handle) { commits.waiting = handle; }
      void await_resume() const {}
    };
    return Awaiter{*this};
  }

  void one_done() {
    if (--running == 0 && waiting) std::exchange(waiting, {}).resume();
  }
};

// Runs a command and leaves its commit to `commits`. As millrace::run_command otherwise.
Async<void> run_item(const RestPlace& place, const Command& command, Reply& reply, Commits& commits) {
  constexpr int attempts_max = 3;  // the third reads from disk on the reactor rather than starve
  Home& home = place.store.home();
  for (int attempt = 1;; ++attempt) {
    auto unit = attempt < attempts_max ? home.open() : home.open_blocking();
    Context context(place.store.live(), place.caller);
    auto answer = place.store.stage(*unit, context, place.database, command);
    if (home.missed(*unit)) {
      co_await home.fetch(std::move(unit));
      continue;
    }
    if (!answer) {
      reply = Reply::error(error_text(answer.error()));
      co_return;
    }
    reply = std::move(*answer);
    commits.delay = std::max(commits.delay, context.delay);
    ++commits.running;
    start(home.commit(std::move(unit)), [&reply, &commits](Result<void> done) {
      if (!done) reply = Reply::error(error_text(done.error()));
      commits.one_done();
    });
    co_return;
  }
}

Async<void> wait(net::Reactor& reactor, std::int64_t milliseconds) {
  if (milliseconds > 0) co_await reactor.sleep(std::chrono::milliseconds(milliseconds));
}

}  // namespace

std::string error_text(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid: return error.message;
    case ErrorCode::not_found:
    case ErrorCode::conflict:
    case ErrorCode::denied:
    case ErrorCode::over_limit:
    case ErrorCode::unavailable:
    case ErrorCode::corrupt: break;
  }
  return "ERR " + error.message;
}

Async<Result<Reply>> run_rest_command(RestPlace place, Command command) {
  if (auto answered = answer_here(command)) co_return std::move(*answered);
  std::int64_t delay = 0;
  auto reply = co_await run_command<Reply>(place.store.home(), [&](Unit& unit) {
    Context context(place.store.live(), place.caller);
    auto answer = place.store.stage(unit, context, place.database, command);
    delay = context.delay;
    return answer;
  });
  co_await wait(place.reactor, delay);
  co_return reply;
}

Async<std::vector<Reply>> run_rest_pipeline(RestPlace place, std::vector<Command> commands,
                                            std::vector<std::pair<std::size_t, std::string>> faults) {
  constexpr std::size_t turn_size = 128;  // 128 small commands are half a millisecond: what others may wait
  std::vector<Reply> replies(commands.size());
  Commits commits;
  auto fault = faults.begin();
  for (std::size_t index = 0; index < commands.size(); ++index) {
    if (fault != faults.end() && fault->first == index) {
      replies[index] = Reply::error(std::move((fault++)->second));
    } else if (auto answered = answer_here(commands[index])) {
      replies[index] = std::move(*answered);
    } else {
      co_await run_item(place, commands[index], replies[index], commits);
    }
    if (index % turn_size == turn_size - 1) co_await place.store.home().turn();
  }
  auto done = commits.all_done();
  co_await done;
  co_await wait(place.reactor, commits.delay);
  co_return replies;
}

Async<Result<std::vector<Reply>>> run_rest_transaction(RestPlace place, std::vector<Command> commands) {
  std::vector<Reply> replies(commands.size(), Reply::ok());
  std::vector<std::size_t> places;  // of the commands that the store runs
  std::vector<Command> of_store;
  for (std::size_t index = 0; index < commands.size(); ++index) {
    if (!can_start(commands[index], place.caller)) {
      co_return Error{ErrorCode::invalid, "EXECABORT Transaction discarded because of previous errors."};
    }
    if (is_client_setinfo(commands[index])) continue;
    places.push_back(index);
    of_store.push_back(std::move(commands[index]));
  }
  std::int64_t delay = 0;
  auto done = co_await run_command<std::vector<Reply>>(place.store.home(), [&](Unit& unit) {
    Context context(place.store.live(), place.caller);
    auto answers = place.store.stage(unit, context, place.database, of_store);
    delay = context.delay;
    return answers;
  });
  if (!done) co_return done.error();
  for (std::size_t index = 0; index < places.size(); ++index) replies[places[index]] = std::move((*done)[index]);
  co_await wait(place.reactor, delay);
  co_return replies;
}

}  // namespace millrace::front
