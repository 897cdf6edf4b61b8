#pragma once

// Accepts connections on one address and port. Inside net only. Confined to the reactor.

#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/reactor.h"

namespace millrace::net {

class Listener {
 public:
  using Accepted = std::function<void(boost::asio::ip::tcp::socket)>;

  explicit Listener(Reactor& reactor);
  ~Listener();  // accepts no more

  // Returns the port. Fails with `conflict` when it is taken, `denied` when it may not be used, `invalid` when
  // `address` is not a numeric address or "localhost", or not one of this machine.
  Result<std::uint16_t> listen(const std::string& address, std::uint16_t port, Accepted accepted);

 private:
  struct State;  // shared with the pending accept
  std::shared_ptr<State> state_;
};

// Raises the number of files that the process may have open as far as it may, and returns it.
std::size_t raise_file_limit();

}  // namespace millrace::net
