#include "store/scripting/scripting_state.h"

#include <algorithm>
#include <fmt/format.h>

#include "store/commands/text.h"
#include "store/embedded/libraries.h"

namespace millrace::store {
namespace {

// An idle interpreter holds some 40 KB.
constexpr std::size_t interpreters_max = 64;
constexpr std::size_t bytes_max = std::size_t{512} << 20;  // of all interpreters; the one that runs may exceed it

}  // namespace

Result<void> DatabaseScripts::sync(Unit& unit, DatabaseId database) {
  auto entries = read_libraries(unit, database);
  if (!entries) return entries.error();
  if (*entries == loaded_) return {};
  functions_.clear();
  std::erase_if(loaded_, [&](const LibraryEntry& each) {
    if (std::ranges::find(*entries, each) != entries->end()) return false;
    libraries_.erase(each.name);
    return true;
  });
  auto loaded = load_missing(unit, database, *entries);
  index_functions();
  return loaded;
}

Result<void> DatabaseScripts::load_missing(Unit& unit, DatabaseId database, const std::vector<LibraryEntry>& entries) {
  for (const LibraryEntry& each : entries) {
    if (std::ranges::find(loaded_, each) != loaded_.end()) continue;
    auto code = read_library(unit, database, each.name);
    if (!code) return code.error();
    auto library = interpreter_.load_library(*code);
    if (!library) return library.error();
    libraries_[each.name] = std::move(*library);
    loaded_.push_back(each);
  }
  loaded_ = entries;
  return {};
}

void DatabaseScripts::index_functions() {
  functions_.clear();
  for (const auto& [name, library] : libraries_) {
    for (const LibraryFunction& each : library->functions()) {
      functions_.emplace(lower_case(each.name), Function{library.get(), &each});
    }
  }
}

DatabaseScripts::Function DatabaseScripts::find(std::string_view name) const {
  const auto found = functions_.find(lower_case(name));
  return found == functions_.end() ? Function{} : found->second;
}

Result<void> DatabaseScripts::add(Unit& unit, DatabaseId database, std::unique_ptr<Library> library,
                                  std::string_view code) {
  for (const LibraryFunction& each : library->functions()) {
    const Function other = find(each.name);
    if (other.library != nullptr && other.library->name() != library->name()) {
      return Error{ErrorCode::invalid, fmt::format("ERR Function {} already exists", each.name)};
    }
  }
  if (auto written = put_library(unit, database, library->name(), code); !written) return written;
  auto entries = read_libraries(unit, database);
  if (!entries) return entries.error();
  std::string name = library->name();
  libraries_[std::move(name)] = std::move(library);
  loaded_ = std::move(*entries);
  index_functions();
  return {};
}

LoadedScripts& LoadedScripts::of(LiveState& live) {
  if (live.scripting == nullptr) live.scripting = std::make_unique<LoadedScripts>();
  return static_cast<LoadedScripts&>(*live.scripting);
}

DatabaseScripts& LoadedScripts::scripts(DatabaseId database) {
  auto found = std::ranges::find(by_use_, database, &Entry::database);
  if (found == by_use_.end()) {
    by_use_.push_front({database, std::make_unique<DatabaseScripts>()});
  } else {
    by_use_.splice(by_use_.begin(), by_use_, found);
  }
  while (by_use_.size() > 1 && (by_use_.size() > interpreters_max || memory() > bytes_max)) {
    if (slow(by_use_.back().database) != nullptr) break;  // it is running
    by_use_.pop_back();
  }
  return *by_use_.front().scripts;
}

SlowScript* LoadedScripts::slow(DatabaseId database) const {
  const auto found = std::ranges::find(slow_, database, &SlowScript::database);
  return found == slow_.end() ? nullptr : *found;
}

const DatabaseScripts* LoadedScripts::find(DatabaseId database) const {
  const auto found = std::ranges::find(by_use_, database, &Entry::database);
  return found == by_use_.end() ? nullptr : found->scripts.get();
}

std::size_t LoadedScripts::cached_scripts(DatabaseId database) const {
  const DatabaseScripts* scripts = find(database);
  return scripts == nullptr ? 0 : scripts->interpreter().script_count();
}

std::size_t LoadedScripts::memory(DatabaseId database) const {
  const DatabaseScripts* scripts = find(database);
  return scripts == nullptr ? 0 : scripts->interpreter().memory();
}

std::size_t LoadedScripts::memory() const {
  std::size_t bytes = 0;
  for (const Entry& each : by_use_) bytes += each.scripts->interpreter().memory();
  return bytes;
}

}  // namespace millrace::store
