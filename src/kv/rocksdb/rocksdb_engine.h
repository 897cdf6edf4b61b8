#pragma once

// The engine on RocksDB. All keys are in one column family.
//
// Threads: every function from any thread. A thread of its own brings the database back to accepting writes after the
// disk was full; RocksDB has its own for flushes and compaction.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/write_batch.h>
#include <string>
#include <thread>

#include "kv/engine.h"
#include "kv/rocksdb/data_folder.h"
#include "kv/rocksdb/log_file_system.h"
#include "kv/rocksdb/open.h"

namespace millrace::kv {

// Brings the database back after an error that it cannot leave by itself, such as a full disk.
//
// RocksDB leaves a log in which a write failed only if there are rows in memory to flush. So there always is one: a row
// with the empty key, which scans pass over, written again whenever the memory was handed to a flush. If the very first
// write to a new log finds the disk full, writes stay refused until the process starts again; reads go on.
class Resumer : public rocksdb::EventListener {
 public:
  ~Resumer() override { stop(); }

  // `broken` says whether the database must not be written to.
  void start(rocksdb::DB& database, std::function<bool()> broken);
  void stop();

  static rocksdb::Status write_marker(rocksdb::DB& database);

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override;
  void OnMemTableSealed(const rocksdb::MemTableInfo& info) override;

 private:
  void run(rocksdb::DB& database);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool failed_ = false;  // guarded by the mutex above, as are the two below
  bool sealed_ = false;
  bool stopping_ = false;
  std::function<bool()> broken_{};
  std::thread thread_;
};

// What the opened database needs besides itself.
struct RocksDbParts {
  std::string folder{};
  File lock{};
  std::shared_ptr<LogFileSystem> files{};
  std::unique_ptr<rocksdb::Env> env{};  // on those files
  std::shared_ptr<Resumer> resumer{};
  std::shared_ptr<TestDisk> test_disk{};
  bool mark_survives_process = true;  // false: the mark counts as unsynced too, so it is only written at the end
  std::unique_ptr<rocksdb::DB> database{};
};

class RocksDbEngine : public Engine {
 public:
  RocksDbEngine(RocksDbParts parts, SyncedMark mark);
  ~RocksDbEngine() override;

  Result<Found> get(std::string_view key, ReadFrom from, std::string& value) override;
  Result<std::vector<Found>> multi_get(std::span<const std::string> keys, ReadFrom from,
                                       std::vector<std::string>& values) override;
  Result<ScanEnd> scan(const KeyRange& range, Direction direction, ReadFrom from, const Visitor& visit) override;
  Result<void> write(std::span<const Write> batch) override;
  Result<void> sync() override;
  std::unique_ptr<Snapshot> snapshot() override;
  Result<void> erase_range(const KeyRange& range) override;
  std::uint64_t approximate_size(const KeyRange& range) override;
  Result<void> verify() override;

 private:
  rocksdb::DB& database() { return *parts_.database; }
  Error error(const rocksdb::Status& status) const;
  Result<void> result(const rocksdb::Status& status) const;
  Result<Found> found(const rocksdb::Status& status) const;
  Result<void> write(rocksdb::WriteBatch& rows);
  bool erase_few(const KeyRange& range, Result<void>& done);
  void close();

  RocksDbParts parts_;
  std::mutex mark_mutex_;
  SyncedMark mark_;  // guarded by the mutex above
};

// The code and words for what RocksDB reports.
Error to_error(const rocksdb::Status& status, const std::string& folder);

}  // namespace millrace::kv
