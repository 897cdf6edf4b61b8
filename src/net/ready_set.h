#pragma once

// The sockets of one reactor, in an epoll set of their own: one call tells which are ready, and none is needed to wait
// for the next bytes of a socket once it is in. Inside net only. Confined to the reactor.
//
// A service of the reactor's io_context; the set as a whole is one descriptor to it.

#include <array>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstdint>
#include <sys/epoll.h>

namespace millrace::net {

class ReadySet final : public boost::asio::execution_context::service {
 public:
  class Member {
   public:
    // Bytes are there, or the end; there is room for more. Called again and again while that is so. The member may be
    // gone after the last of these calls only if it has left the set.
    virtual void on_readable() = 0;
    virtual void on_writable() = 0;

   protected:
    ~Member() = default;
  };

  using key_type = ReadySet;
  inline static boost::asio::execution_context::id id{};

  explicit ReadySet(boost::asio::execution_context& context);
  ~ReadySet() override;

  static ReadySet& of(boost::asio::io_context& io) { return boost::asio::use_service<ReadySet>(io); }

  // Waits for `after` of EPOLLIN and EPOLLOUT in place of `before`; 0: for nothing, as it must be before the socket is
  // closed.
  void change(int socket, Member& member, std::uint32_t before, std::uint32_t after);

  // Calls the members that are ready now, also from within such a call (meanwhile.h).
  void call_ready();

  // What is set whenever members were called: then others should have their turn.
  void tell(bool& called) { called_ = &called; }

 private:
  static constexpr int batch_max = 64;  // as many as ReactorOptions::round_max

  void shutdown() override;
  // The members of [next, ready) are still to be called.
  struct Batch {
    std::array<epoll_event, batch_max> events{};
    int next = 0;
    int ready = 0;
    Batch* outer = nullptr;  // whose member lets others have a turn
  };

  void wait();

  boost::asio::posix::stream_descriptor set_;
  Batch* batch_ = nullptr;  // the innermost
  bool waiting_ = false;
  bool* called_ = nullptr;
};

}  // namespace millrace::net
