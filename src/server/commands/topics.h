#pragma once

// `millrace topic` and `millrace group`: what they are asked, as written on the command line.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/commands/commands.h"
#include "server/options.h"

namespace millrace::server {

struct TopicRequest {
  std::string action{};
  std::string name{};

  // create, alter
  std::optional<std::uint64_t> partitions{};
  std::optional<std::uint64_t> first_offset{};
  std::string record_bytes_max{};
  std::string retention{};  // "7d", "unlimited"
  std::string retention_size{};
  std::string cleanup{};
  std::optional<bool> unread_expires{};
  std::string notify{};  // alter: a URL group, or "nobody"

  bool in_use = false;  // delete: also when an app uses it

  // read, write
  std::string from = "earliest";
  std::optional<std::uint64_t> partition{};
  std::optional<std::string> key{};
  std::optional<std::uint64_t> limit{};
  bool follow = false;
  std::optional<std::string> value{};
  std::vector<std::string> headers{};  // "name=value"

  std::string file = "-";  // export, import: standard output or input
};

struct GroupRequest {
  std::string action{};
  std::string name{};
};

int run_topic(const Options& options, const TopicRequest& asked, Output output);
int run_group(const Options& options, const GroupRequest& asked, Output output);

}  // namespace millrace::server
