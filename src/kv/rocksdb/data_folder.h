#pragma once

// The files beside the database in a data folder: LOCK, FORMAT and SYNCED. The format is described in
// docs/formats/data-folder.md.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace millrace::kv {

// A file descriptor that is closed at the end.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(other.descriptor_) { other.descriptor_ = -1; }
  File& operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~File();

  int descriptor() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  int descriptor_ = -1;
};

constexpr int format_version = 2;

// Creates the folder and those above it when they are missing.
Result<void> create_folder(const std::string& folder);

// Takes the folder for this process as long as the file is open. Another holder: `unavailable`, with its process id.
Result<File> lock_folder(const std::string& folder);

// The version in FORMAT, or nothing when there is no such file. Another one than ours is `invalid`.
Result<std::optional<int>> read_format(const std::string& folder);
Result<void> write_format(const std::string& folder);

// How far the database was synced, by RocksDB's sequence numbers: written after each sync, and itself not synced. After
// the end of the process it is exact, after a power loss it may be too low and is never too high.
class SyncedMark {
 public:
  static constexpr std::size_t slot_distance = 512;  // a disk writes a sector wholly or not at all
  static constexpr std::size_t slot_size = 16;
  static constexpr std::size_t file_size = slot_distance + slot_size;

  static std::string encode_slot(std::uint64_t sequence);
  // The highest of the valid slots of a whole file, or nothing when none is valid.
  static std::optional<std::uint64_t> decode(std::string_view file);

  // Creates the file with the mark 0, synced.
  static Result<SyncedMark> create(const std::string& folder);
  // Fails with `corrupt` when the file is missing or damaged.
  static Result<SyncedMark> open(const std::string& folder);

  std::uint64_t sequence() const { return sequence_; }

  // Never lowers the mark. Failing to write it is no failure: an older mark is true as well.
  void advance(std::uint64_t sequence);
  void sync();

 private:
  SyncedMark(File file, std::uint64_t sequence) : file_(std::move(file)), sequence_(sequence) {}

  File file_;
  std::uint64_t sequence_;
  int slot_next_ = 0;
};

// Says what refusing a damaged folder always says.
Error damaged(const std::string& folder, std::string_view what);

}  // namespace millrace::kv
