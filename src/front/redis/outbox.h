#pragma once

// The replies of one connection on their way out, in the order of its commands. A reply that tells of something not yet
// durable is held, and with it all behind it, until that is: so a connection goes on with its next commands while the
// disk is still busy with the last.
//
// What is waited for are flights: numbers of the owner, ascending, each of which lands once, well or with an error. In
// place of replies whose flight has failed goes the text of the error.
//
// Confined to the reactor.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/resp_server.h"

namespace millrace::front {

class Outbox {
 public:
  using Flight = std::uint64_t;
  static constexpr Flight none = 0;

  explicit Outbox(net::RespPeer& peer) : peer_(peer) {}

  // Where a reply is to be appended, until end(). Nothing else may be called between the two.
  std::string& begin(Flight flight = none);
  void end();

  // Drops the replies of flights that failed, and sends what need not wait any more.
  void land(Flight flight, bool well, std::string_view error);

  // Drops what is written from now on: CLIENT REPLY OFF.
  void mute(bool muted) { muted_ = muted; }
  bool muted() const { return muted_; }

  // Unmutes for as long as it lives: what a client has subscribed to comes whatever it said of its replies.
  class Aloud {
   public:
    explicit Aloud(Outbox& outbox) : outbox_(outbox), muted_(outbox.muted_) { outbox_.muted_ = false; }
    ~Aloud() { outbox_.muted_ = muted_; }
    Aloud(const Aloud&) = delete;
    Aloud& operator=(const Aloud&) = delete;

   private:
    Outbox& outbox_;
    bool muted_;
  };

  bool holding() const { return first_ < entries_.size(); }
  std::size_t held_bytes() const { return held_.size() - sent_; }

 private:
  struct Entry {
    Flight flight = none;
    std::size_t begin = 0;  // in held_
    std::size_t end = 0;
  };

  void replace(std::size_t entry, std::string_view error);
  void release();

  net::RespPeer& peer_;
  bool muted_ = false;
  Flight open_ = none;
  std::size_t open_begin_ = 0;
  std::string held_{};  // from sent_ on
  std::size_t sent_ = 0;
  std::vector<Entry> entries_{};  // what waits, from first_ on; between entries may lie replies that wait for no flight
  std::size_t first_ = 0;
  std::string dropped_{};
};

}  // namespace millrace::front
