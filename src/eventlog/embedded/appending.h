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
    Bounds bounds{};
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

  Unit& unit_;
  const TopicRow& topic_;
  PartitionNumber partition_without_key_;
  Timestamp now_;
  std::chrono::milliseconds idempotency_window_;
  std::vector<Touched> touched_{};
  std::string value_{};  // kept between records for its memory
};

// The bounds of a partition as the unit sees them.
Result<Bounds> read_bounds(Unit& unit, const TopicRow& topic, PartitionNumber partition);

}  // namespace millrace::eventlog
