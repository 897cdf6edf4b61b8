#pragma once

// Scripts in Lua 5.1, sandboxed as Redis 7.2 does it: no files, no processes, no global variables of their own, tables
// of the libraries read-only. Whatever a script does, it ends in a reply or an error: its time, its memory, the depth
// of its calls and what it hands to commands are limited, and compiled chunks from outside are refused.
//
// An interpreter is confined to its owner's thread. It keeps compiled scripts under their SHA-1 digests, the latest
// used, up to a limit in bytes. Scripts share nothing but the functions of a library, whose upvalues live as long as
// the library.
//
// Texts of errors are those of Redis; a flag of the call asks for the form of Upstash's REST interface instead.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/reply.h"
#include "store/store.h"

namespace millrace::store {

struct ScriptLimits {
  std::size_t memory_max = 256u << 20;           // of the interpreter, and of the bytes one run hands to commands
  std::chrono::milliseconds time_max{5000};      // Redis calls a script slow after as long
  std::chrono::milliseconds load_time_max{500};  // of FUNCTION LOAD, as in Redis
  std::size_t cached_bytes_max = 16u << 20;      // of the texts of cached scripts
};

// redis: "ERR user_script:1: … script: <name>, on @user_script:1."
// rest:  "ERR Error running script: @user_script:1: …\nstack traceback:\n\t…"
enum class ErrorForm : std::uint8_t { redis, rest };

// What one run is given.
struct ScriptCall {
  std::span<const std::string> keys{};
  std::span<const std::string> arguments{};
  ErrorForm form = ErrorForm::redis;

  // Runs a command of redis.call or redis.pcall, for a caller that speaks that version of the protocol: 2, or what
  // redis.setresp chose. An error of code `invalid` is the command's own answer, as an error
  // reply is. Any other error ends the script at once and is what the run returns; the script cannot catch it.
  std::function<Result<Reply>(Command command, int protocol)> execute{};
  // Whether the caller may run a command, for redis.acl_check_cmd; nothing when there is no such command. May be empty.
  std::function<std::optional<bool>(const Command&)> permits{};
  // Called now and then once the run has taken `slow_after`: others have a turn in it. An error ends the run; the
  // script cannot catch it. May be empty.
  std::function<Result<void>()> while_slow{};
  std::chrono::milliseconds slow_after{};
  // Takes what redis.log writes; its levels are 0 (debug) to 3 (warning). May be empty.
  std::function<void(int level, std::string_view line)> log{};
};

struct Script {
  std::string digest{};  // 40 hexadecimal digits in lower case
  bool has_header = false;
  std::uint8_t flags = 0;  // ScriptFlag
  std::size_t bytes = 0;
  int reference = 0;  // of the interpreter
};

struct LibraryFunction {
  std::string name{};
  std::optional<std::string> description{};
  std::uint8_t flags = 0;  // ScriptFlag
  int reference = 0;       // of the interpreter
};

struct Machine;

// The functions that a text registered. Ends before its interpreter does.
class Library {
 public:
  Library(Machine& machine, std::string name) : machine_(machine), name_(std::move(name)) {}
  ~Library();
  Library(const Library&) = delete;
  Library& operator=(const Library&) = delete;

  const std::string& name() const { return name_; }
  std::span<const LibraryFunction> functions() const { return functions_; }  // in the order of their registration

  // Fails with `invalid` for a name that is none or is taken; then the reference stays the caller's.
  Result<void> add(LibraryFunction function);

 private:
  Machine& machine_;
  std::string name_;
  std::vector<LibraryFunction> functions_{};
};

class Interpreter {
 public:
  explicit Interpreter(ScriptLimits limits = {});
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  // Compiles `body`, unless it is known, and keeps it. Fails with `invalid`. What it returns stands until the next call
  // of load or forget_scripts.
  Result<const Script*> load(std::string_view body);
  // The script of that digest, in any case; null when it is not kept.
  const Script* find(std::string_view digest);
  void forget_scripts();
  std::size_t script_count() const;

  // The error of a run is `invalid` with the text for the client, or what `execute` ended it with.
  Result<Reply> run(const Script& script, ScriptCall& call);
  Result<Reply> run(const LibraryFunction& function, ScriptCall& call);

  // Runs the text of a library, which registers its functions. Fails with `invalid`.
  Result<std::unique_ptr<Library>> load_library(std::string_view code);

  std::size_t memory() const;  // bytes that the interpreter holds

 private:
  struct Scripts;

  std::unique_ptr<Machine> machine_;
  std::unique_ptr<Scripts> scripts_;
};

}  // namespace millrace::store
