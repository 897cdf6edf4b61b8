#pragma once

// A server of the Redis protocol on a reactor: it reads commands, one at a time and in their order, hands each to the
// session of its connection, and sends what the session writes, once at the end of each tick. What commands mean is the
// sessions' matter.
//
// Memory is bounded: a client that does not read its replies is not read from either, and a long pipeline gives way to
// the other clients now and then.
//
// Threads: confined to the reactor, which must outlive it.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "net/reactor.h"
#include "net/resp_parser.h"
#include "net/tls.h"

namespace millrace::net {

struct RespServerLimits {
  std::size_t connections = 10'000;           // as maxclients; lowered to what the file limit of the process allows
  std::size_t unsent_bytes = 1024 * 1024;     // replies of one connection; with more, its commands wait
  std::size_t held_bytes = 64 * 1024;         // commands that wait while the session does; then its socket is not read
  std::size_t commands_a_turn = 256;          // then the other connections have theirs: about a quarter millisecond
  std::chrono::seconds write_time{600};       // close; a client that takes nothing for so long has hung
  std::chrono::seconds unknown_time{300};     // close; enough to type a password
  std::chrono::seconds idle_time{6 * 3'600};  // close; far beyond what pools keep, and the dead do not gather
  RespLimits parser{};
};

struct RespServerOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free one
  RespServerLimits limits{};
  std::shared_ptr<const TlsContext> tls{};  // set: every connection speaks TLS
};

struct RespCounts {
  std::size_t connections_open = 0;
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;
};

// The client, as its session sees it. Good until RespSession::closed().
class RespPeer {
 public:
  virtual ~RespPeer() = default;

  // What is appended to it is sent at the end of the tick. To be asked for anew each time.
  virtual std::string& out() = 0;
  // The same for something large, which is not copied.
  virtual void send(std::string bytes) = 0;
  virtual std::size_t unsent() const = 0;

  // Ends the wait that the session has asked for: the commands behind follow, in a later handler of the reactor.
  virtual void go_on() = 0;

  // Closes at once; or takes no more commands and closes once all replies are sent. Neither calls closed() before it
  // has returned, so that a session may do it anywhere.
  virtual void close() = 0;
  virtual void close_after_replies() = 0;

  virtual const std::string& address() const = 0;  // "127.0.0.1:50000"
  virtual const std::string& server_address() const = 0;
  virtual std::uint64_t number() const = 0;                            // of the connections of this server, from 1 on
  virtual std::chrono::steady_clock::time_point heard_at() const = 0;  // to the half second
  virtual RespParser& parser() = 0;
};

class RespSession {
 public:
  enum class Next { more, wait };  // wait: no commands until RespPeer::go_on
  // What a client may expect. `events` come, if ever, when others do something: a message, an element of a list.
  enum class Owed { nothing, replies, events };

  virtual ~RespSession() = default;

  virtual Next command(std::vector<std::string>& words) = 0;
  // Says what RespParser::fault() tells; the connection closes after it.
  virtual void fault(const std::string& text) = 0;
  virtual Owed owed() const = 0;
  virtual bool known() const = 0;
  // Each half second or so.
  virtual void sweep(std::chrono::steady_clock::time_point now) = 0;
  // Once, and nothing after it.
  virtual void closed() = 0;
};

class RespServer {
 public:
  using Greet = std::function<std::shared_ptr<RespSession>(RespPeer&)>;
  struct Core;  // shared with the connections

  RespServer(Reactor& reactor, RespServerOptions options, Greet greet);
  ~RespServer();  // closes what is open
  RespServer(const RespServer&) = delete;
  RespServer& operator=(const RespServer&) = delete;

  // As HttpServer::listen.
  Result<std::uint16_t> listen();

  // Accepts no more and takes no more commands, sends the replies to those that were taken, and goes on when the last
  // connection has closed; after `grace` it closes the rest. Returns how many were cut off.
  Async<std::size_t> stop(std::chrono::milliseconds grace);

  RespCounts counts() const;

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace millrace::net
