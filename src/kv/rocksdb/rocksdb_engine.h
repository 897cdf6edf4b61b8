#pragma once

// The engine on RocksDB. All keys are in one column family.
//
// Threads: every function from any thread. A thread of its own brings the database back to accepting writes after the
// disk was full; RocksDB has its own for flushes and compaction.

#include <condition_variable>
#include <memory>
#include <mutex>
#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <string>
#include <thread>

#include "kv/engine.h"
#include "kv/rocksdb/data_folder.h"
#include "kv/rocksdb/open.h"

namespace millrace::kv {

// Brings the database back after an error that it cannot leave by itself, such as a full disk.
class Resumer : public rocksdb::EventListener {
 public:
  ~Resumer() override { stop(); }

  void start(rocksdb::DB& database);
  void stop();

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override;

 private:
  void run(rocksdb::DB& database);

  std::mutex mutex_;
  std::condition_variable changed_;
  bool failed_ = false;  // guarded by the mutex above
  bool stopping_ = false;
  std::thread thread_;
};

// What the opened database needs besides itself.
struct RocksDbParts {
  std::string folder{};
  File lock{};
  std::unique_ptr<rocksdb::Env> env{};  // nothing: RocksDB's own
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
  bool erase_few(const KeyRange& range, rocksdb::Status& status);
  rocksdb::Status sync_files();
  void close();

  RocksDbParts parts_;
  std::mutex mark_mutex_;
  SyncedMark mark_;  // guarded by the mutex above
};

// The code and words for what RocksDB reports.
Error to_error(const rocksdb::Status& status, const std::string& folder);

}  // namespace millrace::kv
