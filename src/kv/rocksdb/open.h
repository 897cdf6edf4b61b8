#pragma once

// Opens a data folder: one RocksDB database for the whole process, with the files around it that
// docs/formats/data-folder.md describes.
//
// The folder is created when it is not there. One process at a time has it open. Damage is refused and never repaired:
// what was not synced before a crash is dropped silently, what was synced must be there.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "kv/engine.h"

namespace millrace::kv {

enum class UnsyncedWrites {
  to_system,       // handed to the operating system: they survive the end of the process
  held_in_memory,  // kept in the process until they are synced: its end is a power loss. For tests
};

// The disk as a test wants it. Shared with the test, which may change it at any time.
struct TestDisk {
  std::atomic<bool> powered{true};  // false: nothing is written from now on
  std::atomic<bool> full{false};    // writes fail for want of space, half-way
  std::atomic<bool> syncs_fail{false};
  std::atomic<std::int64_t> sync_microseconds{0};  // added to each sync
};

struct RocksDbOptions {
  std::string folder{};
  std::size_t block_cache_bytes = 64 << 20;
  std::size_t memtable_bytes = 64 << 20;    // also about what a start after a crash reads again
  std::size_t verify_bytes_max = 16 << 20;  // up to this size all data is verified when the folder is opened: 30 ms
  UnsyncedWrites unsynced_writes = UnsyncedWrites::to_system;
  std::shared_ptr<TestDisk> test_disk{};
};

// Fails with `unavailable` when another process has the folder open or the disk is full, with `invalid` when the folder
// cannot be used (not writable, a newer format), and with `corrupt` when it is damaged; nothing is changed then. The
// message names the folder and says what to do.
Result<std::unique_ptr<Engine>> open_rocksdb(RocksDbOptions options);

}  // namespace millrace::kv
