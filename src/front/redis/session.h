#pragma once

// One client of the Redis protocol: who it is, what it subscribed to, watches, waits for, and the commands that are
// about that (store/commands/door.cc). All others run in the store, at once, in a unit of their own.
//
// A command whose rows must first be read from disk, and one that blocks, hold up the commands behind them. A write
// does not wait for its sync: its reply does (outbox.h).
//
// Confined to the reactor. The connection holds the session; so does a flight that it waits for, past its end.

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/unit.h"
#include "front/redis/outbox.h"
#include "front/redis/redis_core.h"
#include "front/redis/reply_writer.h"
#include "net/resp_server.h"
#include "store/commands/command_table.h"
#include "store/embedded/embedded_store.h"
#include "store/live/tracked_keys.h"

namespace millrace::front {

class Session final : public net::RespSession,
                      public store::Subscriber,
                      public store::Monitor,
                      public store::BlockedClients::Client,
                      public store::TrackedKeys::Client,
                      public std::enable_shared_from_this<Session> {
 public:
  using Arguments = std::span<const std::string>;
  using SteadyTime = std::chrono::steady_clock::time_point;

  Session(net::RespPeer& peer, std::shared_ptr<RedisCore> core);
  ~Session() override;

  Next command(std::vector<std::string>& words) override;
  void fault(const std::string& text) override;
  Owed owed() const override;
  bool known() const override { return database_.has_value(); }
  void sweep(SteadyTime now) override;
  void closed() override;

  void deliver(const store::Message& message) override;
  void show(std::string_view line) override;
  void try_again(std::string_view key) override;
  bool needs_keys() const override;
  void invalidate(std::span<const std::string> keys) override;
  void invalidate_all() override;

  // --- For the core and for other sessions ---

  void land(Outbox::Flight flight, const Result<void>& outcome);
  void end_pause();
  // False when it is not blocked. `error`: it is told that it was unblocked, as if its time were not over.
  bool unblock(bool error);
  void kill() { peer_.close(); }
  std::uint64_t number() const { return peer_.number(); }
  std::optional<store::DatabaseId> database() const { return database_; }
  // What CLIENT LIST filters by, and its line.
  std::string_view type() const { return subscriptions() > 0 ? "pubsub" : "normal"; }
  const char* user() const { return context_.caller.user(); }
  const net::RespPeer& peer() const { return peer_; }
  std::string description() const;

  Outbox::Flight last_flight = Outbox::none;  // of the core: which it has been noted for

 private:
  using Handler = void (Session::*)(Arguments, std::string& out);
  struct Transaction;
  struct Blocked;
  struct Job;

  // session.cc: from words to a reply
  Next dispatch(std::vector<std::string>& words);
  Next dispatch_specially(std::vector<std::string>& words, const store::Resolved& resolved);
  Next refuse(const std::vector<std::string>& words, const store::CommandSpec* spec, const store::Reply& refusal);
  Next run(std::vector<std::string>& words);
  Next run_here(std::vector<std::string>& words, const store::Resolved& resolved);
  bool restricted() const { return version_ == RespVersion::two && subscriptions() > 0; }
  void prepare_context();
  Next answer(std::unique_ptr<Unit> unit, store::Reply reply);
  Next commit_and_write(std::unique_ptr<Unit> unit, store::Reply reply);
  Next pace();
  void write(const store::Reply& reply);
  void write_error(std::string_view text);
  void show_to_monitors(const std::vector<std::string>& words, const store::CommandSpec& spec);
  static Handler handler_of(const store::CommandSpec& spec);

  // session_waiting.cc: what is not answered at once
  Next run_cold(std::unique_ptr<Unit> unit, Job job);
  Async<void> fetch_and_run(std::shared_ptr<Session> self, std::unique_ptr<Unit> unit, Job job);
  Result<std::vector<store::Reply>> stage(Unit& unit, const Job& job);
  Next conclude(Job& job, std::unique_ptr<Unit> unit, Result<std::vector<store::Reply>> replies);
  Next block(std::unique_ptr<Unit> unit, store::Command command, store::Reply reply);
  void conclude_blocked(std::unique_ptr<Unit> unit, Result<store::Reply> reply);
  void leave_blocked();
  void go_on(Next next);
  bool paused(const store::Command& words, const store::CommandSpec& spec) const;

  // session_transaction.cc
  Next queue(std::vector<std::string>& words, const store::CommandSpec& spec);
  Next execute_transaction();
  void show_exec();
  Next answer_transaction(Job& job, std::unique_ptr<Unit> unit, Result<std::vector<store::Reply>> replies);
  void abort_transaction(std::string_view why, std::string& out);
  void multi(Arguments, std::string& out);
  void discard(Arguments, std::string& out);
  void watch(Arguments keys, std::string& out);
  void unwatch(Arguments, std::string& out);

  // session_identity.cc
  void auth(Arguments, std::string& out);
  void hello(Arguments, std::string& out);
  void select(Arguments, std::string& out);
  void quit(Arguments, std::string& out);
  void reset(Arguments, std::string& out);
  bool log_in(std::string_view user, std::string_view secret);
  void forget();

  // session_pubsub.cc
  std::set<std::string>& names_of(store::Subscription kind) { return subscribed_[static_cast<std::size_t>(kind)]; }
  std::size_t subscriptions() const { return subscribed_[0].size() + subscribed_[1].size() + subscribed_[2].size(); }
  std::size_t subscriptions_counted_with(store::Subscription kind) const;
  void subscribe_to(store::Subscription kind, Arguments names, std::string& out);
  void unsubscribe_from(store::Subscription kind, Arguments names, std::string& out);
  void append_subscription(std::string& out, std::string_view word, const std::string* name, store::Subscription kind);
  void leave_all_subscriptions();
  void monitor(Arguments, std::string& out);
  void answer_restricted_ping(Arguments arguments);
  void bound_output();
  template <store::Subscription kind>
  void subscribe(Arguments names, std::string& out) {
    subscribe_to(kind, names, out);
  }
  template <store::Subscription kind>
  void unsubscribe(Arguments names, std::string& out) {
    unsubscribe_from(kind, names, out);
  }

  // session_tracking.cc
  void client_caching(Arguments, std::string& out);
  void client_getredir(Arguments, std::string& out);
  void client_tracking(Arguments, std::string& out);
  void client_trackinginfo(Arguments, std::string& out);
  std::vector<std::string>* reads_wanted();
  void stop_tracking();
  void tell_invalid(const std::span<const std::string>* keys);
  void see_to_others();

  // session_client.cc
  void client_getname(Arguments, std::string& out);
  void client_id(Arguments, std::string& out);
  void client_info(Arguments, std::string& out);
  void client_kill(Arguments, std::string& out);
  void client_list(Arguments, std::string& out);
  void client_no_evict(Arguments, std::string& out);
  void client_no_touch(Arguments, std::string& out);
  void client_pause(Arguments, std::string& out);
  void client_reply(Arguments, std::string& out);
  void client_setinfo(Arguments, std::string& out);
  void client_setname(Arguments, std::string& out);
  void client_unblock(Arguments, std::string& out);
  void client_unpause(Arguments, std::string& out);
  bool set_name(std::string_view name);
  std::vector<Session*> others_and_this() const;
  std::string flags() const;

  // As CLIENT REPLY says. `skipping` is the command that the reply of is left out.
  enum class Replies : std::uint8_t { on, off, skip_next, skipping };

  struct Tracking {
    bool on = false;
    bool opt_in = false;
    bool opt_out = false;
    bool broadcast = false;
    bool no_loop = false;
    std::optional<bool> next{};  // CLIENT CACHING
    std::uint64_t redirect = 0;
    bool broken = false;  // whom it redirects to has gone
    std::set<std::string> prefixes{};
  };

  net::RespPeer& peer_;
  std::shared_ptr<RedisCore> core_;
  store::LiveState& live_;
  store::TrackedKeys& tracked_;
  Home& home_;
  Outbox outbox_;
  store::Context context_;  // of the command that runs
  std::optional<store::DatabaseId> database_{};
  RespVersion version_ = RespVersion::two;
  Replies replies_ = Replies::on;
  bool closed_ = false;
  bool leaving_ = false;  // QUIT
  bool monitoring_ = false;
  bool cold_ = false;             // rows are being fetched
  bool release_awaited_ = false;  // too much is held
  bool no_evict_ = false;
  bool no_touch_ = false;
  const store::CommandSpec* last_command_ = nullptr;
  std::size_t last_command_bytes_ = 0;
  std::string name_{};
  std::string library_name_{};
  std::string library_version_{};
  SteadyTime created_at_ = std::chrono::steady_clock::now();
  std::optional<SteadyTime> much_since_{};  // much output waits
  std::array<std::set<std::string>, 3> subscribed_{};
  Tracking tracking_{};
  std::vector<std::string> reads_{};  // the keys that the command has read, where they are tracked
  std::unique_ptr<Transaction> transaction_{};
  std::unique_ptr<store::WatchedKeys::Watch> watch_{};
  std::unique_ptr<Blocked> blocked_{};
  std::optional<store::Command> paused_{};  // the command that waits for the end of a pause
  net::Timer delay_{};                      // until the database may run commands again
};

// The queue of MULTI.
struct Session::Transaction {
  std::vector<store::Command> commands{};
  std::vector<const store::CommandSpec*> specs{};
  std::size_t bytes = 0;
  bool refused = false;  // a command could not be queued
};

// What runs in one unit, kept for another attempt: a command, or a transaction.
struct Session::Job {
  enum class Kind : std::uint8_t { command, transaction, blocked };

  Kind kind = Kind::command;
  std::vector<store::Command> commands{};
  std::unique_ptr<Transaction> transaction{};  // whose `commands` those of the store are
  const Blocked* blocked = nullptr;            // whose command it is
};

struct Session::Blocked {
  store::Command command{};
  std::vector<std::string> keys{};
  bool needs_keys = false;
  net::Timer later{};
  store::Reply timeout{};  // what it answers when the time is over
  net::Timer timer{};
  bool running = false;  // its rows are being fetched
};

}  // namespace millrace::front
