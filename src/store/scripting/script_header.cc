#include "store/scripting/script_header.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <vector>

#include "store/commands/text.h"

namespace millrace::store {
namespace {

constexpr std::array flag_names{
    ScriptFlagName{.name = "no-writes", .flag = no_writes},
    ScriptFlagName{.name = "allow-oom", .flag = allow_oom},
    ScriptFlagName{.name = "allow-stale", .flag = allow_stale},
    ScriptFlagName{.name = "no-cluster", .flag = no_cluster},
    ScriptFlagName{.name = "allow-cross-slot-keys", .flag = allow_cross_slot_keys},
    ScriptFlagName{.name = "allow-key-locking", .flag = allow_key_locking},
};

Error invalid(std::string message) {
  return {ErrorCode::invalid, "ERR " + std::move(message)};
}

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// Splits at spaces; quotes keep them. Nothing when a quote does not end, or ends inside a word.
std::optional<std::vector<std::string>> split_words(std::string_view line) {
  std::vector<std::string> words;
  std::size_t at = 0;
  while (true) {
    while (at < line.size() && is_space(line[at])) ++at;
    if (at == line.size()) return words;
    std::string word;
    while (at < line.size() && !is_space(line[at])) {
      const char quote = line[at];
      if (quote != '"' && quote != '\'') {
        word.push_back(line[at++]);
        continue;
      }
      const std::size_t end = line.find(quote, at + 1);
      if (end == line.npos || (end + 1 < line.size() && !is_space(line[end + 1]))) return std::nullopt;
      word.append(line.substr(at + 1, end - at - 1));
      at = end + 1;
    }
    words.push_back(std::move(word));
  }
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

Result<std::uint8_t> read_flags(std::string_view list) {
  std::uint8_t flags = 0;
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(','));
    const auto flag = find_script_flag(name);
    if (!flag) return invalid(fmt::format("Unexpected flag in script shebang: {}", name));
    flags |= *flag;
    list.remove_prefix(std::min(list.size(), name.size() + 1));
  }
  return flags;
}

}  // namespace

std::span<const ScriptFlagName> script_flag_names() {
  return flag_names;
}

std::optional<ScriptFlag> find_script_flag(std::string_view name) {
  const auto* found = std::ranges::find(flag_names, name, &ScriptFlagName::name);
  if (found == flag_names.end()) return std::nullopt;
  return found->flag;
}

Result<ScriptHeader> read_script_header(std::string_view body) {
  if (!body.starts_with("#!")) return ScriptHeader{};
  const std::size_t end = body.find('\n');
  if (end == body.npos) return invalid("Invalid script shebang");
  const auto words = split_words(body.substr(0, end));
  if (!words || words->empty()) return invalid("Invalid engine in script shebang");
  if (words->front() != "#!lua") {
    return invalid(fmt::format("Unexpected engine in script shebang: {}", words->front()));
  }
  ScriptHeader header{.present = true, .flags = 0, .size = end};
  for (std::size_t i = 1; i < words->size(); ++i) {
    const std::string_view word = (*words)[i];
    if (!word.starts_with("flags=")) return invalid(fmt::format("Unknown lua shebang option: {}", word));
    auto flags = read_flags(word.substr(6));
    if (!flags) return flags.error();
    header.flags |= *flags;
  }
  return header;
}

Result<LibraryHeader> read_library_header(std::string_view code) {
  if (!code.starts_with("#!")) return invalid("Missing library metadata");
  const std::size_t end = code.find('\n');
  if (end == code.npos) return invalid("Invalid library metadata");
  const auto words = split_words(code.substr(0, end));
  if (!words || words->empty()) return invalid("Invalid library metadata");
  LibraryHeader header{.name = {}, .size = end};
  bool named = false;
  for (std::size_t i = 1; i < words->size(); ++i) {
    const std::string_view word = (*words)[i];
    if (!equals_ignoring_case(word.substr(0, 5), "NAME=")) {
      return invalid(fmt::format("Invalid metadata value given: {}", word));
    }
    if (named) return invalid("Invalid metadata value, name argument was given multiple times");
    header.name = word.substr(5);
    named = true;
  }
  if (!named) return invalid("Library name was not given");
  if (auto checked = check_function_name(header.name); !checked) return checked.error();
  const std::string_view engine = std::string_view(words->front()).substr(2);
  if (!equals_ignoring_case(engine, "LUA")) return invalid(fmt::format("Engine '{}' not found", engine));
  return header;
}

Result<void> check_function_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (lower(c) >= 'a' && lower(c) <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  if (!name.empty() && std::ranges::all_of(name, allowed)) return {};
  return invalid(
      "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long");
}

}  // namespace millrace::store
