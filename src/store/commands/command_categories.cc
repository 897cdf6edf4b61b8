#include "store/commands/command_categories.h"

namespace millrace::store {
namespace {

constexpr std::string_view all[] = {"keyspace",   "read",        "write",     "set",         "sortedset", "list",
                                    "hash",       "string",      "bitmap",    "hyperloglog", "geo",       "stream",
                                    "pubsub",     "admin",       "fast",      "slow",        "blocking",  "dangerous",
                                    "connection", "transaction", "scripting", "json"};

std::string_view category_of(Group group) {
  switch (group) {
    case Group::bitmap: return "bitmap";
    case Group::connection: return "connection";
    case Group::generic: return "keyspace";
    case Group::geo: return "geo";
    case Group::hash: return "hash";
    case Group::hyperloglog: return "hyperloglog";
    case Group::json: return "json";
    case Group::list: return "list";
    case Group::pubsub: return "pubsub";
    case Group::scripting: return "scripting";
    case Group::server: return {};
    case Group::set: return "set";
    case Group::sorted_set: return "sortedset";
    case Group::stream: return "stream";
    case Group::string: return "string";
    case Group::transactions: return "transaction";
  }
  return {};
}

}  // namespace

std::span<const std::string_view> categories() {
  return all;
}

std::vector<std::string_view> categories_of(const CommandSpec& spec) {
  std::vector<std::string_view> found;
  if (spec.access == Access::write) found.push_back("write");
  if (spec.access == Access::read) found.push_back("read");
  std::string_view group = category_of(spec.group);
  if (!group.empty()) found.push_back(group);
  if (spec.has(admin)) found.push_back("admin");
  if (spec.has(admin) || spec.has(dangerous) || spec.name == "keys") found.push_back("dangerous");
  if (spec.has(pubsub) && spec.group != Group::pubsub) found.push_back("pubsub");
  found.push_back(spec.has(fast) ? "fast" : "slow");
  if (spec.has(blocking)) found.push_back("blocking");
  return found;
}

std::string_view name_of(Group group) {
  switch (group) {
    case Group::generic: return "generic";
    case Group::json: return "module";
    case Group::server: return "server";
    case Group::sorted_set: return "sorted-set";
    case Group::transactions: return "transactions";
    default: return category_of(group);
  }
}

}  // namespace millrace::store
