#include "store/commands/documentation.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>

#include "store/commands/command_table.h"

namespace millrace::store {
namespace {

struct Heading {
  Group group{};
  std::string_view title{};
};

constexpr std::array headings = {
    Heading{Group::string, "Strings"},
    Heading{Group::bitmap, "Bitmaps"},
    Heading{Group::hash, "Hashes"},
    Heading{Group::list, "Lists"},
    Heading{Group::set, "Sets"},
    Heading{Group::sorted_set, "Sorted sets"},
    Heading{Group::stream, "Streams"},
    Heading{Group::geo, "Geo"},
    Heading{Group::hyperloglog, "HyperLogLog"},
    Heading{Group::json, "JSON"},
    Heading{Group::generic, "Keys of any type"},
    Heading{Group::pubsub, "Pub/sub"},
    Heading{Group::transactions, "Transactions"},
    Heading{Group::scripting, "Scripts and functions"},
    Heading{Group::connection, "Connections"},
    Heading{Group::server, "Server"},
};

struct Missing {
  std::string_view commands{};
  std::string_view why{};
};

constexpr std::array missing = {
    Missing{"ASKING CLUSTER READONLY READWRITE", "There are no cluster nodes: one process holds every database."},
    Missing{"FAILOVER PSYNC REPLCONF SYNC", "There is no replication by this protocol."},
    Missing{"MIGRATE", "`millrace db import` copies a database in; DUMP and RESTORE copy keys."},
    Missing{"MODULE", "Nothing can be loaded into the server."},
    Missing{"PFDEBUG PFSELFTEST", "They serve the development of Redis itself."},
    Missing{"SEARCH.* FT.*", "There are no search indexes."},
    Missing{"BF.* CF.* CMS.* TDIGEST.* TOPK.* TS.* VADD VSIM", "These modules' data types are not there."},
};

std::string upper_case(std::string_view text) {
  std::string upper(text);
  std::ranges::transform(upper, upper.begin(), [](char c) {
    if (c == '|') return ' ';
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return upper;
}

std::string doors(const CommandSpec& row) {
  bool rest = !row.has(of_connection) && !row.has(not_over_rest) && !row.has(blocking);
  return rest ? "both" : "Redis protocol";
}

bool is_container(const CommandSpec& row) {
  return row.run == nullptr && row.has(has_subcommands);
}

void append_group(std::string& out, const Heading& heading) {
  out +=
      fmt::format("\n## {}\n\n| command | what it does | doors | time |\n| --- | --- | --- | --- |\n", heading.title);
  for (const CommandSpec& row : command_table()) {
    if (row.group != heading.group || is_container(row)) continue;
    std::string what(row.summary);
    if (!row.differs.empty()) what += fmt::format(" *Differs:* {}", row.differs);
    out += fmt::format("| `{}` | {} | {} | {} |\n", upper_case(row.name), what, doors(row), row.complexity);
  }
}

}  // namespace

std::string document_commands() {
  auto rows = command_table();
  auto commands = std::ranges::count_if(rows, [](const CommandSpec& row) { return !is_container(row); });
  std::string out = fmt::format(
      "# Commands of the store\n\n"
      "Made from the command table by the tests of the store; change the table, not this page.\n\n"
      "{} commands and sub-commands, as Redis 7.2 does them and, where newer, as Redis 8 and Upstash do. *Both* means "
      "the Redis protocol and REST; a command of one connection, or one that waits, is not for REST. A script or "
      "transaction is one atomic, durable batch.\n",
      commands);
  for (const Heading& heading : headings) append_group(out, heading);
  out += "\n## What is not there\n\n| commands | why |\n| --- | --- |\n";
  for (const Missing& row : missing) out += fmt::format("| `{}` | {} |\n", row.commands, row.why);
  return out;
}

}  // namespace millrace::store
