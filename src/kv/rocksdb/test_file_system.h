#pragma once

// A file system for RocksDB that does what a TestDisk says, and that can hold back what was not synced.
//
// Held back: bytes of a file until it is synced, and the name of a new or renamed file until its directory is synced
// (it stands in the directory as NAME.unsynced meanwhile). Ending the process at any moment is then the same as a loss
// of power: what is left on the real disk is what was synced, and nothing else. Deleting takes effect at once.
//
// Thread-safe.

#include <map>
#include <memory>
#include <mutex>
#include <rocksdb/file_system.h>
#include <string>

#include "kv/rocksdb/open.h"

namespace millrace::kv {

class TestFileSystem : public rocksdb::FileSystemWrapper {
 public:
  TestFileSystem(std::shared_ptr<rocksdb::FileSystem> target, std::shared_ptr<TestDisk> disk, UnsyncedWrites unsynced);

  const char* Name() const override { return "millrace.TestFileSystem"; }

  // Removes what an earlier process left unsynced in `directory`.
  void remove_unsynced(const std::string& directory);

  using Options = rocksdb::IOOptions;
  using Debug = rocksdb::IODebugContext;
  using Status = rocksdb::IOStatus;

  Status NewSequentialFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSSequentialFile>* file, Debug* debug) override;
  Status NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSRandomAccessFile>* file, Debug* debug) override;
  Status NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                         std::unique_ptr<rocksdb::FSWritableFile>* file, Debug* debug) override;
  Status ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                            std::unique_ptr<rocksdb::FSWritableFile>* file, Debug* debug) override;
  Status ReuseWritableFile(const std::string&, const std::string&, const rocksdb::FileOptions&,
                           std::unique_ptr<rocksdb::FSWritableFile>*, Debug*) override;
  Status NewRandomRWFile(const std::string&, const rocksdb::FileOptions&, std::unique_ptr<rocksdb::FSRandomRWFile>*,
                         Debug*) override;
  Status NewDirectory(const std::string& path, const Options& options, std::unique_ptr<rocksdb::FSDirectory>* directory,
                      Debug* debug) override;
  Status FileExists(const std::string& path, const Options& options, Debug* debug) override;
  Status GetChildren(const std::string& path, const Options& options, std::vector<std::string>* names,
                     Debug* debug) override;
  Status GetChildrenFileAttributes(const std::string& path, const Options& options,
                                   std::vector<rocksdb::FileAttributes>* files, Debug* debug) override;
  Status DeleteFile(const std::string& path, const Options& options, Debug* debug) override;
  Status Truncate(const std::string& path, std::size_t size, const Options& options, Debug* debug) override;
  Status GetFileSize(const std::string& path, const Options& options, std::uint64_t* size, Debug* debug) override;
  Status GetFileModificationTime(const std::string& path, const Options& options, std::uint64_t* time,
                                 Debug* debug) override;
  Status RenameFile(const std::string& from, const std::string& to, const Options& options, Debug* debug) override;
  Status LinkFile(const std::string& from, const std::string& to, const Options& options, Debug* debug) override;

 private:
  friend class TestWritableFile;
  friend class TestDirectory;

  // The bytes of one file that are not synced.
  struct Unsynced {
    std::mutex mutex{};
    std::string bytes{};
  };

  Status check_power() const;
  Status before_sync() const;
  bool holding() const { return unsynced_ == UnsyncedWrites::held_in_memory; }
  std::string real(const std::string& path) const;
  std::shared_ptr<Unsynced> unsynced_of(const std::string& path) const;
  Status read_whole(const std::string& path, std::string& bytes, Debug* debug) const;
  Status open_writable(const std::string& path, bool reopen, const rocksdb::FileOptions& options,
                       std::unique_ptr<rocksdb::FSWritableFile>* file, Debug* debug);
  Status make_names_last(const std::string& directory, const Options& options, Debug* debug);

  const std::shared_ptr<TestDisk> disk_;
  const UnsyncedWrites unsynced_;

  mutable std::mutex mutex_;
  std::map<std::string, std::string> names_;                   // guarded by the mutex above: path -> path.unsynced
  std::map<std::string, std::shared_ptr<Unsynced>> contents_;  // guarded by it too: by path
};

}  // namespace millrace::kv
