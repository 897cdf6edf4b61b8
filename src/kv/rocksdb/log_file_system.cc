#include "kv/rocksdb/log_file_system.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "kv/rocksdb/info_log.h"

namespace millrace::kv {

using Status = rocksdb::IOStatus;

struct LogFileSystem::Log {
  Status sync() {
    std::lock_guard lock(mutex);
    auto size = appended.load();
    if (!file || size == synced) return Status::OK();
    auto status = file->Sync({}, nullptr);
    if (status.ok()) synced = size;
    return status;
  }

  std::atomic<std::uint64_t> appended{0};
  std::atomic<bool> broken{false};
  std::mutex mutex;
  rocksdb::FSWritableFile* file = nullptr;  // guarded by the mutex above; nothing once it is closed
  std::uint64_t synced = 0;                 // guarded by it too
};

namespace {

class LogFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  using Options = rocksdb::IOOptions;
  using Debug = rocksdb::IODebugContext;
  using Verification = rocksdb::DataVerificationInfo;

  LogFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::shared_ptr<LogFileSystem::Log> log)
      : FSWritableFileOwnerWrapper(std::move(file)), log_(std::move(log)) {
    log_->file = target();
  }
  ~LogFile() override { forget(); }

  Status Append(const rocksdb::Slice& data, const Options& options, Debug* debug) override {
    return counted(data, target()->Append(data, options, debug));
  }
  Status Append(const rocksdb::Slice& data, const Options& options, const Verification& verification,
                Debug* debug) override {
    return counted(data, target()->Append(data, options, verification, debug));
  }

  // RocksDB would take the space of a whole memtable at once.
  void SetPreallocationBlockSize(std::size_t size) override {
    target()->SetPreallocationBlockSize(std::min<std::size_t>(size, 4 << 20));
  }

  // A log is closed when its rows are in tables; what is not synced by then costs nothing to sync.
  Status Close(const Options& options, Debug* debug) override {
    auto synced = log_->sync();
    forget();
    auto closed = FSWritableFileOwnerWrapper::Close(options, debug);
    return synced.ok() ? closed : synced;
  }

 private:
  Status counted(const rocksdb::Slice& data, Status status) {
    if (status.ok()) {
      log_->appended += data.size();
    } else {
      log_->broken = true;
    }
    return status;
  }

  void forget() {
    std::lock_guard lock(log_->mutex);
    log_->file = nullptr;
  }

  const std::shared_ptr<LogFileSystem::Log> log_;
};

}  // namespace

Status LogFileSystem::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file, rocksdb::IODebugContext* debug) {
  auto status = target()->NewWritableFile(path, options, file, debug);
  if (!status.ok() || !path.ends_with(".log")) return status;
  auto log = std::make_shared<Log>();
  *file = std::make_unique<LogFile>(std::move(*file), log);
  std::lock_guard lock(mutex_);
  std::erase_if(logs_, [](const auto& other) {
    std::lock_guard guard(other->mutex);
    return !other->file;
  });
  logs_.push_back(std::move(log));
  new_names_ = true;
  return status;
}

bool LogFileSystem::log_is_broken() {
  std::lock_guard lock(mutex_);
  return !logs_.empty() && logs_.back()->broken;
}

Status LogFileSystem::sync_logs(const std::string& directory) {
  std::vector<std::shared_ptr<Log>> logs;
  bool new_names = false;
  {
    std::lock_guard lock(mutex_);
    logs = logs_;
    new_names = std::exchange(new_names_, false);
  }
  for (const auto& log : logs) {
    if (auto status = log->sync(); !status.ok()) return status;
  }
  if (!new_names) return Status::OK();
  std::unique_ptr<rocksdb::FSDirectory> names;
  if (auto status = target()->NewDirectory(directory, {}, &names, nullptr); !status.ok()) return status;
  return names->Fsync({}, nullptr);
}

Status LogFileSystem::NewLogger(const std::string& path, const rocksdb::IOOptions&,
                                std::shared_ptr<rocksdb::Logger>* logger, rocksdb::IODebugContext*) {
  *logger = open_info_log(path);
  return Status::OK();
}

}  // namespace millrace::kv
