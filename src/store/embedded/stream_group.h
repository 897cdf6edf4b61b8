#pragma once

// A group of consumers that share the entries of a stream: each entry goes to one of them, and is pending until it is
// acknowledged. Taking an entry and acknowledging it cost the same however many are pending.
//
// Lives for one command, within its stream; what changed in its own row and those of its consumers counts once `save`
// has written it. Pending entries are written at once.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "store/embedded/stream.h"

namespace millrace::store {

class StreamGroup {
 public:
  StreamGroup(StreamGroup&&) = default;
  StreamGroup& operator=(StreamGroup&&) = default;

  // Nothing when the stream has no such group. The stream outlives it and stays where it is.
  static Result<std::optional<StreamGroup>> find(Stream& stream, std::string_view name);
  static Result<std::vector<StreamGroup>> all(Stream& stream);  // by name

  // There is none of that name yet; `entries_read` may be unknown.
  static StreamGroup create(Stream& stream, std::string_view name, const StreamId& last,
                            std::optional<std::uint64_t> entries_read);

  // With all its consumers and pending entries. The stream is saved by the caller.
  Result<void> destroy();

  const std::string& name() const { return name_; }
  const GroupRow& row() const { return row_; }
  void set_last(const StreamId& id, std::optional<std::uint64_t> entries_read);
  void move_last(const StreamId& id);  // without counting
  void deliver(const StreamId& id);    // moves on to the next entry

  // Null when there is no such consumer; what is changed in it is saved.
  Result<ConsumerRow*> consumer(std::string_view name);
  ConsumerRow& create_consumer(std::string_view name);  // there is none yet
  Result<void> erase_consumer(std::string_view name);   // with its pending entries; it is there

  using ConsumerVisitor = std::function<void(std::string_view name, const ConsumerRow& row)>;
  Result<void> each_consumer(const ConsumerVisitor& visit);  // by name, as saved

  Result<std::optional<PendingRow>> pending(const StreamId& id);

  // Gives the entry to the consumer `row` names, who is there, and takes it from the one that `before` names.
  Result<void> put_pending(const StreamId& id, const std::optional<PendingRow>& before, const PendingRow& row);
  Result<void> erase_pending(const StreamId& id, const PendingRow& before);

  struct Pending {
    StreamId id{};
    PendingRow row{};
  };
  // Up to `count_max` pending entries between the two, both included; of one consumer if it is named.
  Result<std::vector<Pending>> pending_between(const StreamId& from, const StreamId& to, std::size_t count_max);
  Result<std::vector<Pending>> pending_between(const StreamId& from, const StreamId& to, std::size_t count_max,
                                               std::string_view consumer);
  Result<std::optional<StreamId>> last_pending();

  void save();

 private:
  struct CachedConsumer {
    ConsumerRow row{};
    bool exists = false;
  };

  StreamGroup(Stream& stream, std::string_view name, const GroupRow& row) : stream_(&stream), name_(name), row_(row) {}

  Result<std::vector<StreamId>> delivered_between(std::string_view consumer, const StreamId& from, const StreamId& to,
                                                  std::size_t count_max);
  Result<void> erase_members(const KeyRange& members);
  Keyspace& keys() const { return stream_->keys(); }
  Generation generation() const { return stream_->generation(); }

  Stream* stream_;
  std::string name_;
  GroupRow row_;
  std::map<std::string, CachedConsumer, std::less<>> consumers_{};
};

}  // namespace millrace::store
