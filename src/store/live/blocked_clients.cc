#include "store/live/blocked_clients.h"

#include <algorithm>

namespace millrace::store {

bool BlockedClients::waits_for(DatabaseId database, std::string_view key) const {
  return !waiting_.empty() && waiting_.contains({database, std::string(key)});
}

void BlockedClients::wait(DatabaseId database, const std::vector<std::string>& keys, Client& client) {
  ++clients_;
  for (const std::string& key : keys) {
    std::deque<Client*>& line = waiting_[{database, key}];
    if (std::ranges::find(line, &client) == line.end()) line.push_back(&client);
  }
}

void BlockedClients::leave(DatabaseId database, const std::vector<std::string>& keys, Client& client) {
  --clients_;
  for (const std::string& key : keys) {
    auto found = waiting_.find({database, key});
    if (found == waiting_.end()) continue;
    std::erase(found->second, &client);
    if (found->second.empty()) waiting_.erase(found);
  }
}

void BlockedClients::serve() {
  if (serving_) return;
  serving_ = true;
  while (!noted_.empty()) {
    const auto [database, key] = std::move(noted_.front());
    noted_.pop_front();
    written(database, key);
  }
  serving_ = false;
}

void BlockedClients::written(DatabaseId database, const std::string& key) {
  auto found = waiting_.find({database, key});
  if (found == waiting_.end()) return;
  const std::deque<Client*> line = found->second;  // those who are served leave
  for (Client* client : line) {
    found = waiting_.find({database, key});
    if (found == waiting_.end()) return;
    if (std::ranges::find(found->second, client) != found->second.end()) client->try_again(key);
  }
}

void BlockedClients::all_written(DatabaseId database) {
  std::vector<std::string> keys;
  for (const auto& [place, line] : waiting_) {
    if (place.first == database) keys.push_back(place.second);
  }
  for (const std::string& key : keys) written(database, key);
}

std::size_t BlockedClients::keys_needed() const {
  return static_cast<std::size_t>(std::ranges::count_if(waiting_, [](const auto& place) {
    return std::ranges::any_of(place.second, [](const Client* client) { return client->needs_keys(); });
  }));
}

}  // namespace millrace::store
