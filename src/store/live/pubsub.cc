#include "store/live/pubsub.h"

#include <algorithm>

#include "store/commands/text.h"

namespace millrace::store {

bool PubSub::subscribe(DatabaseId database, Subscription kind, std::string_view name, Subscriber& who) {
  std::vector<Subscriber*>& all = listeners_[{database, kind, std::string(name)}];
  if (std::ranges::find(all, &who) != all.end()) return false;
  all.push_back(&who);
  return true;
}

bool PubSub::unsubscribe(DatabaseId database, Subscription kind, std::string_view name, Subscriber& who) {
  auto found = listeners_.find({database, kind, std::string(name)});
  if (found == listeners_.end() || std::erase(found->second, &who) == 0) return false;
  if (found->second.empty()) listeners_.erase(found);
  return true;
}

template <class Visit>
void PubSub::each_of_kind(DatabaseId database, Subscription kind, const Visit& visit) const {
  for (auto at = listeners_.lower_bound({database, kind, {}}); at != listeners_.end(); ++at) {
    if (at->first.database != database || at->first.kind != kind) break;
    visit(at->first.name, at->second);
  }
}

std::int64_t PubSub::publish(DatabaseId database, std::string_view channel, std::string_view payload) {
  if (listeners_.empty()) return 0;
  std::int64_t count = 0;
  if (auto found = listeners_.find({database, Subscription::channel, std::string(channel)});
      found != listeners_.end()) {
    for (Subscriber* one : found->second) one->deliver({Message::Kind::message, {}, channel, payload});
    count += static_cast<std::int64_t>(found->second.size());
  }
  each_of_kind(database, Subscription::pattern, [&](const std::string& pattern, const auto& all) {
    if (!matches(pattern, channel)) return;
    for (Subscriber* one : all) one->deliver({Message::Kind::pmessage, pattern, channel, payload});
    count += static_cast<std::int64_t>(all.size());
  });
  return count;
}

std::int64_t PubSub::publish_to_shard(DatabaseId database, std::string_view channel, std::string_view payload) {
  auto found = listeners_.find({database, Subscription::shard, std::string(channel)});
  if (found == listeners_.end()) return 0;
  for (Subscriber* one : found->second) one->deliver({Message::Kind::smessage, {}, channel, payload});
  return static_cast<std::int64_t>(found->second.size());
}

std::int64_t PubSub::receivers(DatabaseId database, std::string_view channel) const {
  if (listeners_.empty()) return 0;
  std::int64_t count = subscribers(database, Subscription::channel, channel);
  each_of_kind(database, Subscription::pattern, [&](const std::string& pattern, const auto& all) {
    if (matches(pattern, channel)) count += static_cast<std::int64_t>(all.size());
  });
  return count;
}

std::int64_t PubSub::subscribers(DatabaseId database, Subscription kind, std::string_view name) const {
  auto found = listeners_.find({database, kind, std::string(name)});
  return found == listeners_.end() ? 0 : static_cast<std::int64_t>(found->second.size());
}

std::vector<std::string> PubSub::names(DatabaseId database, Subscription kind) const {
  std::vector<std::string> all;
  each_of_kind(database, kind, [&](const std::string& name, const auto&) { all.push_back(name); });
  return all;
}

}  // namespace millrace::store
