#pragma once

// Sends requests with libcurl on a thread of its own, all at once: connections are kept and shared, HTTP/2 is spoken
// where a server of https offers it. Redirects are not followed, proxies of the environment are not used, and nothing
// of an answer beyond what was asked for is kept; a body that goes on for long is cut off, and so is its connection.
//
// Every connection is made to an address that the policy allows: it is checked after the name was resolved, when the
// socket is opened.
//
// Destroying it ends what is under way; nobody is told. The reactor outlives it.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "net/address_policy.h"
#include "net/outbound.h"
#include "net/reactor.h"

namespace millrace::net {

// Connections to `host`:`port` go to `address`:`to_port` instead, without a look at certificates: for tests.
struct MappedHost {
  std::string host{};
  std::uint16_t port = 0;
  std::string address{};
  std::uint16_t to_port = 0;
};

// "example.com:443=127.0.0.1:9443".
Result<MappedHost> parse_mapped_host(std::string_view text);

struct CurlOutboundOptions {
  AddressPolicy policy = AddressPolicy::everything();
  std::vector<MappedHost> mapped{};
  long idle_connections_max = 256;  // kept for later requests
};

class CurlOutbound final : public Outbound {
 public:
  CurlOutbound(Reactor& reactor, CurlOutboundOptions options);
  ~CurlOutbound() override;

  void send(OutboundRequest request, std::function<void(OutboundResponse)> done) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace millrace::net
