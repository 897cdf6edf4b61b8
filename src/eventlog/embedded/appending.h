#pragma once

// One append: the records of one call to one topic, staged into one unit. Lives for that call only. After an error the
// caller takes the unit back to its mark.

#include <vector>

#include "base/unit.h"
#include "eventlog/embedded/rows.h"

namespace millrace::eventlog {

class Appending {
 public:
  struct Touched {
    PartitionNumber partition = 0;
    PartitionRow row{};
    bool written = false;
  };

  // `partition_without_key`: where records go that name neither a partition nor a key.
  Appending(Unit& unit, const TopicRow& topic, PartitionNumber partition_without_key, Timestamp now,
            std::chrono::milliseconds idempotency_window);

  Result<Appended> add(const NewRecord& record);

  // What the first record with this idempotency key was answered, within the window; nothing for an empty key.
  Result<std::optional<Appended>> find_repeated(std::string_view idempotency_key) const;

  // Writes where the partitions now end. The last call.
  void finish();

  const std::vector<Touched>& touched() const { return touched_; }

 private:
  Result<void> check(const NewRecord& record) const;
  Result<KeyRow> find_key(const NewRecord& record) const;
  Result<Touched*> partition_of(const NewRecord& record);
  void put_record(const NewRecord& record, const Appended& at, const KeyRow& before);
  void count(Touched& touched, const Appended& at);

  Unit& unit_;
  const TopicRow& topic_;
  PartitionNumber partition_without_key_;
  Timestamp now_;
  std::chrono::milliseconds idempotency_window_;
  std::vector<Touched> touched_{};
  std::string value_{};  // kept between records for its memory
};

// A partition as the unit sees it.
Result<PartitionRow> read_partition(Unit& unit, const TopicRow& topic, PartitionNumber partition);
Result<Bounds> read_bounds(Unit& unit, const TopicRow& topic, PartitionNumber partition);

// Ends the last segment, so that it may expire or be compacted, and begins the next.
void close_segment(Unit& unit, TopicNumber topic, PartitionNumber partition, PartitionRow& row);

}  // namespace millrace::eventlog
