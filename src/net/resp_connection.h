#pragma once

// One connection of the Redis protocol. Inside net only. Confined to the reactor.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/link.h"
#include "net/listener.h"
#include "net/resp_server.h"

namespace millrace::net {

class RespConnection;

// What the server and its connections share.
struct RespServer::Core : std::enable_shared_from_this<Core> {
  Core(Reactor& owner, RespServerOptions chosen, Greet greets)
      : reactor(owner), options(std::move(chosen)), greet(std::move(greets)) {}

  void accepted(boost::asio::ip::tcp::socket socket);
  void remove(RespConnection& connection);
  void sweep();
  void settle_later(RespConnection& connection);
  void settle_waiting();
  void end_stop();

  Reactor& reactor;
  RespServerOptions options;
  Greet greet;
  RespCounts counts{};
  std::unique_ptr<Listener> listener{};
  std::string address{};
  std::vector<std::shared_ptr<RespConnection>> connections{};
  std::vector<std::shared_ptr<RespConnection>> settle_waiters{};  // settled at the tick's end
  std::size_t connections_max = 0;
  SteadyTime now{};  // of the last sweep: exact enough for idle times
  Timer sweep_timer{};
  TickEnd tick_end{};
  std::coroutine_handle<> stop_waiting{};
  Timer stop_timer{};
};

class RespConnection final : public Link, public RespPeer {
 public:
  RespConnection(boost::asio::ip::tcp::socket socket, std::shared_ptr<RespServer::Core> core, std::uint64_t number);

  void begin();
  // Says that there is no room and closes.
  void refuse();
  // Ends it once the commands it has taken are answered, at once when they are.
  void retire();
  // Closes what has taken too long.
  void sweep(SteadyTime now);
  // At the end of a tick in which something happened: sends, goes on, closes, whatever there is to do.
  void settle();

  std::size_t place = 0;        // in the server's list
  bool settle_waiting = false;  // in the server's list of those

 private:
  std::string& out() override;
  void send(std::string bytes) override;
  std::size_t unsent() const override { return queued(); }
  void go_on() override;
  void close() override;
  void close_after_replies() override;
  const std::string& address() const override { return peer(); }
  const std::string& server_address() const override { return core_->address; }
  std::uint64_t number() const override { return number_; }
  SteadyTime heard_at() const override { return heard_at_; }
  RespParser& parser() override { return parser_; }

  bool on_received(std::string_view bytes) override;
  void on_ended() override;
  void on_drained() override;
  void on_closed() override;

  bool may_run() const;
  bool reading_wanted() const;
  std::size_t run(std::string_view bytes);
  void run_held();

  std::shared_ptr<RespServer::Core> core_;
  const std::uint64_t number_;
  RespParser parser_;
  std::shared_ptr<RespSession> session_{};
  std::string held_{};  // received, and not run yet from held_at_ on
  std::size_t held_at_ = 0;
  std::size_t turn_left_ = 0;  // commands until others have their turn
  SteadyTime heard_at_{};
  std::string arrived_{};  // while a command runs; goes behind what is held
  bool running_ = false;   // a command, which may let others have a turn
  bool waiting_ = false;   // the session has asked for it
  bool last_ = false;      // no more commands
  bool peer_ended_ = false;
  bool dropped_ = false;  // to be closed without regard to what is unsent
};

}  // namespace millrace::net
