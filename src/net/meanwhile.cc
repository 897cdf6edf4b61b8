#include "net/meanwhile.h"

#include "net/reactor_asio.h"

namespace millrace::net {

void run_meanwhile(Reactor& reactor) {
  auto& impl = reactor.impl();
  if (impl.ending) return;
  ReadySet::of(impl.io).call_ready();
  for (std::size_t done = 0; done < impl.options.round_max && impl.io.poll_one() > 0; ++done) {
  }
  impl.finish_tick();
}

}  // namespace millrace::net
