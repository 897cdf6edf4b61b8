#pragma once

// An append-only log: topics, their partitions, and records at offsets. Offsets of a partition ascend without gaps, and
// a reader never sees one before every lower one, nor before it is durable. What others call the stream of an entity is
// here the records of one key: each has a version within its topic, counted from 1.
//
// Confined to the reactor that owns the topics. Backends: embedded/ keeps records in the kv engine. Each passes
// event_log_contract.h; what only one backend could offer does not belong here.
//
// Names of topics, the partitioner and the meaning of offsets follow Apache Kafka, so that its clients feel at home.

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/async.h"
#include "base/result.h"
#include "base/time.h"
#include "base/unit.h"

namespace millrace::eventlog {

using Offset = std::uint64_t;
using PartitionNumber = std::uint32_t;
using Version = std::uint64_t;  // of a key: how many records of its topic carry it; 0: none yet

// What a topic does with old records: lets them expire by age and size (Kafka's "delete"), or keeps the newest of each
// key only ("compact").
enum class Cleanup : std::uint8_t { expire, compact };

struct TopicSettings {
  PartitionNumber partitions = 1;
  Offset offset_first = 0;                     // where each partition begins to count
  std::uint64_t record_bytes_max = 1'048'576;  // key, value and headers together
  Cleanup cleanup = Cleanup::expire;
  std::optional<std::chrono::milliseconds> retention_time{};  // since the append, whatever the record's timestamp says
  std::optional<std::uint64_t> retention_bytes{};             // of each partition; both absent: kept for ever
  bool unread_expires = false;  // what a projection, group or checkpoint has yet to read is removed all the same

  bool operator==(const TopicSettings&) const = default;
};

struct Topic {
  std::string name{};
  TopicSettings settings{};
  Timestamp created{};

  bool operator==(const Topic&) const = default;
};

struct Header {
  std::string name{};
  std::string value{};

  bool operator==(const Header&) const = default;
};

// Which version of its key a record expects to follow: optimistic concurrency.
struct Expected {
  enum class Kind : std::uint8_t { any, none, exists, exactly };
  Kind kind = Kind::any;
  Version version = 0;  // of Kind::exactly

  static Expected none() { return {Kind::none, 0}; }
  static Expected exists() { return {Kind::exists, 0}; }
  static Expected exactly(Version version) { return {Kind::exactly, version}; }
};

struct NewRecord {
  std::optional<std::string> key{};
  std::optional<std::string> value{};  // absent: a tombstone
  std::vector<Header> headers{};
  std::optional<Timestamp> timestamp{};        // absent: now
  std::optional<PartitionNumber> partition{};  // absent: by the key's hash, without a key any
  Expected expected{};                         // needs a key unless it is `any`
  std::string idempotency_key{};               // empty: none. A repeat within the window appends nothing
};

// Where a record stands.
struct Appended {
  PartitionNumber partition = 0;
  Offset offset = 0;
  Timestamp timestamp{};
  Version version = 0;    // of its key; 0 without one
  bool repeated = false;  // its idempotency key was known: this is where the first one stands

  bool operator==(const Appended&) const = default;
};

struct Record {
  PartitionNumber partition = 0;
  Offset offset = 0;
  Timestamp timestamp{};
  Version version = 0;
  std::optional<std::string> key{};
  std::optional<std::string> value{};
  std::vector<Header> headers{};
  std::string idempotency_key{};

  bool operator==(const Record&) const = default;
};

// A partition holds the offsets from `first` up to, and without, `next`.
struct Bounds {
  Offset first = 0;
  Offset next = 0;

  bool operator==(const Bounds&) const = default;
};

// A read ends at the first limit it meets, but gives one record if there is one.
struct ReadLimits {
  std::size_t records_max = 500;  // 500 and 1 MiB: what Kafka's consumer takes at once
  std::size_t bytes_max = 1'048'576;
};

struct Batch {
  std::vector<Record> records{};
  Bounds bounds{};  // of the partition; a read below `first` begins at `first`
};

struct TopicPartition {
  std::string topic{};
  PartitionNumber partition = 0;

  auto operator<=>(const TopicPartition&) const = default;
};

struct Position {
  std::string topic{};
  PartitionNumber partition = 0;
  Offset offset = 0;

  bool operator==(const Position&) const = default;
};

// A record and the topic it goes to.
struct Addressed {
  std::string topic{};
  NewRecord record{};
};

struct PartitionStatus {
  Bounds bounds{};
  std::uint64_t records = 0;  // that are kept; fewer than the bounds span where a topic is compacted
  std::uint64_t bytes = 0;    // of those, as they are stored before compression

  bool operator==(const PartitionStatus&) const = default;
};

struct TopicStatus {
  Topic topic{};
  std::vector<PartitionStatus> partitions{};
};

// How far somebody has come, by a name of their own. With `of`, retention waits for it there.
struct Checkpoint {
  std::string name{};
  Offset offset = 0;  // the next to read
  std::optional<TopicPartition> of{};

  bool operator==(const Checkpoint&) const = default;
};

// What a checkpoint is expected to be before it changes.
struct CheckpointExpected {
  enum class Kind : std::uint8_t { any, none, exactly };
  Kind kind = Kind::any;
  Offset offset = 0;  // of Kind::exactly
};

struct CheckpointAnswer {
  bool changed = false;                 // false: it is not what was expected
  std::optional<Checkpoint> current{};  // as it is now

  bool operator==(const CheckpointAnswer&) const = default;
};

// Whether a topic that is in use by an app may go.
enum class InUse : std::uint8_t { stays, goes };

class EventLog {
 public:
  virtual ~EventLog() = default;

  // Fails with `conflict` when there is such a topic, or one whose name differs in '.' and '_' only; with `invalid` for
  // a name that is not 1 to 249 of [a-zA-Z0-9._-], is "." or "..", or settings that cannot be.
  virtual Async<Result<Topic>> create(std::string name, TopicSettings settings) = 0;
  virtual Async<Result<Topic>> show(std::string name) = 0;  // not_found
  virtual Async<Result<std::vector<Topic>>> topics() = 0;   // by name

  // Changes everything but `offset_first`; partitions can become more, never fewer. Fails with `invalid` otherwise.
  // More partitions change which of them a key goes to; records of before stay where they are.
  virtual Async<Result<Topic>> alter(std::string name, TopicSettings settings) = 0;

  // Removes the topic with its records and with what groups have committed of it. Who waits for it is woken and finds
  // it gone. Fails with `conflict` for a topic in use that stays.
  virtual Async<Result<void>> remove(std::string name, InUse in_use) = 0;

  virtual Async<Result<TopicStatus>> status(std::string name) = 0;

  // Appends all of `records` in their order, or none of them. Fails with `conflict` when a record expects another
  // version of its key (the message tells the current one), `not_found` for an unknown topic or partition, `over_limit`
  // for a record too large. Once this returns a value, the records survive a crash.
  // A record without key is `invalid` in a topic that is compacted.
  virtual Async<Result<std::vector<Appended>>> append(std::string topic, std::vector<NewRecord> records) = 0;

  // The same for records of several topics: all or none.
  virtual Async<Result<std::vector<Appended>>> append(std::vector<Addressed> records) = 0;

  // Records from `from` on, without waiting for more. At or beyond the end the batch is empty.
  virtual Async<Result<Batch>> read(std::string topic, PartitionNumber partition, Offset from, ReadLimits limits) = 0;

  // The records of one key: versions from, from + 1, … or, descending, from, from - 1, …; none of an unknown key.
  virtual Async<Result<std::vector<Record>>> read_key(std::string topic, std::string key, Version from,
                                                      Direction direction, ReadLimits limits) = 0;

  // The version the key is at; 0 when no record carries it.
  virtual Async<Result<Version>> key_version(std::string topic, std::string key) = 0;

  virtual Async<Result<Bounds>> bounds(std::string topic, PartitionNumber partition) = 0;

  // The smallest offset whose record's timestamp is at or after `time`, as Kafka finds it also where timestamps do not
  // ascend; the partition's end when there is none.
  virtual Async<Result<Offset>> offset_at(std::string topic, PartitionNumber partition, Timestamp time) = 0;

  // Returns true once any of `positions` can be read: its partition holds a durable record at or after the offset.
  // Returns false once `cancel` is requested, on the reactor. A waiter costs memory only; only a record it waits for
  // wakes it. How followers tail the log.
  virtual Async<Result<bool>> wait(std::vector<Position> positions, std::stop_token cancel) = 0;

  virtual Async<Result<Checkpoint>> checkpoint(std::string name) = 0;  // not_found
  virtual Async<Result<std::vector<Checkpoint>>> checkpoints() = 0;    // by name
  // Stores `checkpoint` if what stands there is as expected; answers what stands there then.
  virtual Async<Result<CheckpointAnswer>> set_checkpoint(Checkpoint checkpoint, CheckpointExpected expected) = 0;
  virtual Async<Result<CheckpointAnswer>> remove_checkpoint(std::string name, CheckpointExpected expected) = 0;
};

// Kafka's partitioner: the key's murmur2 hash without its sign, modulo `partitions`.
PartitionNumber partition_of_key(std::string_view key, PartitionNumber partitions);

}  // namespace millrace::eventlog
