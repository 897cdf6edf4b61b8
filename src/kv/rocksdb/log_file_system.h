#pragma once

// A file system for RocksDB that knows the write-ahead logs and syncs them by itself.
//
// RocksDB's own SyncWAL takes locks that writers need, and refuses a log in which a write found no space, although all
// that was written before is there. A log is handed to the operating system when a write returns, so that syncing its
// file makes the write durable.
//
// Thread-safe.

#include <memory>
#include <mutex>
#include <rocksdb/file_system.h>
#include <string>
#include <vector>

namespace millrace::kv {

class LogFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit LogFileSystem(const std::shared_ptr<rocksdb::FileSystem>& target) : FileSystemWrapper(target) {}

  const char* Name() const override { return "millrace.LogFileSystem"; }

  // Makes what is in the logs durable, and that they are in `directory`.
  rocksdb::IOStatus sync_logs(const std::string& directory);

  // Whether a write to the newest log has failed. RocksDB must not write to it again, only replace it.
  bool log_is_broken();

  rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* file,
                                    rocksdb::IODebugContext* debug) override;

  // RocksDB's diary, which no full disk may disturb (info_log.h).
  rocksdb::IOStatus NewLogger(const std::string& path, const rocksdb::IOOptions& options,
                              std::shared_ptr<rocksdb::Logger>* logger, rocksdb::IODebugContext* debug) override;

  struct Log;

 private:
  std::mutex mutex_;
  std::vector<std::shared_ptr<Log>> logs_{};  // guarded by the mutex above: those that are open
  bool new_names_ = false;                    // guarded by it too: since the directory was synced
};

}  // namespace millrace::kv
