#pragma once

// For a handler that takes long: lets the reactor handle what else is ready, as a round of its own with its tick's end.

#include "net/reactor.h"

namespace millrace::net {

// To be called by a handler, on the reactor's thread, where it can bear that anything else happens. A connection runs
// none of its commands inside another one of its own. Does nothing when a round is ending.
void run_meanwhile(Reactor& reactor);

}  // namespace millrace::net
