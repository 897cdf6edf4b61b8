#include "store/scripting/interpreter.h"

#include <algorithm>
#include <cstdlib>
#include <fmt/format.h>
#include <list>
#include <lua.hpp>
#include <unordered_map>

#include "base/crypto.h"
#include "store/scripting/machine.h"
#include "store/scripting/sandbox.h"
#include "store/scripting/script_errors.h"
#include "store/scripting/script_header.h"
#include "store/scripting/values.h"

namespace millrace::store {
namespace {

constexpr int instructions_between_checks = 1000;  // of the time: some microseconds, unless C functions take long
constexpr std::chrono::milliseconds time_between_turns{1};  // of others, once a script is slow
constexpr int collector_pause = 150;  // per cent of what lives: garbage shall not reach the memory's limit
constexpr std::size_t memory_kept_max = 16u << 20;  // after a run; more than that is collected at once

constexpr std::size_t large_block = 256u << 10;

bool is_over(const Machine& machine) {
  const bool running = machine.call != nullptr || machine.loading != nullptr;
  return running && std::chrono::steady_clock::now() >= machine.deadline;
}

Error time_is_over(const Machine& machine) {
  if (machine.loading != nullptr) return {ErrorCode::invalid, "ERR FUNCTION LOAD timeout"};
  return {ErrorCode::invalid,
          fmt::format("ERR Script stopped: it ran for more than {} milliseconds", machine.limits.time_max.count())};
}

// Lua's allocator: counts, and refuses what goes beyond the limit.
void* allocate(void* context, void* block, std::size_t size, std::size_t size_new) {
  auto& machine = *static_cast<Machine*>(context);
  if (size_new == 0) {
    machine.memory -= size;
    std::free(block);
    return nullptr;
  }
  if (size_new > size && machine.memory + (size_new - size) > machine.limits.memory_max) return nullptr;
  if (size_new >= large_block && is_over(machine)) {  // filling it takes longer than many instructions
    if (!machine.stopped) machine.stopped = time_is_over(machine);
    return nullptr;
  }
  void* moved = std::realloc(block, size_new);
  if (moved != nullptr) machine.memory += size_new - size;
  return moved;
}

void check_time_by_hook(lua_State* lua, lua_Debug*) {
  check_time(lua);
}

// An error when the script is to end. On its own, for what Lua leaves by longjmp must hold nothing.
std::optional<Error> let_others(Machine& machine) {
  auto went = machine.call->while_slow();
  machine.slow_next = std::chrono::steady_clock::now() + time_between_turns;
  return went ? std::nullopt : std::optional(went.error());
}

// What a protected call does, and what became of it.
struct Task {
  Machine& machine;
  std::string_view name{};
  int reference = LUA_NOREF;  // of the function that runs
  bool is_function = false;   // of a library, rather than a script
  std::string_view source{};  // of a library that loads
  Result<Reply> result = Error{ErrorCode::invalid, "ERR not enough memory"};
};

void push_strings(lua_State* lua, std::span<const std::string> strings) {
  lua_createtable(lua, static_cast<int>(strings.size()), 0);
  int index = 0;
  for (const std::string& each : strings) {
    lua_pushlstring(lua, each.data(), each.size());
    lua_rawseti(lua, -2, ++index);
  }
}

Task& task_of(lua_State* lua) {
  auto* task = static_cast<Task*>(lua_touserdata(lua, 1));
  lua_settop(lua, 0);
  return *task;
}

void enter_environment(lua_State* lua, Environment environment) {
  push_environment(lua, environment);
  lua_replace(lua, LUA_GLOBALSINDEX);
}

int run_in_thread(lua_State* lua) {
  Task& task = task_of(lua);
  Machine& machine = task.machine;
  const ScriptCall& call = *machine.call;
  enter_environment(lua, task.is_function ? Environment::functions : Environment::scripts);
  lua_pushcfunction(lua, describe_error);
  lua_rawgeti(lua, LUA_REGISTRYINDEX, task.reference);
  if (!task.is_function) {
    lua_pushvalue(lua, LUA_GLOBALSINDEX);  // an earlier run may have set another
    lua_setfenv(lua, -2);
  }
  push_strings(lua, call.keys);
  if (!task.is_function) set_global(lua, "KEYS");
  push_strings(lua, call.arguments);
  if (!task.is_function) set_global(lua, "ARGV");
  const int status = lua_pcall(lua, task.is_function ? 2 : 0, 1, 1);
  if (machine.stopped) {
    task.result = *machine.stopped;
  } else if (status == 0) {
    task.result = take_reply(lua, machine.protocol, machine.limits.memory_max);
  } else {
    task.result = error_of_run(lua, task.name, call.form);
  }
  if (!task.result && task.result.error().code == ErrorCode::over_limit) {
    task.result = Error{ErrorCode::invalid, task.result.error().message};
  }
  return 0;
}

int load_in_thread(lua_State* lua) {
  Task& task = task_of(lua);
  enter_environment(lua, Environment::functions);
  if (compile(lua, task.source, "@user_function") != 0) {
    task.result = Error{ErrorCode::invalid, fmt::format("ERR Error compiling function: {}", lua_tostring(lua, -1))};
    return 0;
  }
  if (lua_pcall(lua, 0, 0, 0) == 0) {
    task.result = Reply::ok();
    return 0;
  }
  std::string message = task.machine.stopped ? task.machine.stopped->message : "ERR unknown error";
  if (!task.machine.stopped && lua_istable(lua, -1)) {
    lua_getfield(lua, -1, "err");
    if (lua_isstring(lua, -1) != 0) message = lua_tostring(lua, -1);
  } else if (!task.machine.stopped && lua_isstring(lua, -1) != 0) {
    message = fmt::format("ERR {}", lua_tostring(lua, -1));
  }
  task.result = Error{ErrorCode::invalid, fmt::format("ERR Error registering functions: {}", message)};
  return 0;
}

// Each run has a thread of Lua of its own, so that nothing of it stays: neither globals of the thread nor its stack.
int run_task(lua_State* lua) {
  auto* task = static_cast<Task*>(lua_touserdata(lua, 1));
  lua_State* thread = lua_newthread(lua);
  lua_cpcall(thread, run_in_thread, task);
  return 0;
}

int load_task(lua_State* lua) {
  auto* task = static_cast<Task*>(lua_touserdata(lua, 1));
  lua_State* thread = lua_newthread(lua);
  show_load_api(lua, true);
  lua_cpcall(thread, load_in_thread, task);
  show_load_api(lua, false);
  return 0;
}

int clean_up(lua_State* lua) {
  show_load_api(lua, false);
  lua_pushnil(lua);
  set_global(lua, "KEYS");
  lua_pushnil(lua);
  set_global(lua, "ARGV");
  reset_json(lua);
  return 0;
}

void release(lua_State* lua, int reference) {
  luaL_unref(lua, LUA_REGISTRYINDEX, reference);
}

int open_state(lua_State* lua) {
  open_sandbox(lua);
  lua_gc(lua, LUA_GCSETPAUSE, collector_pause);
  lua_pushboolean(lua, 1);
  release(lua, luaL_ref(lua, LUA_REGISTRYINDEX));  // from now on releasing needs no memory
  return 0;
}

struct Compilation {
  std::string_view text{};
  Result<int> reference = Error{ErrorCode::invalid, "ERR not enough memory"};
};

int compile_script(lua_State* lua) {
  auto& compilation = *static_cast<Compilation*>(lua_touserdata(lua, 1));
  if (compile(lua, compilation.text, "@user_script") == 0) {
    compilation.reference = luaL_ref(lua, LUA_REGISTRYINDEX);
  } else {
    compilation.reference =
        Error{ErrorCode::invalid, fmt::format("ERR Error compiling script (new function): {}", lua_tostring(lua, -1))};
  }
  return 0;
}

}  // namespace

// --- machine.h

Machine& machine_of(lua_State* lua) {
  void* context = nullptr;
  lua_getallocf(lua, &context);
  return *static_cast<Machine*>(context);
}

void stop_script(lua_State* lua, Error error) {
  Machine& machine = machine_of(lua);
  if (!machine.stopped) machine.stopped = std::move(error);
  lua_pushnil(lua);
  lua_error(lua);
  __builtin_unreachable();
}

void stay_stopped(lua_State* lua) {
  Machine& machine = machine_of(lua);
  if (machine.stopped) stop_script(lua, *machine.stopped);
}

void check_time(lua_State* lua) {
  stay_stopped(lua);
  Machine& machine = machine_of(lua);
  if (is_over(machine)) stop_script(lua, time_is_over(machine));
  if (machine.call == nullptr || !machine.call->while_slow) return;
  if (std::chrono::steady_clock::now() < machine.slow_next) return;
  if (auto killed = let_others(machine)) stop_script(lua, std::move(*killed));
}

void check_buffer(lua_State* lua, std::size_t bytes) {
  if (bytes > machine_of(lua).limits.memory_max) luaL_error(lua, "not enough memory");
}

// --- Library

Library::~Library() {
  for (const LibraryFunction& each : functions_) release(machine_.lua, each.reference);
}

Result<void> Library::add(LibraryFunction function) {
  if (auto checked = check_function_name(function.name); !checked) return checked.error();
  if (std::ranges::find(functions_, function.name, &LibraryFunction::name) != functions_.end()) {
    return Error{ErrorCode::invalid, "ERR Function already exists in the library"};
  }
  functions_.push_back(std::move(function));
  return {};
}

// --- Interpreter

struct Interpreter::Scripts {
  std::list<Script> by_use{};  // the latest first
  std::unordered_map<std::string, std::list<Script>::iterator> by_digest{};
  std::size_t bytes = 0;
};

Interpreter::Interpreter(ScriptLimits limits)
    : machine_(std::make_unique<Machine>(Machine{.limits = limits})), scripts_(std::make_unique<Scripts>()) {
  machine_->lua = lua_newstate(allocate, machine_.get());
  if (machine_->lua == nullptr || lua_cpcall(machine_->lua, open_state, nullptr) != 0) std::abort();
  lua_sethook(machine_->lua, check_time_by_hook, LUA_MASKCOUNT, instructions_between_checks);
}

Interpreter::~Interpreter() {
  lua_close(machine_->lua);
}

Result<const Script*> Interpreter::load(std::string_view body) {
  std::string digest = to_hex(sha1(body));
  if (const Script* known = find(digest)) return known;
  auto header = read_script_header(body);
  if (!header) return header.error();
  Compilation compilation{.text = body.substr(header->size)};
  lua_cpcall(machine_->lua, compile_script, &compilation);
  lua_settop(machine_->lua, 0);
  if (!compilation.reference) return compilation.reference.error();

  scripts_->by_use.push_front({.digest = digest,
                               .has_header = header->present,
                               .flags = header->flags,
                               .bytes = body.size(),
                               .reference = *compilation.reference});
  scripts_->by_digest.emplace(std::move(digest), scripts_->by_use.begin());
  scripts_->bytes += body.size();
  while (scripts_->bytes > machine_->limits.cached_bytes_max && scripts_->by_use.size() > 1) {
    const Script& oldest = scripts_->by_use.back();
    release(machine_->lua, oldest.reference);
    scripts_->bytes -= oldest.bytes;
    scripts_->by_digest.erase(oldest.digest);
    scripts_->by_use.pop_back();
  }
  return &scripts_->by_use.front();
}

const Script* Interpreter::find(std::string_view digest) {
  std::string lower(digest);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto found = scripts_->by_digest.find(lower);
  if (found == scripts_->by_digest.end()) return nullptr;
  scripts_->by_use.splice(scripts_->by_use.begin(), scripts_->by_use, found->second);
  return &scripts_->by_use.front();
}

void Interpreter::forget_scripts() {
  for (const Script& each : scripts_->by_use) release(machine_->lua, each.reference);
  *scripts_ = {};
  lua_gc(machine_->lua, LUA_GCCOLLECT, 0);
}

std::size_t Interpreter::script_count() const {
  return scripts_->by_use.size();
}

std::size_t Interpreter::memory() const {
  return machine_->memory;
}

namespace {

// Runs `body` on the first state, and leaves nothing of it behind.
void perform(Machine& machine, std::chrono::milliseconds time_max, lua_CFunction body, Task& task) {
  machine.stopped.reset();
  machine.protocol = 2;
  machine.bytes_given = 0;
  machine.traceback.clear();
  machine.deadline = std::chrono::steady_clock::now() + time_max;
  if (machine.call != nullptr) machine.slow_next = machine.deadline - time_max + machine.call->slow_after;
  lua_cpcall(machine.lua, body, &task);
  lua_settop(machine.lua, 0);
  machine.call = nullptr;
  machine.loading = nullptr;
  machine.stopped.reset();
  if (machine.memory > memory_kept_max) lua_gc(machine.lua, LUA_GCCOLLECT, 0);
  if (lua_cpcall(machine.lua, clean_up, nullptr) != 0) lua_settop(machine.lua, 0);
}

Result<Reply> run_function(Machine& machine, ScriptCall& call, Task task) {
  if (machine.call != nullptr || machine.loading != nullptr) {
    return Error{ErrorCode::invalid, "ERR a script cannot run inside another one"};
  }
  machine.call = &call;
  perform(machine, machine.limits.time_max, run_task, task);
  return std::move(task.result);
}

}  // namespace

Result<Reply> Interpreter::run(const Script& script, ScriptCall& call) {
  return run_function(*machine_, call, {.machine = *machine_, .name = script.digest, .reference = script.reference});
}

Result<Reply> Interpreter::run(const LibraryFunction& function, ScriptCall& call) {
  return run_function(
      *machine_, call,
      {.machine = *machine_, .name = function.name, .reference = function.reference, .is_function = true});
}

Result<std::unique_ptr<Library>> Interpreter::load_library(std::string_view code) {
  auto header = read_library_header(code);
  if (!header) return header.error();
  auto library = std::make_unique<Library>(*machine_, std::move(header->name));
  machine_->loading = library.get();
  Task task{.machine = *machine_, .name = library->name(), .source = code.substr(header->size)};
  perform(*machine_, machine_->limits.load_time_max, load_task, task);
  if (!task.result) return task.result.error();
  if (library->functions().empty()) return Error{ErrorCode::invalid, "ERR No functions registered"};
  return library;
}

}  // namespace millrace::store
