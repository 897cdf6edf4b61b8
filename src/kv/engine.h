#pragma once

// One ordered key-value engine for the whole process: keys and values are bytes. Keys are
// not empty and compare as unsigned bytes.
//
// Every function may be called from any thread. A batch is visible at once and wholly or not at all; it is durable
// after the next `sync` that began after it was written. After a crash the engine holds the batches in the order they
// were written, up to some point at or after the last sync: none is half there, none is missing before another.
//
// Backends: rocksdb/ on disk, memory/ for tests, faulty/ around another one. Each passes engine_contract.h.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unit.h"

namespace millrace::kv {

// Where a read may look. `memory` never waits for a disk and may not find out.
enum class ReadTier { memory, any };

enum class Found { yes, no, not_in_memory };

enum class ScanEnd { complete, stopped, not_in_memory };

// One row of a batch: the value to put, or nothing to erase the key.
struct Write {
  std::string_view key{};
  std::optional<std::string_view> value{};
};

// The state at one moment, for reads that must not see later writes. Held only as long as needed: it keeps old rows on
// disk. Ends before its engine.
class Snapshot {
 public:
  virtual ~Snapshot() = default;
};

struct ReadFrom {
  ReadTier tier = ReadTier::any;
  const Snapshot* snapshot = nullptr;  // nothing: the latest state
};

class Engine {
 public:
  using Visitor = Unit::Visitor;

  virtual ~Engine() = default;

  // Sets `value` when the key is there. Fails with `corrupt` when the stored row cannot be trusted, and with
  // `unavailable` when the disk refuses to be read.
  virtual Result<Found> get(std::string_view key, ReadFrom from, std::string& value) = 0;

  // As `get` for each of `keys`, with `values` and the answer in the order of the keys.
  virtual Result<std::vector<Found>> multi_get(std::span<const std::string> keys, ReadFrom from,
                                               std::vector<std::string>& values) = 0;

  // Visits the rows of `range` in order until the visitor says stop. With ReadTier::memory rows may have been visited
  // before it ends with `not_in_memory`.
  virtual Result<ScanEnd> scan(const KeyRange& range, Direction direction, ReadFrom from, const Visitor& visit) = 0;

  // Of several writes of one key the last one counts. Fails with `unavailable` when there is no space or the disk
  // refuses: then nothing of the batch is there, and later batches succeed once there is space again.
  virtual Result<void> write(std::span<const Write> batch) = 0;

  // Makes every batch durable whose write returned before this call. Slow; usually called on a thread of its own. After
  // a failure nobody can say what is durable: the process should end.
  virtual Result<void> sync() = 0;

  virtual std::unique_ptr<Snapshot> snapshot() = 0;

  // Erases all rows of `range` and gives their space back later. Not ordered with concurrent writes to the range, but
  // never durable before a batch that was written earlier. May wait for a disk.
  virtual Result<void> erase_range(const KeyRange& range) = 0;

  // About how many bytes the rows of `range` take on disk and in memory.
  virtual std::uint64_t approximate_size(const KeyRange& range) = 0;

  // Reads everything and checks every checksum: `corrupt` names the damaged file. Slow.
  virtual Result<void> verify() = 0;
};

}  // namespace millrace::kv
