#include "store/live/tracked_keys.h"

#include <algorithm>

namespace millrace::store {

void TrackedKeys::begin(DatabaseId database, ClientId id, Client& client, bool tells_own,
                        const std::set<std::string>& prefixes) {
  Tracker& tracker = clients_[id];
  tracker.database = database;
  tracker.client = &client;
  tracker.tells_own = tells_own;
  OfDatabase& here = databases_[database];
  for (const std::string& prefix : prefixes) {
    tracker.prefixes.insert(prefix);
    here.prefixes[prefix].insert(id);
  }
}

// The keys that it has read stay until they change: to look through all of them would take long.
void TrackedKeys::end(ClientId id) {
  const auto found = clients_.find(id);
  if (found == clients_.end()) return;
  const DatabaseId database = found->second.database;
  auto& prefixes = databases_[database].prefixes;
  for (const std::string& prefix : found->second.prefixes) {
    const auto listeners = prefixes.find(prefix);
    listeners->second.erase(id);
    if (listeners->second.empty()) prefixes.erase(listeners);
  }
  clients_.erase(found);
  const auto here = [&](const auto& each) { return each.second.database == database; };
  if (std::ranges::none_of(clients_, here)) databases_.erase(database);
}

void TrackedKeys::remember(DatabaseId database, ClientId id, std::span<const std::string> keys) {
  const auto found = databases_.find(database);
  if (found == databases_.end() || !clients_.contains(id)) return;
  for (const std::string& key : keys) {
    std::vector<ClientId>& readers = found->second.readers[key];
    if (std::ranges::find(readers, id) == readers.end()) readers.push_back(id);
  }
}

bool TrackedKeys::note(DatabaseId database, std::string_view key, ClientId writer) {
  const auto found = databases_.find(database);
  if (found == databases_.end()) return false;
  const OfDatabase& here = found->second;
  std::string name(key);
  const bool wanted = here.readers.contains(name) ||
                      std::ranges::any_of(here.prefixes, [&](const auto& each) { return key.starts_with(each.first); });
  if (wanted) noted_.push_back({database, std::move(name), writer});
  return wanted;
}

bool TrackedKeys::note_all(DatabaseId database) {
  if (!databases_.contains(database)) return false;
  noted_.push_back({.database = database, .all = true});
  return true;
}

void TrackedKeys::send() {
  if (noted_.empty()) return;
  const std::vector<Change> changes = std::exchange(noted_, {});
  for (const Change& change : changes) change.all ? tell_all(change.database) : tell_readers(change);
  std::set<DatabaseId> databases;
  for (const Change& change : changes) databases.insert(change.database);
  for (const DatabaseId database : databases) tell_listeners(database, changes);
}

void TrackedKeys::tell_readers(const Change& change) {
  const auto found = databases_.find(change.database);
  if (found == databases_.end()) return;
  auto entry = found->second.readers.extract(change.key);
  if (entry.empty()) return;
  for (const ClientId id : entry.mapped()) {
    const auto reader = clients_.find(id);
    if (reader == clients_.end() || reader->second.database != change.database) continue;
    if (!reader->second.prefixes.empty()) continue;  // it has changed its mind
    if (id == change.writer && !reader->second.tells_own) continue;
    reader->second.client->invalidate({&change.key, 1});
  }
}

void TrackedKeys::tell_all(DatabaseId database) {
  if (const auto found = databases_.find(database); found != databases_.end()) found->second.readers.clear();
  for (const auto& [id, tracker] : clients_) {
    if (tracker.database == database) tracker.client->invalidate_all();
  }
}

// Each prefix's keys come together, each of them once.
void TrackedKeys::tell_listeners(DatabaseId database, std::span<const Change> changes) {
  const auto found = databases_.find(database);
  if (found == databases_.end()) return;
  for (const auto& [prefix, listeners] : found->second.prefixes) {
    std::map<std::string_view, ClientId> writers;  // the last one counts
    for (const Change& change : changes) {
      if (change.database == database && !change.all && change.key.starts_with(prefix)) {
        writers[change.key] = change.writer;
      }
    }
    for (const ClientId id : listeners) {
      const Tracker& tracker = clients_.at(id);
      std::vector<std::string> keys;
      for (const auto& [key, writer] : writers) {
        if (tracker.tells_own || writer != id) keys.emplace_back(key);
      }
      if (!keys.empty()) tracker.client->invalidate(keys);
    }
  }
}

void TrackedKeys::limit(DatabaseId database, std::size_t keys_max) {
  const auto found = databases_.find(database);
  if (found == databases_.end() || keys_max == 0) return;
  while (found->second.readers.size() > keys_max) {
    tell_readers({.database = database, .key = found->second.readers.begin()->first});
  }
}

std::size_t TrackedKeys::keys(DatabaseId database) const {
  const auto found = databases_.find(database);
  return found == databases_.end() ? 0 : found->second.readers.size();
}

TrackedKeys::Size TrackedKeys::size(DatabaseId database) const {
  Size size;
  for (const auto& [id, tracker] : clients_) size.clients += tracker.database == database ? 1 : 0;
  const auto found = databases_.find(database);
  if (found == databases_.end()) return size;
  size.keys = found->second.readers.size();
  size.prefixes = found->second.prefixes.size();
  for (const auto& [key, readers] : found->second.readers) size.items += readers.size();
  return size;
}

}  // namespace millrace::store
