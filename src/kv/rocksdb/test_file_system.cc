#include "kv/rocksdb/test_file_system.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

namespace millrace::kv {

using Status = rocksdb::IOStatus;

namespace {

constexpr std::string_view suffix = ".unsynced";

bool has_suffix(std::string_view path) {
  return path.ends_with(suffix);
}

// Reads a file whose bytes are partly not synced: from a copy.
class CopiedFile : public rocksdb::FSSequentialFile, public rocksdb::FSRandomAccessFile {
 public:
  explicit CopiedFile(std::string bytes) : bytes_(std::move(bytes)) {}

  Status Read(std::size_t size, const rocksdb::IOOptions& options, rocksdb::Slice* result, char* scratch,
              rocksdb::IODebugContext* debug) override {
    auto status = Read(at_, size, options, result, scratch, debug);
    at_ += result->size();
    return status;
  }

  Status Skip(std::uint64_t size) override {
    at_ += size;
    return Status::OK();
  }

  Status Read(std::uint64_t offset, std::size_t size, const rocksdb::IOOptions&, rocksdb::Slice* result, char* scratch,
              rocksdb::IODebugContext*) const override {
    std::size_t begin = std::min<std::size_t>(offset, bytes_.size());
    std::size_t length = std::min(size, bytes_.size() - begin);
    std::memcpy(scratch, bytes_.data() + begin, length);
    *result = rocksdb::Slice(scratch, length);
    return Status::OK();
  }

  bool use_direct_io() const override { return false; }
  std::size_t GetRequiredBufferAlignment() const override { return 1; }
  Status InvalidateCache(std::size_t, std::size_t) override { return Status::OK(); }
  rocksdb::Temperature GetTemperature() const override { return rocksdb::Temperature::kUnknown; }

 private:
  const std::string bytes_;
  std::uint64_t at_ = 0;
};

}  // namespace

class TestWritableFile : public rocksdb::FSWritableFile {
 public:
  using Options = rocksdb::IOOptions;
  using Debug = rocksdb::IODebugContext;
  using FSWritableFile::Append;

  TestWritableFile(TestFileSystem& system, std::unique_ptr<rocksdb::FSWritableFile> target,
                   std::shared_ptr<TestFileSystem::Unsynced> unsynced, std::uint64_t size)
      : system_(system), target_(std::move(target)), unsynced_(std::move(unsynced)), size_(size) {}

  Status Append(const rocksdb::Slice& data, const Options& options, Debug* debug) override {
    if (auto status = system_.check_power(); !status.ok()) return status;
    if (!system_.disk_->full) return keep(data, options, debug);
    (void)keep({data.data(), data.size() / 2}, options, debug);
    auto status = Status::NoSpace("the test disk is full");
    status.SetRetryable(true);  // as the real one says
    return status;
  }

  Status Truncate(std::uint64_t size, const Options& options, Debug* debug) override {
    // Called with the present size before closing; anything else is not held back.
    return size == size_ ? Status::OK() : target_->Truncate(size, options, debug);
  }

  Status Close(const Options& options, Debug* debug) override { return target_->Close(options, debug); }
  Status Flush(const Options& options, Debug* debug) override { return target_->Flush(options, debug); }
  Status Sync(const Options& options, Debug* debug) override { return write_out(options, debug); }
  Status Fsync(const Options& options, Debug* debug) override { return write_out(options, debug); }
  Status RangeSync(std::uint64_t, std::uint64_t, const Options&, Debug*) override { return Status::OK(); }
  bool IsSyncThreadSafe() const override { return true; }
  std::uint64_t GetFileSize(const Options&, Debug*) override { return size_; }
  void PrepareWrite(std::size_t, std::size_t, const Options&, Debug*) override {}

 private:
  Status keep(const rocksdb::Slice& data, const Options& options, Debug* debug) {
    size_ += data.size();
    if (!system_.holding()) return target_->Append(data, options, debug);
    std::lock_guard lock(unsynced_->mutex);
    unsynced_->bytes.append(data.data(), data.size());
    return Status::OK();
  }

  Status write_out(const Options& options, Debug* debug) {
    if (auto status = system_.before_sync(); !status.ok()) return status;
    if (system_.holding()) {
      std::lock_guard lock(unsynced_->mutex);
      if (auto status = target_->Append(unsynced_->bytes, options, debug); !status.ok()) return status;
      unsynced_->bytes.clear();
      if (auto status = target_->Flush(options, debug); !status.ok()) return status;
    }
    return target_->Sync(options, debug);
  }

  TestFileSystem& system_;
  const std::unique_ptr<rocksdb::FSWritableFile> target_;
  const std::shared_ptr<TestFileSystem::Unsynced> unsynced_;
  std::atomic<std::uint64_t> size_;
};

class TestDirectory : public rocksdb::FSDirectoryWrapper {
 public:
  TestDirectory(TestFileSystem& system, std::string path, std::unique_ptr<rocksdb::FSDirectory> target)
      : FSDirectoryWrapper(std::move(target)), system_(system), path_(std::move(path)) {}

  Status Fsync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    if (auto status = system_.make_names_last(path_, options, debug); !status.ok()) return status;
    return FSDirectoryWrapper::Fsync(options, debug);
  }

  Status FsyncWithDirOptions(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug,
                             const rocksdb::DirFsyncOptions&) override {
    return Fsync(options, debug);
  }

 private:
  TestFileSystem& system_;
  const std::string path_;
};

TestFileSystem::TestFileSystem(std::shared_ptr<rocksdb::FileSystem> target, std::shared_ptr<TestDisk> disk,
                               UnsyncedWrites unsynced)
    : FileSystemWrapper(target), disk_(disk ? std::move(disk) : std::make_shared<TestDisk>()), unsynced_(unsynced) {}

Status TestFileSystem::check_power() const {
  return disk_->powered ? Status::OK() : Status::IOError("the power of the test disk is off");
}

Status TestFileSystem::before_sync() const {
  if (auto status = check_power(); !status.ok()) return status;
  if (auto delay = disk_->sync_microseconds.load()) std::this_thread::sleep_for(std::chrono::microseconds(delay));
  return disk_->syncs_fail ? Status::IOError("the test disk cannot sync") : check_power();
}

std::string TestFileSystem::real(const std::string& path) const {
  std::lock_guard lock(mutex_);
  auto at = names_.find(path);
  return at == names_.end() ? path : at->second;
}

std::shared_ptr<TestFileSystem::Unsynced> TestFileSystem::unsynced_of(const std::string& path) const {
  std::lock_guard lock(mutex_);
  auto at = contents_.find(path);
  return at == contents_.end() ? nullptr : at->second;
}

void TestFileSystem::remove_unsynced(const std::string& directory) {
  std::vector<std::string> names;
  (void)target_->GetChildren(directory, {}, &names, nullptr);
  for (const auto& name : names) {
    if (has_suffix(name)) (void)target_->DeleteFile(directory + "/" + name, {}, nullptr);
  }
}

Status TestFileSystem::read_whole(const std::string& path, std::string& bytes, Debug* debug) const {
  std::uint64_t size = 0;
  if (auto status = target_->GetFileSize(real(path), {}, &size, debug); !status.ok()) return status;
  std::unique_ptr<rocksdb::FSSequentialFile> file;
  if (auto status = target_->NewSequentialFile(real(path), {}, &file, debug); !status.ok()) return status;
  bytes.resize(size);
  rocksdb::Slice read;
  if (auto status = file->Read(size, {}, &read, bytes.data(), debug); !status.ok()) return status;
  bytes.assign(read.data(), read.size());
  return Status::OK();
}

Status TestFileSystem::NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                                         std::unique_ptr<rocksdb::FSSequentialFile>* file, Debug* debug) {
  auto unsynced = unsynced_of(path);
  if (!unsynced) return target_->NewSequentialFile(real(path), options, file, debug);
  std::lock_guard lock(unsynced->mutex);
  std::string bytes;
  if (auto status = read_whole(path, bytes, debug); !status.ok()) return status;
  *file = std::make_unique<CopiedFile>(bytes + unsynced->bytes);
  return Status::OK();
}

Status TestFileSystem::NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                                           std::unique_ptr<rocksdb::FSRandomAccessFile>* file, Debug* debug) {
  auto unsynced = unsynced_of(path);
  std::unique_lock<std::mutex> lock;
  if (unsynced) lock = std::unique_lock(unsynced->mutex);
  if (!unsynced || unsynced->bytes.empty()) return target_->NewRandomAccessFile(real(path), options, file, debug);
  std::string bytes;
  if (auto status = read_whole(path, bytes, debug); !status.ok()) return status;
  *file = std::make_unique<CopiedFile>(bytes + unsynced->bytes);
  return Status::OK();
}

Status TestFileSystem::open_writable(const std::string& path, bool reopen, const rocksdb::FileOptions& options,
                                     std::unique_ptr<rocksdb::FSWritableFile>* file, Debug* debug) {
  if (auto status = check_power(); !status.ok()) return status;
  std::shared_ptr<Unsynced> unsynced;
  if (holding()) {
    bool exists = target_->FileExists(real(path), {}, debug).ok();
    std::lock_guard lock(mutex_);
    if (!exists) names_.insert_or_assign(path, path + std::string(suffix));
    auto& content = contents_[path];
    if (!content || !reopen) content = std::make_shared<Unsynced>();
    unsynced = content;
  }
  std::unique_ptr<rocksdb::FSWritableFile> target;
  auto status = reopen ? target_->ReopenWritableFile(real(path), options, &target, debug)
                       : target_->NewWritableFile(real(path), options, &target, debug);
  if (!status.ok()) return status;
  std::uint64_t size = 0;
  if (reopen) (void)GetFileSize(path, {}, &size, debug);
  *file = std::make_unique<TestWritableFile>(*this, std::move(target), std::move(unsynced), size);
  return Status::OK();
}

Status TestFileSystem::NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                       std::unique_ptr<rocksdb::FSWritableFile>* file, Debug* debug) {
  return open_writable(path, false, options, file, debug);
}

Status TestFileSystem::ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSWritableFile>* file, Debug* debug) {
  return open_writable(path, true, options, file, debug);
}

Status TestFileSystem::ReuseWritableFile(const std::string&, const std::string&, const rocksdb::FileOptions&,
                                         std::unique_ptr<rocksdb::FSWritableFile>*, Debug*) {
  return Status::NotSupported("the test disk reuses no files");
}

Status TestFileSystem::NewRandomRWFile(const std::string&, const rocksdb::FileOptions&,
                                       std::unique_ptr<rocksdb::FSRandomRWFile>*, Debug*) {
  return Status::NotSupported("the test disk writes in order only");
}

Status TestFileSystem::NewDirectory(const std::string& path, const Options& options,
                                    std::unique_ptr<rocksdb::FSDirectory>* directory, Debug* debug) {
  std::unique_ptr<rocksdb::FSDirectory> target;
  if (auto status = target_->NewDirectory(path, options, &target, debug); !status.ok()) return status;
  *directory = std::make_unique<TestDirectory>(*this, path, std::move(target));
  return Status::OK();
}

Status TestFileSystem::make_names_last(const std::string& directory, const Options& options, Debug* debug) {
  if (auto status = before_sync(); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  for (auto at = names_.begin(); at != names_.end();) {
    auto parent = at->first.substr(0, at->first.find_last_of('/'));
    if (parent != directory) {
      ++at;
      continue;
    }
    if (auto status = target_->RenameFile(at->second, at->first, options, debug); !status.ok()) return status;
    at = names_.erase(at);
  }
  return Status::OK();
}

Status TestFileSystem::FileExists(const std::string& path, const Options& options, Debug* debug) {
  return target_->FileExists(real(path), options, debug);
}

Status TestFileSystem::GetChildren(const std::string& path, const Options& options, std::vector<std::string>* names,
                                   Debug* debug) {
  auto status = target_->GetChildren(path, options, names, debug);
  for (auto& name : *names) {
    if (has_suffix(name)) name.resize(name.size() - suffix.size());
  }
  std::sort(names->begin(), names->end());
  names->erase(std::unique(names->begin(), names->end()), names->end());
  return status;
}

Status TestFileSystem::GetChildrenFileAttributes(const std::string& path, const Options& options,
                                                 std::vector<rocksdb::FileAttributes>* files, Debug* debug) {
  std::vector<std::string> names;
  auto status = GetChildren(path, options, &names, debug);
  files->clear();
  for (auto& name : names) {
    std::uint64_t size = 0;
    if (GetFileSize(path + "/" + name, options, &size, debug).ok()) files->push_back({std::move(name), size});
  }
  return status;
}

Status TestFileSystem::DeleteFile(const std::string& path, const Options& options, Debug* debug) {
  if (auto status = check_power(); !status.ok()) return status;
  auto status = target_->DeleteFile(real(path), options, debug);
  std::lock_guard lock(mutex_);
  names_.erase(path);
  contents_.erase(path);
  return status;
}

Status TestFileSystem::Truncate(const std::string& path, std::size_t size, const Options& options, Debug* debug) {
  if (auto status = check_power(); !status.ok()) return status;
  return target_->Truncate(real(path), size, options, debug);
}

Status TestFileSystem::GetFileSize(const std::string& path, const Options& options, std::uint64_t* size, Debug* debug) {
  auto status = target_->GetFileSize(real(path), options, size, debug);
  if (auto unsynced = unsynced_of(path); unsynced && status.ok()) {
    std::lock_guard lock(unsynced->mutex);
    *size += unsynced->bytes.size();
  }
  return status;
}

Status TestFileSystem::GetFileModificationTime(const std::string& path, const Options& options, std::uint64_t* time,
                                               Debug* debug) {
  return target_->GetFileModificationTime(real(path), options, time, debug);
}

Status TestFileSystem::RenameFile(const std::string& from, const std::string& to, const Options& options,
                                  Debug* debug) {
  if (auto status = check_power(); !status.ok()) return status;
  if (!holding()) return target_->RenameFile(from, to, options, debug);
  auto held = to + std::string(suffix);
  if (auto status = target_->RenameFile(real(from), held, options, debug); !status.ok()) return status;
  std::lock_guard lock(mutex_);
  names_.erase(from);
  names_.insert_or_assign(to, held);
  contents_.erase(to);
  if (auto content = contents_.extract(from)) {
    content.key() = to;
    contents_.insert(std::move(content));
  }
  return Status::OK();
}

Status TestFileSystem::LinkFile(const std::string& from, const std::string& to, const Options& options, Debug* debug) {
  if (auto status = check_power(); !status.ok()) return status;
  return target_->LinkFile(real(from), to, options, debug);
}

}  // namespace millrace::kv
