#pragma once

// Runs what REST requests ask for in the store. Who asks more of a database than its limit of commands per second waits
// for the answer. Confined to the reactor, which the store lives on.

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "net/reactor.h"
#include "store/caller.h"
#include "store/embedded/embedded_store.h"
#include "store/reply.h"

namespace millrace::front {

// Where commands run, and for whom.
struct RestPlace {
  net::Reactor& reactor;
  store::EmbeddedStore& store;
  store::DatabaseId database{};
  store::Caller caller{};
};

// One command. The result is an error when the store cannot serve (a full disk), not when the command fails.
Async<Result<store::Reply>> run_rest_command(RestPlace place, store::Command command);

// The commands in their order, each for itself: commands of others may come between them, a failing one stops nothing.
// All of them wait for one sync at the end rather than one each. `faults` are the answers of items that are no command.
Async<std::vector<store::Reply>> run_rest_pipeline(RestPlace place, std::vector<store::Command> commands,
                                                   std::vector<std::pair<std::size_t, std::string>> faults);

// The commands as one transaction, as MULTI and EXEC run them. Fails with `invalid` and EXECABORT when one of them
// cannot even start; nothing has happened then.
Async<Result<std::vector<store::Reply>>> run_rest_transaction(RestPlace place, std::vector<store::Command> commands);

// An error of the store in the words of a reply: they begin with a code.
std::string error_text(const Error& error);

}  // namespace millrace::front
