#pragma once

// Runs the commands of an app and reads its projection. Confined to the reactor that owns the app's home.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "app/decide.h"
#include "app/project.h"
#include "base/async.h"
#include "base/result.h"
#include "store/store.h"

namespace millrace::app {

// What a command came to.
struct Answer {
  std::string id{};
  EntityState state{};       // of the entity afterwards; of a removed one as it was
  std::uint64_t offset = 0;  // of the event in its topic
  bool repeated = false;     // its idempotency key was known: nothing happened this time
};

// The projection as one query sees it: one moment for all its reads.
class Reads {
 public:
  virtual ~Reads() = default;

  // The replies in the order of the commands, which only read. Once it fails, the query's answer is not to be used
  // before settle() has said so.
  virtual Result<std::vector<store::Reply>> read(std::vector<store::Command> commands) = 0;

  // Returns true when the answer may go out: everything it was made from is durable. Returns false when something had
  // to be fetched first: run the query again, with the next attempt's reads.
  virtual Async<Result<bool>> settle() = 0;
};

class Runner {
 public:
  virtual ~Runner() = default;

  // Decides, appends the event and projects it. Once this returns a value, all of it survives a crash. Fails as
  // decide() does, or with `unavailable`: then nothing happened. The command's arguments outlive the wait.
  virtual Async<Result<Answer>> run(Command command) = 0;

  // For one query; `attempt` counts from 1.
  virtual std::unique_ptr<Reads> reads(int attempt) = 0;
};

}  // namespace millrace::app
