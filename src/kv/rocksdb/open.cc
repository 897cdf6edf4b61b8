#include "kv/rocksdb/open.h"

#include <dirent.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <string_view>
#include <sys/stat.h>
#include <vector>

#include "kv/rocksdb/data_folder.h"
#include "kv/rocksdb/log_file_system.h"
#include "kv/rocksdb/rocksdb_engine.h"
#include "kv/rocksdb/test_file_system.h"

namespace millrace::kv {
namespace {

std::string database_of(const std::string& folder) {
  return folder + "/rocksdb";
}

struct Contents {
  bool entry = false;  // CURRENT, RocksDB's entry point
  bool data = false;   // rows have been written
  std::uint64_t table_bytes = 0;
};

Contents look_into(const std::string& directory) {
  Contents contents;
  DIR* names = ::opendir(directory.c_str());
  if (!names) return contents;
  while (const dirent* file = ::readdir(names)) {
    std::string_view name = file->d_name;
    struct stat found {};
    if (::stat((directory + "/" + file->d_name).c_str(), &found) != 0) continue;
    if (name == "CURRENT") contents.entry = true;
    if (name.ends_with(".sst") || name.ends_with(".log")) contents.data |= found.st_size > 0;
    if (name.ends_with(".sst")) contents.table_bytes += static_cast<std::uint64_t>(found.st_size);
  }
  ::closedir(names);
  return contents;
}

rocksdb::BlockBasedTableOptions table_options(const RocksDbOptions& options) {
  rocksdb::BlockBasedTableOptions table;
  // 16 shards: with RocksDB's 64, a shard of the usual budget is smaller than one large block.
  table.block_cache = rocksdb::NewLRUCache(options.block_cache_bytes, /*num_shard_bits=*/4);
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));  // 1 % false positives
  table.block_size = 8 << 10;
  table.format_version = 5;
  table.cache_index_and_filter_blocks = true;  // so that memory stays within the budget however much data there is
  table.cache_index_and_filter_blocks_with_high_priority = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  // Index and filter in pieces: that of a file of a million rows as a whole is larger than a shard of the cache, and
  // would be read again with every get.
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.partition_filters = true;
  table.metadata_block_size = 8 << 10;
  table.pin_top_level_index_and_filter = true;
  return table;
}

rocksdb::Options database_options(const RocksDbOptions& options, rocksdb::Env* env) {
  rocksdb::Options database;
  database.env = env;
  database.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(options)));
  database.compression = rocksdb::kLZ4Compression;
  database.write_buffer_size = options.memtable_bytes;
  database.max_write_buffer_number = 4;  // a burst goes on while one is flushed
  database.memtable_whole_key_filtering = true;
  database.memtable_prefix_bloom_size_ratio = 0.02;
  database.max_total_wal_size = 2 * options.memtable_bytes;
  database.level_compaction_dynamic_level_bytes = true;
  database.level0_slowdown_writes_trigger = 40;
  database.level0_stop_writes_trigger = 80;
  database.max_background_jobs = 3;
  database.bytes_per_sync = 1 << 20;  // table files in small portions, so that a sync of the log does not wait for them
  database.max_open_files = -1;
  database.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  database.paranoid_checks = true;
  database.avoid_unnecessary_blocking_io = true;
  database.info_log_level = rocksdb::WARN_LEVEL;
  database.max_log_file_size = 1 << 20;
  database.keep_log_file_num = 3;
  database.stats_dump_period_sec = 0;
  // Rows that were mostly deleted, such as the front of a queue, slow scans down until they are compacted.
  database.table_properties_collector_factories.push_back(
      rocksdb::NewCompactOnDeletionCollectorFactory(/*sliding_window_size=*/4096, /*deletion_trigger=*/2048));
  return database;
}

// Looks at a database without changing anything: whether it recovers to where it was synced, and whether all of a small
// one can be read.
Result<void> inspect(const RocksDbOptions& options, rocksdb::Env* env, std::uint64_t synced,
                     std::uint64_t table_bytes) {
  auto looking = database_options(options, env);
  looking.max_open_files = 256;  // a look at a large one opens few of its files
  looking.memtable_prefix_bloom_size_ratio = 0;
  looking.avoid_unnecessary_blocking_io = false;  // a database opened like this cannot clean up in the background
  rocksdb::DB* opened = nullptr;
  auto status = rocksdb::DB::OpenForReadOnly(looking, database_of(options.folder), &opened);
  std::unique_ptr<rocksdb::DB> database(opened);
  if (!status.ok()) return damaged(options.folder, status.ToString());
  if (auto recovered = database->GetLatestSequenceNumber(); recovered < synced) {
    return damaged(options.folder, "its log ends at " + std::to_string(recovered) + " although " +
                                       std::to_string(synced) + " was synced");
  }
  if (table_bytes > options.verify_bytes_max) return {};
  status = database->VerifyChecksum();
  if (!status.ok()) return damaged(options.folder, status.ToString());
  return {};
}

Result<void> open_database(const RocksDbOptions& options, bool create, RocksDbParts& parts) {
  auto opening = database_options(options, parts.env.get());
  opening.create_if_missing = create;
  parts.resumer = std::make_shared<Resumer>();
  opening.listeners.push_back(parts.resumer);
  rocksdb::DB* opened = nullptr;
  auto status = rocksdb::DB::Open(opening, database_of(options.folder), &opened);
  if (!status.ok()) return to_error(status, options.folder);
  parts.database.reset(opened);
  return {};
}

void choose_files(const RocksDbOptions& options, RocksDbParts& parts) {
  auto disk = rocksdb::FileSystem::Default();
  if (options.test_disk || options.unsynced_writes == UnsyncedWrites::held_in_memory) {
    auto test = std::make_shared<TestFileSystem>(disk, options.test_disk, options.unsynced_writes);
    test->remove_unsynced(database_of(options.folder));
    disk = std::move(test);
  }
  parts.files = std::make_shared<LogFileSystem>(disk);
  parts.env = rocksdb::NewCompositeEnv(parts.files);
  parts.test_disk = options.test_disk;
  parts.mark_survives_process = options.unsynced_writes == UnsyncedWrites::to_system;
}

Result<std::unique_ptr<Engine>> begin_serving(RocksDbParts parts, SyncedMark mark) {
  if (auto status = Resumer::write_marker(*parts.database); !status.ok()) return to_error(status, parts.folder);
  return std::make_unique<RocksDbEngine>(std::move(parts), std::move(mark));
}

Result<std::unique_ptr<Engine>> create(const RocksDbOptions& options, RocksDbParts parts) {
  if (auto made = create_folder(database_of(options.folder)); !made) return made.error();
  if (auto opened = open_database(options, true, parts); !opened) return opened.error();
  auto mark = SyncedMark::create(options.folder);
  if (!mark) return mark.error();
  if (auto written = write_format(options.folder); !written) return written.error();
  return begin_serving(std::move(parts), std::move(*mark));
}

}  // namespace

Result<std::unique_ptr<Engine>> open_rocksdb(RocksDbOptions options) {
  while (options.folder.size() > 1 && options.folder.back() == '/') options.folder.pop_back();
  if (auto made = create_folder(options.folder); !made) return made.error();
  auto lock = lock_folder(options.folder);
  if (!lock) return lock.error();
  auto format = read_format(options.folder);
  if (!format) return format.error();

  RocksDbParts parts{.folder = options.folder, .lock = std::move(*lock)};
  choose_files(options, parts);
  auto contents = look_into(database_of(options.folder));
  if (!*format) {
    // Either new, or its creation was cut short before anything could be stored.
    if (contents.data) return damaged(options.folder, "FORMAT is missing");
    return create(options, std::move(parts));
  }
  if (!contents.entry) return damaged(options.folder, "rocksdb/CURRENT is missing");
  auto mark = SyncedMark::open(options.folder);
  if (!mark) return mark.error();
  if (auto good = inspect(options, parts.env.get(), mark->sequence(), contents.table_bytes); !good) return good.error();
  if (auto opened = open_database(options, false, parts); !opened) return opened.error();
  return begin_serving(std::move(parts), std::move(*mark));
}

}  // namespace millrace::kv
