#include "kv/rocksdb/rocksdb_engine.h"

#include <chrono>
#include <rocksdb/convenience.h>
#include <rocksdb/experimental.h>
#include <rocksdb/write_batch.h>
#include <utility>

#include "kv/key.h"

namespace millrace::kv {
namespace {

rocksdb::Slice slice(std::string_view text) {
  return {text.data(), text.size()};
}
std::string_view view(const rocksdb::Slice& text) {
  return {text.data(), text.size()};
}

struct RocksDbSnapshot : Snapshot {
  explicit RocksDbSnapshot(rocksdb::DB& database) : from(database), held(database.GetSnapshot()) {}
  ~RocksDbSnapshot() override { from.ReleaseSnapshot(held); }

  rocksdb::DB& from;
  const rocksdb::Snapshot* held;
};

rocksdb::ReadOptions read_options(ReadFrom from) {
  rocksdb::ReadOptions options;
  if (from.tier == ReadTier::memory) options.read_tier = rocksdb::kBlockCacheTier;
  if (from.snapshot) options.snapshot = static_cast<const RocksDbSnapshot*>(from.snapshot)->held;
  return options;
}

constexpr std::string_view past_all_keys = "\xff\xff\xff\xff\xff\xff\xff\xff";  // areas are letters

constexpr std::string_view past_the_marker("\0", 1);

std::string_view begin_of(const KeyRange& range) {
  return range.begin.empty() ? past_the_marker : range.begin;
}
std::string_view end_of(const KeyRange& range) {
  return range.end.empty() ? past_all_keys : range.end;
}

}  // namespace

Error to_error(const rocksdb::Status& status, const std::string& folder) {
  std::string text = status.ToString();
  if (status.IsCorruption()) return damaged(folder, text);
  if (status.IsNoSpace()) {
    return {ErrorCode::unavailable, "the disk of the data folder '" + folder + "' is full: free some space"};
  }
  return {ErrorCode::unavailable, "the data folder '" + folder + "' cannot be read or written now: " + text};
}

void Resumer::start(rocksdb::DB& database, std::function<bool()> broken) {
  broken_ = std::move(broken);
  thread_ = std::thread([this, &database] { run(database); });
}

void Resumer::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Resumer::OnBackgroundError(rocksdb::BackgroundErrorReason, rocksdb::Status*) {
  {
    std::lock_guard lock(mutex_);
    failed_ = true;
  }
  changed_.notify_one();
}

void Resumer::OnMemTableSealed(const rocksdb::MemTableInfo&) {
  {
    std::lock_guard lock(mutex_);
    sealed_ = true;
  }
  changed_.notify_one();
}

rocksdb::Status Resumer::write_marker(rocksdb::DB& database) {
  return database.Put({}, "", "");
}

void Resumer::run(rocksdb::DB& database) {
  constexpr auto pause = std::chrono::milliseconds(200);  // soon for people, and cheap while the disk stays full
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || failed_ || sealed_; });
    if (failed_ && changed_.wait_for(lock, pause, [&] { return stopping_; })) return;
    if (stopping_) return;
    bool failed = std::exchange(failed_, false);
    sealed_ = false;
    lock.unlock();
    bool well = !failed || database.Resume().ok();
    if (well && !broken_()) (void)write_marker(database);
    lock.lock();
    failed_ = failed_ || !well;
  }
}

RocksDbEngine::RocksDbEngine(RocksDbParts parts, SyncedMark mark) : parts_(std::move(parts)), mark_(std::move(mark)) {
  parts_.resumer->start(database(), [files = parts_.files] { return files->log_is_broken(); });
}

RocksDbEngine::~RocksDbEngine() {
  close();
}

// Leaves everything in table files, so that the next start has no log to read.
void RocksDbEngine::close() {
  parts_.resumer->stop();
  bool powered = !parts_.test_disk || parts_.test_disk->powered;
  auto sequence = database().GetLatestSequenceNumber();
  bool flushed = powered && database().Flush(rocksdb::FlushOptions()).ok();
  rocksdb::CancelAllBackgroundWork(&database(), true);
  flushed = database().Close().ok() && flushed;
  parts_.database.reset();
  if (!flushed) return;
  mark_.advance(sequence);
  mark_.sync();
}

Error RocksDbEngine::error(const rocksdb::Status& status) const {
  return to_error(status, parts_.folder);
}

Result<void> RocksDbEngine::result(const rocksdb::Status& status) const {
  if (!status.ok()) return error(status);
  return {};
}

Result<Found> RocksDbEngine::found(const rocksdb::Status& status) const {
  if (status.ok()) return Found::yes;
  if (status.IsNotFound()) return Found::no;
  if (status.IsIncomplete()) return Found::not_in_memory;
  return error(status);
}

Result<Found> RocksDbEngine::get(std::string_view key, ReadFrom from, std::string& value) {
  return found(database().Get(read_options(from), slice(key), &value));
}

Result<std::vector<Found>> RocksDbEngine::multi_get(std::span<const std::string> keys, ReadFrom from,
                                                    std::vector<std::string>& values) {
  std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<Found> all;
  for (const auto& status : database().MultiGet(read_options(from), slices, &values)) {
    auto one = found(status);
    if (!one) return one.error();
    all.push_back(*one);
  }
  return all;
}

Result<ScanEnd> RocksDbEngine::scan(const KeyRange& range, Direction direction, ReadFrom from, const Visitor& visit) {
  auto options = read_options(from);
  rocksdb::Slice begin = slice(begin_of(range)), end = slice(range.end);
  if (!range.end.empty()) {
    if (range.end <= range.begin) return ScanEnd::complete;
    options.iterate_upper_bound = &end;
  }
  options.iterate_lower_bound = &begin;
  options.auto_prefix_mode = false;
  std::unique_ptr<rocksdb::Iterator> at(database().NewIterator(options));
  bool ascending = direction == Direction::ascending;
  for (ascending ? at->SeekToFirst() : at->SeekToLast(); at->Valid(); ascending ? at->Next() : at->Prev()) {
    if (visit(view(at->key()), view(at->value())) == Visit::stop) return ScanEnd::stopped;
  }
  if (at->status().IsIncomplete()) return ScanEnd::not_in_memory;
  if (!at->status().ok()) return error(at->status());
  return ScanEnd::complete;
}

Result<void> RocksDbEngine::write(std::span<const Write> batch) {
  std::size_t bytes = 0;
  for (const Write& write : batch) bytes += write.key.size() + (write.value ? write.value->size() : 0) + 12;
  rocksdb::WriteBatch rows(bytes + 12);
  for (const Write& write : batch) {
    if (write.value) {
      rows.Put(slice(write.key), slice(*write.value));
    } else {
      rows.Delete(slice(write.key));
    }
  }
  return write(rows);
}

Result<void> RocksDbEngine::write(rocksdb::WriteBatch& rows) {
  if (parts_.files->log_is_broken()) return error(rocksdb::Status::NoSpace());
  return result(database().Write({}, &rows));
}

Result<void> RocksDbEngine::sync() {
  auto sequence = database().GetLatestSequenceNumber();
  if (auto status = parts_.files->sync_logs(database().GetName()); !status.ok()) return error(status);
  if (parts_.mark_survives_process) {
    std::lock_guard lock(mark_mutex_);
    mark_.advance(sequence);
  }
  return {};
}

std::unique_ptr<Snapshot> RocksDbEngine::snapshot() {
  return std::make_unique<RocksDbSnapshot>(database());
}

// Reads pass single deletions quickly, but must look at every range deletion there is: those are for many rows.
bool RocksDbEngine::erase_few(const KeyRange& range, Result<void>& done) {
  constexpr int few = 1000;
  rocksdb::WriteBatch rows;
  auto end = scan(range, Direction::ascending, {}, [&](std::string_view key, std::string_view) {
    if (rows.Count() == few) return Visit::stop;
    rows.Delete(slice(key));
    return Visit::more;
  });
  if (!end || *end != ScanEnd::complete) return false;
  if (rows.Count() > 0) done = write(rows);
  return true;
}

Result<void> RocksDbEngine::erase_range(const KeyRange& range) {
  if (!range.end.empty() && range.end <= range.begin) return {};
  Result<void> done;
  if (erase_few(range, done)) return done;
  if (parts_.files->log_is_broken()) return error(rocksdb::Status::NoSpace());
  auto* family = database().DefaultColumnFamily();
  rocksdb::Slice begin = slice(begin_of(range)), end = slice(end_of(range));
  auto status = database().DeleteRange({}, family, begin, end);
  // Never DeleteFilesInRange: it takes effect before the batch that unlinked these rows is durable.
  if (status.ok()) (void)rocksdb::experimental::SuggestCompactRange(&database(), family, &begin, &end);
  return result(status);
}

std::uint64_t RocksDbEngine::approximate_size(const KeyRange& range) {
  rocksdb::Range whole(slice(range.begin), slice(end_of(range)));
  rocksdb::SizeApproximationOptions options;
  options.include_memtables = true;
  options.include_files = true;
  std::uint64_t size = 0;
  (void)database().GetApproximateSizes(options, database().DefaultColumnFamily(), &whole, 1, &size);
  return size;
}

Result<void> RocksDbEngine::verify() {
  return result(database().VerifyChecksum());
}

}  // namespace millrace::kv
