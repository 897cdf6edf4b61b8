#pragma once

// Who sends messages, and where they may go, as the options say.

#include <functional>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "net/outbound.h"
#include "net/reactor.h"
#include "server/options.h"

namespace millrace::server {

struct Sending {
  std::unique_ptr<net::Outbound> outbound{};
  // What can be said of a URL before its host is resolved: fails with `invalid` where that is an address that may not
  // be connected to.
  std::function<Result<void>(std::string_view url)> admit{};
};

// Fails with `invalid` when a setting is wrong.
Result<Sending> make_sending(net::Reactor& reactor, const Options& options);

}  // namespace millrace::server
