#pragma once

// A stream: entries in the order of their ids, each a list of fields and values, and the groups that read them. Each
// entry has a row of its own, so that adding, reading and deleting cost the same however long the stream is. An empty
// stream stays.
//
// Lives for one command; what changed in the key's row counts once `save` has written it.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/embedded/keyspace.h"
#include "store/embedded/stream_rows.h"

namespace millrace::store {

class Stream {
 public:
  // `key` outlives it. WRONGTYPE when another type stands there.
  static Result<Stream> open(Keyspace& keys, std::string_view key);

  // Without it there is nothing to read, and `create` comes before the first write.
  bool exists() const { return generation_ != 0; }
  Result<void> create();

  const StreamRow& row() const { return row_; }
  std::string_view key() const { return key_; }
  Keyspace& keys() const { return *keys_; }
  Generation generation() const { return generation_; }

  // `id` is behind all others.
  void append(const StreamId& id, std::span<const std::string> fields_and_values);

  Result<bool> has(const StreamId& id);

  // The sized fields and values of an entry; valid until the next call.
  Result<std::optional<std::string_view>> find(const StreamId& id);

  // The entries between the two, both included. The visitor must not call the stream.
  using Visitor = std::function<Visit(const StreamId& id, std::string_view fields)>;
  Result<void> each(const StreamId& from, const StreamId& to, Direction direction, const Visitor& visit);

  // Up to `count_max` ids from the first entry on that are below `end`.
  Result<std::vector<StreamId>> first_ids(const std::optional<StreamId>& end, std::uint64_t count_max);
  Result<std::optional<StreamId>> last_id();

  // Of an entry that is there. Trimming leaves no gap that would be remembered.
  enum class Removal { deleted, trimmed };
  void erase(const StreamId& id, Removal removal);

  void set_last(const StreamId& id);
  void set_entries_added(std::uint64_t count);
  void set_deleted_most(const StreamId& id);

  // A group came, and gets its number, or went.
  std::uint64_t take_group_number();
  void drop_group();

  // Writes the key's row if it changed.
  Result<void> save();

 private:
  Stream(Keyspace& keys, std::string_view key) : keys_(&keys), key_(key) {}

  Result<void> find_first();

  Keyspace* keys_;
  std::string_view key_;
  std::optional<KeyRow> before_{};  // its numbers
  Generation generation_ = 0;
  StreamRow row_{};
  bool changed_ = false;
  bool first_erased_ = false;
};

Error damaged_stream(std::string_view key);

}  // namespace millrace::store
