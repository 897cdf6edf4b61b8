#pragma once

// What COMMAND tells of the commands of Redis beside what the table of commands knows: what they do to their keys, and
// tips for proxies and clients. Pure.

#include <span>
#include <string_view>

namespace millrace::store {

struct CommandFacts {
  std::string_view name{};
  std::string_view key_flags{};  // by groups of keys, divided by ; and each flag by a space
  std::string_view tips{};       // divided by ;
};

// Empty ones for a command that has none.
CommandFacts facts_of(std::string_view command);

}  // namespace millrace::store
